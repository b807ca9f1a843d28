"""Reading a journal's folder: frames of a segment to records, whatever happened to the octets since.

A frame is a fixed head and a payload; the head's checksum covers both. The writer (``journal.py``) and the applier, in
a process of its own, read with the same code.
"""

from __future__ import annotations

import logging
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)
# crc32 of what follows it, payload octets, kind, octets of the source, nas id, received at (us since 1970), source
HEAD = struct.Struct("<IIBBxxQq16s")
CHECKED = struct.Struct("<IBBxxQq16s")
CRC = struct.Struct("<I")
MAX_PAYLOAD = 8192
LARGEST = HEAD.size + MAX_PAYLOAD
AT_LEAST = 2 * LARGEST

PACKET = 1  # an Accounting-Request as received
LOST, SUPERSEDED, REBOOTED = 2, 3, 4  # a session that we say has ended: its last words as an Accounting-Request
RESTARTED = 5  # a router restarted without a word; ``at_us``: its sessions last heard up to then are over
LOGIN = 6  # answered Access-Requests (``login_log``)
GHOST = 7  # like LOST: its NAS said that it knows no such session
STAFF = 11  # an Accounting-Request of an administrator's session on the router itself
KINDS = (PACKET, LOST, SUPERSEDED, REBOOTED, RESTARTED, LOGIN, GHOST, STAFF)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the journal: segment number and octet offset in it."""

    segment: int
    offset: int


class Record(NamedTuple):
    """One journalled record. ``at_us``: microseconds since 1970; ``source``: the router's address, up to 16 octets."""

    kind: int
    nas_id: int
    at_us: int
    source: bytes
    payload: bytes


def frame(kind: int, nas_id: int, at_us: int, payload: bytes, source: bytes = b"") -> bytes:
    """A record's octets on disk; raises ValueError for a payload that could not be read back."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a record of {len(payload)} octets, at most {MAX_PAYLOAD} are kept")
    checked = CHECKED.pack(len(payload), kind, len(source), nas_id, at_us, source)
    return CRC.pack(zlib.crc32(payload, zlib.crc32(checked))) + checked + payload


def parse(data: bytes, most: int = 1 << 62) -> tuple[list[Record], int]:
    """Whole, sound records at the start of ``data``, at most ``most``, and the offset behind them."""
    records: list[Record] = []
    at, size, view = 0, len(data), memoryview(data)
    while at + HEAD.size <= size and len(records) < most:
        crc, length, kind, octets, nas_id, at_us, source = HEAD.unpack_from(data, at)
        end = at + HEAD.size + length
        if length > MAX_PAYLOAD or end > size or zlib.crc32(view[at + 4 : end]) != crc:
            break
        records.append(Record(kind, nas_id, at_us, source[:octets], data[at + HEAD.size : end]))
        at = end
    return records, at


def next_sound(data: bytes) -> int | None:
    """Where behind damaged octets a whole sound record begins again; None: nowhere in ``data``."""
    for at in range(1, len(data) - HEAD.size + 1):
        _, length, kind, octets, _, _, _ = HEAD.unpack_from(data, at)
        likely = length <= MAX_PAYLOAD and kind in KINDS and octets in (0, 4, 16)
        if likely and parse(data[at : at + HEAD.size + length])[0]:
            return at
    return None


class Reader:
    """The segments ``00000001.log`` ... of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, position: Position, durable: Position, limit: int) -> tuple[list[Record], Position]:
        """Records from ``position`` on, before ``durable``, at most about ``limit`` octets; the position behind."""
        while True:
            position, end = self._within(position, durable)
            segment, offset = position.segment, position.offset
            if offset == end and segment >= durable.segment:
                return [], position
            if offset == end:
                position = Position(segment + 1, 0)
                continue
            with self.path(segment).open("rb") as file:
                file.seek(offset)
                data = file.read(min(max(limit, AT_LEAST), end - offset))
            records, behind = parse(data)
            if records:
                return records, Position(segment, offset + behind)
            position = Position(segment, offset + self._skip(data, segment, offset, end))

    def _skip(self, data: bytes, segment: int, offset: int, end: int) -> int:
        """Whole records were synced here: what cannot be read has rotted. The rest must not wait for it for ever."""
        skipped = next_sound(data)
        if skipped is None:  # one may begin near the end of what was read and be whole with what follows
            skipped = len(data) if offset + len(data) == end else max(1, len(data) - LARGEST)
        facts = {"segment": segment, "offset": offset, "octets": skipped}
        log.error("journal damaged: octets skipped", extra={"facts": facts})
        return skipped

    def _within(self, position: Position, durable: Position) -> tuple[Position, int]:
        """The position moved to a segment that exists, and where that segment's durable octets end."""
        segment, offset = position.segment, position.offset
        if segment not in (existing := self.segments()):
            segment, offset = min((s for s in existing if s > segment), default=durable.segment), 0
        end = durable.offset if segment == durable.segment else self.path(segment).stat().st_size
        return Position(segment, offset if offset <= end else 0), end

    def forget(self, applied: Position, durable: Position) -> None:
        """Delete the segments that lie wholly before what is applied."""
        for segment in self.segments():
            if segment < min(applied.segment, durable.segment):
                self.path(segment).unlink(missing_ok=True)

    def sound_end(self) -> Position:
        """The end of the last whole record of the last segment."""
        segment = max(self.segments(), default=1)
        path = self.path(segment)
        return Position(segment, parse(path.read_bytes())[1] if path.exists() else 0)

    def segments(self) -> list[int]:
        """The numbers of the segments there are, in order."""
        return sorted(int(path.stem) for path in self.folder.glob("*.log") if path.stem.isdigit())

    def path(self, segment: int) -> Path:
        """A segment's file."""
        return self.folder / f"{segment:08d}.log"
