"""The session history's months are made ahead, once, whoever asks."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, date, datetime

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import clock, db, partitions

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
    monkeypatch.setitem(partitions.AHEAD, "month", 9)
    await asyncio.gather(*(partitions.ensure_at(dsn) for _ in range(5)))
    connection = await db.connect(dsn)
    assert len(await connection.fetch(MONTHS)) == 10
    await connection.close()


async def test_a_failure_leaves_no_lock_and_no_table_behind(dsn: str) -> None:
    """Somebody reads the default partition for long: the month is not made, and nobody waits behind the attempt."""
    reader, maker = await db.connect(dsn), await db.connect(dsn)
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("select 1 from auth_log limit 1")
    with pytest.raises(asyncpg.LockNotAvailableError):
        await partitions.ensure_months(maker, "auth_log", date(2020, 1, 1), date(2020, 1, 1))
    held = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
    assert await maker.fetchval(held) == 0
    assert await maker.fetchval("select to_regclass('auth_log_2020_01')") is None
    await reading.rollback()
    assert await partitions.ensure_months(maker, "auth_log", date(2020, 1, 1), date(2020, 1, 1)) == ["auth_log_2020_01"]
    await reader.close()
    await maker.close()


async def test_a_start_does_not_fail_on_a_locked_history(
    dsn: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(partitions.AHEAD, "month", 4)
    reader = await db.connect(dsn)
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("select 1 from session_history limit 1")
    await partitions.ensure_at(dsn)
    assert "months not made" in caplog.text
    await reading.rollback()
    assert len(await reader.fetch(MONTHS)) == 4
    await partitions.ensure_at(dsn)
    assert len(await reader.fetch(MONTHS)) == 5
    await reader.close()


async def test_the_months_of_an_import_are_made_once_from_the_first_to_the_last(undone: db.Connection) -> None:
    made = await partitions.ensure_months(undone, "session_history", date(2019, 11, 30), date(2020, 2, 1))
    assert made == [f"session_history_{month}" for month in ("2019_11", "2019_12", "2020_01", "2020_02")]
    assert await partitions.ensure_months(undone, "session_history", date(2020, 2, 9), date(2020, 2, 1)) == []
    assert await undone.fetchval(ROW, datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC)) == "session_history_2019_12"
    assert await undone.fetchval(ROW, datetime(2020, 3, 1, tzinfo=UTC)) == "session_history_rest"


async def test_an_attached_month_is_like_its_parent(undone: db.Connection) -> None:
    await partitions.ensure_months(undone, "session_history", date(2020, 1, 1), date(2020, 1, 1))
    indexes = "select count(*) from pg_index where indrelid = to_regclass($1) and indisvalid"
    assert await undone.fetchval(indexes, "session_history") == await undone.fetchval(
        indexes, "session_history_2020_01"
    )
    key = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = to_regclass($1) and contype = 'p'"
    assert await undone.fetchval(key, "session_history_2020_01") == "PRIMARY KEY (uid, started_at)"


async def test_a_row_of_a_missing_month_is_found_and_moves_into_its_month_when_that_is_made(
    undone: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(partitions.AHEAD, "month", 9)
    ahead, _ = partitions.months(clock.now().date(), 9)[-1]
    at = datetime(ahead.year, ahead.month, 2, tzinfo=UTC)
    other = datetime(1995, 5, 5, tzinfo=UTC)
    for instant in (at, at, other):
        assert await undone.fetchval(ROW, instant) == "session_history_rest"
    found = "select tableoid::regclass::text as lies, * from session_history where login = 'x' order by uid"
    before = await undone.fetch(found)
    await partitions.make_ahead(undone)
    after = await undone.fetch(found)
    assert [tuple(row)[1:] for row in after] == [tuple(row)[1:] for row in before] and len(after) == 3
    assert {row["started_at"]: row["lies"] for row in after} == {
        at: f"session_history_{ahead:%Y_%m}",
        other: "session_history_rest",
    }


async def test_what_is_written_while_a_month_is_made_is_not_lost(dsn: str) -> None:
    day, at = date(2020, 1, 1), datetime(2020, 1, 9, tzinfo=UTC)
    writer, maker = await db.connect(dsn), await db.connect(dsn)
    made, written = asyncio.Event(), 0

    async def write() -> None:
        nonlocal written
        while not made.is_set():
            await writer.execute("insert into auth_log values ($1, 1, 'x', '', '', '')", at)
            written += 1

    writing = asyncio.create_task(write())
    while await maker.fetchval("select count(*) from auth_log") < 20:
        await asyncio.sleep(0)
    await partitions.ensure_months(maker, "auth_log", day, day)
    made.set()
    await writing
    places = "select tableoid::regclass::text as name, count(*) as rows from auth_log group by 1"
    assert [tuple(row) for row in await maker.fetch(places)] == [("auth_log_2020_01", written)] and written > 20
    await writer.close()
    await maker.close()
