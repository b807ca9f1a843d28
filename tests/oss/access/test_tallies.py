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


def test_refusals_of_a_minute_fold_into_one(clock: list[float]) -> None:
    counts = Tallies()
    for _ in range(3):
        counts.reject(1, "cli1", "wrong_password", "detail", 10, 5)
        clock[0] += 7
    counts.reject(1, "cli1", "overdue", "", 10, 5)
    counts.reject(2, "cli1", "overdue", "", 10, 5)
    clock[0] += 60
    counts.reject(1, "cli1", "overdue", "", 10, 5)
    taken = counts.take_rejects()
    one = taken[1000, 1, "cli1", "wrong_password"]
    assert (one.count, one.first, one.last, one.detail, one.contract_id) == (3, 60_000, 60_014, "detail", 10)
    assert len(taken) == 4 and counts.take_rejects() == {}
    assert counts.reasons == {"wrong_password": 3, "overdue": 3} and counts.rejected == 6


def test_a_flood_of_invented_logins_folds_into_one_row_a_nas(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "MAX_REJECT_KEYS", 100)
    counts = Tallies()
    for number in range(5000):
        counts.reject(number % 2, f"invented{number}", "unknown_login", "", None, 5)
    taken = counts.take_rejects()
    assert len(taken) == 102 and sum(one.count for one in taken.values()) == 5000
    assert taken[1000, 0, "*", "unknown_login"].count == taken[1000, 1, "*", "unknown_login"].count == 2450


def test_a_login_longer_than_any_of_ours_is_cut() -> None:
    counts = Tallies()
    counts.reject(1, "x" * 253, "unknown_login", "", None, 5)
    ((_, _, login, _),) = counts.take_rejects()
    assert login == "x" * 128


def test_minutes_are_kept_until_they_are_written(clock: list[float]) -> None:
    counts = Tallies()
    counts.accept(100)
    counts.reject(1, "a", "overdue", "", None, 900)
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
