"""A walk through all pages with one browser: as nobody, as the administrator, on a desk and on a telephone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext
from playwright.async_api import Page as Tab

from oss import demo
from oss.base import db
from tests import browsing
from tests.e2e.conftest import House
from tests.gallery import pages, world
from tests.gallery.pages import EMPTY_HOUSE, HALF_WAY, Page

SCREENS = {"desktop": browsing.DESKTOP, "phone": browsing.PHONE}
# Answers that are pages and no routes: an address that leads nowhere, for staff and for anybody.
ERRORS = [Page("error", "/console/nothing-here", False), Page("error", "/nothing-here", True)]
# Colours change in steps, and what inherits one follows after it.
SETTLE = """() => { for (let n = 0; n < 9; n++) {
  const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < Infinity);
  if (!moving.length) break;
  moving.forEach(one => one.finish()) } }"""


class Walk:
    """One browser before one provider; its screens stay signed in from page to page."""

    def __init__(self, browser: Browser, house: House) -> None:
        self.browser, self.house = browser, house
        self.language = "pt-BR"
        self.tabs: dict[tuple[str, str], Tab] = {}

    async def tab(self, screen: str, page: Page) -> Tab:
        """The tab of a screen, with as much of a sign-in behind it as the page wants."""
        login = world.HALF_WAY if page.route in HALF_WAY else "" if page.public else world.LOGIN
        if (screen, login) not in self.tabs:
            context: BrowserContext = await browsing.screen(self.browser, self.house.address, **SCREENS[screen])
            tab = self.tabs[screen, login] = await browsing.opened(context)
            if login:
                to = "/login/code" if page.route in HALF_WAY else "/console/"
                await browsing.sign_in(tab, login, demo.password_of(login), to=to)
        return self.tabs[screen, login]

    async def open(self, page: Page, screen: str = "desktop", language: str = "pt-BR") -> Tab:
        """Load a page by day; AssertionError where it is not what it should be."""
        tab = await self.tab(screen, page)
        if page.public:
            await tab.context.add_cookies([{"name": "lang", "value": language, "url": self.house.address}])
        elif language != self.language:
            await db.execute("update staff_user set language = $1", language)
            self.language = language
        await light(tab, "light")
        answer = await tab.goto(page.address)
        assert answer is not None and answer.status == (404 if page in ERRORS else 200), (page.address, answer)
        assert urlsplit(tab.url).path == page.address.partition("?")[0], (page.address, tab.url)
        return tab

    async def before_anybody(self) -> list[Page]:
        """The pages of an empty provider."""
        routes = {route: public for route, public in pages.page_routes().items() if route in EMPTY_HOUSE}
        return await pages.pages(db.fetchval, routes)

    async def all_pages(self) -> list[Page]:
        """The pages of a provider at work, and those of errors."""
        routes = {route: public for route, public in pages.page_routes().items() if route not in EMPTY_HOUSE}
        return [*await pages.pages(db.fetchval, routes), *ERRORS]


async def light(tab: Tab, theme: str) -> None:
    """The light of the person's room, and the page as it is once it has followed."""
    await tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await tab.evaluate(SETTLE)


@asynccontextmanager
async def walking(parent: Path, dsn: str) -> AsyncIterator[Walk]:
    """A walk before an empty provider on this database; `world.furnish` moves its people in."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(House.at(parent, dsn))
        await world.open_empty(house)
        browser = await stack.enter_async_context(browsing.chromium())
        yield Walk(browser, house)
