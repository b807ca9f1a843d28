"""What a browser fetches: a first load of at most 150 kB without charts, at most 20 kB for a part that is swapped."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import Seed
from web import build

from .conftest import Console, go_online

FIRST_LOAD, UPDATE = 150_000, 20_000
PAGES = [
    *("/console/", "/console/subscribers", "/console/sessions", "/console/holds", "/console/nas", "/console/plans"),
    *("/console/health", "/console/rejects", "/console/notices", "/console/search?q=cli", "/console/staff"),
]
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


async def first_load(console: Console, address: str) -> dict[str, int]:
    """Octets by what they are of: the page, its scripts and styles but those of charts, the fonts."""
    page = await console.get(address)
    sizes: dict[str, int] = {"page": len(await transferred(console, address))}
    for asset in sorted(set(ASSET.findall(page.raw))):
        if "charts.js" not in asset:
            sizes[asset] = len(await transferred(console, asset))
    for font in set(FONT.findall((build.VENDOR / "milha.css").read_text())):
        sizes[font] = len(await transferred(console, f"/static/vendor/{font}"))
    return sizes


@pytest.fixture
async def busy(seed: Seed) -> None:
    for n in range(5):
        await go_online(seed, n)


@pytest.mark.parametrize("address", PAGES)
async def test_a_first_load_is_light(console: Console, busy: None, address: str) -> None:
    sizes = await first_load(console, address)
    assert sum("fonts/" in name for name in sizes) == 2
    assert sum(sizes.values()) <= FIRST_LOAD, sizes


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
