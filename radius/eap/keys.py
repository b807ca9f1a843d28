"""Keys: what a tunnel gives (RFC 5216 section 2.3, RFC 5281 section 8, RFC 9190 section 2.3, RFC 9427 section 2.1),
and how it goes to the NAS, which makes the link's keys of it (RFC 2548 section 2.4, RFC 3579 section 3.16).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from radius.attributes import VENDOR_SPECIFIC
from radius.eap import packet
from radius.integrity import Secret
from radius.mschap import MICROSOFT, MPPE_RECV_KEY, MPPE_SEND_KEY

MSK: Final = 64
"""Octets of a Master Session Key; as many of an Extended one follow it."""

_LABELS: Final = {
    packet.TLS: b"client EAP encryption",
    packet.PEAP: b"client EAP encryption",
    packet.TTLS: b"ttls keying material",
}
_LABEL_13: Final = b"EXPORTER_EAP_TLS_Key_Material"
_BLOCK: Final = 16
_VENDOR: Final = MICROSOFT.to_bytes(4, "big")
_draw: Final = random.Random().getrandbits  # a salt is public; it need not be unguessable

Export = Callable[[bytes, int, bytes | None], bytes]
"""An exporter of keying material (RFC 5705): (label, octets, context or none)."""


def msk(export: Export, kind: int, tls13: bool) -> bytes:
    """The MSK of a tunnel of this EAP type.

    From TLS 1.3 the length asked for is part of what comes out, so both MSK and EMSK are asked for always.
    """
    if tls13:
        return export(_LABEL_13, 2 * MSK, bytes((kind,)))[:MSK]
    return export(_LABELS[kind], 2 * MSK, None)[:MSK]


def attributes(keys: bytes, secret: Secret, authenticator: bytes) -> bytes:
    """MS-MPPE-Recv-Key and -Send-Key with the two halves of 64 octets (RFC 2548 sections 2.4.2 and 2.4.3)."""
    salt = _draw(14) << 1 | 0x8000
    receive = hide(keys[:32], secret, authenticator, salt.to_bytes(2, "big"))
    send = hide(keys[32:64], secret, authenticator, (salt + 1).to_bytes(2, "big"))
    return _vendor(MPPE_RECV_KEY, receive) + _vendor(MPPE_SEND_KEY, send)


def _vendor(kind: int, value: bytes) -> bytes:
    return bytes((VENDOR_SPECIFIC, len(value) + 8)) + _VENDOR + bytes((kind, len(value) + 2)) + value


def hide(key: bytes, secret: Secret, authenticator: bytes, salt: bytes) -> bytes:
    """Salt and hidden String of a key of any length (RFC 2548 section 2.4.2)."""
    clear, blocks = bytes((len(key),)) + key, [salt]
    last, number = authenticator + salt, int.from_bytes
    for at in range(0, len(clear), _BLOCK):
        block = clear[at : at + _BLOCK].ljust(_BLOCK, b"\0")
        last = (number(block, "big") ^ number(secret.pad(last), "big")).to_bytes(_BLOCK, "big")
        blocks.append(last)
    return b"".join(blocks)


def reveal(value: bytes, secret: Secret, authenticator: bytes) -> bytes | None:
    """The key in such a value; None when it is garbled."""
    salt, hidden = value[:2], value[2:]
    if not hidden or len(hidden) % _BLOCK:
        return None
    clear, last = b"", authenticator + salt
    number = int.from_bytes
    for at in range(0, len(hidden), _BLOCK):
        block = hidden[at : at + _BLOCK]
        clear += (number(block, "big") ^ number(secret.pad(last), "big")).to_bytes(_BLOCK, "big")
        last = block
    size = clear[0]
    return clear[1 : 1 + size] if size < len(clear) and not any(clear[1 + size :]) else None
