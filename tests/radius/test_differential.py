"""The same octets read and written by pyrad: whatever hypothesis thinks of, both must agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrad.packet import AccessAccept, AcctPacket, AuthPacket, CoAPacket

from radius import attributes as a
from radius.attributes import attr, vsa
from radius.auth import Credential, chap_response, check, pap_decrypt, pap_encrypt
from radius.errors import Malformed
from radius.integrity import Secret, reply, request
from radius.packet import Packet, build

from .oracle import DICTIONARY, decode, raw

octets = st.binary(max_size=60)
secrets = st.binary(min_size=1, max_size=100)
authenticators = st.binary(min_size=16, max_size=16)
idents = st.integers(0, 255)
# Not Vendor-Specific (tested by itself) and not Message-Authenticator, which the test adds.
kinds = st.integers(1, 255).filter(lambda kind: kind not in (26, 80))
plain = st.lists(st.tuples(kinds, octets), max_size=12)
vendors = st.lists(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 255), st.binary(max_size=40)), min_size=1, max_size=5
)


def encoded(pairs: list[tuple[int, bytes]]) -> bytes:
    return b"".join(attr(kind, value) for kind, value in pairs)


def theirs(code: int, ident: int, secret: bytes, authenticator: bytes, pairs: list[tuple[int, bytes]]) -> Any:
    """A pyrad packet with these attributes; pyrad groups repetitions, so they are given grouped."""
    made = {a.ACCESS_REQUEST: AuthPacket, a.ACCOUNTING_REQUEST: AcctPacket}.get(code, CoAPacket)
    packet = made(code, ident, secret, authenticator, dict=DICTIONARY)
    for kind, value in pairs:
        packet.setdefault(kind, []).append(value)
    return packet


def grouped(pairs: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Repetitions beside the first of their type, which is the order pyrad writes."""
    order = list(dict.fromkeys(kind for kind, _ in pairs))
    return sorted(pairs, key=lambda pair: order.index(pair[0]))


@given(st.binary(max_size=80), plain, st.sampled_from(["as it is", "cut", "longer", "garbage"]), st.data())
def test_both_read_the_same_attributes_or_both_refuse(
    garbage: bytes, pairs: list[tuple[int, bytes]], how: str, data: st.DataObject
) -> None:
    datagram = build(1, 7, bytes(16), encoded(pairs))
    if how == "cut":
        datagram = datagram[: data.draw(st.integers(0, len(datagram)))]
        datagram = datagram[:2] + len(datagram).to_bytes(2, "big") + datagram[4:] if len(datagram) > 4 else datagram
    datagram = {"longer": datagram + garbage, "garbage": garbage}.get(how, datagram)
    expected = decode(datagram, b"secret")
    try:
        found = Packet.parse(datagram)
    except Malformed:
        assert expected is None
        return
    assert expected is not None
    assert (found.code, found.id, found.authenticator) == (expected.code, expected.id, expected.authenticator)
    for kind in range(256):
        if kind != a.VENDOR_SPECIFIC:
            assert found.get_all(kind) == raw(expected, kind)


@given(vendors)
def test_both_find_the_same_vendor_attributes(sent: list[tuple[int, int, bytes]]) -> None:
    datagram = build(1, 7, bytes(16), b"".join(vsa(*one) for one in sent))
    found, expected = Packet.parse(datagram), decode(datagram, b"secret")
    assert expected is not None
    for vendor, kind, _ in sent:
        assert found.vsa(vendor, kind) == expected[(vendor, kind)][0]


@given(st.binary(max_size=60))
def test_both_take_a_vendor_specific_apart_or_both_leave_it_whole(value: bytes) -> None:
    datagram = build(1, 7, bytes(16), attr(26, value))
    found, expected = Packet.parse(datagram), decode(datagram, b"secret")
    assert expected is not None
    vendor = int.from_bytes(value[:4], "big")
    for kind in range(256):
        values = expected.setdefault((vendor, kind), [None])
        assert found.vsa(vendor, kind) == values[0]


@given(st.sampled_from([1, 4, 12, 40, 43]), idents, secrets, secrets, authenticators, plain)
def test_both_believe_the_same_message_authenticators(
    code: int, ident: int, secret: bytes, other: bytes, authenticator: bytes, pairs: list[tuple[int, bytes]]
) -> None:
    datagram = request(code, ident, encoded(pairs), Secret(secret), True, authenticator)
    found, expected = Packet.parse(datagram), decode(datagram, secret)
    assert expected is not None
    assert Secret(secret).verify_message_authenticator(found) is True
    assert expected.verify_message_authenticator() is True
    assert Secret(other).verify_message_authenticator(found) == expected.verify_message_authenticator(other)


