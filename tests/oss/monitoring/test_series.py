"""What a graph is drawn from equals what was sampled: at each fineness, with its peaks, its gaps and its percentile."""

from __future__ import annotations

import asyncio
import math
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import clock, db
from oss.base.problems import InvalidInput
from oss.monitoring import roll_up, rolling, series
from oss.monitoring.kinds import DEVICE, INTERFACE, ONU, SENSOR
from oss.monitoring.samples import NAN, Sample
from oss.monitoring.series import Request
from tests.conftest import TESTER

from .conftest import steady, take

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def today(hour: int = 0, days_ago: int = 0) -> datetime:
    """An hour of a day of UTC."""
    return clock.now().replace(hour=hour, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)


async def fill(samples: list[Sample], rolled: bool = False) -> None:
    async with db.pool().acquire() as connection:
        await take(connection, samples)
        if rolled:
            await roll_up.work(connection, time.monotonic() + 60)


async def read(*args: Any, **more: Any) -> series.Series:
    async with db.pool().acquire() as connection:
        return await series.read(connection, Request(*args, **more))


async def test_a_few_hours_are_the_polls_themselves(database: str) -> None:
    start = today(3, 1)
    polls = [Sample(start.timestamp() + n * 60, 1, SENSOR, (7, 8), (n, NAN)) for n in range(120) if not 50 <= n < 60]
    await fill(polls)
    found = await read(SENSOR, [7, 8], ["value"], start, start + 2 * HOUR)
    seven, eight = found.lines
    assert (found.source, len(found.times)) == ("raw", 111)
    broken = seven.mean.index(None)
    assert found.times[broken] - found.times[broken - 1] < 120 < found.times[broken + 1] - found.times[broken]
    assert [value for value in seven.mean if value is not None] == [n for n in range(120) if not 50 <= n < 60]
    assert set(eight.mean) == {None} and eight.stats == series.Stats()
    assert (seven.stats.last, seven.stats.worst) == (119, 119)


