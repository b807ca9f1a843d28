"""One RADIUS packet: octets in, attributes by offset; attributes in, octets out (RFC 2865 sections 3, 5)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from struct import Struct

from radius.attributes import VENDOR_SPECIFIC
from radius.errors import Malformed, Unencodable

__all__ = ["MAX_PACKET", "MIN_PACKET", "Malformed", "Packet", "build"]

MIN_PACKET = 20
MAX_PACKET = 4096

_HEADER = Struct("!BBH16s")


class Packet:
    """A received packet. The attributes are walked once; a value is sliced out only when it is asked for.

    `raw` ends where the Length field says. `at` is the offset of each type's first attribute, `more` the offsets of
    all repetitions, in order. The contents of a Vendor-Specific are not judged here: RFC 2865 section 5.26 lets them be
    undistinguished octets.
    """

    __slots__ = ("at", "authenticator", "code", "id", "more", "raw")

    def __init__(self, code: int, ident: int, authenticator: bytes, raw: bytes) -> None:
        self.code = code
        self.id = ident
        self.authenticator = authenticator
        self.raw = raw
        self.at: dict[int, int] = {}
        self.more: list[int] = []

    @classmethod
    def parse(cls, datagram: bytes) -> Packet:
        """The packet in a datagram; raises Malformed.

        Octets beyond Length are padding; a datagram shorter than Length, a Length outside 20 to 4096, or an
        attribute that does not fit is discarded (RFC 2865 sections 3 and 5).
        """
        size = len(datagram)
        if size < MIN_PACKET:
            raise Malformed(f"{size} octets are no packet")
        code, ident, length, authenticator = _HEADER.unpack_from(datagram)
        if length > size or not MIN_PACKET <= length <= MAX_PACKET:
            raise Malformed(f"length field {length} in a datagram of {size} octets")
        packet = cls(code, ident, authenticator, datagram if length == size else datagram[:length])
        _walk(packet.raw, packet.at, packet.more)
        return packet

    def __contains__(self, kind: int) -> bool:
        return kind in self.at

    def __repr__(self) -> str:
        return f"<Packet code={self.code} id={self.id} {len(self.raw)} octets>"

    def get(self, kind: int) -> bytes | None:
        """Value of the first attribute of this type."""
        offset = self.at.get(kind)
        if offset is None:
            return None
        raw = self.raw
        return raw[offset + 2 : offset + raw[offset + 1]]

    def get_all(self, kind: int) -> list[bytes]:
        """Values of all attributes of this type, in the order they were sent."""
        raw = self.raw
        return [raw[offset + 2 : offset + raw[offset + 1]] for offset in self.offsets(kind)]

    def offsets(self, kind: int) -> list[int]:
        """Where in `raw` the attributes of this type begin."""
        first = self.at.get(kind)
        if first is None:
            return []
        if not self.more:
            return [first]
        raw = self.raw
        return [first, *[offset for offset in self.more if raw[offset] == kind]]

    def attributes(self) -> Iterator[tuple[int, bytes]]:
        """All attributes as (type, value), in the order they were sent."""
        raw, offset, end = self.raw, MIN_PACKET, len(self.raw)
        while offset < end:
            past = offset + raw[offset + 1]
            yield raw[offset], raw[offset + 2 : past]
            offset = past

    def vsa(self, vendor: int, kind: int) -> bytes | None:
        """Value of the first sub-attribute of this vendor and type (RFC 2865 section 5.26)."""
        if VENDOR_SPECIFIC not in self.at:
            return None
        for value in self.get_all(VENDOR_SPECIFIC):
            if int.from_bytes(value[:4], "big") != vendor:
                continue
            for found, data in vendor_attributes(value):
                if found == kind:
                    return data
        return None

    def text(self, kind: int) -> str | None:
        """UTF-8 text; octets that are none become U+FFFD."""
        value = self.get(kind)
        return None if value is None else value.decode("utf-8", "replace")

    def integer(self, kind: int) -> int | None:
        """A 32 bit number; None also when the value is not four octets."""
        offset = self.at.get(kind)
        if offset is None:
            return None
        raw = self.raw
        return int.from_bytes(raw[offset + 2 : offset + 6], "big") if raw[offset + 1] == 6 else None

    def address(self, kind: int) -> IPv4Address | None:
        """An IPv4 address; None also when the value is not four octets."""
        value = self.get(kind)
        return IPv4Address(value) if value is not None and len(value) == 4 else None


def _walk(raw: bytes, at: dict[int, int], more: list[int]) -> None:
    """Note where each attribute begins; raises Malformed."""
    offset, end = MIN_PACKET, len(raw)
    try:
        while offset < end:
            kind, length = raw[offset], raw[offset + 1]
            if length < 2:
                raise Malformed(f"attribute {kind} of length {length}")
            if kind in at:
                more.append(offset)
            else:
                at[kind] = offset
            offset += length
    except IndexError:
        raise Malformed("the last attribute has no length") from None
    if offset != end:
        raise Malformed("the last attribute runs past the end")


def vendor_attributes(value: bytes) -> list[tuple[int, bytes]]:
    """Sub-attributes (type, value) of one Vendor-Specific value.

    Empty when the octets are laid out otherwise, as a vendor may (RFC 2865 section 5.26).
    """
    found, offset = [], 4
    while offset < len(value):
        past = offset + (value[offset + 1] if offset + 1 < len(value) else 0)
        if past < offset + 2 or past > len(value):
            return []
        found.append((value[offset], value[offset + 2 : past]))
        offset = past
    return found


def build(code: int, ident: int, authenticator: bytes, attributes: bytes) -> bytes:
    """A packet of encoded attributes; raises Unencodable above 4096 octets (RFC 2865 section 3)."""
    length = MIN_PACKET + len(attributes)
    if length > MAX_PACKET:
        raise Unencodable(f"a packet of {length} octets, at most {MAX_PACKET} are allowed")
    return _HEADER.pack(code, ident, length, authenticator) + attributes
