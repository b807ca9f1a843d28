"""Days and months that are over are rolled up, in a process of its own and in pieces that stand by themselves.

A piece is one owner and kind: its rows and how far the roll-up is are one transaction, so that a kill anywhere leaves
nothing half or double. One roll-up works at a time (an advisory lock that ends with its connection). What comes later
than `GRACE` after the end of a day stays in the raw samples and is not rolled up.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from oss.base import child, clock, copying, db
from oss.base.jobs import periodic
from oss.base.places import places
from oss.monitoring import rolling
from oss.monitoring.kinds import BY_NUMBER, Kind
from oss.monitoring.rolling import Rolled

GRACE = {"day": timedelta(hours=1), "month": timedelta(days=1)}
BUDGET_S, EVERY_S = 600.0, 1_800
PREFETCH = 64  # polls at once: an OLT's are large
MONTH_AT_ONCE = 8  # objects whose month is in memory together

LOCK = "select pg_try_advisory_lock(hashtext('milha:samples'))"
UNLOCK = "select pg_advisory_unlock(hashtext('milha:samples'))"
DONE = "select starts_at from sample_roll where span = $1 and done_at is not null"
BEGIN = """insert into sample_roll (span, starts_at) values ($1, $2) on conflict do nothing"""
WHERE = "select owner_id, kind from sample_roll where span = $1 and starts_at = $2"
NEXT = """select owner_id, kind from sample_object where (owner_id, kind) > ($1::int, $2::smallint)
order by owner_id, kind limit 1"""
MOVE = "update sample_roll set owner_id = $3, kind = $4 where span = $1 and starts_at = $2"
END = "update sample_roll set done_at = clock_timestamp() where span = $1 and starts_at = $2"
ODD = "select distinct date_trunc('{0}', {1} at time zone 'UTC') at time zone 'UTC' as at from {2}_rest"

POLLS = """select extract(epoch from at - $3::timestamptz)::float8 as second, objects, metrics from sample_raw
where owner_id = $1 and kind = $2 and at >= $3 and at < $3 + interval '24 hours' order by at"""
DAYS = """select object_id, extract(epoch from starts_at - $3::timestamptz)::int / 86400 as day, mean, peak
from sample_5m where kind = $1 and object_id = any($2) and starts_at >= $3 and starts_at < $4"""
OBJECTS = "select object_id from sample_object where owner_id = $1 and kind = $2 order by 1"
PRESENT = "select object_id, mean, peak from sample_5m where kind = $1 and object_id = any($2) and starts_at = $3"
CLEAR = "delete from {} where kind = $1 and object_id = any($2) and starts_at = $3"


@dataclass(frozen=True, slots=True)
class Span:
    """A UTC day or month."""

    span: str
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        """The first instant behind it."""
        if self.span == "day":
            return self.starts_at + timedelta(days=1)
        return (self.starts_at + timedelta(days=32)).replace(day=1)

    @property
    def is_over(self) -> bool:
        return self.ends_at + GRACE[self.span] <= clock.now()


@periodic(every_s=EVERY_S, lane="bulk")
async def due(connection: db.Connection) -> None:
    """Each half hour: a child process, if there is anything to do."""
    if await waiting(connection):
        async with child.child_process() as process:
            await process.run(run, db.address())


def run(dsn: str, budget_s: float = BUDGET_S) -> int:
    """In a process of its own: roll up until nothing is left or the time is up; returns the pieces done."""
    return asyncio.run(_run(dsn, budget_s))


async def _run(dsn: str, budget_s: float) -> int:
    connection = await db.connect(dsn, "milha-samples")
    try:
        # A piece that a crash of the server loses is done again: nobody waits for the disk.
        await connection.execute("set synchronous_commit = off")
        return await work(connection, time.monotonic() + budget_s)
    finally:
        await connection.close()


async def work(connection: db.Connection, ends: float) -> int:
    """Roll up on a connection outside any transaction until ``ends``; 0 pieces where another one does."""
    if not await connection.fetchval(LOCK):
        return 0
    pieces = 0
    try:
        while found := await waiting(connection):  # again after each: a month waits for its last day
            async for _ in _span(connection, found[0]):
                pieces += 1
                if time.monotonic() > ends:
                    return pieces
        return pieces
    finally:
        await connection.fetchval(UNLOCK)


async def waiting(connection: db.Connection) -> list[Span]:
    """Spans that are over and not rolled up, the oldest first; a month waits for its days."""
    days = await _open(connection, "day", "sample_raw", "at")
    months = await _open(connection, "month", "sample_5m", "starts_at")
    unready = {one.starts_at.replace(day=1) for one in days}
    return [one for one in days if one.is_over] + [o for o in months if o.is_over and o.starts_at not in unready]


async def _open(connection: db.Connection, span: str, table: str, column: str) -> list[Span]:
    found = {one.begins for one in await places(connection, table) if one.begins and one.heap_octets}
    found |= {row["at"] for row in await connection.fetch(ODD.format(span, column, table))}
    done = {row["starts_at"] for row in await connection.fetch(DONE, span)}
    return [Span(span, at.astimezone(UTC)) for at in sorted(found - done)]


async def _span(connection: db.Connection, span: Span) -> AsyncIterator[None]:
    """Piece by piece from where it was left."""
    await connection.execute(BEGIN, span.span, span.starts_at)
    place: Any = await connection.fetchrow(WHERE, span.span, span.starts_at)
    piece = _day if span.span == "day" else _month
    while (place := await connection.fetchrow(NEXT, place["owner_id"], place["kind"])) is not None:
        async with connection.transaction():
            if place["kind"] in BY_NUMBER:
                await piece(connection, span, place["owner_id"], BY_NUMBER[place["kind"]])
            await connection.execute(MOVE, span.span, span.starts_at, place["owner_id"], place["kind"])
        yield
    await connection.execute(END, span.span, span.starts_at)


async def _day(connection: db.Connection, span: Span, owner: int, kind: Kind) -> None:
    made, slot = rolling.Day(kind), 0
    polls: list[tuple[Sequence[int], Sequence[float]]] = []
    async for row in connection.cursor(POLLS, owner, kind.number, span.starts_at, prefetch=PREFETCH):
        if (present := int(row["second"]) // rolling.SLOT_S) != slot:
            made.fold(slot, polls)
            slot, polls = present, []
        polls.append((row["objects"], row["metrics"]))
    made.fold(slot, polls)
    await _write_days(connection, span, kind, made.found)


async def _write_days(connection: db.Connection, span: Span, kind: Kind, found: dict[int, Rolled]) -> None:
    """Instead of what is there of the same day, which is an object's that moved here within it."""
    if not found:
        return
    for row in await connection.fetch(PRESENT, kind.number, list(found), span.starts_at):
        there = Rolled(*(array("f", row[name]) for name in ("mean", "peak")))
        found[row["object_id"]] = rolling.merged(found[row["object_id"]], there)
    await _replace(connection, "sample_5m", span, kind, {number: tuple(one) for number, one in found.items()})


