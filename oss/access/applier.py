"""The applier: journal -> rows, in a process of its own beside the AAA node (``python -m oss.access.applier FD``).

Its Python would otherwise take turns with the sockets'. It reads the node's journal folder, writes batch by batch, each
with the journal's new position in the same transaction, and tells the node how far it is. The node tells it through the
same socket what is on stable storage. When that socket closes, it finishes the batch it has begun and ends.

It also adopts what others left: folders beside the node's own whose process is gone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oss.access import accounting, name_settings, staff_sessions
from oss.access.fold import Restart, fold
from oss.access.journal import JournalLocked, identity, lock
from oss.access.journal_reader import Position, Reader, Record
from oss.access.login_log import Login, Refused
from oss.base import clock, copying, faults
from oss.base import log as log_lines
from oss.base.connecting import AWAY, Connection, connect

log = logging.getLogger(__name__)
BATCH_OCTETS = 4 << 20  # about 15,000 records
PAUSE_S = 0.05  # in which records gather; longer when many come, because sessions that end within a batch cost little
LONGEST_PAUSE_S = 0.25
MANY = 2_000
REALMS_S = 5.0  # how old it may be what is known of our realms
EXIT_AWAY = 75  # sysexits.h: the database is away, try again later

POSITION = """insert into journal_position (journal, segment, position, records) values ($1, 1, 0, 0)
on conflict (journal) do update set journal = excluded.journal returning segment, position"""
MOVE = """update journal_position set segment = $4, position = $5, records = records + $6, moved_at = now()
where journal = $1 and segment = $2 and position = $3"""
LOGINS = ("at", "nas_id", "login", "reason", "calling_station_id", "nas_port_id")
REFUSALS = """insert into auth_reject as r (minute, nas_id, login, reason, detail, facts, contract_id, count, first_at,
  last_at)
select q.minute, q.nas_id, q.login, q.reason, coalesce(q.facts::jsonb ->> 'note', ''), q.facts::jsonb, q.contract_id,
  q.count, q.first_at, q.last_at
