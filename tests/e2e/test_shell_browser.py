"""The shell in Debian's chromium: the palette by keyboard, the menu that narrows, the bell, a telephone, a printer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from oss.base import db
from oss.crm.customers import search_key
from oss.notify import notices
from oss.staff import users
from tests import browsing
from tests.conftest import TESTER, Seed, fall_overdue
from tests.web.console.conftest import go_online
from web import build, navigation

pytestmark = browsing.marks
NAMES = ("Íris Mourão", "Marlene Teodoro", "Genésio Sant'Anna", "Nayara Mourão", "Ivone Camargos")
PLACES = [place.href for section in navigation.SECTIONS for place in section.places]


@pytest_asyncio.fixture(loop_scope="session")
async def site(web_app: Any, seed: Seed, aiohttp_server: Any) -> Any:
    """The console on a port, with five customers, some of them online, and notices for the administrator."""
    build.ensure_assets()
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
        for n in range(2):
            await notices.add(connection, [1], "jobs.dead", {"count": n + 1, "listener": "x"}, "/console/health#dead")
        for customer, name in zip(seed.customers, NAMES, strict=True):
            sql = "update customer set name = $2, search_key = $3, city = 'Lavras' where id = $1"
            await connection.execute(sql, customer, name, search_key(name))
    await go_online(seed, 0, mac="4F:20:A8:91:0D:2E")
    await fall_overdue(seed.contracts[1], 7)
    return await aiohttp_server(web_app)


async def context(browser: Browser, site: Any, **more: Any) -> BrowserContext:
    """A browser's own cookies and screen."""
    return await browsing.screen(browser, str(site.make_url("/")), **more)


async def sign_in(opened: BrowserContext) -> Page:
    page = await browsing.opened(opened)
    await browsing.sign_in(page)
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, site: Any) -> AsyncIterator[Page]:
    """Signed in on a desktop; nothing may be said on the browser's console."""
    opened = await context(browser, site)
    page = await sign_in(opened)
    complaints = browsing.complaints(page)
    yield page
    await opened.close()
    assert complaints == []


async def test_the_palette_is_used_by_keyboard_alone(page: Page, seed: Seed) -> None:
    await page.goto("/console/plans")
    await page.keyboard.press("Control+k")
    field = page.locator("#palette input[type=search]")
    await expect(field).to_be_focused()
    await page.keyboard.type("mourao")
    hits = page.locator("#palette [data-hit]")
    await expect(hits).to_have_count(2)
    await expect(page.locator("#palette mark").first).to_have_text("Mourão")
    await expect(page.locator("#palette [data-took]")).to_have_text(re.compile(r"2 em \d+"))
    await expect(hits.first).to_have_attribute("aria-selected", "true")
    assert await field.get_attribute("aria-activedescendant") == await hits.first.get_attribute("id")
    await page.keyboard.press("ArrowDown")
    await expect(hits.nth(1)).to_have_attribute("aria-selected", "true")
    await expect(page.locator("#palette [data-acts-of]")).to_have_text("Fazer com Nayara Mourão")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Íris Mourão")
    await page.wait_for_load_state()  # its scripts hear keys from then on

    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette [data-recent]")).to_have_count(1)
    await page.keyboard.type("4f-20-a8")
    await expect(hits).to_have_count(1)
    await expect(page.locator("#palette [data-found] .palette-h")).to_have_text("Clientes por MAC")
    async with page.context.expect_page() as opening:
        await page.keyboard.press("Control+Enter")
    apart = await opening.value
    await expect(apart.locator("h1")).to_have_text("Íris Mourão")
    await apart.close()

    await page.keyboard.press("Alt+b")
    await expect(page.locator(f"#sheet form[action*='/console/subscribers/{seed.customers[0]}/hold']")).to_be_visible()
    await page.keyboard.press("Escape")


async def test_the_palette_finds_pages_and_says_when_nothing_fits(page: Page) -> None:
    await page.goto("/console/plans")
    await page.keyboard.press("Control+k")
    await page.keyboard.type(">novo pla")
    await expect(page.locator("#palette .palette-i:visible")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/console/plans/new"))
    await page.wait_for_load_state()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("zzqqzz")
    await expect(page.locator("#palette [data-nothing]")).to_have_text("Nada combina com “zzqqzz”.")
    await page.keyboard.press("Escape")
    await expect(page.locator("#palette")).not_to_be_visible()


async def test_the_menu_narrows_at_once_and_stays_so(page: Page) -> None:
    side = page.locator("aside.side")

    async def width() -> float:
        box = await side.bounding_box()
        return box["width"] if box else 0

    await page.goto("/console/plans")
    assert await width() > 200
    async with page.expect_response(re.compile("/preferences")):
        await page.keyboard.press("[")
    assert await width() < 70
    # the page itself says it is narrow, before any script could: there is no jump
    raw = await (await page.request.get("/console/nas")).text()
    assert 'data-sidebar="narrow"' in raw.partition(">")[0] + raw.partition("<html")[2].partition(">")[0]
    await page.goto("/console/nas")
    assert await width() < 70
    await expect(side.get_by_role("link", name="Clientes")).to_be_visible()


async def test_theme_and_language_are_switched_in_the_menu(page: Page) -> None:
    await page.goto("/console/plans")
    await page.locator("aside details:has(button[name=theme]) > summary").click()
    await page.locator("aside button[name=theme][value=dark]").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "milha-dark")
    await page.locator("aside button[name=language][value=en]").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator("html")).to_have_attribute("data-theme", "milha-dark")
    await expect(page.get_by_role("button", name="Search").first).to_be_visible()


