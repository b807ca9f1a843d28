"""Samples made coarser, without a database: a day to its five minutes, a month to its hours (pure).

Values lie metric by metric: slot s of metric m is at m * slots + s. NaN is a gap; a mean is of what is known, a peak is
the worst of it: the highest, or the lowest where the metric says so.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from oss.monitoring.kinds import Kind

SLOT_S, HOUR_S, DAY_S = 300, 3_600, 86_400
DAY_SLOTS, MONTH_HOURS = DAY_S // SLOT_S, 31 * 24
NAN = math.nan
Values = Sequence[float]


class Rolled(NamedTuple):
    """One object's day or month."""

    mean: array[float]
    peak: array[float]


class Month(NamedTuple):
    """One object's hours; ``p95``: of its 5-minute means, a metric each."""

    mean: array[float]
    peak: array[float]
    p95: array[float]


def empty(count: int) -> array[float]:
    """So many gaps."""
    return array("f", [NAN]) * count


def worst(values: Values, low: bool) -> float:
    """The highest or lowest of what is known; NaN where nothing is."""
    known = [value for value in values if value == value]
    return (min(known) if low else max(known)) if known else NAN


def average(values: Values) -> float:
    """Of what is known; NaN where nothing is."""
    total = sum(values)
    if total == total:
        return total / len(values) if values else NAN
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else NAN


def percentile(values: Values, share: float = 0.95) -> float:
    """By the nearest rank, as providers bill: the highest value once the top 5 % are thrown away; NaN for none."""
    known = sorted(value for value in values if value == value)
    return known[math.ceil(share * len(known)) - 1] if known else NAN


class Day:
    """A day of one owner in the making; ``found``: its five minutes by object."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.found: dict[int, Rolled] = {}

    def fold(self, slot: int, polls: Iterable[tuple[Sequence[int], Values]]) -> None:
        """All polls (objects, metrics) of one slot."""
        for objects, same in self._by_objects(polls).items():
            _fold([self._of(number) for number in objects], self.kind, slot, same)

    def _of(self, number: int) -> Rolled:
        if number not in self.found:
            count = self.kind.width * DAY_SLOTS
            self.found[number] = Rolled(empty(count), empty(count))
        return self.found[number]

    def _by_objects(self, polls: Iterable[tuple[Sequence[int], Values]]) -> dict[tuple[int, ...], list[Values]]:
        """Polls of the same objects together; where they changed within the slot, each object by itself."""
        found: dict[tuple[int, ...], list[Values]] = {}
        for objects, metrics in polls:
            found.setdefault(tuple(objects), []).append(fitted(self.kind, len(objects), metrics))
        if len(found) < 2:
            return found
        apart: dict[tuple[int, ...], list[Values]] = {}
        width = self.kind.width
        for objects, same in found.items():
            for metrics in same:
                for place, number in enumerate(objects):
                    apart.setdefault((number,), []).append(metrics[place * width : place * width + width])
        return apart


def fitted(kind: Kind, objects: int, metrics: Values) -> Values:
    """Metrics as wide as the kind is today: those of before an upgrade are narrower."""
    if len(metrics) == objects * kind.width:
        return metrics
    width = len(metrics) // objects if objects else 0
    missing = [NAN] * (kind.width - width)
    rows = (metrics[place * width : (place + 1) * width][: kind.width] for place in range(objects))
    return [value for row in rows for value in (*row, *missing)]


def day(kind: Kind, polls: Iterable[tuple[float, Sequence[int], Values]]) -> dict[int, Rolled]:
    """The five minutes of a day of one owner, by object. ``polls``: (second of the day, objects, metrics) in order."""
    made = Day(kind)
    for slot, group in groupby(polls, key=lambda poll: int(poll[0]) // SLOT_S):
        made.fold(slot, (poll[1:] for poll in group))
    return made.found


def _fold(rolled: Sequence[Rolled], kind: Kind, slot: int, polls: Sequence[Values]) -> None:
    """One slot of some objects from their polls: the inner loop of the roll-up."""
    count, columns = len(polls), zip(*polls, strict=True)
    places = [(metric.low, place * DAY_SLOTS + slot) for place, metric in enumerate(kind.metrics)]
    for mean, peak in rolled:
        for low, at in places:
            column = next(columns)
            total = sum(column)
            if total == total:
                mean[at] = total / count
                peak[at] = min(column) if low else max(column)
            else:
                mean[at], peak[at] = average(column), worst(column, low)


def merged(one: Rolled, other: Rolled) -> Rolled:
    """An object that moved to another owner within a day: each tells of its part."""
    return Rolled(*(array("f", map(_either, a, b)) for a, b in zip(one, other, strict=True)))


def _either(one: float, other: float) -> float:
    return one if one == one else other


def month(kind: Kind, days: Mapping[int, Rolled]) -> Month:
    """The hours of an object's month from its days (0 for the first)."""
    mean, peak = empty(kind.width * MONTH_HOURS), empty(kind.width * MONTH_HOURS)
    p95, per_hour = array("f"), HOUR_S // SLOT_S
    for place, metric in enumerate(kind.metrics):
        every: list[float] = []
        for number, rolled in sorted(days.items(), key=itemgetter(0)):
            # A day from before the metric was added is shorter.
            means, peaks = (part[place * DAY_SLOTS : (place + 1) * DAY_SLOTS] for part in rolled)
            every += means
            for hour in range(len(means) // per_hour):
                at, span = place * MONTH_HOURS + number * 24 + hour, slice(hour * per_hour, (hour + 1) * per_hour)
                mean[at], peak[at] = average(means[span]), worst(peaks[span], metric.low)
        p95.append(percentile(every))
    return Month(mean, peak, p95)
