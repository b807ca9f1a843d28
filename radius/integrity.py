"""What proves who sent a packet: Message-Authenticator, Request and Response Authenticator.

RFC 2865 section 3 (Response Authenticator), RFC 2866 section 3 (Accounting-Request), RFC 3579 section 3.2
(Message-Authenticator), RFC 5176 sections 2.3 and 3.4 (CoA and Disconnect). All of it is MD5 because the RFCs
say so.
"""

from __future__ import annotations

import os
from hmac import compare_digest
from struct import Struct
from typing import TYPE_CHECKING, Final

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
from radius.errors import Unencodable
from radius.packet import MAX_PACKET, MIN_PACKET, Packet, build

if TYPE_CHECKING:
    from hashlib import md5
else:
    try:  # CPython's own MD5: half the set-up cost of OpenSSL's at this size, and there even under FIPS
        from _md5 import md5
    except ImportError:  # another interpreter
        from hashlib import md5

__all__ = ["Secret", "md5", "reply", "request"]

_ZEROS: Final = bytes(16)
_BLOCK: Final = 64
_EMPTY_SIGNATURE: Final = attr(MESSAGE_AUTHENTICATOR, _ZEROS)
_SIGNATURE: Final = MIN_PACKET + 2  # where the value of a first attribute begins
_SIGNATURE_HEAD: Final = _EMPTY_SIGNATURE[:2]
_SIGNED_HEADER: Final = MIN_PACKET + len(_EMPTY_SIGNATURE)
_HEAD: Final = Struct("!BBH")
_SIGNED_WITH_ZEROS: Final = frozenset((ACCOUNTING_REQUEST, DISCONNECT_REQUEST, COA_REQUEST))
_SIGNED_WITH_OWN: Final = frozenset((ACCESS_REQUEST, STATUS_SERVER))


class Secret:
    """A shared secret with its HMAC and MD5 contexts keyed once, not once per packet."""

    __slots__ = ("_inner", "_outer", "_prefix", "value")

    def __init__(self, value: bytes) -> None:
        if not value:
            raise ValueError("a shared secret must not be empty (RFC 2865 section 3)")
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

    def digest(self, packet: bytes) -> bytes:
        """MD5(packet + secret): the authenticator that replaces the one in the packet (RFC 2865 section 3)."""
        return md5(packet + self.value).digest()

    def verify_message_authenticator(self, packet: Packet, request_authenticator: bytes | None = None) -> bool | None:
        """Whether the Message-Authenticator is right; None when there is none.

        For a reply pass the authenticator of its request (RFC 3579 section 3.2). One of a wrong length, or a
        second one, is never right: RFC 3579 section 3.3 allows at most one.
        """
        offset = packet.at.get(MESSAGE_AUTHENTICATOR)
        if offset is None:
            return None
        raw = packet.raw
        if raw[offset + 1] != 18 or (packet.more and len(packet.offsets(MESSAGE_AUTHENTICATOR)) > 1):
            return False
        inner, outer, past = self._inner.copy(), self._outer.copy(), offset + 18
        if packet.code in _SIGNED_WITH_OWN:
            inner.update(raw[: offset + 2])
        else:
            vector = _vector(packet.code, packet.authenticator, request_authenticator)
            inner.update(raw[:4] + vector + raw[MIN_PACKET : offset + 2])
        inner.update(_ZEROS)
        inner.update(raw[past:])
        outer.update(inner.digest())
        return compare_digest(outer.digest(), raw[offset + 2 : past])

    def verify_request_authenticator(self, packet: Packet) -> bool:
        """Of an Accounting-, CoA- or Disconnect-Request (RFC 2866 section 3, RFC 5176 section 2.3)."""
        raw = packet.raw
        return compare_digest(
            md5(b"".join((raw[:4], _ZEROS, raw[MIN_PACKET:], self.value))).digest(), packet.authenticator
        )

    def verify_reply(self, packet: Packet, request_authenticator: bytes) -> bool:
        """Whether a reply answers the request with this authenticator; a Message-Authenticator must be right.

        An Accounting-Response is proved by its authenticator alone: no RFC says how to sign one.
        """
        raw = packet.raw
        expected = self.digest(raw[:4] + request_authenticator + raw[MIN_PACKET:])
        if not compare_digest(expected, packet.authenticator):
            return False
        if packet.code == ACCOUNTING_RESPONSE:
            return True
        return self.verify_message_authenticator(packet, request_authenticator) is not False


def _vector(code: int, own: bytes, request_authenticator: bytes | None) -> bytes:
    """The authenticator that stands in the signed octets (RFC 3579 section 3.2, RFC 5176 section 3.4)."""
    if code in _SIGNED_WITH_ZEROS:
        return _ZEROS
    if code in _SIGNED_WITH_OWN:
        return own
    return request_authenticator or own


def reply(code: int, request: Packet, attributes: bytes, secret: Secret) -> bytes:
    """The signed answer to a request, its Proxy-State copied (RFC 2865 section 5.33); raises Unencodable.

    The Message-Authenticator stands first, as the defence against Blast-RADIUS (CVE-2024-3596) asks; an
    Accounting-Response has none, because RFC 2866 knows none there and radsecproxy discards such an answer.
    """
    if PROXY_STATE in request.at:
        attributes += b"".join(attr(PROXY_STATE, state) for state in request.get_all(PROXY_STATE))
    signed = code != ACCOUNTING_RESPONSE
    length = len(attributes) + (_SIGNED_HEADER if signed else MIN_PACKET)
    if length > MAX_PACKET:
        raise Unencodable(f"a reply of {length} octets, at most {MAX_PACKET} are allowed")
    head, vector = _HEAD.pack(code, request.id, length), request.authenticator
    if signed:
        attributes = _SIGNATURE_HEAD + secret.hmac(head + vector + _EMPTY_SIGNATURE + attributes) + attributes
    return head + md5(head + vector + attributes + secret.value).digest() + attributes


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
    authenticator of an Access-Request is random unless the caller has already hidden a password with one;
    that of Accounting, CoA and Disconnect is computed.
    """
    signed = code != ACCOUNTING_REQUEST if message_authenticator is None else message_authenticator
    signer = secret if signed else None
    if code in _SIGNED_WITH_OWN:
        return _packet(code, ident, authenticator or os.urandom(16), attributes, signer)
    packet = _packet(code, ident, _ZEROS, attributes, signer)
    return packet[:4] + secret.digest(packet) + packet[MIN_PACKET:]


def _packet(code: int, ident: int, vector: bytes, attributes: bytes, signer: Secret | None) -> bytes:
    """A packet with this authenticator and, when there is a signer, a Message-Authenticator in front."""
    if signer is None:
        return build(code, ident, vector, attributes)
    unsigned = build(code, ident, vector, _EMPTY_SIGNATURE + attributes)
    return b"".join((unsigned[:_SIGNATURE], signer.hmac(unsigned), unsigned[_SIGNATURE + 16 :]))
