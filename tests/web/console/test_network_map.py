"""Map and topology: the network without anybody's tiles, and with tiles a policy that lets through their host alone."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from oss.base import config, db, secrets
from oss.network import sites
from oss.network.sites import SiteValues
from tests.conftest import TESTER
from tests.oss.network.drawn import draw
from web.console import network_map
from web.keys import CONFIG

from .conftest import Console


def drawn_on(page: str) -> Any:
    found = re.search(r'data-map="([^"]*)"', page)
    assert found is not None
    return json.loads(html.unescape(found[1]))


async def place(sealer: secrets.Sealer) -> dict[str, int]:
    """The drawn network, two of its sites with a place and one box."""
    async with db.transaction() as connection:
        drawn = await draw(connection, sealer)
        values = SiteValues("Centro", "core", latitude_e6=-21_245_287, longitude_e6=-44_999_812)
        await sites.save(connection, TESTER, values, drawn.sites["centro"])
        values = SiteValues("Torre", "tower", latitude_e6=-21_300_000, longitude_e6=-45_000_000)
        await sites.save(connection, TESTER, values, drawn.sites["torre"])
    await db.execute("update splitter_box set latitude_e6 = -21250000, longitude_e6 = -45000001 where name = 'CTO-1'")
    return drawn.sites


async def test_sites_with_a_place_are_on_the_map_with_the_links_between_them(
    console: Console, sealer: secrets.Sealer
) -> None:
    assert "Nenhum local tem coordenadas ainda" in (await console.get("/console/network/map")).text
    there = await place(sealer)
    page = await console.get("/console/network/map")
    drawing = drawn_on(page.raw)
    assert {one["name"]: one["at"] for one in drawing["places"]} == {
        "Centro": [-21.245287, -44.999812],
        "Torre": [-21.3, -45.0],
    }
    assert [(one["ends"], one["medium"]) for one in drawing["lines"]] == [
        ([[-21.245287, -44.999812], [-21.3, -45.0]], "fibre")
    ]
    assert drawing["tiles"] is None and "img-src 'self' data:;" in page.headers["Content-Security-Policy"]
    focused = drawn_on((await console.get(f"/console/network/map?site={there['torre']}")).raw)
    assert focused["focus"] == [-21.3, -45.0]
    boxes = json.loads((await console.get("/console/network/boxes.json")).raw)
    assert [box[0] for box in boxes] == ["CTO-1"] and boxes[0][2:] == [-21_250_000, -45_000_001, 2, 8]


async def test_tiles_are_let_through_on_the_map_alone(console: Console, web_app: Any, sealer: secrets.Sealer) -> None:
    await place(sealer)
    tiles = "https://{s}.tiles.example.net/{z}/{x}/{y}.png"
    web_app._state[CONFIG] = replace(web_app[CONFIG], map_tiles=tiles, map_credit="Quem desenhou")
    page = await console.get("/console/network/map")
    assert "img-src 'self' https://*.tiles.example.net data:;" in page.headers["Content-Security-Policy"]
    assert drawn_on(page.raw)["tiles"] == tiles
    assert "tiles.example" not in (await console.get("/console/sites")).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "text",
    [
        "tiles.example.net/{z}/{x}/{y}",
        "https://tiles.example.net/",
        "https://a b/{z}/{x}/{y}",
        "https://x;script-src *;/{z}/{x}/{y}",
        "https://user@x/{z}/{x}/{y}",
    ],
)
def test_what_is_no_address_of_tiles_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(config.WrongConfiguration, match="MAP_TILES"):
        config.load({"MILHA_DATA_DIR": "/tmp", "MILHA_MAP_TILES": text})
    assert config.load({"MILHA_MAP_TILES": "https://t.example/{z}/{x}/{y}.png"}).map_tiles is not None
    assert network_map.host("https://t.example:8443/{z}/{x}/{y}.png") == "https://t.example:8443"


async def test_the_topology_draws_every_device_and_a_sites_own(console: Console, sealer: secrets.Sealer) -> None:
    there = await place(sealer)
    page = await console.get("/console/network/topology")
    assert all(name in page.text for name in ("core", "ring-a", "ring-b", "olt", "radio"))
    part = await console.get(f"/console/network/topology?site={there['torre']}")
    assert "radio" in part.text and ">olt<" not in part.raw and ">core<" in part.raw
