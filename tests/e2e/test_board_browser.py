"""A person arranges the board in chromium: by mouse, by keyboard, by buttons; it is so after a reload."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from oss.base import db
from oss.staff import users
from tests import browsing
from tests.browsing import shoot
from tests.conftest import TESTER, Seed
from tests.web.console.test_board import count

pytestmark = browsing.marks


@pytest_asyncio.fixture(loop_scope="session")
async def page(seed: Seed, web_app: Any, aiohttp_server: Any, browser: Browser) -> AsyncIterator[Page]:
    """Signed in, before a board with figures."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    await count()
    server = await aiohttp_server(web_app)
    async with browsing.signed_in(browser, str(server.make_url("")), to="/console/board") as opened:
        yield opened


async def order(page: Page) -> list[str]:
    return await page.locator("[data-board] > [data-key]").evaluate_all("parts => parts.map(part => part.dataset.key)")


def grip(page: Page, key: str) -> Any:
    return page.locator(f"[data-key={key}] [data-grip]")


async def saved(page: Page, times: int) -> None:
    """Until the server has kept that many orders."""
    await expect(page.locator("[data-board]")).to_have_attribute("data-saved", str(times))


async def test_widgets_are_dragged_by_mouse_and_keyboard_and_stay_after_a_reload(page: Page) -> None:
    complaints = browsing.complaints(page)
    await page.goto("/console/board")
    before = await order(page)
    assert before[:3] == ["urgent", "revenue", "online"]
    async with page.expect_navigation():
        await page.get_by_role("link", name="Arrumar").click()

    start, goal = await grip(page, "online").bounding_box(), await page.locator("[data-key=revenue]").bounding_box()
    assert start and goal
    await page.mouse.move(start["x"] + 5, start["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(goal["x"] + goal["width"] / 2 + 40, goal["y"] + 60, steps=6)
    await page.mouse.move(goal["x"] + 30, goal["y"] + 60, steps=6)
    await shoot(page, "board-dragging")
    await page.mouse.up()
    await saved(page, 1)
    assert (await order(page))[:3] == ["urgent", "online", "revenue"]

    await grip(page, "online").focus()
    for key in ("Space", "ArrowLeft", "Enter"):
        await page.keyboard.press(key)
    await saved(page, 2)
    await expect(page.locator("[data-told]")).to_have_text(re.compile("lugar 1 de"))
    wanted = ["online", "urgent", *before[1:2], *before[3:]]
    assert await order(page) == wanted

    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Escape")  # as it was
    await expect(page.locator("[data-told]")).to_have_text(re.compile("voltou ao lugar 1"))
    await page.goto("/console/board")
    assert await order(page) == wanted
    assert complaints == []


async def test_sizes_removal_and_return_by_buttons_stay_after_a_reload(page: Page) -> None:
    await page.goto("/console/board?arrange=1")
    wide = page.locator("[data-key=revenue]")
    await wide.get_by_role("button", name="Pequeno").click()
    await expect(page.locator("[data-key=revenue][data-size=s]")).to_be_visible()
    box = await page.locator("[data-key=revenue]").bounding_box()
    assert box and box["width"] < 480
    await page.get_by_role("button", name="Tirar Por que saem do painel").click()
    await expect(page.locator("[data-key=reasons]")).to_have_count(0)
    await page.reload()
    await expect(page.locator("[data-key=reasons]")).to_have_count(0)
    await page.get_by_role("button", name="Por que saem").click()
    await expect(page.locator("[data-key=reasons]")).to_be_visible()
    assert (await order(page))[-1] == "reasons"


async def test_on_a_telephone_the_board_is_one_column_in_order(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/console/board")
    boxes = [await part.bounding_box() for part in await page.locator("[data-board] > [data-key]").all()]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops) and len({box["x"] for box in boxes if box}) == 1
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.goto("/console/board?arrange=1")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
