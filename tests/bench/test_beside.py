"""The page of RADIUS beside the console, and what the browser clicks."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from typing import Any

from bench.beside import BESIDE, LOADS, Run, page, part_of, run_of
from bench.clicks import LISTS, PLACES, Browser, Clicked
from web.navigation import SECTIONS

from .test_table import MACHINE

ONE = Run("pap", "quiet", 1.0, 9.0, 12.0, 0, 0, 0, 0.0, 0.0, 0, 0, 0, 1.5)
RUNS = [replace(ONE, mode=mode, beside=beside) for mode in LOADS for beside in BESIDE]
FIGURES: dict[str, Any] = {"p50_us": 900, "p99_us": None, "max_us": None, "lost": 7}
FIGURES |= {"bad_attr": 1, "bad_authenticator": 2, "rejected": 4}


def browser() -> Browser:
    return Browser(None, [41, 42])  # type: ignore[arg-type]  # nothing is asked


def lines(runs: list[Run]) -> list[str]:
    return [line for line in page(MACHINE, 20_000, 8, runs).splitlines() if line.startswith(("| PAP", "| acc"))]


def test_every_load_beside_everything_has_a_line_with_a_verdict() -> None:
    assert [line.rsplit("|", 2)[1].strip() for line in lines(RUNS)] == ["holds"] * len(LOADS) * len(BESIDE)


def test_a_late_answer_falls_short() -> None:
    late = [replace(one, p99=30.0) if one.beside == "exports" else one for one in RUNS]
    assert [line.rsplit("|", 2)[1].strip() for line in lines(late)][2] == "falls short: 50% too much"


def test_what_was_lost_is_infinitely_late_and_what_was_refused_is_wrong() -> None:
    clicked = Clicked(pages=[(0.02, "/a"), (math.inf, "/b")], failed=Counter({"/b": 1}))
    found = run_of("pap", "pages", FIGURES, clicked)
    assert (found.p50, found.p99, found.lost, found.wrong) == (0.9, math.inf, 7, 7)
    assert (found.pages, found.failed, found.page_p99) == (2, 1, math.inf)


def test_a_percentile_is_in_milliseconds() -> None:
    assert part_of([0.001 * n for n in range(100)], 0.99) == 99.0
    assert part_of([], 0.5) == 0.0


def test_the_browser_opens_every_place_of_the_navigation() -> None:
    asked = set(itertools.islice(browser().addresses(), 5 * len(PLACES)))
    assert {place.href for section in SECTIONS for place in section.places} <= asked
    assert any(address.startswith("/console/search?") for address in asked)


def test_a_list_is_read_on_from_where_the_last_page_ended() -> None:
    one, path = browser(), LISTS[0]
    one.remember(path, f'<a href="{path}?status=online&amp;after=WyJ4Il0">')
    assert one.further[path] == f"{path}?status=online&after=WyJ4Il0"
    one.remember(one.further[path], "the last page")
    assert one.further[path] == path
