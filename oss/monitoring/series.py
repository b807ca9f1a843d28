"""Samples read for graphs: the right fineness for a while, peaks kept, gaps as None, and what is said below a graph.

A while is read as finely as it is drawn: polls for a day or two, five minutes for weeks, hours for what is longer or
older. The percentile is the provider's: of the means of five minutes.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from oss.base import clock, db, retention
from oss.base.problems import InvalidInput
from oss.monitoring import rolling, stored
from oss.monitoring.kinds import Kind, Metric
from oss.monitoring.rolling import HOUR_S, SLOT_S
from oss.monitoring.stored import Asked, Grid

MOST_POINTS, MOST_OBJECTS, MOST_METRICS = 2_000, 64, 4
LONGEST = timedelta(days=3_660)
RAW_AT_MOST = timedelta(days=2)
EXACT_OBJECTS = 8  # told poll by poll
NICE_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240)
HOLE = 2.5  # so many times the usual pause between polls is a gap
SORTED_AT_ONCE = 10_000  # values: about 1 ms
TOGETHER = 0  # the object of a sum


@dataclass(frozen=True, slots=True)
class Stats:
    """What is said of a line in words; None where nothing is known. ``worst``: highest, or lowest as the metric has it.

    ``p95``: of the means of five minutes; None where only hours are left. ``total``: the area, value times seconds.
    """

    last: float | None = None
    mean: float | None = None
    worst: float | None = None
    p95: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one object (or of all of them together), a value a point; ``peak``: the worst within it."""

    object_id: int
    metric: Metric
    mean: list[float | None]
    peak: list[float | None]
    stats: Stats


@dataclass(frozen=True, slots=True)
class Series:
    """Lines over the same times (epoch seconds, the beginning of each point). ``source``: raw, 5m or 1h."""

    kind: Kind
    source: str
    step_s: float
    times: list[float]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drawn. ``together``: the sum of the objects (a site is the sum of its interfaces)."""

    kind: Kind
    objects: Sequence[int]
    metrics: Sequence[str]
    start: datetime
    end: datetime
    points: int = 800
    together: bool = False

    def check(self) -> None:
        """Refuse what is too much, and sums of what cannot be summed."""
        wrong = {}
        if not 0 < len(self.objects) <= MOST_OBJECTS:
            wrong["objects"] = f"must be 1 to {MOST_OBJECTS} objects"
        known = {metric.name for metric in self.kind.metrics}
        if not 0 < len(self.metrics) <= MOST_METRICS or not known.issuperset(self.metrics):
            wrong["metrics"] = f"must be 1 to {MOST_METRICS} of {', '.join(sorted(known))}"
        if not timedelta(0) < self.end - self.start <= LONGEST:
            wrong["end"] = "must be after the start, at most ten years"
        if not 2 <= self.points <= MOST_POINTS:
            wrong["points"] = f"must be 2 to {MOST_POINTS}"
        if wrong:
            raise InvalidInput(wrong)
        if self.together and not all(self.kind.metric(name).adds for name in self.metrics):
            raise InvalidInput({"metrics": "cannot be summed"})

    @property
    def asked(self) -> Asked:
        metrics = [self.kind.metric(name) for name in self.metrics]
        # The peak of a sum is not the sum of peaks, which seldom meet: it is that of the summed means.
        return Asked(self.kind, list(dict.fromkeys(self.objects)), metrics, peaks=not self.together)

    @property
    def step_s(self) -> float:
        """How much of the while one point is."""
        return (self.end - self.start).total_seconds() / self.points


async def read(connection: db.Connection, request: Request) -> Series:
    """What is known of the while, about as many points as were asked for."""
    request.check()
    source = await choose(connection, request)
    if source == "raw":
        return await _polls(connection, request)
    step, fill = (SLOT_S, stored.five_minutes) if source == "5m" else (HOUR_S, stored.hours)
    grid = Grid.over(request.start.timestamp(), request.end.timestamp(), step)
    await fill(connection, request.asked, grid)
    return await _drawn(request, grid, source)


async def choose(connection: db.Connection, request: Request) -> str:
    """The finest that is wanted and still there at the beginning of the while."""
    age = clock.now() - request.start
    if not request.kind.rolls:
        return "raw"
    fine = request.step_s < SLOT_S and request.end - request.start <= RAW_AT_MOST
    if fine and await _kept(connection, "sample_raw", age):
        return "raw"
    if request.step_s < HOUR_S and await _kept(connection, "sample_5m", age):
        return "5m"
    return "1h"


async def _kept(connection: db.Connection, subject: str, age: timedelta) -> bool:
    days = await retention.days_of(connection, retention.subject(subject))
    return days is None or age <= timedelta(days=days)


async def _polls(connection: db.Connection, request: Request) -> Series:
    """The polls of one owner as they are, if they are few enough; else on a grid that each owner's polls fill."""
    start, end, asked = request.start.timestamp(), request.end.timestamp(), request.asked
    whose = await stored.owners(connection, asked)
    paces = await stored.paces(connection, asked, whose, start, end)
    if len(paces) == 1 and len(asked.objects) <= EXACT_OBJECTS and not request.together:
        ((polls, pause),) = paces.values()
        if polls <= request.points * 1.5:
            return _exact(request, await stored.polls(connection, asked, whose, start, end), pause)
    wanted = max([request.step_s, *(2 * pause for _, pause in paces.values())])
    step = next((nice for nice in NICE_S if nice >= wanted), SLOT_S)
    grid = Grid.over(start, end, step)
    await stored.raw(connection, asked, grid)
    return await _drawn(request, grid, "raw")


