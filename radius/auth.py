"""Is this the password? PAP and CHAP (RFC 2865 sections 2.2, 5.2, 5.3), MS-CHAP of both versions (`radius.mschap`).

One call per login: `check(request, secret, credential)`.

A `Credential` is a password, or less: a hash of it (`NtHash`, `SaltedHash`), or a hash of another system that takes its
time (`SlowHash`). What each can prove:

    method          password   NtHash   SaltedHash   SlowHash
    PAP             yes        yes      yes          not at once: the caller asks elsewhere
    CHAP            yes        no       no           no: the response is made of the password itself
    MS-CHAP, v2     yes        yes      no           no
"""

from __future__ import annotations

from hmac import compare_digest, digest
from typing import Final, NamedTuple

from radius import mschap
from radius.attributes import (
    CHAP_CHALLENGE,
    CHAP_PASSWORD,
    MESSAGE_AUTHENTICATOR,
    USER_PASSWORD,
    VENDOR_SPECIFIC,
)
from radius.errors import Unencodable
from radius.integrity import Secret, md5
from radius.packet import Packet

MAX_PASSWORD: Final = 128
"""Octets of the longest password PAP can carry (RFC 2865 section 5.2)."""

_BLOCK: Final = 16


class Verdict(NamedTuple):
    """Whether the password was right, and encoded attributes for the Access-Accept or the Access-Reject.

    As a condition it is `right`. `why`: one of the words below when it is not the password that was wrong.
    """

    right: bool
    attributes: bytes = b""
    why: str = ""

    def __bool__(self) -> bool:
        return self.right


RIGHT: Final = Verdict(True)
WRONG: Final = Verdict(False)
NEEDS_CLEAR: Final = "needs_clear_password"
"""CHAP against a hash."""
NEEDS_NT: Final = "needs_nt_hash"
"""MS-CHAP against a hash of another kind."""
SLOW: Final = "slow_hash"
"""PAP against a hash that is not for this loop: see `SlowHash`."""
_SLOW: Final = Verdict(False, b"", SLOW)


class Credential:
    """A clear password, with what the methods make of it kept from the first login by each on.

    `password` is None where only a hash is known.
    """

    __slots__ = ("nt", "padded", "password")

    def __init__(self, password: bytes | None) -> None:
        self.password = password
        self.padded: int | None = None
        self.nt: mschap.NtKeys | None = None

    def __repr__(self) -> str:
        return "Credential(***)"

    def prepare_padded(self) -> int:
        """For PAP: the password filled up with zeros to 16 octets, as a number; -1 when it is longer."""
        password = self.password
        fits = password is not None and len(password) <= _BLOCK
        self.padded = int.from_bytes(password.ljust(_BLOCK, b"\0"), "big") if password is not None and fits else -1
        return self.padded

    def prepare_nt(self) -> mschap.NtKeys | None:
        """For MS-CHAP; some 10 us. None: what is known is not enough for it."""
        if self.password is not None:
            self.nt = mschap.NtKeys(self.password)
        return self.nt

    def proves(self, sent: bytes) -> bool | None:
        """Whether this is the password; None when that takes too long to say here."""
        return self.password is not None and compare_digest(sent, self.password)


class NtHash(Credential):
    """The 16 octets of an NT hash: PAP and MS-CHAP. Unsalted, so kept sealed like a password."""

    __slots__ = ("_hashed",)

    def __init__(self, hashed: bytes) -> None:
        super().__init__(None)
        self._hashed = hashed

    def prepare_nt(self) -> mschap.NtKeys | None:
        self.nt = mschap.NtKeys.of_hash(self._hashed)
        return self.nt

    def proves(self, sent: bytes) -> bool | None:
        return compare_digest(mschap.nt_hash(sent), self._hashed)


class SaltedHash(Credential):
    """Salt and HMAC-SHA-256 of the password under it, 16 + 32 octets: PAP only, some 2 us."""

    __slots__ = ("_digest", "_salt")

    def __init__(self, octets: bytes) -> None:
        super().__init__(None)
        self._salt, self._digest = octets[:_BLOCK], octets[_BLOCK:]

    def proves(self, sent: bytes) -> bool | None:
        return compare_digest(salted(sent, self._salt), self._salt + self._digest)


class SlowHash(Credential):
    """A hash made to be slow, or just another system's: the caller verifies `hashed` elsewhere, with `pap_password`."""

    __slots__ = ("hashed",)

    def __init__(self, hashed: bytes) -> None:
        super().__init__(None)
        self.hashed = hashed

    def proves(self, sent: bytes) -> bool | None:
        return None


def salted(password: bytes, salt: bytes) -> bytes:
    """What `SaltedHash` holds."""
    return salt + digest(salt, password, "sha256")


