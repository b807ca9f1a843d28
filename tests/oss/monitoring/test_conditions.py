"""Whether a condition holds, value by value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.monitoring.conditions import BELOW, JUDGES, Condition, UnfitRule, judge, of

HOUR = 3600.0


def judged(condition: Condition, values: list[tuple[float, float]], allowed: float = math.nan) -> list[bool | None]:
    one = judge(condition)
    return [one.value(at, value, allowed) for at, value in values]


def test_a_threshold_holds_beyond_its_limit_and_not_at_it() -> None:
    assert judged(Condition("threshold", limit=80), [(0, 79), (60, 80), (120, 80.1), (180, 80)]) == [0, 0, 1, 0]


def test_below_a_limit_is_as_good_as_above() -> None:
    assert judged(Condition("threshold", limit=-27, side=BELOW), [(0, -26), (60, -27), (120, -28)]) == [0, 0, 1]


def test_a_margin_keeps_noise_from_crossing_a_limit_again_and_again() -> None:
    condition = Condition("threshold", limit=80, margin=5)
    assert judged(condition, [(0, 81), (60, 79), (120, 75), (180, 79), (240, 81)]) == [1, 1, 0, 0, 1]


def test_what_was_not_told_is_not_judged() -> None:
    assert judged(Condition("threshold", limit=80), [(0, 81), (60, math.nan)]) == [True, None]


def test_a_share_of_what_is_allowed_needs_to_know_it() -> None:
    condition = Condition("allowed", limit=90)
    assert judged(condition, [(0, 89e6), (60, 91e6)], allowed=100e6) == [False, True]
    assert judged(condition, [(0, 89e6)]) == [None]


def test_a_rate_of_change_is_per_hour_and_needs_a_whole_window() -> None:
    condition = Condition("rate", limit=-1.0, side=BELOW, window_s=2 * HOUR)
    fading = [(n * HOUR, -20.0 - 1.5 * n) for n in range(5)]
    assert judged(condition, fading) == [None, None, True, True, True]
    steady = [(n * HOUR, -20.0 - 0.5 * n) for n in range(5)]
    assert judged(condition, steady) == [None, None, False, False, False]


def test_an_absence_is_seen_without_a_value() -> None:
    one = judge(Condition("absence", window_s=300))
    assert one.silent(0) is False  # a window from the first look on
    assert one.silent(299) is False and one.silent(300) is True
    assert one.value(310, 1.0) is False and one.silent(609) is False and one.silent(610) is True


def test_a_state_that_changes_too_often_flaps_until_its_changes_are_old() -> None:
    condition = Condition("flap", limit=3, window_s=100)
    one = judge(condition)
    held = [one.value(at, at // 10 % 2) for at in range(0, 60, 10)]
    assert held == [False, False, False, False, True, True]
    assert one.silent(200) is False


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"kind": "moon"}, "kind"),
        ({}, "condition"),
        ({"kind": "threshold", "limit": "high"}, "condition"),
        ({"kind": "threshold", "limit": "nan"}, "limit"),
        ({"kind": "threshold", "side": "beside"}, "side"),
        ({"kind": "absence"}, "window"),
        ({"kind": "rate", "window_s": 1e9}, "window"),
    ],
)
def test_a_rule_that_cannot_be_judged_says_why(facts: dict[str, object], words: str) -> None:
    with pytest.raises(UnfitRule, match=f"its {words} makes"):
        of(facts)


def test_a_condition_is_read_from_its_row() -> None:
    read = of({"kind": "rate", "limit": -2, "side": "below", "window_s": 60})
    assert read == Condition("rate", -2.0, "below", 60.0)


VALUES = st.lists(st.tuples(st.floats(0.1, 1e5), st.floats(allow_nan=True, allow_infinity=True)), max_size=40)


@given(st.sampled_from(sorted(JUDGES)), VALUES)
def test_no_value_breaks_a_judge(kind: str, steps: list[tuple[float, float]]) -> None:
    one, at = judge(Condition(kind, 3, window_s=60)), 0.0
    for gap, value in steps:
        at += gap
        assert one.value(at, value, 100.0) in (True, False, None)
        assert one.silent(at) in (True, False, None)
