"""Who carries how much now: by POP and router, the lines that carry most; and one customer's traffic from any list."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from oss.access.permissions import SessionPermission
from oss.base import clock, db
from oss.base.problems import NotFound
from oss.monitoring import bandwidth, series
from oss.monitoring.bandwidth import Carried, Now
from oss.monitoring.kinds import LINE, NAS
from oss.monitoring.line_live import Place, Watched
from oss.monitoring.objects import Object
from oss.monitoring.permissions import MonitoringPermission
from oss.monitoring.series import Line, Request, Series, Stats
from web.auth import scope
from web.catalogues import N_
from web.console import graph_words
from web.console.graphs import as_json
from web.console.line_streams import LINES, LineRoutes, Rates, stream
from web.console.spans import asked
from web.console.subscriber import number
from web.pages import context, language, page
from web.render import RenderContext, translate

HOME: Final = "/console/bandwidth"
ONE: Final = HOME + "/lines/{account_id:\\d{1,17}}"
RECENT_S: Final = 900  # so much is shown second by second
SPARKED: Final = timedelta(hours=3)
SPARK_POINTS: Final = 36
RANGES: Final = {
    "5m": (300, N_("5 min")),
    "1h": graph_words.RANGES["1h"],
    "6h": graph_words.RANGES["6h"],
    "24h": graph_words.RANGES["24h"],
    "7d": graph_words.RANGES["7d"],
}
METRICS: Final = ("down_bps", "up_bps")


# ------------------------------------------------------------ the page


@dataclass(slots=True)
class Remembered:
    """The newest reading of all routers, shared by all who look within some seconds."""

    read: Now | None = None
    at: float = 0.0
    sparks: dict[int, list[float | None]] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


EVERY_S: Final = 5.0
REMEMBERED = web.AppKey("bandwidth", Remembered)


class BandwidthRoutes(LineRoutes):
    """Its page remembers what it read."""

    def mount(self, app: web.Application) -> None:
        app[REMEMBERED] = Remembered()
        super().mount(app)


routes = BandwidthRoutes()


@routes.get(HOME, SessionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """Totals by POP and router, and who carries most."""
    rc, nas = context(request), number(request.query.get("nas"))
    async with db.pool().acquire() as connection:
        found = await _now(request, connection)
        talkers = await bandwidth.talkers(connection, scope(request, SessionPermission.READ), nas)
    return page(
        request,
        "console/bandwidth/page.html",
        now=found,
        sparks=request.app[REMEMBERED].sparks,
        talkers=talkers,
        nas=nas,
        rate=lambda bps: said(rc, bps),
        totals=rc.may(MonitoringPermission.READ) or rc.may_for_all(SessionPermission.READ),
        graph=lambda one: graph_words.address(NAS, [one.id], ["in_bps", "out_bps"]),
    )


async def _now(request: web.Request, connection: db.Connection) -> Now:
    kept = request.app[REMEMBERED]
    async with kept.lock:
        if kept.read is None or time.monotonic() - kept.at > EVERY_S:
            kept.read, kept.at = await bandwidth.now(connection), time.monotonic()
            kept.sparks = await _sparks(connection, kept.read)
        return kept.read


async def _sparks(connection: db.Connection, found: Now) -> dict[int, list[float | None]]:
    """The last hours of each router that told: what it sent to its customers."""
    ids = [one.id for one in found.routers if one.down_bps is not None][: series.MOST_OBJECTS]
    if not ids:
        return {}
    now = clock.now()
    read = await series.read(connection, Request(NAS, ids, ["out_bps"], now - SPARKED, now, SPARK_POINTS))
    return {line.object_id: line.mean for line in read.lines}


def said(rc: RenderContext, bps: float | None) -> str:
    """``4,2 Gbps``; a dash where nobody told."""
    told = graph_words.bits(rc.language, bps)
    return "\u00a0".join(told) if told else "–"


def share(one: Carried, of: Now) -> float:
    """Its part of all that is carried, in hundredths."""
    return 100 * (one.down_bps or 0) / of.down_bps if of.down_bps else 0.0


# ------------------------------------------------------------ one line, over any list


async def _line(request: web.Request) -> Any:
    async with db.pool().acquire() as connection:
        account = int(request.match_info["account_id"])
        row = await bandwidth.line(connection, account, scope(request, SessionPermission.READ))
    if row is None:
        raise NotFound(thing="login")
    return row


@routes.get(ONE, SessionPermission.READ)
async def one_line(request: web.Request) -> web.Response:
    """A customer's traffic now and before; opens over the list it was asked from."""
    row, rc = await _line(request), context(request)
    return page(
        request,
        "console/bandwidth/line.html",
        row=row,
        graph=traffic_graph(rc, row["account_id"], row["login"], "5m" if row["router_id"] else "24h"),
        limit=bandwidth.limit_of(row["applied"]) or row["down_kbps"],
        rate=lambda bps: said(rc, bps),
    )


def traffic_graph(rc: RenderContext, account_id: int, login: str, span: str = "5m") -> dict[str, Any]:
    """What ``ui.graph`` takes."""
    here, end = f"{HOME}/lines/{account_id}", int(rc.now.timestamp())
    seconds = RANGES[span][0]
    return {
        "data": f"{here}/traffic?",
        "first": {"start": end - seconds, "end": end, "points": 600},
        "csv": "",
        "live": f"{here}/live",
        "page": here,
        "range": span,
        "seconds": seconds,
        "ranges": [
            {"key": key, "seconds": s, "label": translate(rc.language, text)} for key, (s, text) in RANGES.items()
        ],
        "compare": "",
        "compares": [],
        "words": {key: translate(rc.language, text) for key, text in graph_words.WORDS.items()},
        "title": login,
        "subtitle": translate(rc.language, N_("Traffic")),
    }


@routes.get(ONE + "/traffic", SessionPermission.READ)
async def traffic(request: web.Request) -> web.Response:
    """The numbers of the graph: second by second while somebody watches, by five minutes before."""
    row, rc = await _line(request), context(request)
    account, (start, end, points) = row["account_id"], asked(request, RANGES["5m"][0])
    watched = request.app[LINES].watched.get(account)
    if (end - start).total_seconds() <= RECENT_S:
        found = recent(account, watched, start.timestamp(), end.timestamp())
    else:
        async with db.pool().acquire() as connection:
            found = await series.read(connection, Request(LINE, [account], list(METRICS), start, end, points))
    text = await as_json(graph_words.sent(rc, found, [Object(LINE, account, row["login"])]))
    return web.Response(text=text, content_type="application/json")


def recent(account: int, watched: Watched | None, start: float, end: float) -> Series:
    """What was read live, as a series; empty where nobody watched."""
    some = [(at, rate) for at, rate in (watched.rates if watched else ()) if start <= at <= end]
    lines = []
    for name in METRICS:
        values: list[float | None] = [getattr(rate, name) for _, rate in some]
        lines.append(Line(account, LINE.metric(name), values, values, _stats(values)))
    return Series(LINE, "raw", 1.0, [round(at, 1) for at, _ in some], lines)


def _stats(values: list[float | None]) -> Stats:
    known = [value for value in values if value is not None]
    if not known:
        return Stats()
    return Stats(known[-1], round(sum(known) / len(known)), max(known), None, sum(known))


@routes.get(ONE + "/live", SessionPermission.READ)
async def live(request: web.Request) -> web.StreamResponse:
    """The line's rate at its router, once a second, read once for all who watch."""
    row = await _line(request)
    place = Place(row["account_id"], row["login"], row["router_id"])
    return await stream(request, place, Rates(language(request), time.time()))
