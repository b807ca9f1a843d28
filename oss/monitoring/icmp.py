"""Echo requests and replies as octets (RFC 792, RFC 4443), without a socket."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

_HEAD = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_MARK = struct.Struct("!8sQ")  # of this pinger, and the number of the echo
REQUEST, REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
IPV4 = 0x40


@dataclass(frozen=True, slots=True)
class Echo:
    """What came back: the pinger's mark and the echo's number, which a stranger cannot guess together."""

    mark: bytes
    number: int


def request(version: int, mark: bytes, number: int, identifier: int = 0) -> bytes:
    """An echo request; ``mark`` is eight octets. For IPv6 the kernel fills the checksum (RFC 3542 3.1)."""
    body = _MARK.pack(mark, number)
    sequence = number & 0xFFFF
    bare = _HEAD.pack(REQUEST[version], 0, 0, identifier, sequence) + body
    if version == 6:
        return bare
    return _HEAD.pack(REQUEST[version], 0, checksum(bare), identifier, sequence) + body


def reply(version: int, octets: bytes) -> Echo | None:
    """An echo reply of ours, None for anything else; a raw IPv4 socket hands over the IP header too."""
    if version == 4 and len(octets) > 20 and octets[0] & 0xF0 == IPV4:
        octets = octets[(octets[0] & 0x0F) * 4 :]
    if len(octets) != _HEAD.size + _MARK.size:
        return None
    kind, code, _, _, _ = _HEAD.unpack_from(octets)
    if kind != REPLY[version] or code:
        return None
    return Echo(*_MARK.unpack_from(octets, _HEAD.size))


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(octets) % 2:
        octets += b"\0"
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def version_of(address: str) -> int:
    """4 or 6; raises ValueError for what is no address."""
    return 4 if isinstance(ip_address(address), IPv4Address) else 6
