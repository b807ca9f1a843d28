"""PAP and CHAP: RFC 2865 sections 2.2, 5.2, 5.3 and 7."""

from __future__ import annotations

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.auth import Credential, chap_response, check, pap_decrypt, pap_encrypt
from radius.errors import Unencodable
from radius.integrity import Secret, request
from radius.packet import Packet

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
