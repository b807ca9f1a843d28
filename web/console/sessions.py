"""Live sessions: the list, the list as a file, and ending some of them after a look at what that touches."""

from __future__ import annotations

import uuid
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from aiohttp import web

from billing.whose import SESSION
from oss.access import nas_list, orders, session_list
from oss.access.hold_acts import MANY
from oss.access.permissions import SessionPermission
from oss.access.session_list import ORDERS, VIEWS, Wanted
from oss.base import db
from oss.base.listing import Listing, Order
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.staff.scopes import Scope
from web.auth import actor, scope
from web.bulk import Chosen, back_of, check_number, chosen
from web.catalogues import N_
from web.console.exports import download
from web.console.subscriber import number
from web.forms import Form, posted
from web.listed import of_tab, read, zone_of
from web.notices import tell
from web.pages import back_to, counted, page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, Value, instant, named, register
from web.words import ngettext

routes = Routes()
VIEW_WORDS = {
    "held": N_("Slowed or walled"),
    "stuck": N_("Stuck"),
    "v6": N_("Without IPv6"),
    "fresh": N_("Younger than 10 min"),
}


def wanted(params: Params, scope: Scope) -> Wanted:
    """A list's address as a wish; what it does not know narrows nothing."""
    view, sort = params.get("view", ""), params.get("sort", "login")
    known = sort.removeprefix("-") in ORDERS
    nas = number(params.get("nas"))
    return Wanted(params.get("q", ""), view if view in VIEWS else "", nas, sort if known else "login", scope)


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    wish = wanted(params, scope)
    return session_list.listing(wish), wish.order


def _prefixes(row: Any, speech: Speech) -> str:
    return " ".join(filter(None, (row["framed_ipv6_prefix"], row["delegated_ipv6_prefix"])))


def _mbps(name: str) -> Value:
    return lambda row, speech: round(Decimal(row[name]) / 1_000_000, 2)


def _octets(row: Any, speech: Speech) -> int:
    return int(row["output_octets"] + row["input_octets"])


TABLE = register(
    Table(
        name="sessions",
        path="/console/sessions",
        label=N_("Sessions"),
        file="sessoes",
        permission=SessionPermission.READ,
        exports=SessionPermission.EXPORT,
        personal="sessions",
        sort="login",
        source=_source,
        filters=(
            Filter("view", N_("View"), choices=VIEW_WORDS, tabs=True),
            Filter("nas", N_("Router"), kind="id"),
        ),
        columns=(
            Column("login", N_("Login"), named("login"), "login", td="name"),
            Column("customer", N_("Customer"), named("customer"), "customer"),
            Column("plan", N_("Plan"), named("plan"), "plan", td="strong", css="max-[1180px]:hidden"),
            Column("ip", "IPv4", named("ip"), "ip", td="num"),
            Column("v6", "IPv6", _prefixes, td="num", shown=False),
            Column("mac", "MAC", named("mac"), td="mono", css="max-[1500px]:hidden"),
            Column("nas", N_("Router"), named("nas"), "nas"),
            Column("port", N_("Port"), named("port"), shown=False),
            Column("given", N_("Given"), named("applied"), css="max-[1340px]:hidden"),
            Column("wanted", N_("Wanted"), named("desired"), shown=False),
            Column("since", N_("Online for"), instant("started_at"), "since", align="r"),
            Column("seen", N_("Last heard"), instant("last_seen_at"), align="r", shown=False),
            Column("down", N_("Mbps down"), _mbps("output_bps"), "down", align="r", td="strong"),
            Column("up", N_("up"), _mbps("input_bps"), "up", align="r"),
            Column("volume", N_("Volume"), _octets, "volume", align="r"),
        ),
    )
)


@routes.get(TABLE.path, SessionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    tally = await session_list.counts(scope(request))
    seen = await read(request, TABLE, {"nas": await nas_list.names()}, of_tab(request, TABLE, tally))
    return page(request, "console/sessions/page.html", seen=seen, tally=tally, views=VIEW_WORDS)


@routes.get("/console/sessions.csv", SessionPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


async def _uids(request: web.Request, form: Form) -> tuple[Chosen, list[uuid.UUID]]:
    """The sessions a form means that are open still."""
    wish = chosen(form, TABLE, zone_of(request), scope(request))
    return wish, await wish.ids()


@routes.post("/console/sessions/disconnect", SessionPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """What ending these would touch, by router; nothing is done yet."""
    form = await posted(request)
    mine = scope(request)
    wish = chosen(form, TABLE, zone_of(request), mine)
    if wish.keys is None:
        uids = await wish.ids()
    else:  # what ended meanwhile is told; what is of another scope is not there
        uids = await within.only(db.pool(), mine, SESSION, session_list.uids(wish.keys))
    if not uids:
        raise InvalidInput({"chosen": "choose at least one"})
    plan = await session_list.ending(uids)
    many = plan.sessions if plan.sessions > MANY else None
    name = "console/sessions/disconnect.html"
    return page(request, name, plan=plan, fields=wish.fields(), many=many, back=back_of(form, TABLE))


@routes.post("/console/sessions/disconnect/now", SessionPermission.WRITE)
async def disconnect(request: web.Request) -> web.Response:
    """End them; more than a hundred only with the number typed."""
    form = await posted(request)
    _, uids = await _uids(request, form)
    check_number(form, uids, MANY)
    async with db.transaction() as connection:
        count = await orders.disconnect(connection, actor(request), uids)
    forms = ngettext(
        "%(num)s session is asked to end; it dials again", "%(num)s sessions are asked to end; they dial again"
    )
    tell(request, counted(request, forms, count))
    return back_to(request, back_of(form, TABLE))


@routes.post("/console/sessions/reapply", SessionPermission.WRITE)
async def reapply(request: web.Request) -> web.Response:
    """Look at the contracts of these sessions again."""
    form = await posted(request)
    _, uids = await _uids(request, form)
    contracts = await session_list.contracts_of(uids)
    async with db.transaction() as connection:
        await orders.reapply(connection, actor(request), contracts)
    tell(request, said(request, N_("Asked again; what differs shows under Enforcement")))
    return back_to(request, back_of(form, TABLE))
