"""Of a password only a hash is known: PAP by hashing what comes, MS-CHAP by an NT hash, CHAP never."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from radius import attributes as a
from radius import mschap
from radius.attributes import attr, vsa
from radius.auth import (
    NEEDS_CLEAR,
    NEEDS_NT,
    RIGHT,
    SLOW,
    Credential,
    NtHash,
    SaltedHash,
    SlowHash,
    chap_response,
    check,
    pap_encrypt,
    pap_password,
    salted,
)
from radius.integrity import Secret
from radius.packet import Packet, build

SECRET, AUTHENTICATOR, PASSWORD = Secret(b"testing123"), bytes(range(16)), b"pw1"
LONG = b"a password longer than one block"


def asks(*attributes: bytes) -> Packet:
    return Packet.parse(build(a.ACCESS_REQUEST, 1, AUTHENTICATOR, attr(a.USER_NAME, "cli1") + b"".join(attributes)))


def pap(password: bytes) -> Packet:
    return asks(attr(a.USER_PASSWORD, pap_encrypt(password, SECRET, AUTHENTICATOR)))


def chap(password: bytes) -> Packet:
    return asks(attr(a.CHAP_PASSWORD, chap_response(b"\1", password, AUTHENTICATOR)))


def mschap1(password: bytes) -> Packet:
    challenge = bytes(8)
    response = b"\1\1" + bytes(24) + mschap.nt_response(mschap.NtKeys(password), challenge)
    return asks(
        vsa(mschap.MICROSOFT, mschap.CHAP_CHALLENGE, challenge), vsa(mschap.MICROSOFT, mschap.CHAP_RESPONSE, response)
    )


def mschap2(password: bytes) -> Packet:
    challenge, peer = bytes(16), bytes(16)
    answer = mschap.nt_response(mschap.NtKeys(password), mschap.challenge_hash(peer, challenge, b"cli1"))
    response = b"\1\0" + peer + bytes(8) + answer
    return asks(
        vsa(mschap.MICROSOFT, mschap.CHAP_CHALLENGE, challenge), vsa(mschap.MICROSOFT, mschap.CHAP2_RESPONSE, response)
    )


def nt(password: bytes) -> NtHash:
    return NtHash(mschap.nt_hash(password))


def hashed(password: bytes) -> SaltedHash:
    return SaltedHash(salted(password, os.urandom(16)))


Make = Callable[[bytes], Credential]
Ask = Callable[[bytes], Packet]


@pytest.mark.parametrize("password", [PASSWORD, b"exactly-sixteen-", LONG, "senha çã".encode(), b"\xff\xfe"])
@pytest.mark.parametrize("make", [Credential, nt, hashed])
def test_pap_proves_the_password_against_every_hash(make: Make, password: bytes) -> None:
    """RFC 2865 section 5.2: one block or more."""
    credential = make(password)
    assert check(pap(password), SECRET, credential) == RIGHT
    for wrong in (b"", b"x", password + b"x", password[:-1], LONG + LONG):
        assert check(pap(wrong), SECRET, credential) == (False, b"", "")


@pytest.mark.parametrize("ask", [mschap1, mschap2])
def test_ms_chap_needs_no_more_than_the_nt_hash(ask: Ask) -> None:
    """RFC 2759 section 8.3: of the password nothing but its NT hash is used. The answers are as long as with it."""
    granted = check(ask(PASSWORD), SECRET, nt(PASSWORD))
    with_password = check(ask(PASSWORD), SECRET, Credential(PASSWORD))
    assert granted and with_password and len(granted.attributes) == len(with_password.attributes)
    refused = check(ask(b"other"), SECRET, nt(PASSWORD))
    assert refused is not None and not refused.right and refused.why == ""


@pytest.mark.parametrize("ask", [mschap1, mschap2])
@pytest.mark.parametrize("make", [hashed, SlowHash])
def test_ms_chap_against_another_hash_is_told_apart_from_a_wrong_password(make: Make, ask: Ask) -> None:
    """The subscriber hears the same MS-CHAP-Error."""
    refused, wrong = check(ask(PASSWORD), SECRET, make(PASSWORD)), check(ask(b"x"), SECRET, Credential(PASSWORD))
    assert refused is not None and wrong is not None
    assert (refused.right, refused.why) == (False, NEEDS_NT)
    assert refused.attributes[:12] == wrong.attributes[:12] != b"" and len(refused.attributes) == len(wrong.attributes)


@pytest.mark.parametrize("make", [nt, hashed, SlowHash])
def test_chap_needs_the_password_in_clear(make: Make) -> None:
    """RFC 2865 section 7.2 and RFC 1994 section 2.2: the secret must be there in plaintext form."""
    assert check(chap(PASSWORD), SECRET, make(PASSWORD)) == (False, b"", NEEDS_CLEAR)
    assert check(chap(b""), SECRET, make(PASSWORD)) == (False, b"", NEEDS_CLEAR)


def test_a_slow_hash_is_left_to_the_caller() -> None:
    assert check(pap(PASSWORD), SECRET, SlowHash(b"{crypt}x")) == (False, b"", SLOW)
    assert pap_password(pap(LONG), SECRET) == LONG
    assert pap_password(chap(PASSWORD), SECRET) is None


def test_a_hash_sent_as_the_password_is_wrong() -> None:
    """Whoever has read a hash cannot log in by it."""
    octets = salted(PASSWORD, bytes(16))
    for credential, stolen in ((nt(PASSWORD), mschap.nt_hash(PASSWORD)), (SaltedHash(octets), octets)):
        for sent in (stolen, stolen.hex().encode()):
            verdict = check(pap(sent), SECRET, credential)
            assert verdict is not None and not verdict.right


def test_no_credential_shows_what_it_holds() -> None:
    for one in (Credential(PASSWORD), nt(PASSWORD), hashed(PASSWORD), SlowHash(PASSWORD)):
        assert "pw1" not in repr(one) and repr(one) == "Credential(***)"
