"""What a browser fetches: a first load of at most 150 kB without charts, at most 20 kB for a part that is swapped."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import Seed
from tests.gallery import pages
from web import build

from .conftest import Console, go_online

FIRST_LOAD, UPDATE = 150_000, 20_000
CHARTS = "/static/vendor/charts.js"
# Every page that names no thing and asks no question, as the router has them.
PAGES = [route for route, public in pages.page_routes().items() if not (public or "{" in route or pages.asked(route))]
PAGES.remove("/console/style")  # all macros at once, for who writes templates
PARTS = [
    ("/console/subscribers?q=cli", {"HX-Request": "true"}),
    ("/console/sessions?q=cli", {"HX-Request": "true"}),
    ("/console/search?q=cli", {"HX-Request": "true"}),
    ("/console/notices?bell", {"X-Milha-Block": "rows"}),
]
ASSET = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:js|css|svg)[^"]*)"')
FONT = re.compile(r'url\("?(fonts/[^")]+)"?\)')


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build.ensure_assets()


async def transferred(console: Console, address: str, **headers: str) -> bytes:
    """The body as it goes over the wire."""
    session = console.client.session
    wanted = {"Accept-Encoding": "gzip", **headers}
    async with session.get(console.client.make_url(address), headers=wanted, auto_decompress=False) as answer:
        assert answer.status == 200, address
        return bytes(await answer.read())


async def first_load(console: Console, address: str, known: dict[str, int]) -> dict[str, int]:
    """Octets by what they are of: the page, its scripts and styles but what draws charts, the fonts.

    ``known``: what assets weigh, filled as they are met.
    """
    page = await console.get(address)
    fonts = {f"/static/vendor/{font}" for font in FONT.findall((build.VENDOR / "milha.css").read_text())}
    assets = {asset for asset in ASSET.findall(page.raw) if not asset.startswith(CHARTS)} | fonts
    for asset in assets - set(known):
        known[asset] = len(await transferred(console, asset))
    return {"page": len(await transferred(console, address)), **{asset: known[asset] for asset in assets}}


@pytest.fixture
async def busy(seed: Seed) -> None:
    for n in range(5):
        await go_online(seed, n)


async def test_a_first_load_of_any_page_is_light(console: Console, busy: None) -> None:
    known: dict[str, int] = {}
    loads = {address: await first_load(console, address, known) for address in [*PAGES, "/console/search?q=cli"]}
    assert len(loads) > 30 and sum("fonts/" in name for name in known) == 2
    assert {address: sizes for address, sizes in loads.items() if sum(sizes.values()) > FIRST_LOAD} == {}


@pytest.mark.parametrize(("address", "headers"), PARTS)
async def test_a_part_that_is_swapped_is_lighter(console: Console, busy: None, address: str, headers: Any) -> None:
    part = await transferred(console, address, **headers)
    assert 0 < len(part) <= UPDATE


async def test_pages_are_compressed_only_for_who_can_read_that(console: Console, busy: None) -> None:
    session, url = console.client.session, console.client.make_url("/console/subscribers")
    async with session.get(url, headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
        plain = await answer.read()
    assert len(await transferred(console, "/console/subscribers")) < len(plain) / 3
