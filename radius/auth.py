"""Is this the password? PAP and CHAP (RFC 2865 sections 2.2, 5.2 and 5.3).

One method per attribute that can carry a proof: a new method is one more entry in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Final

from radius.attributes import CHAP_CHALLENGE, CHAP_PASSWORD, USER_PASSWORD
from radius.errors import Unencodable
from radius.integrity import Secret, md5
from radius.packet import Packet

Method = Callable[[Packet, Secret, bytes], bool]

MAX_PASSWORD: Final = 128
"""Octets of the longest password PAP can carry (RFC 2865 section 5.2)."""

_BLOCK: Final = 16


def check(request: Packet, secret: Secret, password: bytes) -> bool | None:
    """Whether the request proves this password; None when it carries no method known here.

    A request with two methods is as good as none: RFC 2865 section 4.1 forbids it.
    """
    offered = [method for kind, method in METHODS.items() if kind in request]
    return offered[0](request, secret, password) if len(offered) == 1 else None


def pap(request: Packet, secret: Secret, password: bytes) -> bool:
    """User-Password against the password."""
    sent = pap_decrypt(request.get(USER_PASSWORD) or b"", secret, request.authenticator)
    return sent is not None and compare_digest(sent, password)


def chap(request: Packet, secret: Secret, password: bytes) -> bool:
    """CHAP-Password against the password; the challenge is CHAP-Challenge or else the authenticator."""
    sent = request.get(CHAP_PASSWORD) or b""
    challenge = request.get(CHAP_CHALLENGE) or request.authenticator
    return compare_digest(sent, chap_response(sent[:1], password, challenge))


METHODS: Final[dict[int, Method]] = {USER_PASSWORD: pap, CHAP_PASSWORD: chap}


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
