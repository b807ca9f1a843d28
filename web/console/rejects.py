"""Refused logins: the graph by reason or router, the list with each reason in a sentence, the list as a file."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.access import nas_list, reject_list
from oss.access.permissions import SessionPermission
from oss.access.reject_list import DAY, WINDOWS, Wanted
from oss.base import clock
from oss.base.listing import Listing, Order
from oss.staff.scopes import Scope
from web.auth import scope
from web.catalogues import N_
from web.console.exports import download
from web.console.reject_graph import drawn
from web.console.reject_words import HINTS, glyph, login, sentence, short
from web.console.subscriber import number
from web.keys import CONFIG
from web.listed import Choices, read
from web.pages import context, page
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register

routes = Routes()
PATH = "/console/rejects"
RANGES = {"1h": N_("1 h"), DAY: N_("24 h"), "7d": N_("7 days"), "90d": N_("90 days")}
REFRESH_S = {"1h": 5, DAY: 5, "7d": 30, "90d": 60}  # a long list costs more and moves less


def _range(params: Params) -> str:
    return params["range"] if params.get("range") in WINDOWS else DAY


def wanted(params: Params, zone: str, scope: Scope) -> Wanted:
    """A list's address as a wish; what it does not know narrows nothing."""
    reason = params.get("reason", "")
    return Wanted(
        WINDOWS[_range(params)].begins(clock.now(), zone),
        text=params.get("q", ""),
        nas_id=number(params.get("nas")),
        reason=reason if reason in HINTS else "",
        contract_id=number(params.get("contract")),
        sort=params.get("sort", "-last"),
        scope=scope,
    )


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    wish = wanted(params, str(zone), scope)
    return reject_list.listing(wish), wish.order


def _why(row: Any, speech: Speech) -> str:
    return sentence(speech.language, speech.zone, row)


def _reason(row: Any, speech: Speech) -> str:
    return short(speech.language, row["reason"])


TABLE = register(
    Table(
        name="rejects",
        path=PATH,
        label=N_("Refused logins"),
        file="logins-recusados",
        permission=SessionPermission.READ,
        exports=SessionPermission.EXPORT,
        personal="rejects",
        sort="-last",
        source=_source,
        filters=(
            Filter("contract", N_("Contract"), kind="id"),
            Filter("reason", N_("Reason"), choices=dict.fromkeys(HINTS, "")),
            Filter("nas", N_("Router"), kind="id"),
            Filter("range", N_("How far back"), choices=RANGES, tabs=True),
            Filter("by", N_("What the graph is made of"), choices={"nas": N_("By router")}, tabs=True),
        ),
        columns=(
            Column("login", N_("Login"), named("login"), "login", td="name"),
            Column("customer", N_("Customer"), named("customer"), "customer"),
            Column("reason", N_("Reason"), _reason, shown=False),
            Column("why", N_("Why"), _why, "reason", td="strong"),
            Column("nas", N_("Router"), named("nas"), "nas"),
            Column("count", N_("Times"), named("count"), "count", align="r", td="strong"),
            Column("first", N_("First"), instant("first_at"), "first", align="r", css="max-[1180px]:hidden"),
            Column("last", N_("Last"), instant("last_at"), "last", align="r"),
        ),
    )
)


@routes.get(PATH, SessionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The graph and one page of the list."""
    state, rc = TABLE.read(request.query), context(request)
    params, zone = TABLE.params(state), request.app[CONFIG].zone
    wish, span = wanted(params, zone, scope(request)), _range(params)
    by = "nas" if params.get("by") == "nas" else "reason"
    totals = await reject_list.totals(wish)
    reasons = [(reason, short(rc.language, reason)) for reason in HINTS]
    texts: Choices = {"nas": await nas_list.names(), "reason": reasons}
    seen = await read(request, TABLE, texts, totals.rows)
    graph = await reject_list.graph(wish, WINDOWS[span], rc.now, by)
    return page(
        request,
        "console/rejects/page.html",
        seen=seen,
        words={"why": sentence, "short": short, "login": login, "glyph": glyph},
        span=span,
        by=by,
        totals=totals,
        before=await reject_list.before(wish, WINDOWS[span]),
        drawn=drawn(rc, graph, by, span, PATH, state.params()),
        ranges=RANGES,
        refresh=REFRESH_S[span],
    )


@routes.get(f"{PATH}.csv", SessionPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)
