"""Days and months that are over are rolled up once, whatever ends the work in its middle."""

from __future__ import annotations

import asyncio
import math
import random
import signal
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from oss.base import clock, db, partitions, purge, retention
from oss.base.jobs import PERIODIC, run_job
from oss.monitoring import roll_up, rolling
from oss.monitoring.kinds import NAS, PING, SENSOR
from oss.monitoring.samples import NAN, Sample
from tests.conftest import TESTER
from tests.waiting import eventually

from .conftest import DAY, MIDNIGHT, NOON, steady, take

ROWS = "select kind, object_id, starts_at, mean, peak from sample_5m order by 1, 2, 3"
START = datetime.fromtimestamp(MIDNIGHT, UTC)


def noisy(owner: int, at: float, count: int, chance: random.Random) -> list[Sample]:
    values = [[chance.choice((NAN, chance.uniform(0, 1e9))) for _ in range(6)] for _ in range(count)]
    return [Sample(at + n * 55, owner, NAS, (owner, owner + 100), values[n]) for n in range(count)]


async def run() -> int:
    async with db.pool().acquire() as connection:
        return await roll_up.work(connection, time.monotonic() + 60)


async def rows() -> list[Any]:
    return list(await db.fetch(ROWS))


async def fill(samples: list[Sample]) -> None:
    async with db.pool().acquire() as connection:
        await take(connection, samples)


def bare(found: list[Any]) -> list[str]:
    """Rows as text: NaN equals itself there."""
    return [str(tuple(row)) for row in found]


async def test_a_day_becomes_a_row_of_each_object(database: str) -> None:
    samples = [one for owner in (1, 2) for one in noisy(owner, MIDNIGHT, 1571, random.Random(owner))]
    await fill(samples)
    assert await run() == 2 + 2  # the month is over too
    found = await rows()
    assert [(row["kind"], row["object_id"], row["starts_at"]) for row in found] == [
        (7, number, START) for number in (1, 2, 101, 102)
    ]
    for row in found:
        owner = row["object_id"] % 100
        mine = [(one.at - MIDNIGHT, one.objects, one.metrics) for one in samples if one.owner_id == owner]
        wanted = rolling.day(NAS, mine)[row["object_id"]]
        for name in ("mean", "peak"):
            pairs = zip(row[name], getattr(wanted, name), strict=True)
            assert all(math.isclose(a, b, rel_tol=1e-5) or (a != a and b != b) for a, b in pairs)
    assert await run() == 0
    assert bare(await rows()) == bare(found)


async def test_the_borders_of_a_day_are_midnights_of_utc(database: str) -> None:
    await fill(
        [
            Sample(MIDNIGHT + offset, 1, SENSOR, (1,), (value,))
            for offset, value in ((-0.5, 1), (0, 2), (86_399.5, 3), (86_400, 4))
        ]
    )
    await run()
    found = {row["starts_at"]: row["mean"] for row in await rows()}
    assert sorted(found) == [START + timedelta(days=n) for n in (-1, 0, 1)]
    assert (found[START][0], found[START][287], found[START - timedelta(days=1)][287]) == (2, 3, 1)
    assert found[START + timedelta(days=1)][0] == 4


async def test_a_day_that_is_not_over_waits(database: str) -> None:
    await fill(steady(SENSOR, 1, (1,), (1,), clock.now().timestamp(), 1))
    async with db.pool().acquire() as connection:
        assert await roll_up.waiting(connection) == []
    assert (await run(), await rows()) == (0, [])


async def test_a_row_that_lies_in_the_default_partition_is_rolled_up_too(database: str) -> None:
    async with db.pool().acquire() as connection:
        await roll_up.copying.copy(connection, "sample_raw", ("at", "owner_id", "kind", "objects", "metrics"), [])
        await connection.execute("insert into sample_raw values ($1, 1, 3, '{1}', '{5}')", START)
        await connection.execute("insert into sample_object values (3, 1, 1, now())")
    await run()
    assert [row["mean"][0] for row in await rows()] == [5]


async def test_an_object_that_moved_to_another_device_is_told_whole(database: str) -> None:
    await fill([*steady(SENSOR, 1, (9,), (1,), MIDNIGHT, 10), *steady(SENSOR, 2, (9,), (2,), NOON, 10)])
    await run()
    (row,) = await rows()
    assert (row["mean"][0], row["mean"][144]) == (1, 2)


