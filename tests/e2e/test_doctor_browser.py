"""A technician at the doctor's page in a browser: examines, watches, pastes; an ill router is named while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bench import stack as processes
from oss.base import db
from oss.staff import users
from tests import browsing
from tests.browsing import shoot
from tests.conftest import TESTER
from tests.e2e.conftest import House
from tests.e2e.test_browser import change

pytestmark = browsing.marks
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest_asyncio.fixture(loop_scope="session")
async def page(house: House, browser: Browser) -> AsyncIterator[Page]:
    """A signed-in browser on a house whose router is healthy but for its clock and its CoA."""
    await house.seed(3)
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
        await connection.execute("update nas set interim_s = 2")
    await house.provide()
    await start_ill_lab(house, "clock-ahead")
    async with browsing.signed_in(browser, house.address, permissions=CLIPBOARD) as opened:
        yield opened


async def start_ill_lab(house: House, *ill: str) -> None:
    """The house's lab, its router with these illnesses."""
    command = processes.lab_command(house.settings, house.folder, {"BNG-1": "127.0.0.1"}, ["b:00001-00003:BNG-1"])
    at = command.index("--nas") + 1
    command[at] = ",".join([command[at], *ill])
    await house.stack.enter_async_context(processes.child(command, house.environment, ""))


async def test_a_router_is_examined_watched_and_given_what_to_paste(page: Page, house: House) -> None:
    complaints = browsing.complaints(page)
    number = await db.fetchval("select id from nas")
    await page.goto(f"/console/nas/{number}/doctor")
    await shoot(page, "doctor-never")
    async with asyncio.timeout(15):
        while await db.fetchval("select count(*) from session_open where session_s > 2") < 3:
            await asyncio.sleep(0)
    await page.keyboard.press("x")
    await shoot(page, "doctor-running")
    await expect(page.locator("[data-check=clock]")).to_have_attribute("data-state", "wrong")
    await expect(page.locator("[data-check=coa]")).to_contain_text("o relógio dele")
    await expect(page.locator("[data-check=auth]")).to_have_attribute("data-state", "ok")
    await expect(page.locator("#exams")).to_contain_text("CoA e Disconnect, Relógio")
    await page.emulate_media(media="print")
    await shoot(page, "doctor-print")
    await page.emulate_media(media="screen")
    await page.locator("#watch button[type=submit]").click()
    await expect(page.locator("#watch .feed li").first).to_be_visible()
    await shoot(page, "doctor")
    await page.goto(f"/console/nas/{number}")
    await shoot(page, "nas-form")
    await page.goto(f"/console/nas/{number}/doctor?for=cisco")
    await page.locator("#paste button[data-copy]").click()
    assert "aaa server radius dynamic-author" in await page.evaluate("navigator.clipboard.readText()")
    await change(page, "language", "en")
    await change(page, "theme", "dark")
    await page.goto(f"/console/nas/{number}/doctor")
    await expect(page.locator("[data-check=clock]")).to_contain_text("1 h ahead of ours")
    await shoot(page, "doctor-dark-en")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"/console/nas/{number}/doctor")
    await shoot(page, "doctor-phone-dark")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
