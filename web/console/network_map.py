"""The network on a map, and as a drawing with the core at its top.

The map needs nobody: without tiles it draws a grid of degrees. Tiles are somebody else's pictures, so their host is
named by the operator (MILHA_MAP_TILES) and let through by the page's own policy, on this page alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from oss.network import device_list, overview, plant_list, site_list, topology
from oss.network.permissions import NetworkPermission
from web.console import network_words
from web.console.subscriber import number
from web.headers import CSP
from web.keys import CONFIG
from web.pages import language, page
from web.render import translate
from web.routing import Routes

routes = Routes()
MOST_DEVICES = 600  # a larger drawing is nobody's to read: it is narrowed to a site


def _place(language_of: str, row: Any) -> dict[str, Any]:
    """A site as the script draws it."""
    second = translate(language_of, network_words.SITE_KINDS[row["kind"]])
    return {
        "name": row["name"],
        "second": second,
        "href": f"/console/sites/{row['id']}",
        "kind": row["kind"],
        "at": [row["latitude_e6"] / 1e6, row["longitude_e6"] / 1e6],
    }


def _lines(sites: Mapping[int, Any], devices: Sequence[Any], links: Sequence[Any]) -> list[dict[str, Any]]:
    """Links between sites that have a place; several of one pair are one line."""
    of = {one["id"]: one["site_id"] for one in devices}
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for one in links:
        a, b = sorted((of.get(one["a_device_id"], 0), of.get(one["b_device_id"], 0)))
        if a != b and a in sites and b in sites and (a, b) not in found:
            ends = [[sites[key]["latitude_e6"] / 1e6, sites[key]["longitude_e6"] / 1e6] for key in (a, b)]
            name = one["name"] or f"{one['a_device']} – {one['b_device']}"
            found[a, b] = {"ends": ends, "medium": one["medium"], "name": name, "href": f"/console/links/{one['id']}"}
    return list(found.values())


async def _focus(request: web.Request) -> list[float] | None:
    """The place an address asks for: a site's or a box's."""
    site, box = number(request.query.get("site")), number(request.query.get("box"))
    row = await site_list.one(site) if site else await plant_list.box(box) if box else None
    if row is None or row["latitude_e6"] is None:
        return None
    return [row["latitude_e6"] / 1e6, row["longitude_e6"] / 1e6]


@routes.get("/console/network/map", NetworkPermission.READ)
async def show_map(request: web.Request) -> web.Response:
    """Sites that have a place, the links between them; boxes come when one looks closely."""
    every, config = await site_list.every(), request.app[CONFIG]
    placed = {row["id"]: row for row in every if row["latitude_e6"] is not None}
    lines = _lines(placed, await overview.devices(), await device_list.every_link())
    drawing = {
        "places": [_place(language(request), row) for row in placed.values()],
        "lines": lines,
        "boxes": "/console/network/boxes.json",
        "tiles": config.map_tiles,
        "credit": config.map_credit,
        "focus": await _focus(request),
    }
    more: dict[str, Any] = {"missing": len(every) - len(placed), "sites": list(placed.values()), "words": network_words}
    answer = page(request, "console/network/map.html", drawing=drawing, **more)
    if config.map_tiles:
        allowed = f"img-src 'self' {host(config.map_tiles)}"
        answer.headers["Content-Security-Policy"] = CSP.replace("img-src 'self'", allowed)
    return answer


def host(tiles: str) -> str:
    """What a policy lets through for a tile address: its origin; any of its subdomains where it has ``{s}``."""
    parts = urlsplit(tiles)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"


@routes.get("/console/network/boxes.json", NetworkPermission.READ)
async def boxes(request: web.Request) -> web.Response:
    """The boxes that have a place, for the map: name, page, place, sockets in use."""
    rows = await plant_list.boxes_placed()
    found = [
        [one["name"], one["id"], one["latitude_e6"], one["longitude_e6"], one["used"], one["ports"]] for one in rows
    ]
    return web.json_response(found)


@routes.get("/console/network/topology", NetworkPermission.READ)
async def show_topology(request: web.Request) -> web.Response:
    """The drawing; of one site and what hangs on it where the address names one."""
    devices, links = await overview.devices(), await device_list.every_link()
    site = number(request.query.get("site"))
    if site:
        devices = overview.around(devices, site)
    drawing = topology.draw(devices[:MOST_DEVICES], links)
    more: dict[str, Any] = {"sites": await site_list.names(), "site": site, "more": max(0, len(devices) - MOST_DEVICES)}
    return page(request, "console/network/topology.html", drawing=drawing, words=network_words, sizes=topology, **more)
