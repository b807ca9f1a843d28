"""Refused logins: the graph by reason or router, the list with each reason in a sentence, the list as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from oss.access import nas_list, reject_list
from oss.access.permissions import SessionPermission
from oss.access.reject_list import DAY, ORDERS, WINDOWS, Wanted
from oss.base import clock
from oss.crm import disclosure
from web.auth import actor, scope
from web.catalogues import N_
from web.console.reject_graph import drawn
from web.console.reject_words import HINTS, glyph, login, sentence, short
from web.console.subscriber import number
from web.downloads import csv_response
from web.forms import filters
from web.keys import CONFIG
from web.pages import context, language, page, said
from web.routing import Routes

routes = Routes()
PATH = "/console/rejects"
NAMES = ("q", "nas", "reason", "contract", "range", "by", "sort")
RANGES = {"1h": N_("1 h"), DAY: N_("24 h"), "7d": N_("7 days"), "90d": N_("90 days")}
REFRESH_S = {"1h": 5, DAY: 5, "7d": 30, "90d": 60}  # a long list costs more and moves less
HEAD = (
    N_("First"),
    N_("Last"),
    N_("Login"),
    N_("Customer"),
    N_("Router"),
    N_("Reason"),
    N_("Why"),
    N_("Times"),
)


def _range(params: dict[str, str]) -> str:
    return params["range"] if params.get("range") in WINDOWS else DAY


def wanted(request: web.Request, params: dict[str, str]) -> Wanted:
    """A list's address as a wish; what it does not know narrows nothing."""
    sort, reason = params.get("sort", ""), params.get("reason", "")
    return Wanted(
        WINDOWS[_range(params)].begins(clock.now(), request.app[CONFIG].zone),
        text=params.get("q", ""),
        nas_id=number(params.get("nas")),
        reason=reason if reason in HINTS else "",
        contract_id=number(params.get("contract")),
        sort=sort if sort.removeprefix("-") in ORDERS else "-last",
        scope=scope(request),
    )


@routes.get(PATH, SessionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The graph and one page of the list."""
    params = filters(request, NAMES)
    wish, span, rc = wanted(request, params), _range(params), context(request)
    by = "nas" if params.get("by") == "nas" else "reason"
    totals = await reject_list.totals(wish)
    found = await reject_list.read(wish, totals.rows, request.query.get("after"), request.query.get("before"))
    graph = await reject_list.graph(wish, WINDOWS[span], rc.now, by)
    told = [(sentence(rc.language, rc.timezone, row), login(rc.language, row["login"])) for row in found.rows]
    return page(
        request,
        "console/rejects/page.html",
        found=found,
        rows=[(row, glyph(row["reason"]), *words) for row, words in zip(found.rows, told, strict=True)],
        wish=wish,
        params=params,
        path=PATH,
        span=span,
        by=by,
        totals=totals,
        before=await reject_list.before(wish, WINDOWS[span]),
        drawn=drawn(rc, graph, by, span, PATH, params),
        routers=await nas_list.names(),
        reasons=[(reason, short(rc.language, reason)) for reason in HINTS],
        ranges=RANGES,
        refresh=REFRESH_S[span],
    )


@routes.get(f"{PATH}.csv", SessionPermission.EXPORT)
async def download(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    params = filters(request, NAMES)
    await disclosure.note_export(actor(request), "rejects", **params)
    head = [said(request, name) for name in HEAD]
    return await csv_response(request, "logins-recusados", head, _lines(request, wanted(request, params)))


async def _lines(request: web.Request, wish: Wanted) -> AsyncIterator[list[Sequence[object]]]:
    spoken, zone = language(request), context(request).timezone
    async for rows in reject_list.chunks(wish):
        yield [
            (
                *(row["first_at"].isoformat(timespec="seconds"), row["last_at"].isoformat(timespec="seconds")),
                *(row["login"], row["customer"], row["nas"], short(spoken, row["reason"])),
                *(sentence(spoken, zone, row), row["count"]),
            )
            for row in rows
        ]
