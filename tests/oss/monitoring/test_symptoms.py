"""Hold-down, clearing and flapping: what is told, and when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oss.monitoring.symptoms import CALM, Patience, Phase, Symptom, Turn, due, feed

PATIENCE = Patience(raise_s=30, clear_s=60, flaps=6, flap_window_s=600, settle_s=300)


def told(seen: list[tuple[float, bool]], patience: Patience = PATIENCE) -> list[tuple[float, Turn]]:
    """The turns of what was seen, each with its instant."""
    symptom, turns = CALM, []
    for now, holds in seen:
        symptom, turn = feed(symptom, holds, now, patience)
        if turn is not None:
            turns.append((now, turn))
    return turns


def after(seen: list[tuple[float, bool]], patience: Patience = PATIENCE) -> Symptom:
    symptom = CALM
    for now, holds in seen:
        symptom, _ = feed(symptom, holds, now, patience)
    return symptom


def test_what_lasts_is_told_and_what_passes_is_not() -> None:
    assert told([(0, True), (20, True), (29, False), (30, True), (50, False)]) == []
    assert told([(0, True), (29, True), (30, True), (40, True)]) == [(30, Turn.RAISED)]


def test_without_patience_it_is_told_at_once_and_over_at_once() -> None:
    assert told([(5, True), (6, False)], Patience()) == [(5, Turn.RAISED), (6, Turn.CLEARED)]


def test_it_is_over_when_it_has_been_well_for_a_while() -> None:
    seen = [(0.0, True), (30.0, True), (100.0, False), (130.0, True), (140.0, False), (199.0, False), (200.0, False)]
    assert told(seen) == [(30, Turn.RAISED), (200, Turn.CLEARED)]


def test_it_began_when_the_condition_did_and_ended_when_it_held_no_more() -> None:
    raised = after([(7, True), (40, True)])
    assert raised.began == 7 and raised.heard_of
    over = after([(7, True), (40, True), (90, False), (150, False)])
    assert over.phase is Phase.CALM and over.since == 90 and not over.heard_of


def test_what_comes_and_goes_is_told_once() -> None:
    seen = [(float(at), at % 20 == 0) for at in range(0, 400, 10)]
    assert told(seen) == [(50, Turn.FLAPPING)]


def test_flapping_ends_when_nothing_has_changed_for_a_while() -> None:
    seen = [(float(at), at % 20 == 0) for at in range(0, 70, 10)]
    well = [*seen, (70.0, False), (369.0, False), (370.0, False)]
    assert told(well) == [(50, Turn.FLAPPING), (370, Turn.SETTLED)]
    ill = [*seen, (361.0, True), (900.0, True)]
    assert told(ill) == [(50, Turn.FLAPPING), (361, Turn.RAISED)]


def test_slow_changes_are_not_flapping() -> None:
    seen = [(at * 200.0, at % 2 == 0) for at in range(12)]
    assert Turn.FLAPPING not in [turn for _, turn in told(seen)]


def test_a_phase_tells_when_it_ends_by_itself() -> None:
    assert due(CALM, PATIENCE) is None
    assert due(after([(7, True)]), PATIENCE) == 37
    assert due(after([(7, True), (40, True)]), PATIENCE) is None
    assert due(after([(7, True), (40, True), (90, False)]), PATIENCE) == 150


SEEN = st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=60)


@given(SEEN)
def test_whatever_comes_it_is_raised_before_it_is_cleared_and_never_twice(steps: list[tuple[float, bool]]) -> None:
    now, heard, symptom = 0.0, False, CALM
    for gap, holds in steps:
        now += gap
        symptom, turn = feed(symptom, holds, now, PATIENCE)
        if turn is Turn.RAISED and symptom.changes:
            assert not heard
        if turn in (Turn.CLEARED, Turn.SETTLED):
            assert heard
        heard = turn in (Turn.RAISED, Turn.FLAPPING) if turn is not None else heard
        assert symptom.heard_of == heard


@given(SEEN)
def test_a_state_that_is_fed_the_same_again_says_nothing_new(steps: list[tuple[float, bool]]) -> None:
    now, symptom = 0.0, CALM
    for gap, holds in steps:
        now += gap
        symptom, _ = feed(symptom, holds, now, PATIENCE)
        again, turn = feed(symptom, holds, now, PATIENCE)
        assert again == symptom and turn is None
