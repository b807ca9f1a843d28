"""The list of subscribers, and the list as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiohttp import web

from billing import subscriber_list
from billing.subscriber_list import STATUSES, Wanted
from oss.base.clock import today
from oss.contracts import plan_list
from oss.crm import disclosure
from oss.crm.permissions import CustomerPermission
from oss.staff.scopes import Scope
from web import formats
from web.auth import actor, scope, sees_personal
from web.catalogues import N_
from web.downloads import csv_response
from web.forms import filters
from web.keys import CONFIG
from web.pages import page, said
from web.routing import Routes

routes = Routes()
NAMES = ("q", "status", "plan", "city")
HEAD = (
    N_("Customer"),
    N_("Name"),
    N_("Document"),
    N_("City"),
    N_("Contract"),
    N_("Plan"),
    N_("Logins"),
    N_("State"),
    N_("Overdue (cents)"),
)


def wanted(params: dict[str, str], scope: Scope) -> Wanted:
    """A list's address as a wish; what it does not know narrows nothing."""
    plan = params.get("plan", "")
    status = params.get("status", "")
    return Wanted(
        params.get("q", ""),
        status if status in STATUSES else "",
        int(plan) if plan.isdigit() and len(plan) < 18 else None,
        params.get("city", ""),
        scope,
    )


@routes.get("/console/subscribers", CustomerPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    params, day = filters(request, NAMES), today(request.app[CONFIG].zone)
    wish = wanted(params, scope(request))
    found = await subscriber_list.read(wish, day, request.query.get("after"), request.query.get("before"))
    return page(
        request,
        "console/subscribers/page.html",
        found=found,
        wish=wish,
        params=params,
        tally=await subscriber_list.counts(day, wish.scope),
        plans=await plan_list.every(),
        cities=await subscriber_list.cities(wish.scope),
        day=day,
    )


@routes.get("/console/subscribers.csv", CustomerPermission.EXPORT)
async def download(request: web.Request) -> web.StreamResponse:
    """The list as a file; documents leave the house, whole for who may see them whole, and who took them is noted."""
    params = filters(request, NAMES)
    await disclosure.note_export(actor(request), "customers", **params)
    head = [said(request, name) for name in HEAD]
    wish, clear = wanted(params, scope(request)), sees_personal(request)
    lines = _lines(wish, today(request.app[CONFIG].zone), clear)
    return await csv_response(request, "clientes", head, lines)


async def _lines(wish: Wanted, day: Any, clear: bool) -> AsyncIterator[list[Sequence[object]]]:
    async for people in subscriber_list.chunks(wish, day):
        yield [(one.id, one.name, _document(one, clear), *_rest(one)) for one in people]


def _document(one: subscriber_list.Subscriber, clear: bool) -> str | None:
    return one.document if clear or not one.document else formats.tax_id(one.document)


def _rest(one: subscriber_list.Subscriber) -> tuple[object, ...]:
    return (one.city, *_contract(one), one.state, one.owed_cents)


def _contract(one: subscriber_list.Subscriber) -> tuple[object, object, object]:
    first = one.first
    return (first["id"], first["plan"], " ".join(first["logins"])) if first else ("", "", "")
