"""The network at a glance: sites with what stands in them, what is worked on, what nobody has put in its place yet."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from billing import attention
from oss.base import db
from oss.monitoring import incident_now
from oss.monitoring.permissions import MonitoringPermission
from oss.network import device_list, maintenance, overview, plant_list, site_list
from oss.network.permissions import NetworkPermission
from web.console import network_words
from web.console.matter_words import matters
from web.pages import context, page
from web.routing import Routes

routes = Routes()


@routes.get("/console/network", NetworkPermission.READ)
async def show(request: web.Request) -> web.Response:
    """What is wrong first; sites by city, counts, windows, loose ends."""
    return page(
        request,
        "console/network/page.html",
        matters=await _incidents(request),
        cities=await overview.by_city(),
        roles=await device_list.counts(),
        sites=await site_list.counts(),
        onus=await plant_list.counts(),
        olts=await overview.olts(),
        loose=await overview.loose_ends(),
        windows=await maintenance.coming(db.pool(), 6),
        words=network_words,
    )


async def _incidents(request: web.Request) -> list[dict[str, Any]]:
    """The open incidents as the first page tells them, for who may see them."""
    rc = context(request)
    if not rc.may(MonitoringPermission.READ):
        return []
    now = await incident_now.read(db.pool())
    return matters(rc, [*attention.incidents(now, unowned=True), *attention.incidents(now, unowned=False)])
