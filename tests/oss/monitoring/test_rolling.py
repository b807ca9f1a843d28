"""The roll-up's arithmetic equals the plain definition of it, whatever is missing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from oss.monitoring import rolling
from oss.monitoring.kinds import ONU, PING, Kind, Metric

KIND = Kind(99, "x", "x", (Metric("high", ""), Metric("low", "", low=True)))
reals = st.floats(-1e6, 1e6, width=32) | st.just(math.nan)


def fit(objects: list[int]) -> Callable[[list[float]], list[float]]:
    return lambda values: values[: 2 * len(objects)]


polls = st.lists(
    st.tuples(
        st.floats(0, 86_399.9),
        st.lists(st.integers(1, 4), unique=True, max_size=4).flatmap(
            lambda objects: st.tuples(st.just(objects), st.lists(reals, min_size=2 * len(objects)).map(fit(objects)))
        ),
    ),
    max_size=40,
).map(lambda found: sorted(((at, *rest) for at, rest in found), key=lambda poll: poll[0]))


def same(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-2)


def plain(found: list[tuple[float, list[int], list[float]]], number: int, place: int, slot: int) -> list[float]:
    """What is known of an object's metric in a slot: the definition."""
    values = []
    for at, objects, metrics in found:
        if int(at // 300) == slot and number in objects:
            values.append(metrics[objects.index(number) * 2 + place])
    return [value for value in values if not math.isnan(value)]


@given(polls)
def test_a_day_is_the_mean_and_the_worst_of_what_is_known(found: list[tuple[float, list[int], list[float]]]) -> None:
    rolled = rolling.day(KIND, found)
    assert set(rolled) == {number for _, objects, _ in found for number in objects}
    for number, one in rolled.items():
        assert len(one.mean) == len(one.peak) == 2 * 288
        for place in (0, 1):
            for slot in range(288):
                known, at = plain(found, number, place, slot), place * 288 + slot
                assert same(one.mean[at], statistics.fmean(known) if known else math.nan)
                assert same(one.peak[at], (max, min)[place](known) if known else math.nan)


def test_a_poll_of_before_a_metric_was_added_is_read_with_a_gap() -> None:
    rolled = rolling.day(PING, [(0, [1, 2], [10.0, 20.0])])
    assert (rolled[1].mean[0], rolled[2].mean[0]) == (10, 20) and math.isnan(rolled[1].mean[288])


def test_an_object_that_moved_within_a_day_is_told_by_both_owners() -> None:
    one = rolling.day(PING, [(0, [1], [10.0, 0.0])])[1]
    other = rolling.day(PING, [(0, [1], [99.0, 0.0]), (300, [1], [20.0, 1.0])])[1]
    merged = rolling.merged(one, other)
    assert list(merged.mean[:2]) == [10, 20] and list(merged.peak[288:290]) == [0, 1]


@given(st.lists(reals, max_size=60))
def test_the_percentile_leaves_a_twentieth_above_it(values: list[float]) -> None:
    known, found = [value for value in values if value == value], rolling.percentile(values)
    if not known:
        assert math.isnan(found)
        return
    above = sum(value > found for value in known)
    assert found in known and above <= len(known) * 0.05
    assert sum(value >= found for value in known) > len(known) * 0.05 or above == 0


def test_the_95th_percentile_of_a_hundred_is_the_95th() -> None:
    assert rolling.percentile([float(n) for n in range(100, 0, -1)]) == 95


def test_a_month_is_made_of_hours_and_its_percentile_of_five_minutes() -> None:
    flat = rolling.day(ONU, [(n * 60, [1], [-20.0, 2.0, -21.0, 900.0, 1.0]) for n in range(1440)])[1]
    polled = [(n * 60, [1], [-28.0 if n == 61 else -20.0, 2.0, math.nan, 900.0, 1.0]) for n in range(1440)]
    dip = rolling.day(ONU, polled)[1]
    month = rolling.month(ONU, {0: flat, 30: dip})
    assert len(month.mean) == len(month.peak) == 5 * 744 and len(month.p95) == 5
    assert (month.mean[0], month.mean[30 * 24]) == (-20, -20) and math.isnan(month.mean[24])
    assert (month.peak[30 * 24 + 1], round(month.mean[30 * 24 + 1], 3)) == (-28, -20.133)  # the dip is not lost
    assert math.isnan(month.mean[2 * 744 + 30 * 24]) and month.mean[2 * 744] == -21
    assert month.p95[0] == -20 and month.p95[3] == 900
