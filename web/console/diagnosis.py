"""Why a line is down, slow or well, on one screen: stored facts first, what devices say now streamed in after them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from oss.base import db
from oss.base.problems import NotFound
from oss.crm import reading
from oss.crm.permissions import CustomerPermission
from oss.monitoring import diagnosis, neighbour_light
from oss.monitoring.diagnosis import Diagnosis
from oss.monitoring.line_live import Place, Watched
from oss.monitoring.neighbour_light import Light
from web import words
from web.auth import actor, scope
from web.catalogues import N_
from web.console import diagnosis_words, graph_words, incident_heads, network_words
from web.console.bandwidth import traffic_graph
from web.console.diagnosis_steps import steps
from web.console.diagnosis_words import Said
from web.console.graphs import as_json
from web.console.line_streams import LineRoutes, stream
from web.console.live import event
from web.console.spans import asked
from web.pages import context, page
from web.render import RenderContext, render, tell, translate

routes = LineRoutes()
PATH: Final = "/console/subscribers/{id:\\d{1,17}}/line/{account_id:\\d{1,17}}"
AGAIN_S: Final = 5.0
LIGHT_S: Final = 7 * 86_400
LIGHT_POINTS: Final = 240
PART: Final = "console/diagnosis/_{}.html"


async def _found(request: web.Request) -> Diagnosis:
    """The diagnosis of the address; a login of another customer does not exist."""
    async with db.pool().acquire() as connection:
        found = await diagnosis.read(
            connection, int(request.match_info["account_id"]), scope(request, CustomerPermission.READ)
        )
    if found.line.customer_id != int(request.match_info["id"]):
        raise NotFound(thing="login")
    return found


def spoken(rc: RenderContext, found: Diagnosis) -> dict[str, Any]:
    """All that the verdict's template takes."""
    said: list[Said] = [diagnosis_words.cause(rc, one) for one in found.causes]
    return {
        "verdict": said[0],
        "others": said[1:],
        "steps": steps(rc, found, found.likely),
        "late": [translate(rc.language, diagnosis_words.LATE.get(one, one)) for one in found.late],
        "found": found,
    }


