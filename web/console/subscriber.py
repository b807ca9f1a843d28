"""One subscriber: the page, and what is in clear only when asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from billing import subscriber
from oss.access import drops, nas_list, planned_drops
from oss.base import db
from oss.crm import disclosure, reading
from oss.crm.permissions import CustomerPermission, PersonalPermission
from oss.monitoring import customer_outages, sla
from web import words
from web.auth import actor
from web.console import graph_cards, incident_heads, incident_words, line_words
from web.console.audit_history import history
from web.console.moment_words import moment
from web.console.reject_words import glyph, hint, outcome, sentence
from web.console.subscriber_words import face
from web.pages import context, language, page
from web.routing import Routes

routes = Routes()
OUTAGES = 12
MORE = 36  # invoices and sessions behind "see all"


def number(text: str | None) -> int | None:
    """A number out of an address, or None."""
    return int(text) if text and text.isdigit() and len(text) < 18 else None


async def _page(request: web.Request, disclosed: object = None) -> web.Response:
    many = MORE if request.query.get("all") else 6
    key = int(request.match_info["id"])
    await reading.opened(actor(request), key)
    view = await subscriber.read(key, number(request.query.get("contract")), many, many)
    rc = context(request)
    standing, moments, lines, network, changes = await asyncio.gather(
        customer_outages.of_contracts(db.pool(), [view.contract.id] if view.contract else []),
        subscriber.timeline(key, [one.id for one in view.contracts]),
        _lines(rc.language, view),
        _network(request, view),
        history(request, ("customer", key), *_contracts(view)),
    )
    return page(
        request,
        "console/subscriber/page.html",
        view=view,
        face=face(rc, view),
        standing=standing,
        outage_words=incident_words,
        moments=[moment(language(request), one) for one in moments],
        refused=[(one, glyph(one["reason"]), sentence(rc.language, rc.timezone, one)) for one in view.rejects],
        hint=hint(rc.language, view.rejects[0]["reason"]) if view.rejects else "",
        entries=[(one, *outcome(rc.language, one["reason"])) for one in view.logins],
        ended=words.ended,
        lines=lines,
        disclosed=disclosed,
        **network,
        whys=incident_heads.WHYS,
        history=changes,
    )


def _contracts(view: subscriber.View) -> list[tuple[str, object]]:
    return [("contract", one.id) for one in view.contracts]


async def _lines(language: str, view: subscriber.View) -> dict[int, line_words.Line]:
    """The line of each login of the contract that is shown."""
    contract = view.contract
    if contract is None or not contract.accounts:
        return {}
    nas = {str(key): name for key, name in await nas_list.names()}
    return {one["id"]: line_words.line(language, one, view.rejects, nas) for one in contract.accounts}


async def _network(request: web.Request, view: subscriber.View) -> dict[str, Any]:
    """Where the contract's ONUs are awaited, what is sampled of its line, when it was without service."""
    accounts = [one["id"] for one in view.contract.accounts] if view.contract else []
    boxes, graphs, outages = await asyncio.gather(
        planned_drops.of_accounts(db.pool(), accounts), _graphs(request, view), _outages(view)
    )
    return {"boxes": boxes, "graphs": graphs, "outages": outages}


async def _graphs(request: web.Request, view: subscriber.View) -> list[dict[str, Any]]:
    """What is sampled where the contract's first line ends."""
    if view.contract is None or not view.contract.accounts:
        return []
    drop = await drops.one(db.pool(), view.contract.accounts[0]["id"])
    return await graph_cards.cards(request, graph_cards.of_line(drop))


async def _outages(view: subscriber.View) -> Sequence[Mapping[str, Any]]:
    """When the contract was without service, and why."""
    return await sla.outages(db.pool(), view.contract.id, OUTAGES) if view.contract else []


@routes.get("/console/subscribers/{id:\\d{1,17}}", CustomerPermission.READ)
async def show(request: web.Request) -> web.Response:
    """State, line, invoices, session, timeline."""
    return await _page(request)


@routes.post("/console/subscribers/{id:\\d{1,17}}/disclose", PersonalPermission.READ)
async def disclose(request: web.Request) -> web.Response:
    """The same page once with document, telephone and e-mail in clear; that it was asked for is noted."""
    return await _page(request, await disclosure.disclose(actor(request), int(request.match_info["id"])))
