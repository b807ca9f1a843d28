"""What proves who sent a packet: Message-Authenticator, Request and Response Authenticator.

RFC 2865 section 3 (Response Authenticator), RFC 2866 section 3 (Accounting-Request), RFC 3579 section 3.2
(Message-Authenticator), RFC 5176 sections 2.3 and 3.4 (CoA and Disconnect). All of it is MD5 because the RFCs say so.
"""

from __future__ import annotations

import os
from hmac import compare_digest
from typing import Final

from radius.attributes import (
    ACCESS_REQUEST,
    ACCOUNTING_REQUEST,
    ACCOUNTING_RESPONSE,
    COA_REQUEST,
    DISCONNECT_REQUEST,
    MESSAGE_AUTHENTICATOR,
    PROXY_STATE,
    STATUS_SERVER,
    attr,
)
from radius.packet import MIN_PACKET, Packet, build

try:  # CPython's own MD5: half the set-up cost of OpenSSL's for packets of this size, and it stays under FIPS
    from _md5 import md5
except ImportError:  # pragma: no cover - other interpreters
    from hashlib import md5

__all__ = [
    "Secret",
    "md5",
    "reply",
    "request",
    "verify_message_authenticator",
    "verify_reply",
    "verify_request_authenticator",
]

_ZEROS: Final = bytes(16)
_BLOCK: Final = 64
_EMPTY_SIGNATURE: Final = attr(MESSAGE_AUTHENTICATOR, _ZEROS)
_SIGNED_WITH_ZEROS: Final = frozenset((ACCOUNTING_REQUEST, DISCONNECT_REQUEST, COA_REQUEST))
_SIGNED_WITH_OWN: Final = frozenset((ACCESS_REQUEST, STATUS_SERVER))


class Secret:
    """A shared secret with its HMAC and MD5 contexts keyed once, not once per packet."""

    __slots__ = ("_inner", "_outer", "_prefix", "value")

    def __init__(self, value: bytes) -> None:
        self.value = value
        key = (value if len(value) <= _BLOCK else md5(value).digest()).ljust(_BLOCK, b"\0")
        self._inner = md5(bytes(octet ^ 0x36 for octet in key))
        self._outer = md5(bytes(octet ^ 0x5C for octet in key))
        self._prefix = md5(value)

    def __repr__(self) -> str:
        return "Secret(***)"

    def hmac(self, data: bytes) -> bytes:
        """HMAC-MD5 (RFC 2104)."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()

    def pad(self, block: bytes) -> bytes:
        """MD5(secret + block): what hides one block of a User-Password (RFC 2865 section 5.2)."""
        pad = self._prefix.copy()
        pad.update(block)
        return pad.digest()

    def digest(self, head: bytes, authenticator: bytes, attributes: bytes) -> bytes:
        """MD5(code, id, length + authenticator + attributes + secret) (RFC 2865 section 3)."""
        return md5(b"".join((head, authenticator, attributes, self.value))).digest()


def verify_message_authenticator(
    packet: Packet, secret: Secret, request_authenticator: bytes | None = None
) -> bool | None:
    """Whether the Message-Authenticator is right; None when there is none.

    For a reply pass the authenticator of its request (RFC 3579 section 3.2). One of a wrong length, or a second
    one, is never right: RFC 3579 section 3.3 allows at most one.
    """
    offsets = packet.offsets(MESSAGE_AUTHENTICATOR)
    if not offsets:
        return None
    raw, offset = packet.raw, offsets[0]
    if len(offsets) > 1 or raw[offset + 1] != 18:
        return False
    body = b"".join((raw[MIN_PACKET : offset + 2], _ZEROS, raw[offset + 18 :]))
    vector = _vector(packet.code, packet.authenticator, request_authenticator)
    return compare_digest(secret.hmac(raw[:4] + vector + body), raw[offset + 2 : offset + 18])


def _vector(code: int, own: bytes, request_authenticator: bytes | None) -> bytes:
    """The authenticator that stands in the signed octets (RFC 3579 section 3.2, RFC 5176 section 3.4)."""
    if code in _SIGNED_WITH_ZEROS:
        return _ZEROS
    if code in _SIGNED_WITH_OWN:
        return own
    return request_authenticator or own


def verify_request_authenticator(packet: Packet, secret: Secret) -> bool:
    """Of an Accounting-, CoA- or Disconnect-Request (RFC 2866 section 3, RFC 5176 section 2.3)."""
    raw = packet.raw
    return compare_digest(secret.digest(raw[:4], _ZEROS, raw[MIN_PACKET:]), packet.authenticator)


def verify_reply(packet: Packet, request_authenticator: bytes, secret: Secret) -> bool:
    """Whether a reply belongs to the request with this authenticator, and its Message-Authenticator, if any, is right."""
    raw = packet.raw
    expected = secret.digest(raw[:4], request_authenticator, raw[MIN_PACKET:])
    if not compare_digest(expected, packet.authenticator):
        return False
    return verify_message_authenticator(packet, secret, request_authenticator) is not False


def reply(code: int, request: Packet, attributes: bytes, secret: Secret) -> bytes:
    """The signed answer to a request, its Proxy-State copied (RFC 2865 section 5.33); raises Unencodable.

    The Message-Authenticator stands first, as the defence against Blast-RADIUS (CVE-2024-3596) asks; an
    Accounting-Response has none, because RFC 2866 knows none there and radsecproxy discards such an answer.
    """
    if PROXY_STATE in request:
        attributes += b"".join(attr(PROXY_STATE, state) for state in request.get_all(PROXY_STATE))
    if code != ACCOUNTING_RESPONSE:
        attributes = _sign(code, request.id, request.authenticator, attributes, secret)
    packet = build(code, request.id, request.authenticator, attributes)
    return packet[:4] + secret.digest(packet[:4], request.authenticator, attributes) + attributes


def request(
    code: int,
    ident: int,
    attributes: bytes,
    secret: Secret,
    message_authenticator: bool | None = None,
    authenticator: bytes | None = None,
) -> bytes:
    """A request; raises Unencodable.

    Signed with a Message-Authenticator unless told otherwise; an Accounting-Request only when told to. The
    authenticator of an Access-Request is random unless the caller has already hidden a password with one; that of
    Accounting, CoA and Disconnect is computed.
    """
    signed = code != ACCOUNTING_REQUEST if message_authenticator is None else message_authenticator
    if code in _SIGNED_WITH_OWN:
        vector = authenticator or os.urandom(16)
        return build(code, ident, vector, _sign(code, ident, vector, attributes, secret) if signed else attributes)
    if signed:
        attributes = _sign(code, ident, _ZEROS, attributes, secret)
    packet = build(code, ident, _ZEROS, attributes)
    return packet[:4] + secret.digest(packet[:4], _ZEROS, attributes) + attributes


def _sign(code: int, ident: int, vector: bytes, attributes: bytes, secret: Secret) -> bytes:
    """The attributes with a Message-Authenticator in front."""
    unsigned = build(code, ident, vector, _EMPTY_SIGNATURE + attributes)
    return b"".join((_EMPTY_SIGNATURE[:2], secret.hmac(unsigned), attributes))
