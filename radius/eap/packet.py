"""One EAP packet: octets in, fields out and back (RFC 3748 section 4), through RADIUS (RFC 3579 section 3.1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from radius.attributes import EAP_MESSAGE, MAX_VALUE
from radius.errors import Malformed
from radius.packet import Packet

REQUEST: Final = 1
RESPONSE: Final = 2
SUCCESS: Final = 3
FAILURE: Final = 4

# Types: RFC 3748 section 5, RFC 5216, RFC 5281, the PEAP and MS-CHAP-v2 drafts
IDENTITY: Final = 1
NOTIFICATION: Final = 2
NAK: Final = 3
MD5: Final = 4
TLS: Final = 13
TTLS: Final = 21
PEAP: Final = 25
MSCHAPV2: Final = 26
TLV: Final = 33
EXPANDED: Final = 254

NAMES: Final = {MD5: "MD5", TLS: "TLS", TTLS: "TTLS", PEAP: "PEAP", MSCHAPV2: "MSCHAPv2"}

_HEADER: Final = 4


class Eap(NamedTuple):
    """A packet. ``kind`` is the type of a Request or Response, else 0; ``data`` what follows it."""

    code: int
    ident: int
    kind: int = 0
    data: bytes = b""


def parse(octets: bytes) -> Eap:
    """The packet in these octets; raises Malformed.

    What lies beyond Length is padding of the link (RFC 3748 section 4.1); less than Length is discarded.
    """
    size = len(octets)
    if size < _HEADER:
        raise Malformed(f"{size} octets are no EAP packet")
    code, ident, length = octets[0], octets[1], int.from_bytes(octets[2:4], "big")
    if not _HEADER <= length <= size:
        raise Malformed(f"EAP length field {length} in {size} octets")
    if code in (SUCCESS, FAILURE):
        return Eap(code, ident)
    if code not in (REQUEST, RESPONSE) or length == _HEADER:
        raise Malformed(f"EAP code {code} of length {length}")
    return Eap(code, ident, octets[4], octets[5:length])


def carries_tls(octets: bytes) -> bool:
    """Whether there is more in it than the flags, which alone acknowledge a fragment (RFC 5216 section 2.1.5)."""
    return len(octets) > _HEADER + 2 and octets[_HEADER] in (TLS, TTLS, PEAP)


def build(code: int, ident: int, kind: int = 0, data: bytes = b"") -> bytes:
    """A packet; Success and Failure have neither type nor data (RFC 3748 section 4.2)."""
    if code in (SUCCESS, FAILURE):
        return bytes((code, ident, 0, _HEADER))
    return bytes((code, ident)) + (_HEADER + 1 + len(data)).to_bytes(2, "big") + bytes((kind,)) + data


def attributes(octets: bytes) -> bytes:
    """A packet as EAP-Message attributes, in order, 253 octets each (RFC 3579 section 3.1)."""
    if len(octets) <= MAX_VALUE:
        return bytes((EAP_MESSAGE, len(octets) + 2)) + octets
    parts = (octets[at : at + MAX_VALUE] for at in range(0, len(octets), MAX_VALUE))
    return b"".join(bytes((EAP_MESSAGE, len(part) + 2)) + part for part in parts)


def joined(request: Packet) -> bytes:
    """The packet in a request's EAP-Message attributes; empty is an EAP-Start (RFC 3579 section 2.1)."""
    if not request.more:
        return request.get(EAP_MESSAGE) or b""
    return b"".join(request.get_all(EAP_MESSAGE))
