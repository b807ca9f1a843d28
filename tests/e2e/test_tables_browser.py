"""A person at the console's lists in Debian's chromium: a view saved and opened, columns, an act previewed, a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from oss.base import db
from oss.staff import users
from tests import browsing
from tests.browsing import shoot
from tests.conftest import TESTER
from tests.e2e.conftest import House

pytestmark = browsing.marks


@pytest_asyncio.fixture(loop_scope="session")
async def page(house: House, browser: Browser) -> AsyncIterator[Page]:
    """A signed-in browser on a running house with thirty subscribers, eight of them in debt."""
    await house.seed(30, range(1, 9))
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    await house.provide()
    async with browsing.signed_in(browser, house.address) as opened:
        yield opened


async def test_a_view_a_column_an_act_and_a_file(page: Page, house: House) -> None:
    complaints = browsing.complaints(page)

    await page.goto("/console/subscribers?status=overdue&sort=-owed")
    await page.get_by_role("link", name="Salvar visão").click()
    await page.locator("#sheet input[name=name]").fill("Devedores")
    await shoot(page, "list-save-view")
    async with page.expect_navigation():
        await page.locator("#sheet button[type=submit]").first.click()
    await expect(page.locator("[data-toast]")).to_contain_text("Visão “Devedores” salva")
    await expect(page.locator("nav.tabs-m a[aria-current=page]")).to_contain_text("Devedores 8")

    await page.locator("[data-columns] > summary").click()
    await page.locator("[data-columns-search]").fill("doc")
    await expect(page.locator("[data-columns-list] > li:visible")).to_have_count(1)
    await page.locator("input[name=column][value=document]").check()
    await page.locator("[data-columns-search]").fill("")
    await page.locator("input[name=column][value=ip]").uncheck()
    await shoot(page, "list-columns")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Mostrar estas").click()
    await expect(page.locator("thead")).to_contain_text("Documento")
    await expect(page.locator("thead")).not_to_contain_text("IPv4")
    await expect(page.locator("nav.tabs-m")).to_contain_text("Guardar em “Devedores”")

    await page.goto("/console/subscribers?tab=all")
    await expect(page.locator("thead")).to_contain_text("IPv4")
    async with page.expect_navigation():  # its scripts hear the keys only when it is there
        await page.get_by_role("link", name=re.compile("Devedores")).click()
    await expect(page.locator("table.tbl tbody tr")).to_have_count(8)

    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator("[data-bulk]")).to_contain_text("2 selecionad")
    await page.locator("[data-bulk] button[value=place]").click()
    await expect(page.locator("#sheet")).to_contain_text("Bloquear 2 contratos?")
    await shoot(page, "list-bulk-preview")
    await page.locator("#sheet a[data-back]").click()

    await page.locator("[data-bulk] button[name=format]").click()
    await expect(page.locator("[data-toast]").first).to_contain_text("O arquivo de 2 linhas está sendo feito")
    async with page.expect_download(timeout=60_000) as download:
        await page.locator("[data-toast] a.undo").click(timeout=60_000)
    assert (await download.value).suggested_filename.endswith(".xlsx")

    await look_at_every_list(page)
    assert complaints == []


async def look_at_every_list(page: Page) -> None:
    """Density stays after a reload; pictures of all lists; a telephone's width."""
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await page.locator("[data-density-form] button").click()
    await expect(page.locator("[data-table=subscribers]")).to_have_attribute("data-density", "comfortable")
    await page.reload()
    await expect(page.locator("[data-table=subscribers]")).to_have_attribute("data-density", "comfortable")
    for name in ("invoices", "sessions", "holds", "rejects", "exports"):
        await page.goto(f"/console/{name}")
        await shoot(page, f"list-{name}")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/console/invoices")
    await shoot(page, "list-invoices-phone")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
