"""The session history's months are made ahead, once, whoever asks."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, date, datetime

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import partitions
from oss.base import clock, db

MONTHS = (
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'session_history'::regclass order by 1"
)
ROW = """insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, input_octets,
  output_octets, session_s, terminate_cause) values (gen_random_uuid(), 1, '1', 'x', $1, $1, 0, 0, 0, 'x')
  returning tableoid::regclass::text"""


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)), st.integers(1, 40))
def test_months_follow_each_other_without_a_gap(first: date, count: int) -> None:
    found = partitions.months(first, count)
    assert len(found) == count and found[0][0] <= first < found[0][1]
    assert all(begin.day == end.day == 1 and begin < end for begin, end in found)
    assert all(one[1] == two[0] for one, two in itertools.pairwise(found))


async def test_this_month_and_the_next_two_are_there(undone: db.Connection) -> None:
    names = [f"session_history_{begin:%Y_%m}" for begin, _ in partitions.months(clock.now().date(), 3)]
    assert [row["name"] for row in await undone.fetch(MONTHS)] == sorted([*names, "session_history_rest"])
    await partitions.ensure(undone)
    await partitions.make_ahead(undone)
    assert len(await undone.fetch(MONTHS)) == 4


async def test_a_month_begins_and_ends_at_midnight_utc(undone: db.Connection) -> None:
    begin, end = partitions.months(clock.now().date(), 1)[0]
    name = f"session_history_{begin:%Y_%m}"
    assert await undone.fetchval(ROW, datetime(begin.year, begin.month, 1, tzinfo=UTC)) == name
    assert await undone.fetchval(ROW, datetime(end.year, end.month, 1, tzinfo=UTC)) != name
    assert await undone.fetchval(ROW, datetime(1890, 1, 1, tzinfo=UTC)) == "session_history_rest"


async def test_many_processes_make_a_month_once(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "AHEAD", 9)
    await asyncio.gather(*(partitions.ensure_at(dsn) for _ in range(5)))
    connection = await db.connect(dsn)
    assert len(await connection.fetch(MONTHS)) == 10
    await connection.close()


async def test_a_failure_leaves_no_lock_behind(undone: db.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row with a clock far ahead lies in the rest: its month cannot be made, and says so itself."""
    monkeypatch.setattr(partitions, "AHEAD", 9)
    ahead, _ = partitions.months(clock.now().date(), 9)[-1]
    await undone.fetchval(ROW, datetime(ahead.year, ahead.month, 2, tzinfo=UTC))
    with pytest.raises(asyncpg.CheckViolationError):
        await partitions.ensure(undone)
    held = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
    assert await undone.fetchval(held) == 0


async def test_an_old_month_is_made_when_its_rows_come(undone: db.Connection) -> None:
    await partitions.ensure_month(undone, "session_history", date(2019, 5, 1))
    await partitions.ensure_month(undone, "session_history", date(2019, 5, 1))
    assert await undone.fetchval(ROW, datetime(2019, 5, 31, 23, 59, tzinfo=UTC)) == "session_history_2019_05"


async def test_a_month_with_rows_in_the_rest_leaves_the_transaction_usable(undone: db.Connection) -> None:
    await undone.fetchval(ROW, datetime(2019, 6, 2, tzinfo=UTC))
    with pytest.raises(asyncpg.CheckViolationError):
        await partitions.ensure_month(undone, "session_history", date(2019, 6, 1))
    assert await undone.fetchval("select count(*) from session_history") == 1
