"""The page of the console at full size: a line for each kind of page, judged by what it took beside RADIUS."""

from __future__ import annotations

import random

from bench import console
from bench.console import CASES, Measured, Sample, Taken, page
from web.navigation import SECTIONS

from .test_table import MACHINE

SAMPLE = Sample(
    [7], ["Íris Mourão"], ["52998224725"], ["cliente0000007"], ["100.64.0.7"], ["AA:BB:CC:00:00:07"], ["Lavras"]
)
RADIUS = [{"p50_us": 400, "p99_us": 9000, "lost": 0}, {"p50_us": 300, "p99_us": None, "lost": 9}]


def taken(seconds: float) -> Taken:
    return Taken({case.name: [seconds] * 20 for case in CASES})


def lines(found: Measured) -> dict[str, str]:
    text = page(MACHINE, (100_000, 1_000_000), 200.0, found)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[-1].strip(" |") for row in rows}


def test_each_kind_of_page_is_judged_by_its_own_goal() -> None:
    found = lines(Measured(taken(0.01), taken(0.08), RADIUS, 1.0))
    assert found["overview"] == "falls short: 60% too much"
    assert found["search: CPF"] == found["board"] == "holds"
    assert found["PAP, 250/s"] == "holds" and found["accounting, 250/s"].startswith("falls short")


def test_a_page_that_failed_is_infinitely_late() -> None:
    busy = taken(0.01)
    for _ in range(5):
        busy.note("overview", 0.01, fine=False)
    assert busy.failed == {"overview": 5}
    assert "falls short" in lines(Measured(taken(0.01), busy, RADIUS, 1.0))["overview"]


def test_every_list_of_the_navigation_is_asked_for() -> None:
    asked = {case.make(SAMPLE, random.Random(1)).partition("?")[0] for case in CASES}
    places = {place.href for section in SECTIONS for place in section.places}
    assert places - asked <= {"/console/router-logins", "/console/names", "/console/retention"}  # forms, not lists
    addresses = [case.make(SAMPLE, random.Random(1)) for case in CASES if case.name.startswith("search")]
    assert all(" " not in address and address.startswith("/console/search?q=") for address in addresses)
    assert console.customer(SAMPLE, random.Random(1)) == "/console/subscribers/7"
