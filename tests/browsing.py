"""Debian's chromium for tests: a browser, the screens of a desk and of a telephone, a signed-in page, pictures."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]
SHOTS = Path(__file__).parent / "screenshots"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# What a file of browser tests says as its ``pytestmark``.
marks = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    # playwright's driver leaves its pipes to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, closed with the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


async def screen(browser: Browser, address: str, **more: Any) -> BrowserContext:
    """Cookies and a screen of their own before a site: a desktop (``**PHONE``: a telephone), in Portuguese, by day."""
    given = {**DESKTOP, "locale": "pt-BR", "color_scheme": "light", "reduced_motion": "reduce", **more}
    return await browser.new_context(base_url=address.rstrip("/"), **given)


async def opened(context: BrowserContext) -> Page:
    """A page of a screen, patient for a machine under load."""
    page = await context.new_page()
    page.set_default_timeout(30_000)
    page.set_default_navigation_timeout(90_000)
    return page


async def sign_in(page: Page, login: str = "ana", password: str | None = None, to: str = "/console/") -> None:
    """Type login and password (``ana-password-1`` of ``ana`` and so on), and stand before the page that was wanted."""
    await page.goto(f"/login?next={to}" if to != "/console/" else "/login")
    await page.fill("#login", login)
    await page.fill("#password", password or f"{login}-password-1")
    await page.press("#password", "Enter")
    await expect(page).to_have_url(re.compile(r"^https?://[^/?]+" + re.escape(to) + "$"))


@asynccontextmanager
async def signed_in(
    browser: Browser, address: str, login: str = "ana", to: str = "/console/", **more: Any
) -> AsyncIterator[Page]:
    """A screen of its own with one page, signed in; ``more`` are options of the screen."""
    async with await screen(browser, address, **more) as context:
        page = await opened(context)
        await sign_in(page, login, to=to)
        yield page


def complaints(page: Page) -> list[str]:
    """What the browser will say against the page from now on: errors on its console, and those of scripts."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(f"{error} {error.stack}"))
    return heard


async def shoot(page: Page, name: str, **more: Any) -> None:
    """A picture for a person to look at, below tests/screenshots; no test is about whether it could be taken."""
    path = SHOTS / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        await page.screenshot(path=path, **more)
    except Error as problem:  # chromium on a machine that has other things to do
        if "Unable to capture" not in str(problem):
            raise
        await page.screenshot(path=path, **more)
