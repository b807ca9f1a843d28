"""What is older than its policy goes: whole months by their partition, single rows in bounded pieces.

Each piece is a transaction of its own. Taking a month out of its table needs its exclusive lock for an instant: it is
asked for with a short timeout and otherwise tried again later, so that accounting never queues behind a purge.
Rows of an old month that ended lately (a session may last a year) are put back into the table before the month is
dropped, and go one by one. What a running purge does stands as its connection's application_name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from oss.base import audit, db, events, retention
from oss.base.events import listens
from oss.base.jobs import periodic
from oss.base.places import Place, columns, places, taken_out
from oss.base.problems import Conflict
from oss.base.retention import SUBJECTS, Subject

PIECE = 5_000
BUDGET_S = 120.0
DAY_S, TIDY_S = 86_400, 600
LOCK_TIMEOUT_MS, TRIES, PAUSE_S = 200, 3, 0.5
ITSELF = audit.Actor("system:retention")
AT_WORK = "milha-purge"

LOCK = "select pg_try_advisory_lock(hashtext('milha:purge'))"
RUNNING = "select application_name from pg_stat_activity where datname = current_database() and application_name ~ $1"
WAITING = "select created_at from job where listener = $1 and state = 'ready' order by id limit 1"
SOON = "update periodic set next_at = clock_timestamp() + interval '1 hour' where name = $1"


class PurgeRunning(Conflict):
    """A purge is running already."""


@dataclass(frozen=True, slots=True)
class PurgeAsked:
    """Somebody wants it now. ``subject`` None: every policy."""

    subject: str | None
    actor: str
    ip: str | None


@dataclass(slots=True)
class Purged:
    """What went of one subject. ``left``: months that were busy or hold too much that is young, or the time was up."""

    subject: str
    before: datetime | None
    rows: int = 0
    partitions: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a purge does at this moment, wherever it runs."""

    subject: str
    rows: int


@asynccontextmanager
async def alone() -> AsyncIterator[db.Connection]:
    """A connection that holds the purge's lock; raises PurgeRunning."""
    async with db.apart() as connection:
        if not await connection.fetchval(LOCK):
            raise PurgeRunning()
        yield connection


async def purge(
    connection: db.Connection, actor: audit.Actor, subjects: Sequence[Subject], budget_s: float = BUDGET_S
) -> list[Purged]:
    """Purge these subjects until done or the time is up. ``connection`` is outside any transaction."""
    ends = time.monotonic() + budget_s
    return [await _Work(connection, actor, one, ends).run() for one in subjects]


