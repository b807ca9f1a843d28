"""Live sessions: the list, the list as a file, and ending some of them after a look at what that touches."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from billing.whose import SESSION
from oss.access import nas_list, orders, session_list
from oss.access.hold_acts import MANY, NumberChanged
from oss.access.permissions import SessionPermission
from oss.access.session_list import ORDERS, VIEWS, Wanted
from oss.base import db
from oss.base.problems import InvalidInput
from oss.crm import disclosure, within
from oss.staff.scopes import Scope
from web.auth import actor, scope
from web.catalogues import N_
from web.console.subscriber import number
from web.downloads import csv_response
from web.forms import Form, filters, posted
from web.notices import tell
from web.pages import back_to, counted, page, said
from web.render import query_url
from web.routing import Routes
from web.words import ngettext

routes = Routes()
NAMES = ("q", "view", "nas", "sort")
HEAD = (
    N_("Login"),
    N_("Customer"),
    N_("Plan"),
    "IPv4",
    "MAC",
    N_("Router"),
    N_("Port"),
    N_("Since"),
    N_("Download (bit/s)"),
    N_("Upload (bit/s)"),
    N_("Received (octets)"),
    N_("Sent (octets)"),
    N_("Wanted"),
    N_("Applied"),
)


def wanted(params: dict[str, str], scope: Scope) -> Wanted:
    """A list's address as a wish; what it does not know narrows nothing."""
    view, sort = params.get("view", ""), params.get("sort", "login")
    known = sort.removeprefix("-") in ORDERS
    nas = number(params.get("nas"))
    return Wanted(params.get("q", ""), view if view in VIEWS else "", nas, sort if known else "login", scope)


@routes.get("/console/sessions", SessionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    params = filters(request, NAMES)
    wish = wanted(params, scope(request))
    found = await session_list.read(wish, request.query.get("after"), request.query.get("before"))
    return page(
        request,
        "console/sessions/page.html",
        found=found,
        wish=wish,
        params=params,
        tally=await session_list.counts(wish.scope),
        routers=await nas_list.names(),
    )


@routes.get("/console/sessions.csv", SessionPermission.EXPORT)
async def download(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    params = filters(request, NAMES)
    await disclosure.note_export(actor(request), "sessions", **params)
    head = [said(request, name) for name in HEAD]
    return await csv_response(request, "sessoes", head, _lines(wanted(params, scope(request))))


async def _lines(wish: Wanted) -> AsyncIterator[list[Sequence[object]]]:
    async for rows in session_list.chunks(wish):
        yield [
            (
                *(row["login"], row["customer"], row["plan"], row["ip"], row["mac"], row["nas"], row["port"]),
                *(row["started_at"].isoformat(timespec="seconds"), row["output_bps"], row["input_bps"]),
                *(row["output_octets"], row["input_octets"], row["desired"], row["applied"]),
            )
            for row in rows
        ]


async def _chosen(request: web.Request, form: Form) -> list[uuid.UUID]:
    """The sessions a form means: those ticked, or all of the search it carries."""
    if form.flag("search"):
        return await session_list.uids_of(wanted({name: form.text(name) for name in NAMES}, scope(request)))
    return await within.only(db.pool(), scope(request), SESSION, session_list.uids(form.many("chosen")))


@routes.post("/console/sessions/disconnect", SessionPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """What ending these would touch, by router; nothing is done yet."""
    form = await posted(request)
    chosen = await _chosen(request, form)
    if not chosen:
        raise InvalidInput({"chosen": "choose at least one"})
    search = {name: form.text(name) for name in NAMES if form.text(name)} if form.flag("search") else None
    plan = await session_list.ending(chosen)
    back = query_url("/console/sessions", search)
    many = plan.sessions if plan.sessions > MANY else None
    ticked = [] if search is not None else chosen
    name = "console/sessions/disconnect.html"
    return page(request, name, plan=plan, search=search, many=many, back=back, chosen=ticked)


@routes.post("/console/sessions/disconnect/now", SessionPermission.WRITE)
async def disconnect(request: web.Request) -> web.Response:
    """End them; more than a hundred only with the number typed."""
    form = await posted(request)
    chosen = await _chosen(request, form)
    if len(chosen) > MANY and form.number("number", 0) != len(chosen):
        raise NumberChanged(now=len(chosen), typed=form.text("number") or 0)
    async with db.transaction() as connection:
        count = await orders.disconnect(connection, actor(request), chosen)
    forms = ngettext(
        "%(num)s session is asked to end; it dials again", "%(num)s sessions are asked to end; they dial again"
    )
    tell(request, counted(request, forms, count))
    return back_to(request, "/console/sessions")


@routes.post("/console/sessions/reapply", SessionPermission.WRITE)
async def reapply(request: web.Request) -> web.Response:
    """Look at the contracts of these sessions again."""
    form = await posted(request)
    contracts = await session_list.contracts_of(await _chosen(request, form))
    async with db.transaction() as connection:
        await orders.reapply(connection, actor(request), contracts)
    tell(request, said(request, N_("Asked again; what differs shows under Enforcement")))
    return back_to(request, "/console/sessions")
