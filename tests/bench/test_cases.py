"""What is measured: lengths, selection, and goals that name cases which exist."""

from __future__ import annotations

import pytest

from bench.cases import CASES, GOALS, plan

BY_NAME = {case.name: case for case in CASES}


def test_without_a_word_three_long_repetitions_are_made() -> None:
    full = plan({})
    assert (full.repetitions, full.subscribers, full.acct_s, full.quick) == (3, 50_000, 60, False)
    assert len(full.cases()) == len(CASES)


def test_quick_shortens_and_single_values_win_over_it() -> None:
    quick = plan({"QUICK": "1", "BENCH_ACCT_S": "7"})
    assert (quick.quick, quick.repetitions, quick.acct_s) == (True, 1, 7)


def test_quick_zero_is_not_quick() -> None:
    assert not plan({"QUICK": "0"}).quick


def test_some_cases_can_be_chosen() -> None:
    assert [case.name for case in plan({"BENCH_ONLY": "^acct-(64|512)$"}).cases()] == ["acct-64", "acct-512"]


@pytest.mark.parametrize(("name", "seconds"), [("pap", 10), ("acct-512", 60), ("pap-500s", 20), ("acct-500s", 20)])
def test_each_kind_of_case_has_its_length(name: str, seconds: float) -> None:
    assert plan({}).seconds(BY_NAME[name]) == seconds


def test_every_goal_compares_two_servers_of_a_case() -> None:
    for goal in GOALS:
        assert {goal.ours, goal.theirs} <= set(BY_NAME[goal.case].servers), goal


def test_no_run_is_longer_than_the_generator_allows() -> None:
    full = plan({})
    assert max(full.seconds(case) for case in CASES) + full.warm_up_s <= 120
