"""A person reads a graph in chromium: it is drawn, zoomed by mouse and keys, compared, saved, and kept up to date."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from oss.base import clock, db
from oss.monitoring.kinds import INTERFACE
from oss.monitoring.samples import Sample, write
from oss.staff import users
from tests import browsing
from tests.browsing import shoot
from tests.conftest import TESTER

pytestmark = browsing.marks
ADDRESS = "/console/graphs/interface?object=70&metric=in_bps,out_bps&range=6h"


def poll(at: float, scale: float = 1.0) -> Sample:
    wave = (1.2 + math.sin(at / 5_000)) * 4e8 * scale
    return Sample(at, 5, INTERFACE, (70, 71), [wave, wave / 6, 5e4, 2e4, 0, 0, 0, 0, 1] * 2)


async def fill(*samples: Sample) -> None:
    async with db.pool().acquire() as connection:
        await write(connection, list(samples))


@pytest_asyncio.fixture(loop_scope="session")
async def page(database: str, web_app: Any, aiohttp_server: Any, browser: Browser) -> AsyncIterator[Page]:
    """Signed in, before the graph of an interface that was polled for thirty hours."""
    now = clock.now().timestamp()
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    await fill(*(poll(now - n * 60) for n in range(1800, 0, -1)))
    server = await aiohttp_server(web_app)
    async with browsing.signed_in(browser, str(server.make_url(""))) as opened:
        await opened.goto(ADDRESS)
        await expect(opened.locator("[data-graph]")).to_have_attribute("data-drawn", "raw")
        yield opened


async def span(page: Page) -> float:
    """Seconds that the graph shows, as its file's address says."""
    href = str(await page.locator("[data-graph-csv]").get_attribute("href"))
    start, end = (int(part) for part in re.findall(r"(?:start|end)=(\d+)", href))
    return end - start


async def test_a_graph_is_drawn_zoomed_and_read(page: Page) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    rows = page.locator("[data-graph-lines] tr")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text(re.compile(r"Entrada.*Mbps.*[GT]B"))
    assert await span(page) == 21_600
    box = await page.locator(".u-over").bounding_box()
    assert box is not None
    async with page.expect_response("**/data?*"):
        await page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 50)
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 60, steps=4)
        await page.mouse.up()
    assert 10_000 < await span(page) < 11_600
    plot = page.locator("[data-graph-plot]")
    await plot.focus()
    async with page.expect_response("**/data?*"):
        await page.keyboard.press("0")
    assert await span(page) == 21_600
    async with page.expect_response("**/data?*"):
        await page.keyboard.press("+")
    assert 10_700 <= await span(page) <= 10_900
    await expect(page.locator("[data-graph]")).to_have_attribute("data-drawn", "raw")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("[data-graph-said]")).to_contain_text(re.compile(r"Entrada [\d,.]+\sMbps · Saída"))
    await shoot(page, "graph")
    assert complaints == []


async def test_a_day_beside_the_day_before_and_a_line_switched_off(page: Page) -> None:
    async with page.expect_response("**/data?*") as first:
        await page.get_by_role("button", name="O dia anterior").click()
    assert (await first.value).status == 200
    await expect(page.get_by_role("button", name="O dia anterior")).to_have_attribute("aria-pressed", "true")
    line = page.locator("[data-graph-line='70:out_bps']")
    await line.click()
    await expect(line).to_have_attribute("aria-pressed", "false")
    await page.evaluate(
        "document.documentElement.dataset.theme = 'milha-dark'; document.dispatchEvent(new Event('milha:look'))"
    )
    await shoot(page, "graph-compared-dark")
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.locator(".u-wrap")).to_have_attribute("style", re.compile(r"width: 3\d\dpx"))
    await shoot(page, "graph-phone")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_graph_is_saved_as_a_file_and_as_a_picture(page: Page, tmp_path: Path) -> None:
    for button, begins in (("CSV", b"\xef\xbb\xbftime"), ("PNG", b"\x89PNG")):
        async with page.expect_download() as loading:
            await page.locator("[data-graph]").get_by_text(button, exact=True).click()
        download = await loading.value
        await download.save_as(tmp_path / button)
        assert (tmp_path / button).read_bytes().startswith(begins)


async def test_new_values_appear_by_themselves(page: Page) -> None:
    await fill(poll(clock.now().timestamp(), scale=0))
    await expect(page.locator("[data-graph-lines] tr").first.locator("td").nth(1)).to_have_text(
        re.compile(r"^0\s?bps$")
    )
    assert await span(page) == 21_600


async def test_a_graph_that_was_not_answered_says_so_and_keeps_what_it_shows(page: Page) -> None:
    await page.route("**/data?*", lambda route: route.abort())
    await page.get_by_role("button", name="7 d").click()
    await expect(page.locator("[data-graph-said]")).to_contain_text("não foi respondido")
    assert await page.locator("[data-graph-lines] tr").count() == 2