class _Work:
    """One subject's purge: where it stands while it goes on."""

    def __init__(self, connection: db.Connection, actor: audit.Actor, subject: Subject, ends: float) -> None:
        self.connection, self.actor, self.subject, self.ends = connection, actor, subject, ends
        self.done = Purged(subject.name, None)

    async def run(self) -> Purged:
        self.done.before = retention.before(await retention.days_of(self.connection, self.subject))
        await self._tell()
        try:
            for name in await taken_out(self.connection, self.subject.name) if self.subject.partitions else []:
                await self._finish(name)
            if self.done.before is not None:
                for place in await places(self.connection, self.subject.name):
                    await self._purge(place, self.done.before)
        finally:
            if self.done.rows and not self.subject.fixed:
                await self._note("retention.purged", rows=self.done.rows)
        return self.done

    async def _purge(self, place: Place, before: datetime) -> None:
        if place.ends is None:
            await self._delete(place.name, before)
        elif place.ends <= before and await self._may_go(place, before) and await self._take_out(place):
            await self._finish(place.name)

    async def _delete(self, table: str, before: datetime) -> None:
        while self._has_time(table):
            gone = await delete_piece(self.connection, self.subject, table, before)
            self.done.rows += gone
            await self._tell()
            if gone < PIECE:
                return

    async def _may_go(self, place: Place, before: datetime) -> bool:
        """Whether few enough of an old month's rows ended lately; that reads the month once, and blocks nobody."""
        if self.subject.ended is None:
            return True
        # Names are constants of a room and of the server's own catalogue.
        young = f"select 1 from {place.name} where {self.subject.ended} >= $1 limit {PIECE + 1}"
        if await self.connection.fetchval(f"select count(*) from ({young}) y", before) <= PIECE:
            return True
        self.done.left.append(place.name)
        return False

    async def _take_out(self, place: Place) -> bool:
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE_S)
            with suppress(asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                async with self.connection.transaction():
                    await self.connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT_MS}ms'")
                    await self.connection.execute(f"alter table {self.subject.name} detach partition {place.name}")
                return True
        self.done.left.append(place.name)
        return False

    async def _finish(self, month: str) -> None:
        """A month that is out of its table: what must stay goes back (to the default partition), then it is dropped."""
        before = self.done.before or retention.FAR_BACK
        named = await columns(self.connection, self.subject.name)
        young = f"{self.subject.ended or self.subject.column} >= $1"
        back = f"""with young as (delete from {month} where ctid = any(array(
            select ctid from {month} where {young} limit {PIECE})) returning {named})
          insert into {self.subject.name} ({named}) select {named} from young on conflict do nothing"""
        while self._has_time(month):
            if await self.connection.fetchval(f"select 1 from {month} where {young} limit 1", before) is None:
                await self._drop(month)
                return
            await self.connection.execute(back, before)

    async def _drop(self, month: str) -> None:
        async with self.connection.transaction():
            await self.connection.execute(f"drop table {month}")
            await self._note("retention.dropped", partition=month)
        self.done.partitions.append(month)

    async def _note(self, action: str, **detail: Any) -> None:
        day = self.done.before.date().isoformat() if self.done.before else None
        await audit.note(self.connection, self.actor, action, "retention", self.subject.name, before=day, **detail)

    def _has_time(self, table: str) -> bool:
        if time.monotonic() < self.ends:
            return True
        if table not in self.done.left:
            self.done.left.append(table)
        return False

    async def _tell(self) -> None:
        said = f"{AT_WORK} {self.subject.name} {self.done.rows}"
        await self.connection.fetchval("select set_config('application_name', $1, false)", said[:63])


async def delete_piece(connection: db.Connection, subject: Subject, table: str, before: datetime) -> int:
    """Delete at most `PIECE` rows older than ``before``; returns how many."""
    # Table and condition are constants of a room, or names of its partitions.
    tag = await connection.execute(
        f"delete from {table} where ctid = any(array(select ctid from {table} where {subject.old} limit {PIECE}))",
        before,
    )
    return int(tag.split()[-1])


async def ask(connection: db.Connection, actor: audit.Actor, subject: str | None = None) -> None:
    """Queue a purge in the caller's transaction; a second asking while one waits is the same."""
    await events.publish(connection, PurgeAsked(subject, actor.name, actor.ip), dedupe_key=subject or "all")


@listens(PurgeAsked, lane="bulk")
async def purge_asked(connection: db.Connection, asked: PurgeAsked) -> None:
    """Do it; while another purge runs the job waits its turn by its back-off."""
    chosen = [retention.subject(asked.subject)] if asked.subject else retention.policies()
    async with alone() as other:
        await purge(other, audit.Actor(asked.actor, asked.ip), chosen)


@periodic(every_s=DAY_S, lane="bulk")
async def daily(connection: db.Connection) -> None:
    """Every policy, once a day; what was busy or too much is taken up in an hour."""
    try:
        async with alone() as other:
            found = await purge(other, ITSELF, retention.policies())
        whole = not any(one.left for one in found)
    except PurgeRunning:
        whole = False
    if not whole:
        await connection.execute(SOON, f"{__name__}.daily")


@periodic(every_s=TIDY_S)
async def tidy(connection: db.Connection) -> None:
    """Every ten minutes a bounded piece of each table whose rows expire."""
    for one in SUBJECTS.values():
        before = retention.before(one.days)
        if one.fixed and before is not None:
            await delete_piece(connection, one, one.name, before)


async def progress(connection: db.Connection) -> Progress | None:
    """What the purge that runs now is at; None: none runs."""
    said = await connection.fetchval(RUNNING, f"^{AT_WORK} [a-z_]+ [0-9]+$")
    return Progress(said.split()[1], int(said.split()[2])) if said else None


async def waits_since(connection: db.Connection) -> datetime | None:
    """Since when a purge that somebody asked for has waited or run."""
    at: datetime | None = await connection.fetchval(WAITING, f"{__name__}.purge_asked")
    return at
