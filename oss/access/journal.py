"""The accounting journal (invariant 4): append, fdatasync in groups off the loop, acknowledge, apply later in order.

A journal is a folder of segments ``00000001.log``; a record is a frame of a fixed head and the packet as it came.
One process owns the folder by a lock. A torn tail (power cut in the middle of a write) is cut off at start: its
record was never acknowledged, so the router sends it again. A folder has an identity, so that a position kept in the
database is never taken for one of another folder (data directory lost, database kept).
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import secrets
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from oss.base import faults

log = logging.getLogger(__name__)
HEAD = struct.Struct("<IIBxxxQq")  # crc32 of what follows it, payload octets, kind, nas id, received at (us)
CHECKED = struct.Struct("<IBxxxQq")
PACKET, LOST = 1, 2  # an Accounting-Request as received; a session whose lease ran out
SEGMENT_OCTETS = 64 << 20
MAX_PAYLOAD = 8192
LARGEST = HEAD.size + MAX_PAYLOAD


class JournalLocked(Exception):
    """Another process writes this journal."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the journal: segment number and octet offset in it."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """One journalled record. ``at_us``: microseconds since the epoch when it was received."""

    kind: int
    nas_id: int
    at_us: int
    payload: bytes
    end: Position


def frame(kind: int, nas_id: int, at_us: int, payload: bytes) -> bytes:
    """A record's octets on disk; raises ValueError for a payload that could not be read back."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a record of {len(payload)} octets, at most {MAX_PAYLOAD} are kept")
    checked = CHECKED.pack(len(payload), kind, nas_id, at_us)
    return struct.pack("<I", zlib.crc32(payload, zlib.crc32(checked))) + checked + payload


def parse(data: bytes, segment: int, offset: int) -> tuple[list[Record], int]:
    """Whole, sound records at the start of ``data`` (read at ``offset``) and the offset behind them."""
    records, at, size = [], 0, len(data)
    while at + HEAD.size <= size:
        crc, length, kind, nas_id, at_us = HEAD.unpack_from(data, at)
        end = at + HEAD.size + length
        if length > MAX_PAYLOAD or end > size or zlib.crc32(data[at + 4 : end]) != crc:
            break
        payload = data[at + HEAD.size : end]
        records.append(Record(kind, nas_id, at_us, payload, Position(segment, offset + end)))
        at = end
    return records, offset + at


def next_sound(data: bytes) -> int | None:
    """Where behind damaged octets a whole sound record begins again; None: nowhere in ``data``."""
    for at in range(1, len(data) - HEAD.size + 1):
        _, length, kind, _, _ = HEAD.unpack_from(data, at)
        if length <= MAX_PAYLOAD and kind in (PACKET, LOST) and parse(data[at : at + HEAD.size + length], 0, 0)[0]:
            return at
    return None


class Journal:
    """The writer's and the reader's side of one folder; both live in the AAA loop."""

    def __init__(self, folder: Path, segment_octets: int = SEGMENT_OCTETS) -> None:
        self.folder, self.segment_octets = folder, segment_octets
        self.durable = Position(1, 0)  # everything before it is on stable storage
        self.began = Position(1, 0)  # where this process's own records begin
        self.appended = self.synced = 0
        self.failing: str | None = None
        self.identity = ""  # known once open
        self.moved = asyncio.Event()
        self._waiting: list[tuple[bytes, Callable[[], None] | None]] = []
        self._bell = asyncio.Event()
        self._disk = ThreadPoolExecutor(1, "journal")
        self._file = -1
        self._lock = -1

    def open(self) -> None:
        """Take the lock, cut a torn tail, and stand at the end. Raises JournalLocked or OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalLocked(f"{self.folder} is in use by another process") from None
        self.identity = self._identity()
        segment = max(self._segments(), default=1)
        path = self._path(segment)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        _, end = parse(path.read_bytes(), segment, 0)
        torn = os.fstat(self._file).st_size - end
        if torn:
            log.warning("journal tail cut", extra={"facts": {"segment": segment, "octets": torn}})
            os.ftruncate(self._file, end)
        os.fsync(self._file)
        for folder in (self.folder, self.folder.parent):
            _sync_folder(folder)
        self.durable = self.began = Position(segment, end)

    def _identity(self) -> str:
        path = self.folder / "identity"
        known = path.read_text() if path.exists() else ""
        if not known:
            known = secrets.token_hex(8)
            with path.open("w") as file:
                file.write(known)
                file.flush()
                os.fsync(file.fileno())
        return known

    def close(self) -> None:
        """Give up the lock; what waits unsynced was never acknowledged."""
        self._disk.shutdown(wait=True)
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    def append(
        self, kind: int, nas_id: int, at_us: int, payload: bytes, done: Callable[[], None] | None = None
    ) -> None:
        """Queue one record; ``done`` is called in this loop once it is on stable storage."""
        self._waiting.append((frame(kind, nas_id, at_us, payload), done))
        self.appended += 1
        self._bell.set()

    @property
    def backlog(self) -> int:
        """Records that wait for the disk."""
        return len(self._waiting)

    async def flush_for_ever(self) -> None:
        """Write and sync what waits; the running sync is the window in which the next group gathers."""
        loop, wait = asyncio.get_running_loop(), 0.05
        while True:
            await self._bell.wait()
            self._bell.clear()
            group, self._waiting = self._waiting, []
            if not group:
                continue
            try:
                self.durable = await loop.run_in_executor(self._disk, self._write, b"".join(f for f, _ in group))
            except OSError as error:
                self._stumble(group, error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)
                continue
            wait = 0.05
            self._synced(group)

    def _synced(self, group: list[tuple[bytes, Callable[[], None] | None]]) -> None:
        if self.failing:
            log.info("journal writes again", extra={"facts": {"folder": str(self.folder)}})
            self.failing = None
        self.synced += len(group)
        self.moved.set()
        for _, done in group:
            if done is not None:
                faults.point("acknowledge")
                done()

    def _stumble(self, group: list[tuple[bytes, Callable[[], None] | None]], error: OSError) -> None:
        if not self.failing:
            log.error("journal cannot write: nothing is acknowledged", extra={"facts": {"error": str(error)}})
        self.failing = str(error)
        self._waiting = group + self._waiting
        self._bell.set()

    def _write(self, data: bytes) -> Position:
        """In the disk thread: append at the durable end, so that a failed write leaves nothing behind it."""
        segment, offset = self.durable.segment, self.durable.offset
        if offset >= self.segment_octets:
            segment, offset = segment + 1, 0
            file = os.open(self._path(segment), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            os.close(self._file)
            self._file = file
            _sync_folder(self.folder)
        faults.point("journal")  # nothing of the group is written yet
        view, at = memoryview(data), offset
        while view:
            written = os.pwrite(self._file, view, at)
            view, at = view[written:], at + written
        faults.point("journal")  # all is written, nothing is sure
        os.fdatasync(self._file)
        return Position(segment, offset + len(data))

    def read(self, position: Position, limit: int = 256 << 10) -> tuple[list[Record], Position]:
        """Durable records from ``position`` on, at most about ``limit`` octets, and the position behind them."""
        while True:
            position, end = self._within(position)
            segment, offset = position.segment, position.offset
            if offset == end and segment >= self.durable.segment:
                return [], position
            if offset == end:
                position = Position(segment + 1, 0)
                continue
            with self._path(segment).open("rb") as file:
                file.seek(offset)
                data = file.read(min(max(limit, 2 * LARGEST), end - offset))
            records, behind = parse(data, segment, offset)
            if records:
                return records, Position(segment, behind)
            # Whole records were synced here: what cannot be read has rotted. The rest must not wait for it for ever.
            skipped = next_sound(data)
            if skipped is None:  # one may begin near the end of what was read and be whole with what follows
                skipped = len(data) if offset + len(data) == end else max(1, len(data) - LARGEST)
            facts = {"segment": segment, "offset": offset, "octets": skipped}
            log.error("journal damaged: octets skipped", extra={"facts": facts})
            position = Position(segment, offset + skipped)

    def _within(self, position: Position) -> tuple[Position, int]:
        """The position moved to a segment that exists, and where that segment's durable octets end."""
        segment, offset = position.segment, position.offset
        if segment not in (existing := self._segments()):
            segment, offset = min((s for s in existing if s > segment), default=self.durable.segment), 0
        end = self.durable.offset if segment == self.durable.segment else self._path(segment).stat().st_size
        return Position(segment, offset if offset <= end else 0), end

    def forget(self, applied: Position) -> None:
        """Delete the segments that lie wholly before what is applied."""
        for segment in self._segments():
            if segment < min(applied.segment, self.durable.segment):
                self._path(segment).unlink(missing_ok=True)

    def _segments(self) -> list[int]:
        return sorted(int(path.stem) for path in self.folder.glob("*.log") if path.stem.isdigit())

    def _path(self, segment: int) -> Path:
        return self.folder / f"{segment:08d}.log"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