async def test_killed_in_the_middle_it_goes_on_and_nothing_is_double(database: str) -> None:
    samples = [one for owner in range(1, 41) for one in noisy(owner, MIDNIGHT, 1571, random.Random(owner))]
    await fill(samples)
    code = f"from oss.monitoring import roll_up; roll_up.run({database!r})"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    try:
        at = "select owner_id from sample_roll where owner_id > 3"
        reached = int(await eventually(lambda: db.fetchval(at)))
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert process.returncode == -signal.SIGKILL and reached < 40
    place = await db.fetchval("select owner_id from sample_roll")
    assert {row["object_id"] % 100 for row in await rows()} == set(range(1, place + 1))
    held = """select 1 from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())"""
    await eventually(lambda: _none(held))
    assert await run() == 40 - place + 40
    found = bare(await rows())
    await db.execute("truncate sample_5m, sample_roll")
    assert await run() == 40 + 40
    assert bare(await rows()) == found and len(found) == 80


async def test_a_piece_that_fails_leaves_neither_rows_nor_a_mark(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill([one for owner in (1, 2, 3) for one in noisy(owner, MIDNIGHT, 50, random.Random(owner))])
    real, pieces = roll_up._replace, []

    async def torn(*args: Any) -> None:
        await real(*args)
        pieces.append(args)
        if len(pieces) == 2:
            raise ConnectionResetError

    monkeypatch.setattr(roll_up, "_replace", torn)
    with pytest.raises(ConnectionResetError):
        await run()
    assert {row["object_id"] for row in await rows()} == {1, 101}
    assert await db.fetchval("select owner_id from sample_roll") == 1
    assert await run() == 2 + 3
    assert len(await rows()) == 6


async def _none(sql: str) -> bool:
    return await db.fetchval(sql) is None


async def test_two_do_not_work_at_once(database: str) -> None:
    await fill(steady(SENSOR, 1, (1,), (1,), MIDNIGHT, 5))
    async with db.pool().acquire() as other:
        await other.fetchval(roll_up.LOCK)
        assert await run() == 0
        await other.fetchval(roll_up.UNLOCK)
    assert await run() == 1 + 1


async def test_the_job_works_in_a_process_of_its_own(database: str) -> None:
    await fill(steady(SENSOR, 1, (1,), (1,), MIDNIGHT, 5))
    name = f"{roll_up.__name__}.due"
    assert PERIODIC[name].lane == "bulk"
    async with db.transaction() as connection:
        await run_job(connection, name, {})
    assert len(await rows()) == 1


async def test_a_month_is_rolled_up_when_its_days_are_and_keeps_their_percentile(database: str) -> None:
    days = [date(2026, 2, 1) + timedelta(n) for n in range(28)]
    samples = []
    for n, day in enumerate(days):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        samples += steady(PING, 1, (5,), (10 + n, 0), at, 288, 300)
    await fill(samples)
    assert await run() == 28 + 1
    (row,) = await db.fetch("select * from sample_1h")
    assert (row["object_id"], row["starts_at"]) == (5, datetime(2026, 2, 1, tzinfo=UTC))
    assert (row["mean"][0], row["mean"][27 * 24 + 23], row["p95"]) == (10, 37, [36, 0])
    assert math.isnan(row["mean"][28 * 24]) and len(row["mean"]) == 2 * 744


async def test_a_month_with_a_day_to_do_waits_for_it(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(steady(SENSOR, 1, (1,), (1,), MIDNIGHT, 5))
    async with db.pool().acquire() as connection:
        await connection.execute("insert into sample_5m values ($1, 1, 3, '{}', '{}')", START - timedelta(days=1))
        assert [one.span for one in await roll_up.waiting(connection)] == ["day"]
        assert await roll_up.work(connection, 0) == 1
        await roll_up.work(connection, time.monotonic() + 60)
    assert await db.fetchval("select count(*) from sample_roll where done_at is not null") == 2


async def test_days_go_by_their_policy_and_what_was_rolled_up_stays(database: str) -> None:
    old = (clock.now() - timedelta(days=12)).replace(hour=5)
    await fill(steady(SENSOR, 1, (1,), (1,), old.timestamp(), 5))
    await run()
    async with purge.alone() as connection:
        (done,) = await purge.purge(connection, TESTER, [retention.subject("sample_raw")])
    assert done.partitions == [f"sample_raw_{old:%Y_%m_%d}"]
    assert (await db.fetchval("select count(*) from sample_raw"), len(await rows())) == (0, 1)


async def test_days_are_made_ahead(database: str) -> None:
    names = [f"sample_raw_{clock.now() + timedelta(n):%Y_%m_%d}" for n in range(4)]
    async with db.pool().acquire() as connection:
        await partitions.ensure(connection)
        assert all([await connection.fetchval("select to_regclass($1)", name) for name in names])
    assert DAY.isoformat() == "2026-03-14"
