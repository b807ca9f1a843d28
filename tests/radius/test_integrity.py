"""Signatures, with the octets of the RFCs' own examples."""

from __future__ import annotations

import hmac

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.errors import Unencodable
from radius.integrity import Secret, reply, request
from radius.packet import Packet

XYZZY = Secret(b"xyzzy5461")

# RFC 2865 section 7: (paragraph, request, reply)
RFC_2865 = [
    (
        "7.1 Access-Request and Access-Accept",
        "01000038 0f403f9473978057bd83d5cb98f4227a 01066e656d6f 02120dbe708d93d413ce3196e43f782a0aee"
        "0406c0a80110 050600000003",
        "02000026 86fe220e7624ba2a1005f6bf9b55e0b2 060600000001 0f0600000000 0e06c0a80103",
    ),
    (
        "7.2 CHAP",
        "01010047 2aee86f08d0d55969ca5978e0d3367a2 0108666c6f707379 031316e97557c316185895f293ff634407727504"
        "06c0a80110 050600000014 060600000002 070600000001",
        "02010038 15efbc7dab26cfa3dc34d9c03c8601a4 060600000002 070600000001 0806fffffffe 0a0600000002"
        "0d0600000001 0c06000005dc",
    ),
    (
        "7.3 Access-Challenge",
        "01020039 f3a47a1f6a6d76710b947ab93041a039 01076d6f707379 021233657573 77828 9b570885e15084825c5"
        "0406c0a80110 050600000007",
        "0b02004e 36f3c8764ae8c71157403c0c71ff9c45 12304368616c6c656e67652033323736393433302e2020456e746572"
        "20726573706f6e73652061742070726f6d70742e 180a3332373639343330",
    ),
    (
        "7.3 Access-Reject (State as corrected by the errata: ten octets)",
        "01030043 b122556d428a13d0d6253807c457ecf0 01076d6f707379 0212692c1f205fc081b919b95195f561a581"
        "0406c0a80110 050600000007 180a3332373639343330",
        "03030014 a42f4fca45916c4e09c8340f9e746aa0",
    ),
]

# RFC 5997 sections 6.1 and 6.2: Status-Server to the authentication and the accounting port
RFC_5997 = [
    (
        "0cda0026 8a54f4686fb394c52866e302185d0623 50125a665e2e1e8411f3e243822097c84fa3",
        "02da0014 ef0d552a4bf2d693ec2b6fe8b5411d66",
    ),
    (
        "0cb30026 925f6b66dd5fed571fcb1db7ad388260 5012e8d6eabda910875cd91fdade26367858",
        "05b30014 0f6f92145f107e2f504e860a4860669c",
    ),
]


def parsed(octets: str) -> Packet:
    return Packet.parse(bytes.fromhex(octets.replace(" ", "")))


@pytest.mark.parametrize(("paragraph", "asked", "answered"), RFC_2865)
def test_the_replies_of_rfc_2865_section_7_are_believed(paragraph: str, asked: str, answered: str) -> None:
    question, answer = parsed(asked), parsed(answered)
    assert XYZZY.verify_reply(answer, question.authenticator)
    assert not Secret(b"another").verify_reply(answer, question.authenticator)
    assert not XYZZY.verify_reply(answer, bytes(16))


@pytest.mark.parametrize(("asked", "answered"), RFC_5997)
def test_the_examples_of_rfc_5997_section_6_are_believed_and_answered(asked: str, answered: str) -> None:
    question, answer = parsed(asked), parsed(answered)
    assert XYZZY.verify_message_authenticator(question) is True
    assert XYZZY.verify_reply(answer, question.authenticator)


def test_the_accounting_response_of_rfc_5997_section_6_2_is_made_octet_for_octet() -> None:
    asked, answered = RFC_5997[1]
    assert reply(a.ACCOUNTING_RESPONSE, parsed(asked), b"", XYZZY) == parsed(answered).raw


@pytest.mark.parametrize("size", [1, 16, 63, 64, 65, 200])
@pytest.mark.parametrize("length", [0, 1, 55, 64, 4096])
def test_the_keyed_contexts_give_the_hmac_of_rfc_2104(size: int, length: int) -> None:
    key, data = bytes(range(size)), bytes(length)
    assert Secret(key).hmac(data) == hmac.digest(key, data, "md5")


def test_a_secret_shows_itself_to_nobody_and_is_never_empty() -> None:
    assert "testing" not in f"{Secret(b'testing123')!r} {Secret(b'testing123')}"
    with pytest.raises(ValueError, match="empty"):
        Secret(b"")


@pytest.mark.parametrize("code", [a.ACCESS_ACCEPT, a.ACCESS_REJECT, a.ACCESS_CHALLENGE, a.COA_ACK, a.DISCONNECT_NAK])
def test_a_reply_is_signed_by_its_first_attribute(code: int) -> None:
    question = Packet.parse(request(a.ACCESS_REQUEST, 9, attr(1, "nemo"), XYZZY))
    answer = Packet.parse(reply(code, question, attr(18, "hello"), XYZZY))
    assert [kind for kind, _ in answer.attributes()] == [a.MESSAGE_AUTHENTICATOR, a.REPLY_MESSAGE]
    assert XYZZY.verify_message_authenticator(answer, question.authenticator) is True
    assert XYZZY.verify_reply(answer, question.authenticator)


