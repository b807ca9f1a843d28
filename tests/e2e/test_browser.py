"""A person at the console in Debian's chromium: sign in, block, pay, unblock, another language, the dark."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench import seeding
from oss.base import db
from oss.staff import users
from tests import browsing
from tests.browsing import shoot, sign_in
from tests.conftest import TESTER, fall_overdue
from tests.e2e.conftest import House
from tests.waiting import eventually

pytestmark = browsing.marks


@pytest_asyncio.fixture(loop_scope="session")
async def page(house: House, browser: Browser) -> AsyncIterator[Page]:
    """A browser's page on a running house with three subscribers, the first of them overdue and slowed."""
    await house.seed(3)
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    await fall_overdue(house.contract(1), 8)
    await house.provide()
    await house.start_lab(3)
    await house.lab.until(online=3)
    async with await browsing.screen(browser, house.address) as screen:
        yield await browsing.opened(screen)


async def rate(house: House, number: int) -> str | None:
    rows = await house.lab.sessions([seeding.login(number)])
    return rows[0]["profile"]["rate_limit"] if rows else None


async def is_rate(house: House, number: int, wanted: str | None) -> bool:
    return await rate(house, number) == wanted


async def open_act(page: Page, act: str) -> None:
    """Open the sheet of an act (hold, pay, release) from the subscriber's page."""
    await page.locator(f"main a[href*='/{act}?']").first.click()
    await expect(page.locator(f"form[action*='/{act}']")).to_be_visible()


async def send(page: Page, act: str) -> None:
    """Send the sheet and wait until the page behind it is whole again."""
    async with page.expect_navigation():
        await page.locator(f"form[action*='/{act}'] button[type=submit]").last.click()
    await page.wait_for_load_state("load")


async def mistype(page: Page) -> None:
    """A wrong password at the door of whoever is not signed in."""
    await page.goto("/")
    await expect(page).to_have_url(re.compile("/login"))
    await page.fill("#password", "wrong-password")
    await page.fill("#login", "ana")
    await page.press("#login", "Enter")
    await expect(page.locator("#not-let-in")).to_be_visible()
    await expect(page).to_have_url(re.compile("/login"))


async def test_a_person_signs_in_blocks_takes_money_unblocks_and_changes_the_look(page: Page, house: House) -> None:
    await mistype(page)
    complaints = browsing.complaints(page)
    await sign_in(page)
    await shoot(page, "overview")
    await page.goto("/console/subscribers?q=cliente")
    await page.get_by_role("link", name="Cliente 1").first.click()
    await expect(page.locator("h1")).to_have_text("Cliente 1")
    home = page.url
    await shoot(page, "subscriber-overdue")

    assert await rate(house, 1) == "512k/1024k"
    await open_act(page, "hold")
    await page.locator("input[name=effect][value=cut]").check()
    await page.fill("#note", "Equipamento em disputa")
    await shoot(page, "hold")
    await send(page, "hold")
    await eventually(lambda: is_rate(house, 1, None))

    await page.goto(home)
    await open_act(page, "pay")
    await send(page, "pay")
    await eventually(lambda: _paid())
    assert await rate(house, 1) is None, "a payment lifts no hold of the staff's"

    await page.goto(home)
    await open_act(page, "release")
    await send(page, "release")
    await eventually(lambda: _free())
    await house.lab.hangup([seeding.login(1)])
    await house.lab.dial([seeding.login(1)])
    await eventually(lambda: is_rate(house, 1, "250M/500M"), 20)
    await page.goto(home)
    await shoot(page, "subscriber-paid")

    await change(page, "language", "en")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("link", name="Customers").first).to_be_visible()
    await change(page, "theme", "dark")
    await expect(page.locator("html")).to_have_attribute("data-theme", "milha-dark")
    await shoot(page, "subscriber-dark-en")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/console/")
    await shoot(page, "overview-phone-dark")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


async def change(page: Page, name: str, value: str) -> None:
    """Choose a language or a theme in the user's menu."""
    button = page.locator(f"button[name={name}][value={value}]").first
    if not await button.is_visible():
        await page.locator("details:has(button[name=theme]) > summary").first.click()
    await button.click()


async def _paid() -> bool:
    return await db.fetchval("select count(*) from invoice where status = 'open'") == 0


async def _free() -> bool:
    return await db.fetchval("select count(*) from hold where lifted_at is null") == 0
