"""What is stored of some objects' metrics in a while, at one fineness: SQL in, arrays out, gaps are NaN.

A grid's slots are multiples of its step since the epoch (UTC). What is not rolled up yet is read from what it will be
rolled up from, so that no reader needs to know how far the roll-up is.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from oss.base import clock, db
from oss.monitoring import rolling
from oss.monitoring.kinds import Kind, Metric
from oss.monitoring.roll_up import Span
from oss.monitoring.rolling import DAY_S, DAY_SLOTS, HOUR_S, MONTH_HOURS, SLOT_S, empty

OWNERS = "select distinct owner_id from sample_object where kind = $1 and object_id = any($2)"
LAST_DONE = "select max(starts_at) from sample_roll where span = $1 and done_at is not null"

# The metrics are decompressed once for a poll (array_cat), not once for each value that is taken out of them.
POLLS = """select extract(epoch from p.at)::float8 as at, p.owner_id, w.object_id, {values}
from (select at, owner_id, objects, array_cat(metrics, '{{}}') as metrics from sample_raw
  where kind = $1 and owner_id = any($2) and at >= $4 and at < $5 offset 0) p
cross join unnest($3::int[]) w(object_id)
cross join lateral (select array_position(p.objects, w.object_id) as place offset 0) o
where o.place is not null"""
SLOTS = """select object_id, floor(at / {step})::bigint as slot, {values}
from ({polls}) q group by 1, 2"""
PACES = """select owner_id, count(*) as polls, extract(epoch from max(at) - min(at))::float8 as seconds
from sample_raw where kind = $1 and owner_id = any($2) and at >= $3 and at < $4 group by 1"""
ROWS = """select object_id, extract(epoch from starts_at)::bigint as at, {values} from {table}
where kind = $1 and object_id = any($2) and starts_at >= $3 and starts_at < $4 order by starts_at"""


@dataclass(slots=True)
class Grid:
    """``count`` slots of ``step_s`` from ``start`` (epoch, a multiple of the step) of each (object, metric)."""

    start: int
    step_s: int
    count: int
    mean: dict[tuple[int, str], array[float]] = field(default_factory=dict)
    peak: dict[tuple[int, str], array[float]] = field(default_factory=dict)

    @classmethod
    def over(cls, start: float, end: float, step_s: int) -> Grid:
        """Every slot that a while touches."""
        first = int(start // step_s)
        return cls(first * step_s, step_s, max(0, -int(-end // step_s) - first))

    @property
    def end(self) -> int:
        return self.start + self.count * self.step_s

    def of(self, key: tuple[int, str]) -> tuple[array[float], array[float]]:
        """Means and peaks of one object's metric; gaps where nothing was put."""
        if key not in self.mean:
            self.mean[key], self.peak[key] = empty(self.count), empty(self.count)
        return self.mean[key], self.peak[key]

    def put(self, key: tuple[int, str], at: int, mean: Sequence[float], peak: Sequence[float]) -> None:
        """Lay slots from ``at`` on over what is there, as far as they lie inside."""
        first = (at - self.start) // self.step_s
        low, high = max(0, -first), min(len(mean), self.count - first)
        if low < high:
            means, peaks = self.of(key)
            means[first + low : first + high] = array("f", mean[low:high])
            peaks[first + low : first + high] = array("f", peak[low:high])


@dataclass(frozen=True, slots=True)
class Asked:
    """Which metrics of which objects of a kind; without ``peaks`` the means stand for them, which is half to read."""

    kind: Kind
    objects: Sequence[int]
    metrics: Sequence[Metric]
    peaks: bool = True

    def places(self) -> list[tuple[int, Metric]]:
        return [(self.kind.place(metric.name), metric) for metric in self.metrics]


def instant(seconds: float) -> datetime:
    """Seconds since the epoch as an instant."""
    return datetime.fromtimestamp(seconds, UTC)


async def owners(connection: db.Connection, asked: Asked) -> list[int]:
    """Whose polls tell of these objects."""
    return [row["owner_id"] for row in await connection.fetch(OWNERS, asked.kind.number, list(asked.objects))]


def _polls(asked: Asked) -> str:
    width = asked.kind.width
    values = ", ".join(f"p.metrics[(o.place - 1) * {width} + {place + 1}] as v{place}" for place, _ in asked.places())
    return POLLS.format(values=values)


async def polls(
    connection: db.Connection, asked: Asked, whose: Sequence[int], start: float, end: float
) -> Sequence[Any]:
    """Each poll as it was (``at`` in seconds, ``object_id``, ``v<place>``), in order."""
    sql = _polls(asked) + " order by 1"
    numbers = list(asked.objects)
    return list(await connection.fetch(sql, asked.kind.number, list(whose), numbers, instant(start), instant(end)))


