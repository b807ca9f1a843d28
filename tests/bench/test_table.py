"""The page: method, figures, goals, and what a quick run says of itself."""

from __future__ import annotations

import math

from bench.cases import CASES, JOURNAL, LEAN, plan
from bench.machine import Machine
from bench.table import Method, Proof, page, rows

from .test_verdicts import run

MACHINE = Machine("Processor X", 2, 24.0, "Linux 6.1", "ext4 (/dev/vda)", 0.6, {"PostgreSQL": "15.20"})
SETTINGS = {"Milha's database": {"fsync": "on", "synchronous_commit": "on"}}
RUNS = [run("milha", n, rps=40_000.0 + n) for n in range(3)] + [run("lean", n, rps=2_000.0) for n in range(3)]


def method(env: dict[str, str] | None = None, left_out: str = "") -> Method:
    return Method(plan(env or {}), MACHINE, None if left_out else "3.2.1", SETTINGS, left_out)


def lines_with(text: str, *parts: str) -> list[str]:
    return [line for line in text.splitlines() if all(part in line for part in parts)]


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    text = page(method(), CASES, RUNS, [Proof("Milha", "tried", True, "seen")])
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 4
    assert [{line.count("|") for line in table.splitlines()} for table in tables] == [{12}, {7}, {5}, {5}]


def test_the_method_names_what_a_reader_needs() -> None:
    text = page(method(), CASES, RUNS, [])
    for part in ("Processor X, 2 cores", "FreeRADIUS 3.2.1", "ext4 (/dev/vda)", "50,000 subscribers", "fsync on"):
        assert part in text


def test_figures_are_medians_with_their_spread() -> None:
    assert lines_with(page(method(), CASES, RUNS, []), "PAP, 64 outstanding", "40,001 (40,000–40,002)")


def test_a_goal_stands_with_its_ratio_and_verdict() -> None:
    (line,) = lines_with(page(method(), CASES, RUNS, []), "pap answers/s", LEAN.says)
    assert line.endswith("| 20.0 (20.0–20.0) | at least 20 | holds |")


def test_cases_that_nobody_measured_are_not_in_the_table() -> None:
    assert not lines_with(page(method(), CASES, RUNS, []), "CHAP, 64 outstanding")


def test_rows_that_never_came_have_an_infinite_lag() -> None:
    late = run("milha", case="acct-64", started=9, stopped=9, rows=9, rows_ended=4, lag_s=None, logged=None)
    (line,) = lines_with(page(method(), CASES, [late], []), "accounting, 64 outstanding", JOURNAL.says)
    assert "| 18 / 13 | infinite (infinite–infinite) |" in line


def test_a_p99_of_lost_requests_is_no_number() -> None:
    (line,) = lines_with(page(method(), CASES, [run("milha", p99_ms=math.inf)], []), "PAP, 64 outstanding")
    assert "infinite" in line


def test_a_quick_run_says_that_it_is_no_result() -> None:
    assert "no result" in page(method({"QUICK": "1"}), CASES, RUNS, [])
    assert "no result" not in page(method(), CASES, RUNS, [])


def test_a_server_left_out_is_told_beside_the_method() -> None:
    text = page(method(left_out="FreeRADIUS was not measured: that needs root"), CASES, [run("milha")], [])
    assert "**FreeRADIUS was not measured: that needs root**" in text
    assert "Nothing to compare with was measured." in text


def test_a_proof_that_failed_is_told() -> None:
    text = page(method(), CASES, RUNS, [Proof("Milha", "a wrong signature is dropped", False, "code 2")])
    assert "| Milha | a wrong signature is dropped | code 2 | does not hold |" in text


def test_a_table_has_a_rule_under_its_head() -> None:
    assert rows([("a", "b"), ("1", "2")]) == "| a | b |\n|---|---|\n| 1 | 2 |"