async def test_a_poll_that_comes_often_is_thinned_with_its_peaks(database: str) -> None:
    start = today(3, 1)
    values = [1000.0 if n == 4321 else 1.0 for n in range(7200)]
    await fill([Sample(start.timestamp() + n, 1, SENSOR, (7,), (value,)) for n, value in enumerate(values)])
    found = await read(SENSOR, [7], ["value"], start, start + 2 * HOUR, points=500)
    (line,) = found.lines
    assert (found.source, found.step_s, len(found.times)) == ("raw", 15, 480)
    assert line.peak.count(1000) == 1 and line.peak.index(1000) == 4321 // 15
    assert line.mean[4321 // 15] == pytest.approx(67.6)


async def test_a_week_is_five_minutes_with_today_from_the_polls(database: str) -> None:
    polls = []
    for days_ago in range(3, -1, -1):
        polls += steady(SENSOR, 1, (7,), (10 + days_ago,), today(0, days_ago).timestamp(), 4, 3600)
    await fill(polls, rolled=True)
    found = await read(SENSOR, [7], ["value"], today(0, 3), today(0, 3) + 6 * DAY, points=2000)
    (line,) = found.lines
    known = {at: value for at, value in zip(found.times, line.mean, strict=True) if value is not None}
    assert (found.source, found.step_s) == ("5m", 300)
    assert known == {one.at // 300 * 300: one.metrics[0] for one in polls}


async def test_a_dip_of_a_minute_is_seen_in_a_month(database: str) -> None:
    start, metrics = today(0, 20), [-20.0, 2.0, -22.0, 100.0, 1.0]
    polls = steady(ONU, 1, (7,), metrics, start.timestamp(), 1440)
    polls[700] = polls[700]._replace(metrics=[-31.0, *metrics[1:]])
    await fill(polls, rolled=True)
    found = await read(ONU, [7], ["rx_dbm"], start - 5 * DAY, start + 25 * DAY, points=100)
    (line,) = found.lines
    assert (found.source, found.step_s) == ("1h", 8 * 3600) or found.source == "5m"
    assert line.stats.worst == -31 and line.peak.count(-31) == 1
    assert all(value is None or value > -20.3 for value in line.mean)


async def test_a_year_is_hours_of_months_and_the_open_month_of_days(database: str) -> None:
    now = clock.now()
    month = (today() - 70 * DAY).replace(day=1)
    days = [month + n * DAY for n in range(3)] + [today(0, 2), today(0, 1), today()]
    polls = [one for day in days for one in steady(SENSOR, 1, (7,), (day.day,), day.timestamp(), 288, 300)]
    await fill([one for one in polls if one.at <= now.timestamp()], rolled=True)
    assert await db.fetchval("select count(*) from sample_1h") >= 1
    await db.execute("delete from sample_5m where starts_at < $1", month + 31 * DAY)  # their hours are left
    found = await read(SENSOR, [7], ["value"], now - 365 * DAY, now, points=2000)
    (line,) = found.lines
    by_day: dict[datetime, set[float]] = {}
    for at, value in zip(found.times, line.mean, strict=True):
        if value is not None:
            by_day.setdefault(datetime.fromtimestamp(at, UTC).replace(hour=0), set()).add(value)
    assert (found.source, found.step_s) == ("1h", 5 * 3600)
    assert set(by_day) >= {day for day in days if day < today()}
    assert all(any(abs(value - day.day) < 1e-3 for value in by_day[day]) for day in days if day < today())
    assert line.stats.p95 is None


async def test_objects_of_several_devices_are_summed(database: str) -> None:
    start = today(0, 1)
    flows = [100.0, 50.0, 0, 0, 0, 0, 0, 0, 1]
    await fill(
        [
            *steady(INTERFACE, 1, (1, 2), flows, start.timestamp() + 7, 1440),
            *steady(INTERFACE, 2, (3,), flows, start.timestamp() + 31, 720),
        ]
    )
    found = await read(INTERFACE, [1, 2, 3], ["in_bps", "out_bps"], start, start + DAY, points=400, together=True)
    into, out = found.lines
    assert {into.object_id, out.object_id} == {series.TOGETHER}
    assert (set(into.mean[:180]), set(into.mean[182:])) == ({300}, {200})
    assert (out.stats.worst, into.stats.last) == (150, 200)


async def test_what_cannot_be_summed_or_is_too_much_is_refused() -> None:
    now = clock.now()
    with pytest.raises(InvalidInput, match="cannot be summed"):
        Request(DEVICE, [1, 2], ["temperature_c"], now - DAY, now, together=True).check()
    with pytest.raises(InvalidInput) as refused:
        Request(DEVICE, list(range(65)), [], now, now, points=9_999).check()
    assert set(refused.value.fields) == {"objects", "metrics", "end", "points"}
    with pytest.raises(InvalidInput, match="must be 1 to 4 of cpu_pct"):
        Request(DEVICE, [1], ["slices"], now - DAY, now, together=True).check()


async def test_the_percentile_and_the_total_are_of_five_minutes(database: str) -> None:
    start, chance = today(0, 5), random.Random(5)
    values = [chance.uniform(0, 1e9) for _ in range(1440)]
    polls = [
        Sample(start.timestamp() + n * 60, 1, INTERFACE, (1,), [v, v / 3, 0, 0, 0, 0, 0, 0, 1])
        for n, v in enumerate(values)
    ]
    await fill(polls, rolled=True)
    means = [math.fsum(values[n : n + 5]) / 5 for n in range(0, 1440, 5)]
    wanted = sorted(means)[math.ceil(0.95 * 288) - 1]
    found = await read(INTERFACE, [1], ["in_bps"], start, start + 10 * DAY)
    stats = found.lines[0].stats
    assert stats.p95 == pytest.approx(wanted, rel=1e-5)
    assert stats.total == pytest.approx(math.fsum(means) * 300, rel=1e-5)
    assert stats.worst == pytest.approx(max(values), rel=1e-5)
    async with db.pool().acquire() as connection:
        both = ("in_bps", "out_bps")
        billed = await series.billed(connection, INTERFACE, 1, both, start, start + DAY)
        assert billed == pytest.approx(wanted, rel=1e-5)
        assert await series.billed(connection, INTERFACE, 2, both, start, start + DAY) is None


async def test_the_percentile_of_a_month_outlives_its_five_minutes(database: str) -> None:
    month = (today() - 200 * DAY).replace(day=1)
    await fill(steady(SENSOR, 1, (7,), (42,), month.timestamp(), 50), rolled=True)
    async with db.pool().acquire() as connection:
        assert await series.billed(connection, SENSOR, 7, ["value"], month, month + 28 * DAY) == 42


async def test_the_policy_says_how_fine_an_old_while_is(database: str) -> None:
    async with db.pool().acquire() as connection:
        old = Request(SENSOR, [1], ["value"], today(0, 100), today(0, 99))
        assert await series.choose(connection, old) == "1h"
        await series.retention.set_days(connection, TESTER, "sample_5m", 400)
        assert await series.choose(connection, old) == "5m"
        assert await series.choose(connection, Request(SENSOR, [1], ["value"], today(0, 1), today())) == "raw"


async def test_what_was_never_sampled_is_empty(database: str) -> None:
    for days in (1, 20, 365):
        found = await read(SENSOR, [99], ["value"], clock.now() - days * DAY, clock.now())
        assert all(value is None for value in found.lines[0].mean)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300), st.integers(1, 40))
def test_a_percentile_sorted_in_pieces_is_the_same(values: list[float], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(series, "SORTED_AT_ONCE", at_once)
        assert asyncio.run(series.percentile(values)) == rolling.percentile(values)