def check(request: Packet, secret: Secret, credential: Credential) -> Verdict | None:
    """Whether the request proves this password; None when it carries no method known here.

    A request with two methods is as good as none: RFC 2865 section 4.1 forbids it. So is the LAN Manager response of
    MS-CHAP version 1.
    """
    hidden, answered = request.get(USER_PASSWORD), request.get(CHAP_PASSWORD)
    if VENDOR_SPECIFIC in request:
        challenge, first, second = mschap.offer(request)
        if first is not None or second is not None:
            if hidden is None and answered is None:
                return _mschap(request, secret, credential, challenge, first, second)
            return None
    if hidden is not None:
        return _pap(request, secret, credential, hidden) if answered is None else None
    return None if answered is None else _chap(request, credential, answered)


def refusal(request: Packet) -> bytes:
    """Attributes to reject this request with, whatever the reason: what a wrong password would get, so that the
    subscriber cannot tell. MS-CHAP-Error, or nothing for the other methods.
    """
    if VENDOR_SPECIFIC not in request:
        return b""
    _, first, second = mschap.offer(request)
    return mschap.refusal(first, second)


def _pap(request: Packet, secret: Secret, credential: Credential, hidden: bytes) -> Verdict:
    padded = credential.padded
    if padded is None:
        padded = credential.prepare_padded()
    if len(hidden) == _BLOCK:
        # One number that is zero when all is equal: no octet is compared before another.
        number = int.from_bytes
        difference = number(hidden, "big") ^ number(secret.pad(request.authenticator), "big") ^ padded
        if not difference:
            return RIGHT
        if credential.password is not None:
            return WRONG
    sent = pap_decrypt(hidden, secret, request.authenticator)
    if sent is None:
        return WRONG
    proven = credential.proves(sent)
    return _SLOW if proven is None else RIGHT if proven else WRONG


def pap_password(request: Packet, secret: Secret) -> bytes | None:
    """The password in a PAP request; None when there is none."""
    hidden = request.get(USER_PASSWORD)
    return None if hidden is None else pap_decrypt(hidden, secret, request.authenticator)


def _chap(request: Packet, credential: Credential, answered: bytes) -> Verdict:
    """CHAP-Password; the challenge is CHAP-Challenge or else the authenticator."""
    password = credential.password
    if password is None:
        return Verdict(False, b"", NEEDS_CLEAR)
    challenge = request.get(CHAP_CHALLENGE) or request.authenticator
    right = md5(answered[:1] + password + challenge).digest()
    return RIGHT if compare_digest(answered[1:], right) else WRONG


def _mschap(
    request: Packet,
    secret: Secret,
    credential: Credential,
    challenge: bytes | None,
    first: bytes | None,
    second: bytes | None,
) -> Verdict | None:
    keys = credential.nt or credential.prepare_nt()
    if keys is None:
        return Verdict(False, mschap.refusal(first, second), NEEDS_NT)
    if second is not None:
        if first is not None:
            return None
        granted = mschap.check2(keys, challenge, second, request, secret)
    elif first is not None and mschap.uses_nt(first):
        granted = mschap.check1(keys, challenge, first, request, secret)
    else:
        return None
    return Verdict(False, mschap.refusal(first, second)) if granted is None else Verdict(True, granted)


def garbled(request: Packet, secret: Secret) -> bool:
    """Whether an unsigned request's PAP password is no text: the NAS has hidden it with another secret than ours.

    RFC 2865 section 5.2 gives no other sign of it. A signed request has shown that the secret is right.
    """
    hidden = request.get(USER_PASSWORD)
    if hidden is None or MESSAGE_AUTHENTICATOR in request:
        return False
    sent = pap_decrypt(hidden, secret, request.authenticator)
    if sent is None:
        return False
    try:
        return not sent.decode().isprintable()
    except UnicodeDecodeError:
        return True


def chap_response(ident: bytes, password: bytes, challenge: bytes) -> bytes:
    """The 17 octets of a CHAP-Password: identifier and response (RFC 1994 section 4.1)."""
    return ident + md5(ident + password + challenge).digest()


def pap_encrypt(password: bytes, secret: Secret, authenticator: bytes) -> bytes:
    """The hidden User-Password, 16 to 128 octets (RFC 2865 section 5.2); raises Unencodable."""
    if len(password) > MAX_PASSWORD:
        raise Unencodable(f"a password of {len(password)} octets, PAP carries at most {MAX_PASSWORD}")
    hidden, last = b"", authenticator
    for start in range(0, max(len(password), 1), _BLOCK):
        last = _xor(password[start : start + _BLOCK].ljust(_BLOCK, b"\0"), secret.pad(last))
        hidden += last
    return hidden


def pap_decrypt(hidden: bytes, secret: Secret, authenticator: bytes) -> bytes | None:
    """The password without its padding; None when the length is not 16 to 128 octets in blocks of 16."""
    if not hidden or len(hidden) % _BLOCK or len(hidden) > MAX_PASSWORD:
        return None
    pads = [secret.pad(authenticator)]
    pads += [secret.pad(hidden[start : start + _BLOCK]) for start in range(0, len(hidden) - _BLOCK, _BLOCK)]
    return _xor(hidden, b"".join(pads)).rstrip(b"\0")


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
