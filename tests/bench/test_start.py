"""Verdicts on the start and on memory."""

from __future__ import annotations

from bench.start import Start, page, short, verdict

from .test_table import MACHINE

COLD, WARM = Start(False, 4.0, 300.0, 250.0, 2, 0, 0), Start(True, 6.0, 300.0, 250.0, 2, 0, 0)
BUSY = Start(True, 2.0, 1100.0, 900.0, 2, 99_998, 0)


def test_at_most_holds_up_to_its_limit() -> None:
    assert verdict(5.0, 5.0) == "holds"
    assert verdict(6.0, 5.0) == "falls short: 20% too much"


def test_sessions_that_are_no_rows_fall_short() -> None:
    assert short(100_000, 100_000) == "holds"
    assert short(99_998, 100_000) == "falls short by 2"


def test_each_line_has_a_verdict_of_its_own() -> None:
    lines = page(MACHINE, 100_000, [COLD, WARM], BUSY).splitlines()
    found = [line.rsplit("|", 2)[1].strip() for line in lines if line.startswith("|")][2:]
    assert found == [
        *("holds", "falls short: 20% too much", "holds", "holds"),
        *("falls short: 7% too much", "holds", "falls short by 2", "holds"),
    ]
