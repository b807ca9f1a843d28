"""What the node counts is bounded, whoever knocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import tallies
from oss.access.tallies import Minute, Tallies


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of day; a test moves it."""
    now = [60_000.0]
    monkeypatch.setattr(tallies.time, "time", lambda: now[0])
    return now


def test_refusals_are_counted_by_reason() -> None:
    counts = Tallies()
    for reason in ("wrong_password", "overdue", "wrong_password"):
        counts.reject(reason, 5)
    assert counts.reasons == {"wrong_password": 2, "overdue": 1} and (counts.rejected, counts.accepted) == (3, 0)


def test_minutes_are_kept_until_they_are_written(clock: list[float]) -> None:
    counts = Tallies()
    counts.accept(100)
    counts.reject("overdue", 900)
    clock[0] += 60
    counts.accept(200)
    assert (counts.minutes[1000].accepts, counts.minutes[1000].rejects, counts.accepted) == (1, 1, 2)
    counts.forget_before(1001)
    assert list(counts.minutes) == [1001] and counts.minutes[1001].p99_us() == 200


@given(st.lists(st.integers(0, 10**6), max_size=500))
def test_the_ninety_ninth_percentile_is_seldom_passed(times: list[int]) -> None:
    minute = Minute()
    minute.times.extend(times)
    found = minute.p99_us()
    if not times:
        assert found == 0
        return
    assert found in times and sum(time > found for time in times) <= len(times) * 0.01


def test_the_sample_of_a_minute_is_bounded() -> None:
    minute = Minute()
    minute.times.extend(range(10_000))
    assert len(minute.times) == 4096 and minute.p99_us() >= 9900
