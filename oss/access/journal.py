"""The journal (invariant 4): append, fdatasync in groups off the loop, acknowledge, apply later in order.

A journal is a folder of segments; the newest is appended to. One process owns the folder by a lock. A torn tail (power
cut in the middle of a write) is cut off at start: its record was never acknowledged, so the router sends it again. A
folder has an identity, so that a position kept in the database is never taken for one of another folder (data directory
lost, database kept).

Records that nobody waits for (logins) are written with the next group, at the latest after ``LAZY_S``.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from oss.access.disk_thread import DiskThread
from oss.access.journal_reader import Position, Reader, Record, frame
from oss.base import faults

log = logging.getLogger(__name__)
SEGMENT_OCTETS = 64 << 20
LAZY_S = 0.1
MOST_WAITING = 200_000  # records in memory while the disk fails; beyond, nothing more is taken
SLICE = 256  # acknowledgements given before other work of the loop gets its turn

Done = Callable[[], None]


class JournalLocked(Exception):
    """Another process writes this journal."""


class Journal:
    """The writer of one folder; lives in the AAA loop."""

    def __init__(self, folder: Path, segment_octets: int = SEGMENT_OCTETS) -> None:
        self.folder, self.segment_octets = folder, segment_octets
        self.durable = Position(1, 0)  # everything before it is on stable storage
        self.began = Position(1, 0)  # where this process's own records begin
        self.appended = self.synced = 0
        self.failing: str | None = None
        self.identity = ""  # known once open
        self.moved: Callable[[], None] = lambda: None  # told after each sync
        self.gather: Callable[[], None] = lambda: None  # told before each group: who has more to write appends it now
        self._reader = Reader(folder)
        self._frames: list[bytes] = []
        self._done: list[Done] = []
        self._bell = asyncio.Event()
        self._disk = DiskThread(self._write, "journal")
        self._file = -1
        self._lock = -1

    def open(self) -> None:
        """Take the lock, cut a torn tail, and stand at the end. Raises JournalLocked or OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = lock(self.folder)
        try:
            self._stand()
        except OSError:
            self._give_back()
            raise

    def _stand(self) -> None:
        self.identity = identity(self.folder)
        _probe(self.folder)
        end = self._reader.sound_end()
        self._file = os.open(self._reader.path(end.segment), os.O_RDWR | os.O_CREAT, 0o600)
        torn = os.fstat(self._file).st_size - end.offset
        if torn:
            log.warning("journal tail cut", extra={"facts": {"segment": end.segment, "octets": torn}})
            os.ftruncate(self._file, end.offset)
        os.fsync(self._file)
        for folder in (self.folder, self.folder.parent):
            _sync_folder(folder)
        self.durable = self.began = end

    def close(self) -> None:
        """Give up the lock; what waits unsynced was never acknowledged."""
        self._disk.close()
        self._give_back()

    def _give_back(self) -> None:
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    # ------------------------------------------------------------ writing

    def append(
        self, kind: int, nas_id: int, at_us: int, payload: bytes, done: Done | None = None, source: bytes = b""
    ) -> bool:
        """Queue one record; ``done`` is called in this loop once it is on stable storage. False: too many wait."""
        if len(self._frames) >= MOST_WAITING:
            return False
        self._frames.append(frame(kind, nas_id, at_us, payload, source))
        self.appended += 1
        if done is not None:
            self._done.append(done)
            self._bell.set()
        return True

    @property
    def backlog(self) -> int:
        """Records that wait for the disk."""
        return len(self._frames)

    async def flush_for_ever(self) -> None:
        """Write and sync what waits; the running sync is the window in which the next group gathers."""
        wait = 0.05
        while True:
            await self._waited_for()
            self.gather()
            (frames, self._frames), (done, self._done) = (self._frames, []), (self._done, [])
            if not frames:
                continue
            try:
                self.durable = await self._disk.do(b"".join(frames))
            except OSError as error:
                self._stumble(frames, done, error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)
                continue
            wait = 0.05
            await self._synced(len(frames), done)

    async def _waited_for(self) -> None:
        """Until somebody waits for a record, or the lazy ones have waited long enough."""
        if not self._done:
            self._bell.clear()
            try:
                async with asyncio.timeout(LAZY_S):
                    await self._bell.wait()
            except TimeoutError:
                return

    async def _synced(self, count: int, done: list[Done]) -> None:
        if self.failing:
            log.info("journal writes again", extra={"facts": {"folder": str(self.folder)}})
            self.failing = None
        self.synced += count
        self.moved()
        for start in range(0, len(done), SLICE):
            if start:
                await asyncio.sleep(0)
            for one in done[start : start + SLICE]:
                faults.point("acknowledge")
                one()

    def _stumble(self, frames: list[bytes], done: list[Done], error: OSError) -> None:
        if not self.failing:
            log.error("journal cannot write: nothing is acknowledged", extra={"facts": {"error": str(error)}})
        self.failing = str(error)
        self._frames, self._done = frames + self._frames, done + self._done

    def _write(self, data: bytes) -> Position:
        """In the disk thread: append at the durable end, so that a failed write leaves nothing behind it."""
        segment, offset = self.durable.segment, self.durable.offset
        if offset >= self.segment_octets:
            segment, offset = segment + 1, 0
            file = os.open(self._reader.path(segment), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
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

    # ------------------------------------------------------------ reading, for tests and tools

    def read(self, position: Position, limit: int = 256 << 10) -> tuple[list[Record], Position]:
        """Durable records from ``position`` on, at most about ``limit`` octets, and the position behind them."""
        return self._reader.read(position, self.durable, limit)

    def forget(self, applied: Position) -> None:
        """Delete the segments that lie wholly before what is applied."""
        self._reader.forget(applied, self.durable)


def lock(folder: Path) -> int:
    """A descriptor that holds a folder's lock until it is closed; raises JournalLocked."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise JournalLocked(f"{folder} is in use by another process") from None
    return descriptor


def identity(folder: Path) -> str:
    """What a folder is known by in the database, made with its first use."""
    path = folder / "identity"
    known = path.read_text() if path.exists() else ""
    if not known:
        known = secrets.token_hex(8)
        with path.open("w") as file:
            file.write(known)
            file.flush()
            os.fsync(file.fileno())
    return known


def _probe(folder: Path) -> None:
    """A folder that cannot be written to is found before a router is promised anything; raises OSError."""
    path = folder / "probe"
    with path.open("wb") as file:
        file.write(bytes(4096))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
