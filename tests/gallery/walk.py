"""A walk through all pages with one browser: as nobody, as the administrator, on a desk and on a telephone."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext
from playwright.async_api import Page as Tab

from oss.base import db
from tests import browsing
from tests.e2e.conftest import House
from tests.gallery import pages, world
from tests.gallery.pages import EMPTY_HOUSE, Page

SCREENS = {"desktop": browsing.DESKTOP, "phone": browsing.PHONE}
NOWHERE = Page("an address that leads nowhere", "/console/nothing-here", False)
LOST = Page("the same, before signing in", "/nothing-here", True)
"""Answers that are pages and no routes."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One page on one screen, loaded."""

    page: Page
    screen: str
    tab: Tab
    status: int


class Walk:
    """One browser before one provider; its screens stay signed in from page to page."""

    def __init__(self, browser: Browser, house: House) -> None:
        self.browser, self.house = browser, house
        self.address = f"http://127.0.0.1:{house.settings.web_port}"
        self.tabs: dict[tuple[str, bool], Tab] = {}

    async def tab(self, screen: str, public: bool) -> Tab:
        """The tab of a screen, signed in unless the page is public."""
        if (screen, public) not in self.tabs:
            context: BrowserContext = await browsing.screen(self.browser, self.address, **SCREENS[screen])
            tab = self.tabs[screen, public] = await browsing.opened(context)
            if not public:
                await browsing.sign_in(tab, world.LOGIN, world.PASSWORD)
        return self.tabs[screen, public]

    async def stops(self, found: list[Page], language: str = "pt-BR") -> AsyncIterator[Stop]:
        """Each page on each screen, one after another."""
        await db.execute("update staff_user set language = $1", language)
        for screen in SCREENS:
            for page in found:
                tab = await self.tab(screen, page.public)
                if page.public:
                    await tab.context.add_cookies([{"name": "lang", "value": language, "url": self.address}])
                await tab.emulate_media(color_scheme="light")
                answer = await tab.goto(page.address)
                yield Stop(page, screen, tab, answer.status if answer else 0)

    async def before_anybody(self) -> list[Page]:
        """The pages of an empty provider."""
        routes = {route: public for route, public in pages.page_routes().items() if route in EMPTY_HOUSE}
        return await pages.pages(db.fetchval, routes)

    async def all_pages(self) -> list[Page]:
        """The pages of a provider at work, and those of errors."""
        routes = {route: public for route, public in pages.page_routes().items() if route not in EMPTY_HOUSE}
        return [*await pages.pages(db.fetchval, routes), NOWHERE, LOST]


@asynccontextmanager
async def walking(parent: Path, dsn: str) -> AsyncIterator[Walk]:
    """A walk before an empty provider on this database; `world.furnish` moves its people in."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(House.at(parent, dsn))
        await world.open_empty(house)
        browser = await stack.enter_async_context(browsing.chromium())
        yield Walk(browser, house)
