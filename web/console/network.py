"""The network at a glance: sites with what stands in them, what is worked on, what nobody has put in its place yet."""

from __future__ import annotations

from aiohttp import web

from oss.base import db
from oss.network import device_list, maintenance, overview, plant_list, site_list
from oss.network.permissions import NetworkPermission
from web.console import network_words
from web.pages import page
from web.routing import Routes

routes = Routes()


@routes.get("/console/network", NetworkPermission.READ)
async def show(request: web.Request) -> web.Response:
    """Sites by city, counts, windows, loose ends."""
    return page(
        request,
        "console/network/page.html",
        cities=await overview.by_city(),
        roles=await device_list.counts(),
        sites=await site_list.counts(),
        onus=await plant_list.counts(),
        olts=await overview.olts(),
        loose=await overview.loose_ends(),
        windows=await maintenance.coming(db.pool(), 6),
        words=network_words,
    )
