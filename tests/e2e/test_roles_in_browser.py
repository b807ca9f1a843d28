"""The matrix of roles in a browser: by the keyboard, ringed, counted; it opens and closes a page of somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from oss.base import db
from oss.staff import users
from tests import browsing
from tests.browsing import shoot
from tests.conftest import TESTER, Seed

pytestmark = browsing.marks
LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]


@pytest.fixture
def address(client: Any) -> str:
    """Where the application of the test answers."""
    return str(client.make_url("/")).rstrip("/")


async def signed_in(browser: Browser, address: str, login: str, **look: Any) -> Page:
    page = await browsing.opened(await browsing.screen(browser, address, **look))
    await browsing.sign_in(page, login)
    return page


async def test_the_matrix_opens_and_closes_a_page(browser: Browser, address: str, seed: Seed) -> None:
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "bea", "Bea", "bea-password-1", "attendant")
    ana = await signed_in(browser, address, "ana")
    bea = await signed_in(browser, address, "bea")
    assert (refused := await bea.goto("/console/retention")) is not None and refused.status == 403
    await ana.goto("/console/roles")
    bar, cell = ana.locator("[data-savebar]"), ana.locator("[name='g:attendant:retention.write']")
    await expect(bar).to_be_hidden()
    await cell.focus()
    await ana.keyboard.press("ArrowUp")
    await expect(cell).to_have_value("all")
    await expect(bar).to_contain_text("1 mudança não salva")
    await expect(bar).to_contain_text("1 pessoa ganha permissões, ninguém perde")
    await expect(ana.locator(".pick.changed")).to_have_count(1)
    await shoot(ana, "roles-changed")
    async with ana.expect_navigation():
        await bar.get_by_role("button", name="Salvar").click()
    assert (opened := await bea.goto("/console/retention")) is not None and opened.status == 200
    await ana.locator("[name='g:attendant:retention.write']").select_option("")
    await expect(bar).to_contain_text("Ninguém ganha, 1 perde alguma")
    async with ana.expect_navigation():
        await bar.get_by_role("button", name="Salvar").click()
    assert (closed := await bea.goto("/console/retention")) is not None and closed.status == 403


@pytest.mark.parametrize(("theme", "width"), LOOKS)
async def test_the_matrix_fits_its_screen(browser: Browser, address: str, seed: Seed, theme: str, width: int) -> None:
    """On a telephone one role at a time; nothing makes the page wider than the screen."""
    await db.execute("update customer set city = case id % 2 when 0 then 'Lavras' else 'Três Corações' end")
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": theme}
    page = await signed_in(browser, address, "ana", **look)
    await db.execute("update staff_user set language = $1", "en" if theme == "dark" else "pt-BR")
    for path, name in (("/console/roles", "roles"), ("/console/roles/noc", "role"), ("/console/staff/new", "staff")):
        await page.goto(path)
        await shoot(page, f"{name}-{theme}-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 390:
        await page.goto("/console/roles")
        await expect(page.locator("thead [data-role]:visible")).to_have_count(1)
        await page.locator("[data-shows]").select_option("seller")
        await expect(page.locator("thead [data-role=seller]")).to_be_visible()
        await expect(page.locator("thead [data-role]:visible")).to_have_count(1)