def _exact(request: Request, rows: Sequence[Any], pause: float) -> Series:
    times: list[float] = []
    for row in rows:
        if times and row["at"] > times[-1] + HOLE * max(pause, 1):
            times.append(times[-1] + pause)  # a point without a value: the line is broken there
        if not times or row["at"] > times[-1]:
            times.append(row["at"])
    index, lines = {at: place for place, at in enumerate(times)}, []
    for number in request.asked.objects:
        theirs = [row for row in rows if row["object_id"] == number]
        for place, metric in request.asked.places():
            values = [rolling.NAN] * len(times)
            for row in theirs:
                if row[f"v{place}"] is not None:
                    values[index[row["at"]]] = row[f"v{place}"]
            lines.append(_exact_line(number, metric, times, values, pause))
    return Series(request.kind, "raw", pause, [round(at, 1) for at in times], lines)


def _exact_line(number: int, metric: Metric, times: Sequence[float], values: list[float], pause: float) -> Line:
    slots: dict[int, list[float]] = {}
    for at, value in zip(times, values, strict=True):
        if value == value:
            slots.setdefault(int(at // SLOT_S), []).append(value)
    fine = [rolling.average(some) for some in slots.values()]
    p95 = _said(rolling.percentile(fine), metric)
    known = [value for value in values if value == value]
    stats = Stats(
        _said(known[-1] if known else math.nan, metric),
        _said(rolling.average(known), metric),
        _said(rolling.worst(known, metric.low), metric),
        p95,
        sum(known) * pause if known else None,
    )
    said = _all_said(values, metric)
    return Line(number, metric, said, said, stats)


async def _drawn(request: Request, grid: Grid, source: str) -> Series:
    """A filled grid as lines, so many slots to a point that the points are no more than asked for."""
    many = max(1, math.ceil(grid.count / request.points))
    if request.together:
        await _sum(request.asked, grid)
    lines = []
    for number in [TOGETHER] if request.together else request.asked.objects:
        for metric in request.asked.metrics:
            mean, peak = grid.of((number, metric.name))
            means, peaks = await stored.folded(mean, peak, many, metric.low)
            stats = await _stats(mean, peak, metric, grid, source)
            lines.append(Line(number, metric, _all_said(means, metric), _all_said(peaks, metric), stats))
            await asyncio.sleep(0)
    step = grid.step_s * many
    times = [float(at) for at in range(grid.start, grid.end, step)]
    return Series(request.kind, source, step, times, lines)


async def _sum(asked: Asked, grid: Grid) -> None:
    """All objects together, slot by slot; who told nothing counts as nothing, unless nobody told anything."""
    for metric in asked.metrics:
        totals, known = [0.0] * grid.count, [False] * grid.count
        for number in asked.objects:
            if (number, metric.name) in grid.mean:
                values = grid.mean[number, metric.name]
                totals = [
                    total + value if value == value else total for total, value in zip(totals, values, strict=True)
                ]
                known = [seen or value == value for seen, value in zip(known, values, strict=True)]
                await asyncio.sleep(0)
        mean, peak = grid.of((TOGETHER, metric.name))
        mean[:] = peak[:] = array("f", [t if k else rolling.NAN for t, k in zip(totals, known, strict=True)])


async def _stats(mean: array[float], peak: array[float], metric: Metric, grid: Grid, source: str) -> Stats:
    known = [value for value in mean if value == value]
    if not known:
        return Stats()
    await asyncio.sleep(0)
    p95 = await percentile(known if grid.step_s == SLOT_S else await _by_five(mean, grid)) if source != "1h" else None
    worst = rolling.worst(peak, metric.low)
    return Stats(
        _said(known[-1], metric),
        _said(math.fsum(known) / len(known), metric),
        _said(worst, metric),
        _said(p95, metric) if p95 is not None else None,
        math.fsum(known) * grid.step_s,
    )


async def _by_five(mean: array[float], grid: Grid) -> list[float]:
    slots: dict[int, list[float]] = {}
    for place, value in enumerate(mean):
        if value == value:
            slots.setdefault((grid.start + place * grid.step_s) // SLOT_S, []).append(value)
    return [rolling.average(some) for some in slots.values()]


async def percentile(values: Sequence[float], share: float = 0.95) -> float:
    """As `rolling.percentile`, sorted in pieces: no single call of this process may last (invariant 6)."""
    known = [value for value in values if value == value]
    if len(known) <= SORTED_AT_ONCE:
        return rolling.percentile(known, share)
    parts = []
    for first in range(0, len(known), SORTED_AT_ONCE):
        parts.append(sorted(known[first : first + SORTED_AT_ONCE], reverse=True))
        await asyncio.sleep(0)
    above = len(known) - math.ceil(share * len(known))
    return next(islice(heapq.merge(*parts, reverse=True), above, None))


def _said(value: float, metric: Metric) -> float | None:
    if value != value or math.isinf(value):
        return None
    return round(value, metric.digits) if metric.digits else round(value)


def _all_said(values: Sequence[float], metric: Metric) -> list[float | None]:
    return [_said(value, metric) for value in values]


STORED_P95 = "select p95[$4] from sample_1h where kind = $1 and object_id = $2 and starts_at = $3"


async def billed(
    connection: db.Connection, kind: Kind, object_id: int, metrics: Sequence[str], start: datetime, end: datetime
) -> float | None:
    """The 95th percentile as transit is billed: of each metric by itself (in, out), the larger one; None: not known.

    Of any while whose five minutes are still kept, else of a whole UTC month, whose percentile was kept with it.
    """
    request = Request(kind, [object_id], metrics, start, end)
    request.check()
    if await _kept(connection, "sample_5m", clock.now() - start):
        grid = Grid.over(start.timestamp(), end.timestamp(), SLOT_S)
        await stored.five_minutes(connection, request.asked, grid)
        found = [await percentile(grid.of((object_id, name))[0]) for name in metrics]
    else:
        places = [kind.place(name) + 1 for name in metrics]
        kept = [await connection.fetchval(STORED_P95, kind.number, object_id, start, place) for place in places]
        found = [value for value in kept if value is not None]
    return max((value for value in found if value == value), default=None)
