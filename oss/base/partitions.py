"""Partitions of what grows for ever, a month or a day each, made ahead of time; the default ones catch odd clocks.

Which tables have them the rooms say where they say how long they keep them (`oss.base.retention`). A row whose month is
missing lies in the default partition and is found there. Its month, when it is made, takes such rows along: they move
and the month is attached in one transaction, under a lock that is asked for shortly.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta

import asyncpg

from oss.base import clock, db
from oss.base.jobs import periodic
from oss.base.places import columns
from oss.base.retention import SUBJECTS, Subject

log = logging.getLogger(__name__)
AHEAD = {"month": 3, "day": 4}  # with the present one
# A backup reads for hours: asking for the lock without end would hold up the accounting behind us.
LOCK_TIMEOUT_MS = 500
Span = tuple[date, date]  # [from, to)


def months(first: date, count: int) -> list[Span]:
    """``count`` months from the one of ``first``."""
    found = []
    year, month = first.year, first.month
    for _ in range(count):
        begin = date(year, month, 1)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        found.append((begin, date(year, month, 1)))
    return found


def days(first: date, count: int) -> list[Span]:
    """``count`` days from ``first`` on."""
    return [(first + timedelta(n), first + timedelta(n + 1)) for n in range(count)]


def name_of(subject: Subject, begin: date) -> str:
    """What the partition that begins on a day is called."""
    return f"{subject.name}_{begin:%Y_%m}" if subject.partitions == "month" else f"{subject.name}_{begin:%Y_%m_%d}"


async def ensure(connection: db.Connection) -> None:
    """Partitions for the present and the next ones; idempotent, safe in several processes."""
    for one in SUBJECTS.values():
        if one.partitions:
            await _make_all(connection, one, _spans(one, clock.now().date(), AHEAD[one.partitions]))


def _spans(subject: Subject, first: date, count: int) -> list[Span]:
    return months(first, count) if subject.partitions == "month" else days(first, count)


async def ensure_months(connection: db.Connection, table: str, first: date, last: date) -> list[str]:
    """Partitions for every month from ``first``'s to ``last``'s; returns the names of those that were made.

    An import of old history calls this before it writes: a month without rows is made at once, one whose rows lie in
    the default partition already must move them under its lock.
    """
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return await _make_all(connection, SUBJECTS[table], months(first, count))


async def ensure_days(connection: db.Connection, table: str, first: date, last: date) -> list[str]:
    """Partitions for every day from ``first`` to ``last``; returns the names of those that were made."""
    return await _make_all(connection, SUBJECTS[table], days(first, (last - first).days + 1))


async def _make_all(connection: db.Connection, subject: Subject, wanted: list[Span]) -> list[str]:
    """Each in a transaction of its own, unless the caller is in one."""
    made = []
    for begin, end in wanted:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('milha:partitions'))")
            name = name_of(subject, begin)
            if await connection.fetchval("select to_regclass($1)", name) is None:
                await _make(connection, subject, name, f"'{begin} 00:00+00'", f"'{end} 00:00+00'")
                made.append(name)
    return made


async def _make(connection: db.Connection, subject: Subject, name: str, begin: str, end: str) -> None:
    """Made apart and then attached: readers go on, writers wait for the moment it takes."""
    table, key = subject.name, subject.column
    rest, named = f"{table}_rest", await columns(connection, table)
    await connection.execute(f"create table {name} (like {table} including defaults including constraints)")
    await connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT_MS}ms'")
    # Writers wait at the table's door: one that had chosen the default partition already would be refused there
    # (its rows may no longer be of this month), and accounting must not meet an error that is nobody's fault.
    await connection.execute(f"lock table only {table} in share row exclusive mode")
    await connection.execute(f"lock table {rest} in access exclusive mode")
    await connection.execute(
        f"with moved as (delete from {rest} where {key} >= {begin} and {key} < {end} returning {named}) "
        f"insert into {name} ({named}) select {named} from moved"
    )
    # The bounds are dates of ours.
    await connection.execute(f"alter table {table} attach partition {name} for values from ({begin}) to ({end})")


async def ensure_at(dsn: str) -> None:
    """Before anything is written: a row in the default partition must be moved later."""
    connection = await db.connect(dsn)
    try:
        await ensure(connection)
    except asyncpg.LockNotAvailableError:
        log.warning("months not made: the history is locked; rows go to the default partition until they are")
    finally:
        await connection.close()


@periodic(every_s=3600)
async def make_ahead(connection: db.Connection) -> None:
    """Hourly."""
    await ensure(connection)
