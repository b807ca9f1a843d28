"""PAP and CHAP: RFC 2865 sections 2.2, 5.2, 5.3 and 7. MS-CHAP: `test_mschap`."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import attributes as a
from radius.attributes import attr
from radius.auth import RIGHT, WRONG, Credential, chap_response, check, pap_decrypt, pap_encrypt, refusal
from radius.errors import Unencodable
from radius.integrity import Secret, request
from radius.packet import Packet, build

from .test_integrity import RFC_2865, XYZZY, parsed

AUTHENTICATOR = bytes(range(16))


def asked(*attributes: bytes) -> Packet:
    return Packet.parse(request(a.ACCESS_REQUEST, 1, b"".join(attributes), XYZZY, authenticator=AUTHENTICATOR))


def fits(request: Packet, secret: Secret, password: bytes) -> bool | None:
    verdict = check(request, secret, Credential(password))
    return None if verdict is None else verdict.right


def pap(password: bytes, secret: Secret = XYZZY) -> Packet:
    return asked(attr(a.USER_PASSWORD, pap_encrypt(password, secret, AUTHENTICATOR)))


RFC_PASSWORDS = [b"arctangent", b"arctangent", b"challenge", b"99101462"]


@pytest.mark.parametrize(("example", "password"), list(zip(RFC_2865, RFC_PASSWORDS, strict=True)))
def test_the_passwords_of_rfc_2865_section_7_are_right(example: tuple[str, str, str], password: bytes) -> None:
    question = parsed(example[1])
    assert fits(question, XYZZY, password) is True
    assert fits(question, XYZZY, password + b"x") is False
    # CHAP proves the password without the shared secret; PAP hides it with the secret.
    assert fits(question, Secret(b"another"), password) is (a.CHAP_PASSWORD in question)


# RFC 2865 section 7: the attributes as its tables name them, before and behind the proof, and of the reply
SEVEN_ONE = (
    (attr(a.USER_NAME, "nemo"),),
    (attr(a.NAS_IP_ADDRESS, IPv4Address("192.168.1.16")), attr(a.NAS_PORT, 3)),
    attr(a.SERVICE_TYPE, 1) + attr(15, 0) + attr(14, IPv4Address("192.168.1.3")),
)
SEVEN_TWO = (
    (attr(a.USER_NAME, "flopsy"),),
    (
        *(attr(a.NAS_IP_ADDRESS, IPv4Address("192.168.1.16")), attr(a.NAS_PORT, 20)),
        *(attr(a.SERVICE_TYPE, a.SERVICE_FRAMED), attr(a.FRAMED_PROTOCOL, a.FRAMED_PPP)),
    ),
    b"".join(
        (
            *(attr(a.SERVICE_TYPE, a.SERVICE_FRAMED), attr(a.FRAMED_PROTOCOL, a.FRAMED_PPP)),
            *(attr(a.FRAMED_IP_ADDRESS, IPv4Address("255.255.255.254")), attr(10, 2)),
            *(attr(13, 1), attr(a.FRAMED_MTU, 1500)),
        )
    ),
)
CHALLENGED = attr(a.STATE, "32769430")
SEVEN_THREE = (
    (attr(a.USER_NAME, "mopsy"),),
    (attr(a.NAS_IP_ADDRESS, IPv4Address("192.168.1.16")), attr(a.NAS_PORT, 7)),
    attr(a.REPLY_MESSAGE, "Challenge 32769430.  Enter response at prompt.") + CHALLENGED,
)
SEVEN_THREE_AGAIN = (SEVEN_THREE[0], (*SEVEN_THREE[1], CHALLENGED), b"")


@pytest.mark.parametrize(
    ("example", "password", "written"),
    list(zip(RFC_2865, RFC_PASSWORDS, (SEVEN_ONE, SEVEN_TWO, SEVEN_THREE, SEVEN_THREE_AGAIN), strict=True)),
    ids=[example[0] for example in RFC_2865],
)
def test_rfc_2865_section_7_octet_for_octet_from_the_request_to_the_reply(
    example: tuple[str, str, str],
    password: bytes,
    written: tuple[tuple[bytes, ...], tuple[bytes, ...], bytes],
) -> None:
    question, answer = parsed(example[1]), parsed(example[2])
    proof = attr(a.USER_PASSWORD, pap_encrypt(password, XYZZY, question.authenticator))
    if a.CHAP_PASSWORD in question:
        proof = attr(a.CHAP_PASSWORD, chap_response(b"\x16", password, question.authenticator))
    body = b"".join((*written[0], proof, *written[1]))
    again = request(a.ACCESS_REQUEST, question.id, body, XYZZY, False, question.authenticator)
    assert again == question.raw
    assert fits(question, XYZZY, password) is True
    unsigned = build(answer.code, question.id, question.authenticator, written[2])
    assert unsigned[:4] + XYZZY.digest(unsigned) + unsigned[20:] == answer.raw


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31, 32, 33, 127, 128])
def test_pap_carries_up_to_128_octets(length: int) -> None:
    password = b"pw" * 64
    password = password[:length]
    hidden = pap_encrypt(password, XYZZY, AUTHENTICATOR)
    assert len(hidden) == max(16, -(-length // 16) * 16)
    assert pap_decrypt(hidden, XYZZY, AUTHENTICATOR) == password
    assert fits(pap(password), XYZZY, password) is True
    assert fits(pap(password), XYZZY, password[:-1] + b"?") is False


def test_a_password_that_does_not_fit_is_refused_on_the_way_out() -> None:
    with pytest.raises(Unencodable):
        pap_encrypt(bytes(129), XYZZY, AUTHENTICATOR)


@pytest.mark.parametrize("length", [0, 1, 15, 17, 144, 253])
def test_a_hidden_password_of_an_impossible_length_is_wrong_and_not_an_error(length: int) -> None:
    assert pap_decrypt(bytes(length), XYZZY, AUTHENTICATOR) is None
    assert fits(asked(attr(a.USER_PASSWORD, bytes(length))), XYZZY, b"") is False


def test_a_nas_that_pads_with_a_whole_block_is_understood() -> None:
    assert fits(pap(b"sixteen octets!!" + bytes(16)), XYZZY, b"sixteen octets!!") is True


def test_chap_uses_the_challenge_attribute_before_the_authenticator() -> None:
    challenge = b"another challenge"
    right = attr(a.CHAP_PASSWORD, chap_response(b"\x07", b"secret", challenge))
    assert fits(asked(right, attr(a.CHAP_CHALLENGE, challenge)), XYZZY, b"secret") is True
    assert fits(asked(right), XYZZY, b"secret") is False
    by_authenticator = attr(a.CHAP_PASSWORD, chap_response(b"\x07", b"secret", AUTHENTICATOR))
    assert fits(asked(by_authenticator), XYZZY, b"secret") is True
    assert fits(asked(by_authenticator), XYZZY, b"secreT") is False


@pytest.mark.parametrize("length", [0, 1, 16, 18])
def test_a_chap_password_of_another_length_is_wrong_and_not_an_error(length: int) -> None:
    octets = chap_response(b"\x07", b"secret", AUTHENTICATOR)
    assert fits(asked(attr(a.CHAP_PASSWORD, (octets + b"x")[:length])), XYZZY, b"secret") is False


def test_no_method_or_two_of_them_is_no_answer() -> None:
    """RFC 2865 section 4.1: not both User-Password and CHAP-Password."""
    assert fits(asked(attr(a.USER_NAME, "nemo")), XYZZY, b"") is None
    both = (
        attr(a.USER_PASSWORD, pap_encrypt(b"secret", XYZZY, AUTHENTICATOR)),
        attr(a.CHAP_PASSWORD, chap_response(b"\x07", b"secret", AUTHENTICATOR)),
    )
    assert fits(asked(*both), XYZZY, b"secret") is None


def test_a_verdict_is_a_condition_and_these_methods_add_nothing_to_the_answer() -> None:
    assert RIGHT
    assert not WRONG
    assert check(pap(b"secret"), XYZZY, Credential(b"secret")) is RIGHT
    assert check(pap(b"secret"), XYZZY, Credential(b"other")) is WRONG
    assert RIGHT.attributes == WRONG.attributes == refusal(pap(b"secret")) == b""


passwords = st.binary(max_size=128).filter(lambda password: not password.endswith(b"\0"))


@given(passwords, st.binary(min_size=16, max_size=16), st.integers(0, 16 * 8 - 1))
def test_any_password_proves_itself_by_pap_and_no_changed_bit_does(
    password: bytes, authenticator: bytes, bit: int
) -> None:
    hidden = bytearray(pap_encrypt(password, XYZZY, authenticator))
    credential = Credential(password)
    for right in (True, False):
        body = attr(a.USER_PASSWORD, bytes(hidden))
        packet = Packet.parse(request(a.ACCESS_REQUEST, 1, body, XYZZY, authenticator=authenticator))
        verdict = check(packet, XYZZY, credential)
        assert verdict is not None
        assert verdict.right is right
        hidden[bit // 8] ^= 1 << bit % 8


@given(st.binary(max_size=128), st.binary(min_size=1, max_size=64), st.integers(8, 17 * 8 - 1))
def test_any_password_proves_itself_by_chap_and_no_changed_bit_does(
    password: bytes, challenge: bytes, bit: int
) -> None:
    answer = bytearray(chap_response(b"\x07", password, challenge))
    for right in (True, False):
        packet = asked(attr(a.CHAP_PASSWORD, bytes(answer)), attr(a.CHAP_CHALLENGE, challenge))
        assert fits(packet, XYZZY, password) is right
        answer[bit // 8] ^= 1 << bit % 8


@given(passwords, passwords)
def test_pap_tells_two_passwords_apart(password: bytes, other: bytes) -> None:
    assert fits(pap(password), XYZZY, other) is (password == other)