async def paces(
    connection: db.Connection, asked: Asked, whose: Sequence[int], start: float, end: float
) -> Mapping[int, tuple[int, float]]:
    """How many polls each owner had, and how many seconds lay between two."""
    rows = await connection.fetch(PACES, asked.kind.number, list(whose), instant(start), instant(end))
    return {row["owner_id"]: (row["polls"], row["seconds"] / max(1, row["polls"] - 1)) for row in rows}


async def raw(connection: db.Connection, asked: Asked, grid: Grid, since: float | None = None) -> None:
    """Fill a grid from the polls themselves, as far as nothing is in it."""
    values = []
    for place, metric in asked.places():
        known, worst = f"filter (where v{place} <> 'NaN')", "min" if metric.low else "max"
        values += [f"avg(v{place}) {known} as m{place}", f"{worst}(v{place}) {known} as k{place}"]
    sql = SLOTS.format(step=grid.step_s, values=", ".join(values), polls=_polls(asked))
    begin = max(grid.start, since or grid.start)
    whose = await owners(connection, asked)
    numbers = list(asked.objects)
    for row in await connection.fetch(sql, asked.kind.number, whose, numbers, instant(begin), instant(grid.end)):
        at = row["slot"] - grid.start // grid.step_s
        for place, metric in asked.places():
            mean, peak = grid.of((row["object_id"], metric.name))
            if mean[at] != mean[at] and row[f"m{place}"] is not None:
                mean[at], peak[at] = row[f"m{place}"], row[f"k{place}"]


async def _rows(connection: db.Connection, asked: Asked, grid: Grid, table: str, slots: int, before: timedelta) -> None:
    """Rows that begin in the grid, or so long before it that they reach into it."""
    spans = [(place, f"[{place * slots + 1}:{(place + 1) * slots}]") for place, _ in asked.places()]
    values = ", ".join(f"mean{span} as m{place}" for place, span in spans)
    if asked.peaks:
        values += "".join(f", peak{span} as k{place}" for place, span in spans)
    worst = "k" if asked.peaks else "m"
    sql = ROWS.format(table=table, values=values)
    start = instant(grid.start) - before
    for row in await connection.fetch(sql, asked.kind.number, list(asked.objects), start, instant(grid.end)):
        for place, metric in asked.places():
            grid.put((row["object_id"], metric.name), row["at"], row[f"m{place}"], row[f"{worst}{place}"])


async def five_minutes(connection: db.Connection, asked: Asked, grid: Grid) -> None:
    """Fill a grid of five minutes; days that are not rolled up yet from their polls."""
    await _rows(connection, asked, grid, "sample_5m", DAY_SLOTS, timedelta(seconds=DAY_S - 1))
    if (since := await _first_open(connection, "day", grid)) < grid.end:
        await raw(connection, asked, grid, since)


async def hours(connection: db.Connection, asked: Asked, grid: Grid) -> None:
    """Fill a grid of hours; months that are not rolled up yet from their days."""
    await _rows(connection, asked, grid, "sample_1h", MONTH_HOURS, timedelta(days=31))
    since = await _first_open(connection, "month", grid)
    fine = Grid.over(since, min(grid.end, clock.now().timestamp() + HOUR_S), SLOT_S)
    if fine.count <= 0:
        return
    await five_minutes(connection, asked, fine)
    for key, mean in fine.mean.items():
        low = asked.kind.metric(key[1]).low
        made = await folded(mean, fine.peak[key], HOUR_S // SLOT_S, low)
        grid.put(key, fine.start, *made)


async def _first_open(connection: db.Connection, span: str, grid: Grid) -> float:
    """Where in a grid what is not rolled up begins: spans are rolled up in their order."""
    last = await connection.fetchval(LAST_DONE, span)
    if last is None:
        return grid.start
    return max(grid.start, Span(span, last.astimezone(UTC)).ends_at.timestamp())


async def folded(mean: array[float], peak: array[float], many: int, low: bool) -> tuple[list[float], list[float]]:
    """``many`` slots to one: the mean of what is known, and the worst; others have their turn in between."""
    if many == 1:
        return list(mean), list(peak)
    spans = [slice(at, at + many) for at in range(0, len(mean), many)]
    means = [rolling.average(mean[span]) for span in spans]
    await asyncio.sleep(0)
    pick = min if low else max
    peaks = []
    for span in spans:
        some = peak[span]
        peaks.append(pick(some) if sum(some) == sum(some) else rolling.worst(some, low))
    await asyncio.sleep(0)
    return means, peaks