from unnest($1::timestamptz[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
  $8::timestamptz[], $9::timestamptz[])
  q(minute, nas_id, login, reason, facts, contract_id, count, first_at, last_at)
on conflict (minute, nas_id, login, reason) do update set count = r.count + excluded.count,
  last_at = greatest(r.last_at, excluded.last_at), facts = excluded.facts, detail = excluded.detail"""


class Overtaken(Exception):
    """Another applier moved this journal's position meanwhile: ours is not the newest."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an applier is told at its start."""

    dsn: str = field(repr=False)
    node: str
    folder: str
    durable: tuple[int, int]
    fault: tuple[str, int] | None = None
    eager: bool = False  # routers wait for the rows: nothing gathers but what comes during a commit


class Applier:
    """Writes the batches of one journal."""

    def __init__(self, connection: Connection, folder: Path, node: str) -> None:
        self.connection, self.node = connection, node
        self.reader = Reader(folder)
        self.journal = f"{folder.name}:{identity(folder)}"
        self.position = Position(1, 0)
        self._refused = Refused()
        self._realms: frozenset[str] = frozenset()
        self._realms_at = float("-inf")  # monotonic

    async def resume(self) -> None:
        """Where the database says that the last batch ended."""
        row = await self.connection.fetchrow(POSITION, self.journal)
        self.position = Position(row["segment"], row["position"])

    async def step(self, durable: Position) -> int:
        """One batch in one transaction; how many records it had."""
        records, behind = self.reader.read(self.position, durable, BATCH_OCTETS)
        if records or behind != self.position:
            async with self.connection.transaction():
                await self._apply(records)
                faults.point("apply")
                await self._move(behind, len(records))
            faults.point("commit")
            self.position = behind
            self.reader.forget(behind, durable)
        return len(records)

    async def _move(self, behind: Position, count: int) -> None:
        here = self.position
        moved = (self.journal, here.segment, here.offset, behind.segment, behind.offset, count)
        if await self.connection.execute(MOVE, *moved) != "UPDATE 1":
            raise Overtaken(self.journal)

    async def _apply(self, records: Sequence[Record]) -> None:
        if time.monotonic() - self._realms_at > REALMS_S:
            self._realms, self._realms_at = await name_settings.realms(self.connection), time.monotonic()
        folded = fold(records, self._realms)
        await accounting.apply(self.connection, folded.parts, self.node)
        for part in folded.parts:
            if isinstance(part, Restart):
                await staff_sessions.restarted(self.connection, part.nas_id, part.before_us)
        await staff_sessions.apply(self.connection, folded.staff)
        if folded.logins:
            await copying.copy(self.connection, "auth_log", LOGINS, map(_login_row, folded.logins))
            await self._refusals(folded.logins)

    async def _refusals(self, logins: Sequence[Login]) -> None:
        found = self._refused.fold(logins)
        if not found:
            return
        keys, values = list(found), list(found.values())
        await self.connection.execute(
            REFUSALS,
            [clock.from_timestamp(key[0] * 60) for key in keys],
            [key[1] for key in keys],
            [key[2] for key in keys],
            [key[3] for key in keys],
            [one.facts for one in values],
            [one.contract_id for one in values],
            [one.count for one in values],
            [clock.from_timestamp(one.first_us / 1e6) for one in values],
            [clock.from_timestamp(one.last_us / 1e6) for one in values],
        )


def _login_row(one: Login) -> bytes:
    return copying.row(
        copying.moment(one.at_us),
        copying.bigint(one.nas_id),
        copying.text(one.login),
        copying.text(one.reason),
        copying.text(one.calling),
        copying.text(one.port),
    )


async def adopt(connection: Connection, own: Path, node: str) -> None:
    """Apply and remove the journals beside ours that no process holds: what it acknowledged must not wait for it.

    The sessions that its node had open are this one's from now on: somebody must give up those that fall silent.
    """
    for folder in sorted(own.parent.iterdir()):
        if folder == own or not (folder / "identity").exists():
            continue
        try:
            held = lock(folder)
        except (JournalLocked, OSError):
            continue
        try:
            await _adopt(connection, folder, node)
        finally:
            os.close(held)


async def _adopt(connection: Connection, folder: Path, node: str) -> None:
    left = Applier(connection, folder, node)
    await left.resume()
    end, count = left.reader.sound_end(), 0
    while some := await left.step(end):
        count += some
    log.warning("adopted a journal that was left", extra={"facts": {"journal": left.journal, "records": count}})
    await connection.execute("update session_open set node = $2 where node = $1", folder.name, node)
    shutil.rmtree(folder)
    await connection.execute("delete from journal_position where journal = $1", left.journal)


# ------------------------------------------------------------ the process


class Durable:
    """What the node told last: everything before it is on stable storage. ``over``: the node is gone."""

    def __init__(self, position: Position) -> None:
        self.position, self.over = position, False
        self.moved = asyncio.Event()

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Take the node's lines until it closes the socket."""
        try:
            while (line := await stream.readline()).endswith(b"\n"):  # a node that dies may leave half a line
                segment, offset = line.split()
                self.position = Position(int(segment), int(offset))
                self.moved.set()
        finally:
            self.over = True
            self.moved.set()


async def work(task: Task, stream: asyncio.StreamReader, tell: asyncio.StreamWriter) -> None:
    """Apply until the node closes the socket."""
    durable = Durable(Position(*task.durable))
    listening = asyncio.create_task(durable.listen(stream))
    connection = await connect(task.dsn, "milha-applier")
    try:
        await connection.execute(accounting.PREPARE)
        await adopt(connection, Path(task.folder), task.node)
        applier = Applier(connection, Path(task.folder), task.node)
        await applier.resume()
        while not durable.over:
            began = time.monotonic()
            count = await applier.step(durable.position)
            tell.write(b"%d %d %d\n" % (applier.position.segment, applier.position.offset, count))
            durable.moved.clear()
            await _pause(0.0 if task.eager else LONGEST_PAUSE_S if count > MANY else PAUSE_S, began)
            if not count and not durable.moved.is_set():
                await durable.moved.wait()
    finally:
        listening.cancel()
        connection.terminate()


async def _pause(pause: float, began: float) -> None:
    """Let records gather; go on at once when that took long enough."""
    await asyncio.sleep(max(0.0, began + pause - time.monotonic()))


async def run(descriptor: int) -> int:
    """The process: a task as one line of JSON, then positions."""
    stream, tell = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
    given = json.loads(await stream.readline())
    task = Task(**{**given, "durable": tuple(given["durable"])})
    faults.arm(task.fault and (task.fault[0], task.fault[1]), also=os.getppid())
    try:
        await work(task, stream, tell)
    except AWAY:
        return EXIT_AWAY  # the node tells it, once for all its parts
    except ConnectionResetError:
        return 0
    return 0


def main() -> int:
    """``python -m oss.access.applier FD``: the number of an inherited socket."""
    log_lines.configure(os.environ.get("MILHA_LOG_LEVEL", "info"), os.environ.get("MILHA_LOG_FORMAT", "text"))
    return asyncio.run(run(int(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
