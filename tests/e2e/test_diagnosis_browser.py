"""An attendant reads why a line is down, in chromium: the sentence, the live graph, traffic over a list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from oss.base import db, secrets
from oss.staff import users
from tests import browsing
from tests.browsing import shoot
from tests.conftest import TESTER, Seed
from tests.oss.monitoring import darkened
from tests.oss.monitoring.watchable import At, watchable
from tests.web.console.conftest import go_online

pytestmark = browsing.marks


@pytest_asyncio.fixture(loop_scope="session")
async def at(seed: Seed, sealer: secrets.Sealer) -> AsyncIterator[At]:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.lit(drawn, [-19.0, -20.0])
    async with watchable(sealer) as found:
        await go_online(seed, 0, bps=42_000_000)
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def page(at: At, web_app: Any, aiohttp_server: Any, browser: Browser) -> AsyncIterator[Page]:
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    server = await aiohttp_server(web_app)
    async with browsing.signed_in(browser, str(server.make_url(""))) as opened:
        yield opened


async def address() -> str:
    sql = (
        "select a.id, k.customer_id from access_account a join contract k on k.id = a.contract_id where login = 'cli1'"
    )
    row = await db.fetchrow(sql)
    return f"/console/subscribers/{row['customer_id']}/line/{row['id']}"


async def test_the_sentence_stands_first_and_follows_what_the_router_says(page: Page, at: At) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(await address())
    await expect(page.locator("#verdict")).to_contain_text("Está tudo certo")
    await expect(page.locator("[sse-swap=devices]")).to_contain_text("100.64.0.9")
    await expect(page.locator("#traffic [data-graph-lines]")).to_contain_text("42 Mbps")
    at.caller.rate_limit = "10M/20M"
    await expect(page.locator("#verdict")).to_contain_text(
        "O roteador dá 20\u00a0Mbps em vez de 500\u00a0Mbps.", timeout=30_000
    )
    await shoot(page, "diagnosis")
    assert complaints == []


async def test_the_customer_s_page_tells_by_itself_when_the_sentence_is_another(page: Page) -> None:
    await page.goto((await address()).partition("/line/")[0])
    await expect(page.locator("#diagnosis")).to_contain_text("Está tudo certo")
    await db.execute("delete from session_open")
    await expect(page.locator("#diagnosis")).not_to_contain_text("Está tudo certo", timeout=30_000)
    await expect(page.locator("#diagnosis a")).to_have_count(1)


async def test_a_customers_traffic_opens_over_the_list_and_moves(page: Page) -> None:
    await page.goto("/console/bandwidth")
    await page.locator("#talkers a[data-sheet]").first.click()
    sheet = page.locator("#sheet")
    await expect(sheet).to_contain_text("Cliente Número 1")
    await expect(sheet.locator("[data-graph-lines]")).to_contain_text("42 Mbps")
    await page.keyboard.press("Escape")
    await expect(sheet).not_to_be_visible()