async def _month(connection: db.Connection, span: Span, owner: int, kind: Kind) -> None:
    objects = [row["object_id"] for row in await connection.fetch(OBJECTS, owner, kind.number)]
    for first in range(0, len(objects), MONTH_AT_ONCE):
        some = objects[first : first + MONTH_AT_ONCE]
        days: dict[int, dict[int, Rolled]] = {}
        for row in await connection.fetch(DAYS, kind.number, some, span.starts_at, span.ends_at):
            rolled = Rolled(array("f", row["mean"]), array("f", row["peak"]))
            days.setdefault(row["object_id"], {})[row["day"]] = rolled
        months = {number: tuple(rolling.month(kind, theirs)) for number, theirs in days.items()}
        await _replace(connection, "sample_1h", span, kind, months)


async def _replace(
    connection: db.Connection, table: str, span: Span, kind: Kind, found: dict[int, tuple[Any, ...]]
) -> None:
    if not found:
        return
    await connection.execute(CLEAR.format(table), kind.number, list(found), span.starts_at)
    at = copying.moment(int(span.starts_at.timestamp()) * 1_000_000)
    columns = ("starts_at", "object_id", "kind", "mean", "peak", "p95")[: 5 if table == "sample_5m" else 6]
    rows = (
        copying.row(at, copying.integer(number), copying.smallint(kind.number), *map(copying.reals, arrays))
        for number, arrays in found.items()
    )
    await copying.copy(connection, table, columns, rows)