async def test_everything_in_the_menu_is_reached_by_tab_in_the_order_it_is_read(page: Page) -> None:
    await page.goto("/console/plans")
    await page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert await page.evaluate(f"{focused}.getAttribute('href')") == "#main"
    seen: list[str] = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        inside = await page.evaluate(f"!!{focused}.closest('aside')")
        if not inside:
            break
        seen.append(await page.evaluate(f"{focused}.getAttribute('href') || {focused}.tagName.toLowerCase()"))
        outlined = await page.evaluate(f"getComputedStyle({focused}).outlineStyle")
        assert outlined != "none", seen[-1]
    assert seen[:3] == ["/console/", "button", "summary"]
    assert [href for href in seen[3:] if href.startswith("/console")] == PLACES
    await page.goto("/console/plans")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate(f"{focused}.id") == "main"


async def test_the_bell_opens_and_a_notice_is_read(page: Page) -> None:
    await page.goto("/console/plans")
    bell = page.locator("aside .bell")
    await expect(bell.locator(".bell-n")).to_contain_text("2")
    await bell.click()
    await expect(page.locator("aside .notice-i")).to_have_count(2)
    await page.locator("aside .notice-i").first.click()
    await expect(page).to_have_url(re.compile("/console/health"))
    await expect(page.locator("aside .bell-n")).to_contain_text("1")
    async with db.transaction() as connection:
        await notices.add(connection, [1], "jobs.dead", {"count": 9, "listener": "y"}, "/console/health#dead")
    await expect(page.locator("aside .bell-n")).to_contain_text("2")
    await expect(page.locator("#said")).to_have_text("2 avisos não lidos")


async def test_a_telephone_never_scrolls_sideways(browser: Browser, site: Any, seed: Seed) -> None:
    opened = await context(browser, site, **browsing.PHONE)
    page = await sign_in(opened)
    extra = [f"/console/subscribers/{seed.customers[1]}", f"/console/nas/{seed.nas}", "/console/style"]
    wide = {}
    for address in [*PLACES, "/console/notices", "/console/search?q=mour", "/console/plans/new", *extra]:
        await page.goto(address)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[address] = width
    assert wide == {}
    await page.goto("/console/")
    await page.locator("header button[data-opens=palette]").tap()
    await page.keyboard.type("teodoro")
    await expect(page.locator("#palette [data-hit]")).to_have_count(1)
    await opened.close()


async def test_paper_has_a_white_ground_no_menu_and_all_glyphs(browser: Browser, site: Any, seed: Seed) -> None:
    opened = await context(browser, site, color_scheme="dark")
    page = await sign_in(opened)
    await page.emulate_media(media="print")
    for address in ("/console/subscribers", f"/console/subscribers/{seed.customers[1]}", "/console/nas"):
        await page.goto(address)
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        for part in ("aside.side", "header", "nav", ".page-acts", "dialog"):
            for found in await page.locator(part).all():
                assert not await found.is_visible(), (address, part)
        glyphs = page.locator("main svg:visible")
        assert await glyphs.count() > 0, address
        ink = await page.evaluate("getComputedStyle(document.querySelector('main h1')).color")
        assert ink == "rgb(17, 17, 17)"
    await opened.close()


async def test_a_part_that_fails_says_so_in_its_place_and_is_asked_again(browser: Browser, site: Any) -> None:
    opened = await context(browser, site)
    page = await sign_in(opened)
    await page.goto("/console/plans")
    failing = {"on": True}

    async def answer(route: Any) -> None:
        if failing["on"]:
            await route.fulfill(status=503, headers={"X-Request-Id": "7f3a91"}, body="")
        else:
            await route.continue_()

    await page.route("**/console/search?*", answer)
    await page.route("**/console/search", answer)
    await page.keyboard.press("Control+k")
    card = page.locator("#palette [data-failed]")
    await expect(card).to_contain_text("Esta parte não respondeu")
    await expect(card.locator("[data-copy]")).to_have_text("503 7f3a91")
    await expect(page.locator(".toast-m:visible")).to_have_count(0)
    failing["on"] = False
    await card.get_by_role("button", name="Tentar de novo").click()
    await expect(card).to_have_count(0)
    await opened.close()
