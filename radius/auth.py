"""Is this the password? PAP and CHAP (RFC 2865 sections 2.2, 5.2, 5.3), MS-CHAP of both versions (`radius.mschap`).

One call per login: `check(request, secret, credential)`.
"""

from __future__ import annotations

from hmac import compare_digest
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

    As a condition it is `right`.
    """

    right: bool
    attributes: bytes = b""

    def __bool__(self) -> bool:
        return self.right


RIGHT: Final = Verdict(True)
WRONG: Final = Verdict(False)


class Credential:
    """A clear password, with what the methods make of it kept from the first login by each on."""

    __slots__ = ("nt", "padded", "password")

    def __init__(self, password: bytes) -> None:
        self.password = password
        self.padded: int | None = None
        self.nt: mschap.NtKeys | None = None

    def __repr__(self) -> str:
        return "Credential(***)"

    def prepare_padded(self) -> int:
        """For PAP: the password filled up with zeros to 16 octets, as a number; -1 when it is longer."""
        fits = len(self.password) <= _BLOCK
        self.padded = int.from_bytes(self.password.ljust(_BLOCK, b"\0"), "big") if fits else -1
        return self.padded

    def prepare_nt(self) -> mschap.NtKeys:
        """For MS-CHAP; some 10 us."""
        self.nt = mschap.NtKeys(self.password)
        return self.nt


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
        return WRONG if difference else RIGHT
    sent = pap_decrypt(hidden, secret, request.authenticator)
    return RIGHT if sent is not None and compare_digest(sent, credential.password) else WRONG


def _chap(request: Packet, credential: Credential, answered: bytes) -> Verdict:
    """CHAP-Password; the challenge is CHAP-Challenge or else the authenticator."""
    challenge = request.get(CHAP_CHALLENGE) or request.authenticator
    right = md5(answered[:1] + credential.password + challenge).digest()
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
