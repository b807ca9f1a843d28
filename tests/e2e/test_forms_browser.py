"""A person at the forms in Debian's chromium: errors when a field is left, masks, the guard, two at one customer."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from oss.base import db
from oss.staff import users
from tests import browsing
from tests.conftest import TESTER, Seed

pytestmark = browsing.marks
NEW = "/console/subscribers/new"


@pytest_asyncio.fixture(loop_scope="session")
async def page(web_app: Any, seed: Seed, aiohttp_server: Any, browser: Browser) -> AsyncIterator[Page]:
    """A browser's page on the whole web application, signed in as an administrator; its complaints fail the test."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    server = await aiohttp_server(web_app)
    async with browsing.signed_in(browser, f"http://127.0.0.1:{server.port}") as opened:
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        assert complaints == []


async def shoot(page: Page, name: str) -> None:
    """Screenshots for a person to look at, where they are asked for."""
    if os.environ.get("MILHA_SHOTS"):
        await browsing.shoot(page, name, full_page=True)


def wrong(page: Page, field: str) -> Any:
    return page.locator(f"#{field}-wrong")


async def test_an_error_appears_when_its_field_is_left_and_goes_when_it_is_right(page: Page) -> None:
    await page.goto(NEW)
    document = page.locator("#document")
    await document.press_sequentially("529.982.247-24")
    await expect(wrong(page, "document")).to_be_hidden()  # not while it is typed the first time
    await document.press("Tab")
    await expect(wrong(page, "document")).to_be_visible()
    await expect(wrong(page, "document")).to_contain_text("CPF")
    await expect(wrong(page, "document")).to_have_attribute("role", "alert")
    await expect(document).to_have_attribute("aria-invalid", "true")
    assert "document-wrong" in str(await document.get_attribute("aria-describedby"))
    await page.locator("#name").fill("Maria")
    await page.locator("#name").press("Tab")
    await expect(wrong(page, "document")).to_be_visible()  # it stays until it is right
    await shoot(page, "form-error")
    await document.fill("529.982.247-25")
    await expect(wrong(page, "document")).to_be_hidden()
    await expect(document).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    ("field", "pasted", "shown"),
    [
        ("document", "52998224725", "529.982.247-25"),
        ("document", "12abc34501de35", "12.ABC.345/01DE-35"),
        ("document", " 11.222.333/0001-81 ", "11.222.333/0001-81"),
        ("phone", "+55 35 99999-0417", "(35) 9 9999-0417"),
        ("phone", "3538214455", "(35) 3821-4455"),
        ("phone", "+351 912 345 678", "+351 912 345 678"),
        ("postcode", "37200000", "37200-000"),
    ],
)
async def test_a_mask_takes_what_is_pasted(page: Page, field: str, pasted: str, shown: str) -> None:
    await page.goto(NEW)
    box = page.locator(f"#{field}")
    await box.focus()
    await page.evaluate(
        """([id, text]) => {
          const field = document.getElementById(id);
          field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true }));
          document.execCommand("insertText", false, text);
        }""",
        [field, pasted],
    )
    await expect(box).to_have_value(shown)
    await box.press("Tab")
    await expect(box).to_have_value(shown)


async def test_what_is_typed_is_counted_and_guarded(page: Page, seed: Seed) -> None:
    await page.goto(f"/console/subscribers/{seed.customers[0]}/edit")
    bar = page.locator("[data-savebar]")
    await expect(bar).to_be_hidden()
    await page.fill("#name", "Outro Nome")
    await expect(bar).to_contain_text("1 mudança não salva")
    await page.fill("#city", "Lavras")
    await page.fill("#street", "Rua Nova")
    await expect(bar).to_contain_text("3 mudanças não salvas")
    await shoot(page, "form-savebar")
    asked: list[str] = []

    async def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.locator("a[href='/console/plans']").first.click()
    await expect(page.locator("#name")).to_have_value("Outro Nome")
    assert asked == ["beforeunload"] and "/edit" in page.url
    page.remove_listener("dialog", stay)
    await bar.get_by_role("link").click()  # discard
    await expect(page.locator("#name")).to_have_value("Cliente Número 1")


async def test_a_dialog_with_something_typed_asks_before_it_closes(page: Page, seed: Seed) -> None:
    await page.goto(f"/console/subscribers/{seed.customers[0]}")
    await page.locator("main a[href*='/hold?']").first.click()
    await page.fill("#note", "Equipamento em disputa")
    await page.keyboard.press("Escape")
    await expect(page.locator("#unsaved")).to_be_visible()
    await page.locator("#unsaved [data-closes]").click()
    await expect(page.locator("#note")).to_have_value("Equipamento em disputa")
    await page.keyboard.press("Escape")
    await page.locator("#unsaved [data-unsaved-go]").click()
    await expect(page.locator("#sheet")).to_be_hidden()


async def test_two_people_at_one_customer_lose_nothing(page: Page, seed: Seed) -> None:
    customer = seed.customers[0]
    await page.goto(f"/console/subscribers/{customer}/edit")
    await page.fill("#name", "Nome Meu")
    await page.fill("#email", "eu@example.com")
    await db.execute("update customer set name = 'Nome da Outra', city = 'Lavras' where id = $1", customer)
    await page.locator("[data-savebar] button[type=submit]").click()
    panel = page.locator("[data-stale]")
    await expect(panel).to_contain_text("Nome da Outra")
    await expect(panel).to_contain_text("Nome Meu")
    await expect(page.locator("#city")).to_have_value("Lavras")
    await expect(page.locator("#email")).to_have_value("eu@example.com")
    await shoot(page, "form-stale")
    await panel.locator("input[name=take-name][value=theirs]").check()
    await expect(page.locator("#name")).to_have_value("Nome da Outra")
    await page.locator("[data-savebar] button[type=submit]").click()
    await expect(page).to_have_url(re.compile(rf"/console/subscribers/{customer}$"))
    row = await db.fetchrow("select name, city, email from customer where id = $1", customer)
    assert tuple(row) == ("Nome da Outra", "Lavras", "eu@example.com")


async def test_a_new_customer_on_a_telephone(page: Page, seed: Seed) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/console/subscribers")
    await page.get_by_role("link", name=re.compile("Novo cliente")).click()
    await expect(page).to_have_url(re.compile(NEW))
    await page.fill("#name", "Maria da Luz")
    await page.fill("#document", "52998224725")
    await page.fill("#phone", "35999990417")
    await page.fill("#postcode", "37200000")
    await page.fill("#login", "maria.luz")
    assert re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", await page.input_value("#password"))
    for field, keyboard in (("phone", "tel"), ("postcode", "numeric"), ("email", "email")):
        assert await page.get_attribute(f"#{field}", "inputmode") == keyboard
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    main = page.locator("form[action='/console/subscribers'] button.main")
    box = await main.bounding_box()
    assert box is not None and box["width"] > 300 and box["height"] >= 44
    await shoot(page, "form-phone")
    await main.dblclick()
    await expect(page).to_have_url(re.compile(r"/console/subscribers/\d+$"))
    await expect(page.locator("h1")).to_have_text("Maria da Luz")
    assert await db.fetchval("select count(*) from customer where document = '52998224725'") == 1
