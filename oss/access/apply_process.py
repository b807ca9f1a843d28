"""The node's side of the applier: starts its process, tells it what is durable, hears how far it is (invariant 4)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import asdict

from oss.access.applier import EXIT_AWAY, Task
from oss.access.journal import Journal
from oss.access.journal_reader import Position
from oss.base import faults
from oss.base.supervisor import Health

TELL_S = 0.02  # how often it is told at most
STOP_S = 10.0


class ApplyProcess:
    """``applied``: records of this process's life that are rows. ``caught_up``: what was there before it is."""

    def __init__(self, journal: Journal, dsn: str, node: str, eager: bool = False) -> None:
        """``eager``: acknowledgements wait for the rows (durable=database), so nothing is held back to gather."""
        self.journal, self.dsn, self.node, self.eager = journal, dsn, node, eager
        self.position: Position | None = None
        self.applied = 0
        self.caught_up = asyncio.Event()
        self.acks: deque[tuple[Position, Callable[[], None]]] = deque()  # durable=database only
        self._writer: asyncio.StreamWriter | None = None
        self._told: asyncio.TimerHandle | None = None
        journal.moved = self._moved

    @property
    def lag(self) -> int:
        """Journal records on stable storage that the database does not have yet (of this process's life)."""
        return max(0, self.journal.synced - self.applied)

    @property
    def _allowed(self) -> Position:
        """How far it may read: leftovers of an earlier life first, so that no batch is counted to both."""
        return self.journal.durable if self.caught_up.is_set() else self.journal.began

    async def run_for_ever(self, health: Health) -> None:
        """Start it and hear it out; raises when it ends, OSError where the database is why."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "oss.access.applier", str(theirs.fileno())]
        with theirs:
            process = await asyncio.to_thread(_start, command, theirs.fileno())
        reader, self._writer = await asyncio.open_connection(sock=ours)
        try:
            here = self._allowed
            place = str(self.journal.folder)
            task = Task(self.dsn, self.node, place, (here.segment, here.offset), faults.armed(), self.eager)
            self._writer.write(json.dumps(asdict(task)).encode() + b"\n")
            await self._hear(reader, health)
        finally:
            self._writer.close()
            self._writer = None
            code = await asyncio.shield(asyncio.to_thread(_ended, process))
        if code == EXIT_AWAY:
            raise ConnectionError("the applier cannot reach the database")
        raise RuntimeError(f"the applier ended with status {code}")

    async def _hear(self, reader: asyncio.StreamReader, health: Health) -> None:
        with contextlib.suppress(ConnectionResetError):
            while line := await reader.readline():
                segment, offset, count = map(int, line.split())
                self._reached(Position(segment, offset), count)
                health.beat()

    def _reached(self, position: Position, count: int) -> None:
        self.position = position
        if self.caught_up.is_set():
            self.applied = min(self.applied + count, self.journal.synced)
        elif position >= self.journal.began:
            self.caught_up.set()
            self._tell()
        if position >= self.journal.durable:
            self.applied = self.journal.synced
        while self.acks and self.acks[0][0] <= position:
            self.acks.popleft()[1]()

    def _moved(self) -> None:
        """The journal synced: tell the applier, but not each of a thousand times a second."""
        if self.eager:
            self._tell()
        elif self._told is None:
            self._told = asyncio.get_running_loop().call_later(TELL_S, self._tell)

    def _tell(self) -> None:
        self._told = None
        if self._writer is not None and not self._writer.is_closing():
            here = self._allowed
            self._writer.write(b"%d %d\n" % (here.segment, here.offset))


def _start(command: list[str], descriptor: int) -> subprocess.Popen[bytes]:
    # Not our standard output: whoever waits for the end of that would wait for this process, too.
    return subprocess.Popen(command, pass_fds=[descriptor], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Its exit status; one that does not end by itself is killed: the next one goes on where it committed last."""
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
