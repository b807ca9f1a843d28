"""The PON heat map: every PON port of every OLT as a cell, by site; narrowed by state, OLT and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.typed import plain
from oss.monitoring import pon_state
from oss.monitoring.permissions import MonitoringPermission
from oss.monitoring.pon_state import Pon
from web.console import pon_words
from web.console.subscriber import number
from web.pages import page
from web.routing import Routes

routes = Routes()
HOME = "/console/pons"
MOST_TEXT = 80


@routes.get(HOME, MonitoringPermission.READ)
async def show(request: web.Request) -> web.Response:
    """All cells, or those that were asked for."""
    async with db.pool().acquire() as connection:
        every = await pon_state.every(connection)
    asked = {name: request.query.get(name, "")[:MOST_TEXT].strip() for name in ("q", "state", "olt")}
    found = [one for one in every if fits(one, asked)]
    return page(
        request,
        "console/pons/page.html",
        sites=by_site(found),
        asked={name: value for name, value in asked.items() if value},
        tally=tally(every),
        olts=sorted({(one.device_id, one.olt) for one in every}, key=lambda one: one[1]),
        totals=(len(found), len(every), sum(one.onus for one in every), sum(one.away for one in every)),
        words=pon_words,
    )


def fits(one: Pon, asked: dict[str, str]) -> bool:
    """Whether a PON is among those an address asks for; what the address does not know narrows nothing."""
    state, olt = asked["state"], number(asked["olt"])
    if state == "trouble" and one.state not in pon_state.TROUBLE:
        return False
    if state in pon_state.STATES and one.state != state:
        return False
    if olt and one.device_id != olt:
        return False
    text = plain(asked["q"]).lower()
    return not text or text in plain(f"{one.site} {one.city or ''} {one.olt} {one.name}").lower()


def tally(every: Sequence[Pon]) -> dict[str, int]:
    """How many PONs are in each state, in trouble, and in all."""
    counts = Counter(one.state for one in every)
    return {**counts, "every": len(every), "trouble": sum(counts[state] for state in pon_state.TROUBLE)}


def by_site(found: Sequence[Pon]) -> list[dict[str, Any]]:
    """Sites with their OLTs and these with their PONs, as they came."""
    sites: dict[int, dict[str, Any]] = {}
    for one in found:
        site = sites.setdefault(one.site_id, {"id": one.site_id, "name": one.site, "city": one.city, "olts": {}})
        site["olts"].setdefault((one.device_id, one.olt), []).append(one)
    return list(sites.values())
