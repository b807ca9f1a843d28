"""No page keeps anybody out: axe-core finds nothing serious, by day and by night, on a desk and on a telephone."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from playwright.async_api import Page as Tab

from tests import browsing
from tests.e2e.conftest import SOAK
from tests.gallery import axe, world
from tests.gallery.pages import Page
from tests.gallery.walk import SCREENS, Walk, light, walking

pytestmark = [*browsing.marks, pytest.mark.slow]
# The shell is the same around all pages: it is looked at on one.
SHELL = ("aside.side", "dialog#palette", "dialog#keys", "dialog#more")
WITH_SHELL = "/console/plans"
Round = tuple[str, str, tuple[str, ...]]  # screen, light, rules (all where none is named)
# Each page is looked at in both lights and both widths; which light goes with which width takes turns.
TURNS: tuple[tuple[Round, ...], ...] = (
    (("desktop", "light", ()), ("phone", "dark", axe.NARROW)),
    (("desktop", "dark", ()), ("phone", "light", axe.NARROW)),
)
if SOAK:
    TURNS = (TURNS[0] + TURNS[1],)


async def looked_at(tab: Tab, rounds: Iterable[Round], without: tuple[str, ...]) -> AsyncIterator[str]:
    """What is wrong on a loaded page, one line a place."""
    for screen, theme, rules in rounds:
        await tab.set_viewport_size(SCREENS[screen]["viewport"])
        await light(tab, theme)
        for line in axe.grave(await axe.violations(tab, *rules, without=without)):
            yield f"{screen} {theme}: {line}"


async def wrong_on(walk: Walk, found: list[Page]) -> list[str]:
    wrong = []
    for page, rounds in zip(found, itertools.cycle(TURNS), strict=False):
        tab = await walk.open(page)
        without = () if page.address == WITH_SHELL or page.public else SHELL
        wrong += [f"{page.address} {line}" async for line in looked_at(tab, rounds, without)]
    return wrong


async def test_axe_finds_nothing_serious_on_any_page(database: str, open_tmp: Path) -> None:
    async with walking(open_tmp, database) as walk:
        wrong = await wrong_on(walk, await walk.before_anybody())
        await world.furnish(walk.house)
        wrong += await wrong_on(walk, await walk.all_pages())
    assert wrong == [], "\n".join(wrong)


async def test_axe_says_what_is_wrong() -> None:
    async with browsing.chromium() as browser:
        tab = await browser.new_page()
        await tab.set_content(
            '<html lang="en"><title>x</title><main><h1>x</h1><p style="color:#ccc">pale</p><input></main>'
        )
        found = [line.partition(":")[0] for line in axe.grave(await axe.violations(tab))]
        assert found == ["color-contrast (serious)", "label (critical)"]
        assert list(axe.grave(await axe.violations(tab, "label", without=("input",)))) == []
