"""The wall in chromium: read from afar, turns by itself, is held by a key or a touch, says when its line is dead."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from oss.base import db, secrets
from oss.monitoring.causes import Last
from oss.staff import users
from tests.browsing import chromium, complaints, marks, opened, screen, shoot, sign_in
from tests.conftest import TESTER, Seed, small_provider
from tests.oss.monitoring import darkened
from web.console import wall

pytestmark = marks
LEAST = 0.025  # of the screen's height
# Every text node that is seen, smaller than it may be.
SMALL = """(least) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, box = node.parentElement;
    if (!node.textContent.trim() || !box.checkVisibility() || box.closest("script, style, template")) continue;
    const size = parseFloat(getComputedStyle(box).fontSize);
    if (size < least * innerHeight) found.push(`${node.textContent.trim()}: ${size}`);
  }
  return found;
}"""
# What is cut off at the foot of the screen.
BEYOND = """() => [...document.querySelectorAll(".wall-view:not([hidden]) *")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().bottom > innerHeight + 1).length"""


@pytest_asyncio.fixture(loop_scope="session")
async def house(database: str, sealer: secrets.Sealer) -> Seed:
    """64 customers on one PON, and a wall that reads at each second."""
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer, count=64)
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    return seed


@pytest_asyncio.fixture(loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


async def at(browser: Browser, server: Any, width: int = 1920, height: int = 1080) -> Page:
    page = await opened(await screen(browser, str(server.make_url("")), viewport={"width": width, "height": height}))
    await sign_in(page, to="/console/wall")
    await expect(page.locator("[data-wall][data-ready]")).to_be_visible()
    return page


async def ill(sealer: secrets.Sealer, seed: Seed) -> None:
    """One PON of 64 ONUs is cut, a radio does not answer."""
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.darken(drawn, 56, Last.LIGHT)
    await darkened.lit(drawn, [-19.4, -24.0, -28.2], away=56)
    await darkened.unreachable(drawn.devices["radio"])
    await darkened.carried(seed.nas, 4.2e9, 6.1e8)
    await db.execute(
        "update incident set acknowledged_at = now(), acknowledged_by = (select min(id) from staff_user) "
        "where why = 'down'"
    )


async def turned(page: Page, to: str) -> None:
    while await page.locator(f"[data-view={to}]").is_hidden():
        await page.keyboard.press("ArrowRight")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
async def test_nothing_on_the_wall_is_smaller_than_a_fortieth_of_its_height(
    browser: Browser, house: Seed, sealer: secrets.Sealer, web_app: Any, aiohttp_server: Any, width: int, height: int
) -> None:
    await ill(sealer, house)
    page = await at(browser, await aiohttp_server(web_app), width, height)
    heard = complaints(page)
    assert await page.locator("html").get_attribute("data-theme") == "milha-dark"
    await expect(page.locator("nav")).to_have_count(0)
    await expect(page.locator(".wall-alarm")).to_contain_text(
        re.compile(r"Ninguém assumiu.*Fibra rompida.*CTO.*56 clientes · R\$.*/h", re.S)
    )
    await page.keyboard.press("Space")
    for name, _ in wall.VIEWS:
        await turned(page, name)
        assert await page.evaluate(SMALL, LEAST) == []
        assert await page.evaluate(BEYOND) == 0
        if width == 1920:
            await shoot(page, f"wall-{name}")
    assert heard == []


async def test_the_wall_turns_and_is_held_by_a_key_or_a_touch(
    browser: Browser, house: Seed, web_app: Any, aiohttp_server: Any
) -> None:
    page = await at(browser, await aiohttp_server(web_app))
    await expect(page.locator(".wall-left .wall-calm")).to_contain_text("Tudo no ar")
    await shoot(page, "wall-calm")
    await page.clock.install()
    await page.reload()
    await expect(page.locator("[data-wall][data-ready]")).to_be_visible()
    for name in ("sites", "pons", "figures", "now"):
        await page.clock.run_for(16_000)
        await expect(page.locator(f"[data-view={name}]")).to_be_visible()
    await page.keyboard.press("Space")
    await expect(page.locator("[data-wall-held]")).to_be_visible()
    await page.clock.run_for(60_000)
    await expect(page.locator("[data-view=now]")).to_be_visible()
    await page.locator(".wall-views").click()
    await expect(page.locator("[data-wall-held]")).to_be_hidden()
    await page.clock.run_for(16_000)
    await expect(page.locator("[data-view=sites]")).to_be_visible()


async def test_a_new_outage_comes_by_itself_and_takes_the_screen(
    browser: Browser, house: Seed, sealer: secrets.Sealer, web_app: Any, aiohttp_server: Any
) -> None:
    page = await at(browser, await aiohttp_server(web_app))
    await turned(page, "pons")
    await ill(sealer, house)
    await expect(page.locator(".wall-alarm")).to_be_visible()
    await expect(page.locator("[data-view=now]")).to_be_visible()


async def test_a_dead_line_is_said_at_once_and_large(
    browser: Browser, house: Seed, web_app: Any, aiohttp_server: Any
) -> None:
    server = await aiohttp_server(web_app)
    page = await at(browser, server)
    stale = page.locator("[data-wall-stale]")
    await expect(stale).to_be_hidden()
    await server.close()
    await expect(stale).to_be_visible(timeout=20_000)
    await expect(stale).to_contain_text(re.compile(r"Sem conexão.*Dados de \d\d:\d\d:\d\d, há \d+\ss"))
    size = await stale.evaluate("one => parseFloat(getComputedStyle(one).fontSize) / innerHeight")
    assert size >= 2 * LEAST
    await shoot(page, "wall-dead")
