"""The audit: who did what, the newest first; one row with before and after; the chain, and the whole as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiohttp import web

from oss.base import audit_check, db
from oss.crm import disclosure
from oss.staff import audit_list
from oss.staff.audit_list import Wanted
from oss.staff.permissions import AuditPermission
from web.auth import actor
from web.catalogues import N_
from web.console import audit_search, audit_words
from web.console.audit_history import history
from web.downloads import csv_response
from web.forms import filters
from web.notices import tell
from web.pages import back_to, context, page, said
from web.render import RenderContext
from web.routing import Routes

routes = Routes()
PATH = "/console/audit"
HEAD = (
    N_("When (UTC)"),
    N_("Who"),
    N_("Login"),
    N_("What happened"),
    N_("Action"),
    N_("Object"),
    N_("Number"),
    N_("Origin"),
    N_("Request"),
    N_("Number in the chain"),
)


@routes.get(PATH, AuditPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list, and how the chain stands."""
    params, rc = filters(request, audit_search.NAMES), context(request)
    wish = await audit_search.wanted(rc, params)
    found = await audit_list.page(wish, request.query.get("after"), request.query.get("before"))
    people = {row["login"]: row["name"] for row in await audit_list.staff()}
    more: dict[str, Any] = {"path": PATH, "params": params, "chain": await audit_check.state()}
    more["chips"] = audit_search.chips(rc, PATH, params, people)
    more["options"] = audit_search.options(rc, PATH, params, people)
    return page(request, "console/audit/page.html", found=found, rows=await audit_words.told(rc, found.rows), **more)


@routes.get(PATH + "/{id:\\d{1,17}}", AuditPermission.READ)
async def detail(request: web.Request) -> web.Response:
    """One row: what it was before, what it is since, what else was done by whom and to what."""
    rc, row = context(request), await audit_list.one(int(request.match_info["id"]))
    (told,) = await audit_words.told(rc, [row])
    others = await audit_list.page(Wanted(actors=(row.actor,)))
    same = await history(request, (row.object, row.object_id), most=9) if row.object_id else []
    return page(
        request,
        "console/audit/row.html",
        told=told,
        others=[one for one in await audit_words.told(rc, others.rows[:9]) if one.row.id != row.id],
        same=[one for one in same if one.row.id != row.id],
    )


@routes.post(PATH + "/verify", AuditPermission.READ)
async def verify(request: web.Request) -> web.Response:
    """Have the whole chain walked, beside everything else."""
    async with db.transaction() as connection:
        await audit_check.ask(connection, actor(request))
    tell(request, said(request, N_("The chain is being verified; this page tells when it is done")))
    return back_to(request, PATH)


@routes.get(PATH + ".csv", AuditPermission.EXPORT)
async def download(request: web.Request) -> web.StreamResponse:
    """The list as a file; who took it is noted."""
    params, rc = filters(request, audit_search.NAMES), context(request)
    await disclosure.note_export(actor(request), "audit", narrowed_to=dict(params))
    wish, head = await audit_search.wanted(rc, params), [said(request, name) for name in HEAD]
    return await csv_response(request, "auditoria", head, _lines(rc, wish))


async def _lines(rc: RenderContext, wish: Wanted) -> AsyncIterator[list[Sequence[object]]]:
    async for rows in audit_list.chunks(wish):
        yield [
            (
                *(one.row.at.isoformat(timespec="milliseconds"), one.who, one.row.actor, one.whole, one.row.action),
                *(one.row.object, one.row.object_id, one.row.ip, one.row.request_id, one.row.seq),
            )
            for one in await audit_words.told(rc, rows)
        ]
