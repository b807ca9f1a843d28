"""The head of an answer of v1 or v2c: its error-status and first OID, which gufo-snmp keeps to itself. Pure.

Only asked where gufo says "nothing more": an error-status and the end of a table look the same there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EXCEPTIONS: Final = (0x80, 0x81, 0x82)
"""noSuchObject, noSuchInstance, endOfMibView in the place of a value (RFC 3416 section 3)."""


@dataclass(frozen=True, slots=True)
class Head:
    """``status``: error-status; ``oid``: of the first varbind, "" = there is none; ``exception``: it has no value."""

    status: int
    oid: str
    exception: bool

    def ends(self, column: str) -> bool:
        """Whether an answer that begins so says that nothing follows in the column."""
        return not self.oid or self.exception or not f"{self.oid}.".startswith(f"{column}.")


def head(datagram: bytes) -> Head | None:
    """What a response says first (RFC 1157, RFC 3416); None = this is no response that can be read."""
    try:
        message, _, _ = _piece(datagram, 0)
        _, after_version, _ = _piece(datagram, message)
        _, after_community, _ = _piece(datagram, after_version)
        request_id, _, _ = _piece(datagram, after_community)
        _, after_id, _ = _piece(datagram, request_id)
        status, after_status, _ = _piece(datagram, after_id)
        _, after_index, _ = _piece(datagram, after_status)
        varbinds, end, _ = _piece(datagram, after_index)
        number = int.from_bytes(datagram[status:after_status], "big")
        if varbinds == end:
            return Head(number, "", False)
        name, _, _ = _piece(datagram, varbinds)
        begin, value, _ = _piece(datagram, name)
        return Head(number, _oid(datagram[begin:value]), datagram[value] in EXCEPTIONS)
    except IndexError:
        return None


def _piece(data: bytes, at: int) -> tuple[int, int, int]:
    """Where the content of the piece at ``at`` begins and ends, and its tag; raises IndexError beyond the datagram."""
    tag, size, begin = data[at], data[at + 1], at + 2
    if size & 0x80:
        begin += size & 0x7F
        size = int.from_bytes(data[at + 2 : begin], "big")
    if begin + size > len(data):
        raise IndexError(at)
    return begin, begin + size, tag


def _oid(body: bytes) -> str:
    if not body:
        return ""
    parts, value = [], 0
    for one in body:
        value = value << 7 | one & 0x7F
        if one < 0x80:
            parts.append(value)
            value = 0
    first = min(parts[0] // 40, 2) if parts else 0
    return ".".join(map(str, [first, parts[0] - first * 40, *parts[1:]])) if parts else ""
