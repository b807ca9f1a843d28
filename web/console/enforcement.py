"""Desired against observed: what was applied today and how fast, what is stuck and why, and looking again."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from aiohttp import web

from billing.whose import CONTRACT
from oss.access import enforcement_list, orders, router_limits
from oss.access.permissions import SessionPermission
from oss.base import db
from oss.crm import within
from web import words
from web.auth import actor, scope
from web.console.subscriber import number
from web.forms import posted
from web.notices import tell
from web.pages import back_to, context, counted, page
from web.render import RenderContext
from web.routing import Routes
from web.words import ngettext

routes = Routes()


def midnight(rc: RenderContext) -> datetime:
    """When today began in the provider's zone."""
    return datetime.combine(rc.today, time(), rc.timezone)


@routes.get("/console/enforcement", SessionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The equation, the stuck ones, the newest."""
    since = midnight(context(request))
    balance, mine = await enforcement_list.balance(since), scope(request)
    stuck = [{"row": row, "why": words.drift(row["drift_cause"])} for row in await enforcement_list.stuck(scope=mine)]
    recent = await enforcement_list.recent(since, 500 if request.query.get("all") else 12, mine)
    return page(
        request,
        "console/enforcement/page.html",
        limits=await router_limits.of_sessions([row["session_uid"] for row in recent]),
        differing=await router_limits.differing(scope=mine),
        balance=balance,
        stuck=stuck,
        recent=recent,
        histogram=histogram(balance),
        cause=words.cause,
        ended=words.only_ended,
        all=bool(request.query.get("all")),
    )


def histogram(balance: enforcement_list.Balance) -> list[tuple[float, str]]:
    """Heights from 0 to 1 for ``ui.histogram``; the last bar is what is stuck."""
    top = max([*balance.times, balance.stuck, 1])
    bars: list[Any] = [(count / top, "chart-1") for count in balance.times[:-1]]
    return [*bars, (balance.times[-1] / top, "chart-3"), (0.0, "chart-1"), (balance.stuck / top, "degraded")]


@routes.post("/console/enforcement/reapply", SessionPermission.WRITE)
async def reapply(request: web.Request) -> web.Response:
    """Look at one contract's sessions again, or at all that are stuck."""
    form = await posted(request)
    one = number(form.text("contract"))
    mine = scope(request)
    contracts = [one] if one else await enforcement_list.stuck_contracts(mine)
    contracts = await within.only(db.pool(), mine, CONTRACT, contracts)
    async with db.transaction() as connection:
        await orders.reapply(connection, actor(request), contracts)
    forms = ngettext("Asked again for %(num)s contract", "Asked again for %(num)s contracts")
    tell(request, counted(request, forms, len(contracts)))
    return back_to(request, "/console/enforcement")
