"""No page keeps anybody out: axe-core finds nothing serious, by day and by night, on a desk and on a telephone."""

from __future__ import annotations

from pathlib import Path

from tests import browsing
from tests.gallery import axe, world
from tests.gallery.pages import Page
from tests.gallery.walk import LOST, NOWHERE, Walk, walking

pytestmark = browsing.marks


async def wrong_on(walk: Walk, found: list[Page]) -> list[str]:
    """One line for each thing on each page; by night only colours can be worse."""
    wrong = []
    async for stop in walk.stops(found):
        where = f"{stop.page.address} {stop.screen}"
        if stop.status != (404 if stop.page in (LOST, NOWHERE) else 200):
            wrong.append(f"{where}: {stop.status}")
        lines = list(axe.grave(await axe.violations(stop.tab)))
        wrong += [f"{where}: {line}" for line in lines]
        await stop.tab.emulate_media(color_scheme="dark")
        lines = list(axe.grave(await axe.violations(stop.tab, "color-contrast")))
        wrong += [f"{where} dark: {line}" for line in lines]
    return wrong


async def test_axe_finds_nothing_serious_on_any_page(database: str, open_tmp: Path) -> None:
    async with walking(open_tmp, database) as walk:
        wrong = await wrong_on(walk, await walk.before_anybody())
        await world.furnish(walk.house)
        wrong += await wrong_on(walk, await walk.all_pages())
    assert wrong == [], "\n".join(wrong)
