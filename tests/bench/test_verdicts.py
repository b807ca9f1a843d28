"""Medians with their spread, ratios within a repetition, and verdicts that can say no."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from bench.cases import DATABASE, FILES, JOURNAL, LEAN, Goal
from bench.verdicts import Run, judge, number, ratios, soundness, spread

PAP = Goal("pap", JOURNAL, LEAN, "rps", 20)
PAP_P99 = Goal("pap", JOURNAL, LEAN, "p99_ms", 0.2)


def run(server: str, repetition: int = 0, **more: Any) -> Run:
    """A faultless run of 1000/s."""
    faultless = Run(
        case="pap", server=server, repetition=repetition, rps=1000.0, p50_ms=1.0, p99_ms=2.0, max_ms=3.0,
        server_us=10.0, postgres_us=5.0, lost=0, wrong=0, rejected=0, retransmits=0, unsigned=0, started=0, stopped=0,
        rows=None, rows_ended=None, lag_s=None, answered=1000, logged=1000, raw={},
    )  # fmt: skip
    return replace(faultless, **more)


def test_a_median_stands_between_the_least_and_the_most() -> None:
    found = spread([30_000.0, 10_000.0, 20_500.0])
    assert (found.median, found.least, found.most) == (20_500, 10_000, 30_000)
    assert found.text() == "20,500 (10,000–30,000)"


def test_a_median_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError):
        spread([])


def test_a_lost_request_is_infinitely_late_also_in_words() -> None:
    assert spread([1.0, math.inf, math.inf]).text(2) == "infinite (1.00–infinite)"
    assert number(math.inf) == "infinite"


def test_ratios_are_taken_within_a_repetition() -> None:
    ours = [run("milha", 0, rps=40_000.0), run("milha", 1, rps=10_000.0), run("milha", 2, rps=5.0)]
    theirs = [run("lean", 1, rps=1_000.0), run("lean", 0, rps=2_000.0)]
    assert ratios(ours, theirs, "rps") == [20.0, 10.0]


def test_a_goal_that_is_reached_holds() -> None:
    verdict = judge(PAP, [run("milha", rps=42_000.0), run("lean", rps=2_000.0)])
    assert verdict is not None
    assert (verdict.holds, verdict.words, verdict.ratio.median) == (True, "holds", 21.0)


def test_a_rate_that_is_missed_tells_by_how_much() -> None:
    verdict = judge(PAP, [run("milha", rps=30_000.0), run("lean", rps=2_000.0)])
    assert verdict is not None
    assert (verdict.holds, verdict.words) == (False, "falls short by 25%")


def test_a_latency_that_is_too_high_tells_by_how_much() -> None:
    verdict = judge(PAP_P99, [run("milha", p99_ms=12.0), run("lean", p99_ms=40.0)])
    assert verdict is not None
    assert (verdict.holds, verdict.words) == (False, "falls short: 50% too high")


def test_the_median_of_the_ratios_decides_and_not_the_best_one() -> None:
    runs = [run("lean", n, rps=1_000.0) for n in range(3)]
    runs += [run("milha", n, rps=rps) for n, rps in enumerate((50_000.0, 19_000.0, 18_000.0))]
    verdict = judge(PAP, runs)
    assert verdict is not None
    assert (verdict.holds, verdict.ratio.median, verdict.ratio.most) == (False, 19.0, 50.0)


def test_lost_requests_never_hold_against_a_latency() -> None:
    verdict = judge(PAP_P99, [run("milha", p99_ms=math.inf), run("lean", p99_ms=math.inf)])
    assert verdict is not None
    assert (verdict.holds, verdict.words) == (False, "falls short: requests were lost")


def test_what_was_not_measured_has_no_verdict() -> None:
    assert judge(Goal("pap", JOURNAL, FILES, "rps", 1.2), [run("milha"), run("lean")]) is None
    assert judge(Goal("pap", DATABASE, LEAN, "rps", 6), [run("milha"), run("lean")]) is None


def test_an_acknowledged_record_that_is_no_row_is_missing() -> None:
    whole = run("milha", started=10, stopped=8, rows=10, rows_ended=8)
    assert whole.missing == 0
    assert replace(whole, rows=9, rows_ended=5).missing == 4


def test_rows_of_one_kind_do_not_stand_in_for_another() -> None:
    assert run("milha", started=10, stopped=8, rows=12, rows_ended=7).missing == 1


def test_sound_runs_of_ours_hold_whatever_the_other_server_lost() -> None:
    runs = [run("milha"), run("milha", started=5, stopped=5, rows=5, rows_ended=5), run("lean", lost=7, wrong=3)]
    assert {one.words for one in soundness(runs)} == {"holds"}


@pytest.mark.parametrize(
    "fault",
    [{"lost": 2}, {"wrong": 2}, {"rejected": 2}, {"unsigned": 2}, {"logged": 998}, {"started": 5, "rows": 3}],
    ids=lambda fault: next(iter(fault)),
)
def test_each_kind_of_fault_is_told(fault: dict[str, int]) -> None:
    faults = [one for one in soundness([run("milha", **({"rows_ended": 0} | fault))]) if one.found]
    assert [one.found for one in faults] == [2]
    assert faults[0].words.startswith("falls short: 2 of ")


def test_a_login_that_need_not_be_logged_is_not_missing() -> None:
    assert run("files", logged=None).unlogged == 0


def test_nothing_measured_is_not_called_sound() -> None:
    assert {one.words for one in soundness([run("lean")])} == {"not measured"}