@given(st.sampled_from([1, 4, 40, 43]), idents, secrets, authenticators, plain, st.booleans())
def test_both_write_the_same_request(
    code: int, ident: int, secret: bytes, authenticator: bytes, pairs: list[tuple[int, bytes]], signed: bool
) -> None:
    pairs = grouped(pairs)
    packet = theirs(code, ident, secret, authenticator, pairs)
    if signed:
        packet.add_message_authenticator()
    assert packet.RequestPacket() == request(code, ident, encoded(pairs), Secret(secret), signed, authenticator)


@given(st.sampled_from([1, 4, 40, 43]), idents, secrets, plain, plain)
def test_both_sign_the_same_reply_and_believe_each_other(
    code: int, ident: int, secret: bytes, asked: list[tuple[int, bytes]], answered: list[tuple[int, bytes]]
) -> None:
    answered = grouped([pair for pair in answered if pair[0] != a.PROXY_STATE])
    datagram = request(code, ident, encoded(asked), Secret(secret))
    question = decode(datagram, secret, "acct" if code == 4 else "auth")
    if code in (40, 43):
        question = CoAPacket(secret=secret, dict=DICTIONARY, packet=datagram)
    assert question is not None
    answer = question.CreateReply()
    for kind, value in answered:
        answer.setdefault(kind, []).append(value)
    states = answer.pop(a.PROXY_STATE, None)
    if states:
        answer[a.PROXY_STATE] = states  # behind the others, where Milha puts them
    if code != a.ACCOUNTING_REQUEST:
        answer.add_message_authenticator()
    ours = reply(answer.code, Packet.parse(datagram), encoded(answered), Secret(secret))
    assert answer.ReplyPacket() == ours
    assert Secret(secret).verify_reply(Packet.parse(ours), datagram[4:20])
    assert question.VerifyReply(question.CreateReply(packet=ours), enforce_ma=True)


@given(secrets, authenticators, st.binary(max_size=128))
def test_both_hide_the_same_password(secret: bytes, authenticator: bytes, password: bytes) -> None:
    theirs = AuthPacket(secret=secret, authenticator=authenticator, dict=DICTIONARY)
    hidden = theirs.PwCrypt(password)
    assert pap_encrypt(password, Secret(secret), authenticator) == hidden
    revealed = pap_decrypt(hidden, Secret(secret), authenticator)
    assert revealed == password.rstrip(b"\0")
    # pyrad gives text and leaves out what is no UTF-8.
    assert revealed.decode("utf-8", "ignore") == theirs.PwDecrypt(hidden)


@given(
    secrets,
    authenticators,
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.none() | st.binary(min_size=1, max_size=40),
    st.binary(min_size=1, max_size=1),
)
def test_both_believe_the_same_chap_response(
    secret: bytes, authenticator: bytes, password: bytes, other: bytes, challenge: bytes | None, ident: bytes
) -> None:
    attributes = attr(a.CHAP_PASSWORD, chap_response(ident, password, challenge or authenticator))
    attributes += attr(a.CHAP_CHALLENGE, challenge) if challenge else b""
    datagram = request(a.ACCESS_REQUEST, 1, attributes, Secret(secret), authenticator=authenticator)
    found, expected = Packet.parse(datagram), decode(datagram, secret)
    assert expected is not None
    for tried in (password, other):
        ours = check(found, Secret(secret), Credential(tried))
        assert bool(ours) == expected.VerifyChapPasswd(tried) == (tried == password)


@settings(max_examples=50)
@given(idents, secrets, plain)
def test_pyrad_as_the_server_is_believed_by_us(ident: int, secret: bytes, pairs: list[tuple[int, bytes]]) -> None:
    datagram = request(a.ACCESS_REQUEST, ident, b"", Secret(secret))
    question = decode(datagram, secret)
    assert question is not None
    answer = question.CreateReply()
    answer.code = AccessAccept
    for kind, value in pairs:
        answer.setdefault(kind, []).append(value)
    assert Secret(secret).verify_reply(Packet.parse(answer.ReplyPacket()), datagram[4:20])


def test_the_oracle_knows_where_pyrad_is_laxer_than_the_rfc() -> None:
    """If pyrad becomes stricter, the oracle can become simpler."""
    overrun = b"\1\1\0\x17" + bytes(16) + b"\1\4x"
    assert AuthPacket(secret=b"x", dict=DICTIONARY, packet=overrun).get(1) == [b"x"]
    assert decode(overrun, b"x") is None
    oversized = b"\1\1\x10\x03" + bytes(16) + attr(79, bytes(253)) * 15 + attr(79, bytes(252))
    assert len(oversized) == 0x1003 - 3 + 3
    assert AuthPacket(secret=b"x", dict=DICTIONARY, packet=oversized).code == 1
    assert decode(oversized, b"x") is None
    with pytest.raises(Malformed):
        Packet.parse(oversized)
