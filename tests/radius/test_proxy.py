"""What a proxy does to packets: RFC 2865 section 2.3 and 5.33, and what is hidden with a shared secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import attributes as a
from radius.attributes import attr, vsa
from radius.auth import chap_response, pap_decrypt, pap_encrypt
from radius.errors import Unencodable
from radius.integrity import Secret
from radius.mschap import hide_key, reveal_key
from radius.packet import Packet, build
from radius.proxy import DEFAULT_ALLOWED, forwarded, returned

OWN, HOME = Secret(b"of the NAS"), Secret(b"of the home server")
HERE, THERE = bytes(range(16)), bytes(range(100, 116))
STATE = b"milha:state"


def packet(code: int, body: bytes, vector: bytes = HERE) -> Packet:
    return Packet.parse(build(code, 7, vector, body))


def sent(body: bytes, **more: bytes) -> Packet:
    """What the home server hears of an Access-Request."""
    request = packet(a.ACCESS_REQUEST, body)
    return packet(a.ACCESS_REQUEST, forwarded(request, OWN, HOME, THERE, STATE, **more), THERE)


def back(body: bytes, allowed: frozenset[int | tuple[int, int]] = DEFAULT_ALLOWED) -> Packet:
    """What the NAS hears of an answer."""
    answer, request = packet(a.ACCESS_ACCEPT, body, b"x" * 16), packet(a.ACCESS_REQUEST, b"")
    return packet(a.ACCESS_ACCEPT, returned(answer, HOME, THERE, request, OWN, allowed))


@given(st.binary(min_size=1, max_size=128).filter(lambda one: not one.endswith(b"\0")))
def test_a_password_is_hidden_anew_with_the_other_secret_rfc_2865_5_2(password: bytes) -> None:
    heard = sent(attr(a.USER_PASSWORD, pap_encrypt(password, OWN, HERE)))
    assert pap_decrypt(heard.get(a.USER_PASSWORD) or b"", HOME, THERE) == password


def test_all_else_goes_as_it_came_and_in_order_with_our_proxy_state_last_rfc_2865_5_33() -> None:
    pairs = [(a.USER_NAME, b"joao@example.net"), (a.PROXY_STATE, b"first"), (a.EAP_MESSAGE, b"\2\1\0\5\1")]
    pairs += [(a.PROXY_STATE, b"second"), (a.VENDOR_SPECIFIC, b"\0\0\1\x37\x01\x04ab"), (250, b"unknown")]
    signed = attr(a.MESSAGE_AUTHENTICATOR, bytes(16))
    heard = sent(b"".join(attr(*one) for one in pairs[:2]) + signed + b"".join(attr(*one) for one in pairs[2:]))
    assert list(heard.attributes()) == [*pairs, (a.PROXY_STATE, STATE)]


def test_a_challenge_that_was_the_authenticator_goes_along_rfc_2865_2_3() -> None:
    response = chap_response(b"\1", b"secret", HERE)
    assert sent(attr(a.CHAP_PASSWORD, response)).get(a.CHAP_CHALLENGE) == HERE
    told = sent(attr(a.CHAP_PASSWORD, response) + attr(a.CHAP_CHALLENGE, b"of the NAS"))
    assert told.get_all(a.CHAP_CHALLENGE) == [b"of the NAS"]


def test_the_realm_may_be_taken_off_the_name() -> None:
    assert sent(attr(a.USER_NAME, "joao@example.net"), name=b"joao").text(a.USER_NAME) == "joao"


def test_a_password_of_an_impossible_length_is_not_sent_on() -> None:
    with pytest.raises(Unencodable):
        sent(attr(a.USER_PASSWORD, b"short"))


# ------------------------------------------------------------ back


def test_keys_are_hidden_anew_for_the_nas_rfc_2548_2_4_2() -> None:
    key = bytes(range(50, 66))
    body = b"".join(vsa(311, kind, hide_key(key, HOME, THERE, b"\x80\1")) for kind in (16, 17))
    heard = back(body)
    for kind in (16, 17):
        assert reveal_key(heard.vsa(311, kind) or b"", OWN, HERE) == key


@given(st.binary(min_size=1, max_size=200).map(lambda clear: clear + bytes(-len(clear) % 16)))
def test_mppe_keys_of_ms_chap_1_and_tunnel_passwords_of_any_length_too_rfc_2868_3_5(clear: bytes) -> None:
    def hidden(secret: Secret, vector: bytes) -> bytes:
        found, last = b"", vector
        for at in range(0, len(clear), 16):
            last = bytes(x ^ y for x, y in zip(clear[at : at + 16], secret.pad(last), strict=True))
            found += last
        return found

    salt = b"\x81\2"
    body = attr(69, b"\1" + salt + hidden(HOME, THERE + salt)) + vsa(311, 12, hidden(HOME, THERE))
    heard = back(body, DEFAULT_ALLOWED | {69})
    assert heard.get(69) == b"\1" + salt + hidden(OWN, HERE + salt)
    assert heard.vsa(311, 12) == hidden(OWN, HERE)


def test_what_a_home_server_may_not_decide_stays_behind() -> None:
    rate, pool = vsa(14988, 8, "1G/1G"), attr(a.FRAMED_POOL, "vip")
    body = attr(a.SERVICE_TYPE, 6) + rate + pool + attr(a.REPLY_MESSAGE, "welcome") + attr(a.STATE, b"s")
    body += attr(a.PROXY_STATE, STATE) + attr(a.MESSAGE_AUTHENTICATOR, bytes(16))
    assert [kind for kind, _ in back(body).attributes()] == [a.REPLY_MESSAGE, a.STATE]
    more = back(body, DEFAULT_ALLOWED | {(14988, 8), a.FRAMED_POOL, a.PROXY_STATE, a.MESSAGE_AUTHENTICATOR})
    assert more.vsa(14988, 8) == b"1G/1G" and more.text(a.FRAMED_POOL) == "vip"
    assert a.SERVICE_TYPE not in more and a.PROXY_STATE not in more and a.MESSAGE_AUTHENTICATOR not in more


def test_of_a_vendor_attribute_with_several_inside_only_the_allowed_come_back() -> None:
    both = (311).to_bytes(4, "big") + bytes((28, 6)) + bytes(4) + bytes((26, 5)) + b"S=1"
    assert back(attr(a.VENDOR_SPECIFIC, both)).get(a.VENDOR_SPECIFIC) == (311).to_bytes(4, "big") + b"\x1a\5S=1"
    assert back(attr(a.VENDOR_SPECIFIC, b"\0\0\1\x37\xff")).get(a.VENDOR_SPECIFIC) is None