@routes.get(PATH, CustomerPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The whole screen, from what is stored."""
    found, rc = await _found(request), context(request)
    await reading.opened(actor(request), found.line.customer_id)
    return page(request, "console/diagnosis/page.html", **values(rc, found))


def values(rc: RenderContext, found: Diagnosis) -> dict[str, Any]:
    """Of the page and of each of its parts."""
    here = f"/console/subscribers/{found.line.customer_id}/line/{found.line.account_id}"
    plant = found.facts.plant
    return {
        **spoken(rc, found),
        "facts": found.facts,
        "here": here,
        "home": f"/console/subscribers/{found.line.customer_id}?contract={found.line.contract_id}",
        "session": found.facts.sessions[0] if found.facts.sessions else None,
        "words": words,
        "onu_states": network_words.ONU_STATES,
        "last_downs": network_words.LAST_DOWNS,
        "whys": incident_heads.WHYS,
        "reject_words": [diagnosis_words.refusal(rc, one) for one in found.facts.rejects[:4]],
        "light": light_graph(rc, here) if plant is not None else None,
        "traffic": traffic_graph(rc, found.line.account_id, found.line.login, _span(found)),
        "live": None,
        "one_day": timedelta(days=1),
    }


def _span(found: Diagnosis) -> str:
    """Second by second where its router can be asked, else what accounting told."""
    router = found.facts.router
    return "5m" if router is not None and router.device_id is not None else "24h"


@routes.get(PATH + "/verdict", CustomerPermission.READ)
async def verdict(request: web.Request) -> web.Response:
    """The sentence alone, for the customer's page."""
    found, rc = await _found(request), context(request)
    html = render("console/diagnosis/_short.html", rc, **values(rc, found))
    return web.Response(text=html, content_type="text/html")


# ------------------------------------------------------------ the light


def light_graph(rc: RenderContext, here: str) -> dict[str, Any]:
    """What ``ui.graph`` takes."""
    end = int(rc.now.timestamp())
    return {
        "data": f"{here}/light?",
        "first": {"start": end - LIGHT_S, "end": end, "points": LIGHT_POINTS},
        "csv": "",
        "live": "",
        "page": "",
        "range": "7d",
        "seconds": LIGHT_S,
        "ranges": [{"key": key, "seconds": seconds, "label": translate(rc.language, text)}
                   for key, (seconds, text) in graph_words.RANGES.items() if key in ("24h", "7d", "30d")],
        "compare": "",
        "compares": [],
        "words": {key: translate(rc.language, text) for key, text in graph_words.WORDS.items()},
        "title": "ONU",
        "subtitle": translate(rc.language, N_("Received light")),
    }  # fmt: skip


@routes.get(PATH + "/light", CustomerPermission.READ)
async def light(request: web.Request) -> web.Response:
    """The ONU's light and the middle half of its PON."""
    async with db.pool().acquire() as connection:
        line = await diagnosis.line_of(
            connection, int(request.match_info["account_id"]), scope(request, CustomerPermission.READ)
        )
        onu = await diagnosis.onu_of(connection, line.account_id)
        if onu is None:
            raise NotFound(thing="ONU")
        start, end, points = asked(request, LIGHT_S)
        found = await neighbour_light.read(connection, onu, start, end, min(points, LIGHT_POINTS))
    return web.Response(text=await as_json(_sent(context(request), onu, found)), content_type="application/json")


LINES_OF_LIGHT: Final = (
    ("own", N_("This ONU")),
    ("middle", N_("Neighbours, the middle")),
    ("low", N_("Neighbours, the lower quarter")),
    ("high", N_("Neighbours, the upper quarter")),
)


def _sent(rc: RenderContext, onu: int, found: Light) -> dict[str, Any]:
    lines = []
    for name, label in LINES_OF_LIGHT:
        mean = list(getattr(found, name))
        known = [value for value in mean if value is not None]
        average = round(sum(known) / len(known), 2) if known else None
        stats = {"last": known[-1] if known else None, "mean": average, "worst": min(known, default=None)}
        lines.append({"key": f"{onu}:{name}", "object": "", "metric": translate(rc.language, label), "unit": "dBm",
                      "digits": 2, "low": True, "adds": False, "mean": mean, "peak": None,
                      "stats": {**stats, "p95": None, "total": None}})  # fmt: skip
    return {"source": found.source, "step": found.step_s, "times": list(found.times), "lines": lines}


# ------------------------------------------------------------ live


def place_of(found: Diagnosis) -> Place:
    """Where its devices are, as far as it is known."""
    router, plant = found.facts.router, found.facts.plant
    return Place(
        found.line.account_id,
        found.line.login,
        router.device_id if router else None,
        plant.olt_id if plant else None,
        plant.pon if plant else "",
        plant.number if plant else None,
    )


@dataclass(slots=True)
class Told:
    """What one who watches has been told, so that only what changed is sent."""

    request: web.Request
    found: Diagnosis
    read_at: float = field(default_factory=time.monotonic)
    turn: int = -1
    sent: dict[str, str] = field(default_factory=dict)

    async def __call__(self, watched: Watched) -> bytes:
        """The events of this second."""
        stale = time.monotonic() - self.read_at > AGAIN_S
        if watched.turn == self.turn and not stale:
            return b""
        if stale:
            self.found, self.read_at = await _found(self.request), time.monotonic()
        self.turn = watched.turn
        rc = context(self.request)
        shown = values(rc, diagnosis.with_live(self.found, watched.live))
        shown["live"] = heard(rc, watched)
        out = bytearray()
        for name in ("verdict", "devices", "facts"):
            html = render(PART.format(name), rc, **shown)
            if self.sent.get(name) != html:
                self.sent[name] = html
                out += event(name, html)
        return bytes(out)


def heard(rc: RenderContext, watched: Watched) -> dict[str, Any]:
    """What the devices said, or why they did not."""
    router, olt = watched.router, watched.olt
    return {
        "router_known": watched.place.router_id is not None,
        "router_asked": router.asked,
        "router_problem": tell(rc.language, router.problem) if router.problem else "",
        "olt_known": watched.place.olt_id is not None and watched.place.number is not None,
        "olt_asked": olt.asked,
        "olt_problem": tell(rc.language, olt.problem) if olt.problem else "",
        "session": watched.session,
        "on_router": watched.on_router,
        "rate": watched.rate,
        "limit": watched.limit,
        "onu": watched.onu,
    }


@routes.get(PATH + "/live", CustomerPermission.READ)
async def live(request: web.Request) -> web.StreamResponse:
    """Router and OLT now, and the verdict judged again by what they say."""
    found = await _found(request)
    return await stream(request, place_of(found), Told(request, found))
