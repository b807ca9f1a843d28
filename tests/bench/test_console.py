"""The page of the console at full size: a line for each kind of page, judged by what it took beside RADIUS."""

from __future__ import annotations

import random
from urllib.parse import parse_qs

from bench.console import HEAD, Measured, Taken, behind, page
from bench.console_pages import CASES, Sample, customer
from web.navigation import SECTIONS
from web.tables import TABLES

from .test_table import MACHINE

SAMPLE = Sample(
    [7],
    ["Íris Mourão"],
    ["52998224725"],
    ["cliente0000007"],
    ["100.64.0.7"],
    ["AA:BB:CC:00:00:07"],
    ["Lavras"],
    [9],
    [2],
    [3],
    ["2026-11-10"],
)
QUIET = {"p50_us": 200, "p95_us": 300, "p99_us": 400, "lost": 0, "ok": 10}
BUSY = [QUIET | {"p99_us": 9000}, QUIET | {"p99_us": None, "lost": 9}]


def taken(seconds: float) -> Taken:
    return Taken({case.name: [seconds] * 20 for case in CASES})


def lines(found: Measured) -> dict[str, str]:
    text = page(MACHINE, (100_000, 1_000_000), 200.0, found)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[-1].strip(" |") for row in rows}


def test_each_kind_of_page_is_judged_by_its_own_goal() -> None:
    found = lines(Measured(taken(0.01), taken(0.08), [QUIET, QUIET], BUSY, 1.0))
    assert found["overview"] == "falls short: 60% too much"
    assert found["search: CPF"] == found["board"] == "holds"
    assert found["RADIUS: PAP, 250/s"] == "holds"
    assert found["RADIUS: accounting, 250/s"].startswith("falls short")


def test_pages_and_radius_stand_in_one_table() -> None:
    text = page(MACHINE, (100_000, 1_000_000), 200.0, Measured(taken(0.01), taken(0.08), [QUIET, QUIET], BUSY, 1.0))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({line.count("|") for line in rows}) == 1 and rows[0].count("|") == len(HEAD) + 1
    assert "| RADIUS: accounting, 250/s | 10 + 10 | 0.2 | 0.3 | 0.4 | 0.2 | 0.3 | inf | 9 |" in text


def test_a_page_that_failed_is_infinitely_late() -> None:
    busy = taken(0.01)
    for _ in range(5):
        busy.note("overview", 0.01, fine=False)
    assert busy.failed == {"overview": 5}
    assert "falls short" in lines(Measured(taken(0.01), busy, [QUIET, QUIET], BUSY, 1.0))["overview"]


def addresses() -> list[str]:
    return [case.make(SAMPLE, random.Random(1)) for case in CASES]


def test_every_place_of_the_navigation_is_asked_for() -> None:
    asked = {address.partition("?")[0] for address in addresses()}
    assert {place.href for section in SECTIONS for place in section.places} <= asked
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(" " not in address for address in addresses())
    assert customer(SAMPLE, random.Random(1)) == "/console/subscribers/7"


def test_every_tab_order_and_filter_of_every_list_is_asked_for() -> None:
    asked = [parse_qs(address.partition("?")[2]) for address in addresses()]
    for table in TABLES.values():
        for one in table.filters:
            values = {value for query in asked for value in query.get(one.name, [])}
            assert values >= set(one.choices) if one.tabs else values
        orders = {value for query in asked for value in query.get("sort", [])}
        assert {turn + sort for sort in table.sorts for turn in ("", "-")} - {table.sort} <= orders


def test_the_page_behind_is_where_the_page_says() -> None:
    earlier, later = '<a href="/x?before=b&amp;q=1">', '<a href="/x?q=1&amp;after=c">'
    assert (behind(earlier + later), behind(earlier)) == ("/x?q=1&after=c", "")