def test_an_accounting_response_has_no_message_authenticator() -> None:
    question = Packet.parse(request(a.ACCOUNTING_REQUEST, 9, attr(1, "nemo"), XYZZY))
    answer = Packet.parse(reply(a.ACCOUNTING_RESPONSE, question, b"", XYZZY))
    assert list(answer.attributes()) == []
    assert XYZZY.verify_reply(answer, question.authenticator)


def test_proxy_states_come_back_in_order_and_unchanged() -> None:
    """RFC 2865 section 5.33."""
    states = [b"\x00one", b"two" * 80, b""]
    sent = attr(33, states[0]) + attr(1, "nemo") + attr(33, states[1]) + attr(33, states[2])
    for code, answer in ((a.ACCESS_REQUEST, a.ACCESS_REJECT), (a.ACCOUNTING_REQUEST, a.ACCOUNTING_RESPONSE)):
        question = Packet.parse(request(code, 9, sent, XYZZY))
        assert Packet.parse(reply(answer, question, b"", XYZZY)).get_all(a.PROXY_STATE) == states


@pytest.mark.parametrize("code", [a.ACCOUNTING_REQUEST, a.COA_REQUEST, a.DISCONNECT_REQUEST])
@pytest.mark.parametrize("signed", [False, True])
def test_a_computed_request_authenticator_is_believed_until_an_octet_changes(code: int, signed: bool) -> None:
    """RFC 2866 section 3, RFC 5176 section 2.3."""
    octets = request(code, 9, attr(1, "nemo"), XYZZY, signed)
    assert XYZZY.verify_request_authenticator(Packet.parse(octets))
    assert XYZZY.verify_message_authenticator(Packet.parse(octets)) is (True if signed else None)
    changed = Packet.parse(octets[:-1] + bytes((octets[-1] ^ 1,)))
    assert not XYZZY.verify_request_authenticator(changed)
    assert not XYZZY.verify_message_authenticator(changed)


def test_requests_are_signed_unless_they_are_accounting() -> None:
    for code in (a.ACCESS_REQUEST, a.STATUS_SERVER, a.COA_REQUEST, a.DISCONNECT_REQUEST):
        assert next(Packet.parse(request(code, 9, attr(1, "x"), XYZZY)).attributes())[0] == 80
    assert 80 not in Packet.parse(request(a.ACCOUNTING_REQUEST, 9, attr(1, "x"), XYZZY))
    assert 80 not in Packet.parse(request(a.ACCESS_REQUEST, 9, b"", XYZZY, message_authenticator=False))


def test_the_authenticator_of_an_access_request_is_never_the_same_unless_given() -> None:
    first, second = (Packet.parse(request(a.ACCESS_REQUEST, 9, b"", XYZZY)) for _ in range(2))
    assert first.authenticator != second.authenticator
    given = Packet.parse(request(a.ACCESS_REQUEST, 9, b"", XYZZY, authenticator=bytes(range(16))))
    assert given.authenticator == bytes(range(16))


@pytest.mark.parametrize(
    "signatures", [attr(80, bytes(15)), attr(80, bytes(17)), attr(80, b""), attr(80, bytes(16)) * 2]
)
def test_a_message_authenticator_of_another_size_or_twice_is_wrong(signatures: bytes) -> None:
    """RFC 3579 sections 3.2 and 3.3."""
    octets = request(a.ACCESS_REQUEST, 9, attr(1, "nemo") + signatures, XYZZY, message_authenticator=False)
    assert XYZZY.verify_message_authenticator(Packet.parse(octets)) is False


def test_a_message_authenticator_that_is_right_but_too_long_is_wrong() -> None:
    unsigned = bytes((a.ACCESS_REQUEST, 9, 0, 40)) + bytes(16) + attr(80, bytes(18))
    octets = unsigned[:22] + XYZZY.hmac(unsigned) + unsigned[38:]
    assert XYZZY.verify_message_authenticator(Packet.parse(octets)) is False


def test_of_two_message_authenticators_a_right_first_one_does_not_count() -> None:
    octets = request(a.ACCESS_REQUEST, 9, attr(80, bytes(16)), XYZZY)
    assert XYZZY.verify_message_authenticator(Packet.parse(octets)) is False


def test_a_message_authenticator_is_believed_wherever_it_stands() -> None:
    octets = request(a.ACCESS_REQUEST, 9, attr(1, "nemo"), XYZZY, False, bytes(16))
    length = (len(octets) + 18).to_bytes(2, "big")
    unsigned = octets[:2] + length + octets[4:] + attr(80, bytes(16))
    signed = unsigned[:-16] + XYZZY.hmac(unsigned)
    assert XYZZY.verify_message_authenticator(Packet.parse(signed)) is True


def test_a_reply_with_a_wrong_message_authenticator_is_not_believed() -> None:
    """Its Response Authenticator alone is what Blast-RADIUS forges."""
    question = Packet.parse(request(a.ACCESS_REQUEST, 9, b"", XYZZY))
    forged = attr(80, bytes(16))
    head = bytes((a.ACCESS_ACCEPT, 9, 0, 20 + len(forged)))
    answer = Packet.parse(head + XYZZY.digest(head + question.authenticator + forged) + forged)
    assert not XYZZY.verify_reply(answer, question.authenticator)


def test_a_reply_that_would_not_fit_is_refused() -> None:
    states = attr(a.PROXY_STATE, bytes(253)) * 15
    question = Packet.parse(request(a.ACCESS_REQUEST, 9, states, XYZZY, message_authenticator=False))
    with pytest.raises(Unencodable):
        reply(a.ACCESS_ACCEPT, question, attr(18, bytes(253)), XYZZY)
