"""Monthly partitions of what grows for ever, made ahead of time; the default partitions catch odd clocks.

A row whose month is missing lies in the default partition and is found there. Its month, when it is made, takes such
rows along: they move and the month is attached in one transaction, under a lock that is asked for shortly.
"""

from __future__ import annotations

import logging
from datetime import date

import asyncpg

from oss.base import clock, db
from oss.base.jobs import periodic
from oss.base.places import columns

log = logging.getLogger(__name__)
AHEAD = 3
TABLES = {"session_history": "started_at", "auth_log": "at"}  # and the key of their partitions
# A backup reads for hours: asking for the lock without end would hold up the accounting behind us.
LOCK_TIMEOUT_MS = 500


def months(first: date, count: int) -> list[tuple[date, date]]:
    """``count`` months from the one of ``first``, each as [from, to)."""
    found = []
    year, month = first.year, first.month
    for _ in range(count):
        begin = date(year, month, 1)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        found.append((begin, date(year, month, 1)))
    return found


async def ensure(connection: db.Connection) -> None:
    """Partitions for this month and the next ones; idempotent, safe in several processes."""
    for table in TABLES:
        await _make_all(connection, table, months(clock.now().date(), AHEAD))


async def ensure_months(connection: db.Connection, table: str, first: date, last: date) -> list[str]:
    """Partitions for every month from ``first``'s to ``last``'s; returns the names of those that were made.

    An import of old history calls this before it writes: a month without rows is made at once, one whose rows lie in
    the default partition already must move them under its lock.
    """
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return await _make_all(connection, table, months(first, count))


async def _make_all(connection: db.Connection, table: str, wanted: list[tuple[date, date]]) -> list[str]:
    """Each in a transaction of its own, unless the caller is in one."""
    made = []
    for begin, end in wanted:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('milha:partitions'))")
            name = f"{table}_{begin:%Y_%m}"
            if await connection.fetchval("select to_regclass($1)", name) is None:
                await _make(connection, table, name, f"'{begin} 00:00+00'", f"'{end} 00:00+00'")
                made.append(name)
    return made


async def _make(connection: db.Connection, table: str, name: str, begin: str, end: str) -> None:
    """Made apart and then attached: readers go on, writers wait for the moment it takes."""
    rest, key, named = f"{table}_rest", TABLES[table], await columns(connection, table)
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
