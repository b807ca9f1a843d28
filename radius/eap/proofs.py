"""Does this prove the password? For the methods that come outside of RADIUS attributes: in EAP and in tunnels."""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from radius import mschap
from radius.auth import NEEDS_CLEAR, NEEDS_NT, Credential
from radius.integrity import md5

NT_RESPONSE: Final = 24


def pap(credential: Credential, sent: bytes) -> bool:
    """A password in the clear."""
    return bool(credential.proves(sent))


def chap(credential: Credential, ident: int, challenge: bytes, response: bytes) -> bool:
    """RFC 1994 section 4.1; EAP-MD5 is the same (RFC 3748 section 5.4)."""
    password = credential.password
    return password is not None and compare_digest(response, md5(bytes((ident,)) + password + challenge).digest())


def mschap1(credential: Credential, challenge: bytes, answer: bytes) -> bool:
    """The 24 octets of an NT response to eight octets (RFC 2433 appendix A)."""
    keys = _keys(credential)
    return keys is not None and compare_digest(answer, mschap.nt_response(keys, challenge))


def mschap2(credential: Credential, challenge: bytes, peer: bytes, name: bytes, answer: bytes) -> bytes | None:
    """The authenticator's "S=..." when the 24 octets of an NT response are right (RFC 2759 sections 8.1, 8.7).

    ``challenge`` and ``peer`` are 16 octets each.
    """
    keys = _keys(credential)
    if keys is None:
        return None
    hashed = mschap.challenge_hash(peer, challenge, name)
    if not compare_digest(answer, mschap.nt_response(keys, hashed)):
        return None
    return mschap.authenticator_response(keys.hash_hash, answer, hashed)


def mschap2_msk(credential: Credential, answer: bytes) -> bytes:
    """The 64 octets that EAP-MSCHAPv2 gives: what we receive with, what we send with, zeros (RFC 3079 section 3.3)."""
    keys = _keys(credential)
    assert keys is not None  # they have just proven this answer
    send, receive = mschap.start_keys(keys.hash_hash, answer)
    return receive + send + bytes(32)


def unfit_for_chap(credential: Credential) -> str:
    """The reason why no CHAP can be checked; empty where one can."""
    return NEEDS_CLEAR if credential.password is None else ""


def unfit_for_mschap(credential: Credential) -> str:
    """The reason why no MS-CHAP can be checked; empty where one can."""
    return NEEDS_NT if _keys(credential) is None else ""


def _keys(credential: Credential) -> mschap.NtKeys | None:
    return credential.nt or credential.prepare_nt()
