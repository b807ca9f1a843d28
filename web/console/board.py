"""The figures of the business, as widgets that each person arranges; and the lists behind the figures."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from aiohttp import web

from billing import payment_list
from billing.permissions import BoardPermission, InvoicePermission
from oss.base import clock, db
from oss.base.widgets import WIDGETS, Asked
from oss.contracts import contract_list
from oss.crm.permissions import CustomerPermission
from oss.staff import board_layout
from web.auth import USER, actor, permissions, scope
from web.catalogues import N_
from web.console import board_words
from web.forms import filters, posted
from web.keys import CONFIG
from web.notices import tell
from web.pages import back_to, context, page, said
from web.routing import Routes
from web.words import END_REASONS

routes = Routes()
HOME, ARRANGE = "/console/board", "/console/board?arrange=1"
MOST = 60  # names in one order
REMOVED = N_("%(name)s is taken off the board")


@routes.get(HOME, BoardPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The board, or the same while it is arranged."""
    held, rc = permissions(request), context(request)
    placed = await board_layout.read(request[USER].id, held)
    asked = Asked(clock.now(), clock.today(request.app[CONFIG].zone))
    async with db.pool().acquire() as connection:
        figures = {one.key: await WIDGETS[one.key].read(connection, asked) for one in placed}
    return page(
        request,
        "console/board/page.html",
        placed=[(one, WIDGETS[one.key], board_words.drawn(rc, one.key, figures[one.key])) for one in placed],
        spare=board_layout.missing(placed, held),
        titles=board_words.TITLES,
        arranging=request.query.get("arrange") == "1",
    )


@routes.post(HOME, BoardPermission.READ)
async def arrange(request: web.Request) -> web.Response:
    """One act on one widget: earlier, later, another size, off the board, back on it."""
    form = await posted(request)
    act, key = form.choice("act", (*board_layout.ACTS, "reset")), form.text("key", most=40)
    form.check()
    if act == "reset":
        await board_layout.reset(actor(request), request[USER].id)
        return back_to(request, HOME)
    held = permissions(request)
    before = [one.key for one in await board_layout.read(request[USER].id, held)]
    at = int(request.query["at"]) if re.fullmatch(r"\d{1,3}", request.query.get("at", "")) else None
    await board_layout.act(actor(request), request[USER].id, held, act, key, at)
    if act == "remove" and key in before:
        name = said(request, board_words.TITLES[key])
        tell(request, said(request, REMOVED, name=name), f"{HOME}/add?key={key}&at={before.index(key)}")
    return back_to(request, ARRANGE if act == "remove" else f"{ARRANGE}#{key}")


@routes.post(f"{HOME}/add", BoardPermission.READ)
async def put_back(request: web.Request) -> web.Response:
    """The toast's undo: a widget where it was."""
    at, key = request.query.get("at", ""), request.query.get("key", "")
    place = int(at) if re.fullmatch(r"\d{1,3}", at) else None
    await board_layout.act(actor(request), request[USER].id, permissions(request), "add", key, place)
    return back_to(request, f"{ARRANGE}#{key}")


@routes.post(f"{HOME}/order", BoardPermission.READ)
async def reorder(request: web.Request) -> web.Response:
    """The order after a drag, as keys."""
    keys = (await posted(request)).many("key")[:MOST]
    await board_layout.order(actor(request), request[USER].id, permissions(request), keys)
    return web.Response(status=204)


def month(text: str) -> date | None:
    """``2026-11`` as its first day; anything else is no month."""
    return date(int(text[:4]), int(text[5:]), 1) if re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text) else None


@routes.get(f"{HOME}/contracts", CustomerPermission.READ)
async def contracts(request: web.Request) -> web.Response:
    """Contracts that run, or began or ended in a month."""
    params = filters(request, ("view", "month", "reason"))
    view, reason = params.get("view", ""), params.get("reason")
    known = view if view in contract_list.VIEWS else "active"
    reason = "" if reason == "none" else reason
    wish = contract_list.Wanted(known, month(params.get("month", "")), reason, scope(request))
    found = await contract_list.read(wish, request.query.get("after"), request.query.get("before"))
    return page(request, "console/board/contracts.html", found=found, wish=wish, params=params, words=_reasons(request))


@routes.get(f"{HOME}/payments", InvoicePermission.READ)
async def payments(request: web.Request) -> web.Response:
    """Payments received in a month."""
    params = filters(request, ("month",))
    wish, zone = month(params.get("month", "")), request.app[CONFIG].zone
    found = await payment_list.read(
        wish, zone, request.query.get("after"), request.query.get("before"), scope=scope(request)
    )
    return page(request, "console/board/payments.html", found=found, month=wish, params=params)


def _reasons(request: web.Request) -> dict[str, Any]:
    return {code: said(request, name) for code, name in END_REASONS.items()}
