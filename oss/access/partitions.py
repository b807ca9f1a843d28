"""Monthly partitions of what grows for ever, made ahead of time; the default partitions catch odd clocks."""

from __future__ import annotations

from datetime import date

from oss.base import clock, db
from oss.base.jobs import periodic

AHEAD = 3
TABLES = ("session_history", "auth_log")  # by started_at; by at


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
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext('milha:partitions'))")
        for table in TABLES:
            for begin, end in months(clock.now().date(), AHEAD):
                await _make(connection, table, begin, end)


async def ensure_month(connection: db.Connection, table: str, begin: date) -> None:
    """One table's partition for the month that begins then, for rows older than this month.

    Raises asyncpg.CheckViolationError, and leaves the transaction as it was, where rows of that month lie in the
    default partition already: new ones will lie beside them.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext('milha:partitions'))")
        for month in months(begin, 1):
            await _make(connection, table, *month)


async def _make(connection: db.Connection, table: str, begin: date, end: date) -> None:
    name = f"{table}_{begin:%Y_%m}"
    if await connection.fetchval("select to_regclass($1)", name) is None:
        # The bounds are dates of ours.
        await connection.execute(
            f"create table {name} partition of {table} for values from ('{begin} 00:00+00') to ('{end} 00:00+00')"
        )


async def ensure_at(dsn: str) -> None:
    """Before anything is written: a row in the default partition would keep its month's from being made."""
    connection = await db.connect(dsn)
    try:
        await ensure(connection)
    finally:
        await connection.close()


@periodic(every_s=3600)
async def make_ahead(connection: db.Connection) -> None:
    """Hourly."""
    await ensure(connection)
