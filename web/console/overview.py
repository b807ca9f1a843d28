"""The first page and the brake's question."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from billing import dunning, dunning_question, overview
from billing.permissions import OverviewPermission
from oss.base import db
from oss.staff.permissions import HealthPermission, SettingsPermission
from web import words
from web.auth import actor, permissions
from web.catalogues import N_
from web.console.feed_words import line
from web.console.first_step_words import steps
from web.console.first_steps import done, next_step, progress
from web.console.matter_words import matters, may_see_names
from web.forms import posted
from web.navigation import sections
from web.notices import tell
from web.pages import back_to, context, counted, language, page, said
from web.render import translate
from web.routing import PUBLIC, SIGNED_IN, Routes
from web.words import ngettext

routes = Routes()


@routes.get("/", PUBLIC)
async def front(request: web.Request) -> web.Response:
    """The console's first page, by way of signing in."""
    return web.Response(status=303, headers={"Location": "/console/"})


@routes.get("/console", SIGNED_IN)
async def without_slash(request: web.Request) -> web.Response:
    """The same place; for a role without it, the first place it may open."""
    mine = permissions(request)
    first = next((place.href for part in sections(mine) for place in part.places), "/console/own-access")
    return web.Response(status=303, headers={"Location": first})


@routes.get("/console/", OverviewPermission.READ)
async def show(request: web.Request) -> web.Response:
    """What needs a person, the state of the network, what just happened."""
    found, spoken = await overview.read(), language(request)
    rc = context(request)
    return page(
        request,
        "console/overview/page.html",
        found=found,
        matters=matters(rc, found.matters),
        lines=[line(spoken, one) for one in found.lines[:16]] if may_see_names(rc) else None,
        bars=bars(spoken, found.logins),
        chart=chart(spoken, found.curve),
        first=await _first_steps(request),
    )


async def _first_steps(request: web.Request) -> list[dict[str, Any]] | None:
    """What is left of the first day, for who may do it; None once it is over."""
    if SettingsPermission.WRITE not in permissions(request) or (found := await progress()).over:
        return None
    behind = await done(request, found)
    return steps(request, next_step(behind), behind)


def bars(spoken: str, logins: overview.Logins) -> list[dict[str, Any]]:
    """Refused logins by reason, and those of routers we do not know, as ``ui.bars`` wants them."""
    found = [
        {
            "label": translate(spoken, words.REASONS.get(row["reason"], row["reason"])),
            "value": row["count"],
            "state": words.REASON_STATES.get(row["reason"], "unknown"),
            "href": f"/console/rejects?reason={row['reason']}&range=1h",
        }
        for row in logins.reasons
    ]
    if logins.unknown["count"]:
        label = translate(spoken, N_("Unknown router"))
        found.append({"label": label, "value": logins.unknown["count"], "state": "unknown", "href": "/console/nas"})
    return found


def chart(spoken: str, curve: Any) -> dict[str, Any] | None:
    """The day's sessions beside an earlier day's, as ``ui.chart`` wants them; None while nothing is known."""
    if not any(value is not None for value in curve.online):
        return None
    present = {"values": curve.online, "colour": "chart-1", "fill": True, "name": translate(spoken, N_("today"))}
    series = [present]
    if curve.days_back:
        name = translate(spoken, N_("a week ago") if curve.days_back == 7 else N_("yesterday"))
        series.insert(0, {"values": curve.before, "colour": "chart-ghost", "dashed": True, "name": name})
    known = [value for one in series for value in one["values"] if value is not None]
    low, high = min(known), max(known)
    margin = max(1, (high - low) // 4)
    scale = {"min": max(0, low - margin), "max": high + margin, "digits": 0, "thousands": translate(spoken, N_("k"))}
    return {"x": [int(at.timestamp()) for at in curve.at], "series": series, "y": scale}


@routes.get("/console/dunning/{id:\\d+}", HealthPermission.READ)
async def question(request: web.Request) -> web.Response:
    """The brake's question with what it would touch."""
    asked = await dunning_question.read(int(request.match_info["id"]))
    return page(request, "console/overview/brake.html", asked=asked)


@routes.post("/console/dunning/{id:\\d+}", HealthPermission.WRITE, fresh=True)
async def decide(request: web.Request) -> web.Response:
    """Approve carries the cut out now; refuse waits a day."""
    form = await posted(request)
    approve = form.choice("answer", ("approve", "refuse")) == "approve"
    form.check()
    async with db.transaction() as connection:
        done = await dunning.answer(connection, actor(request), int(request.match_info["id"]), approve)
    text = counted(request, ngettext("%(num)s contract held", "%(num)s contracts held"), done.placed + done.worsened)
    tell(request, text if approve else said(request, N_("Nothing is held; the brake asks again in a day")))
    return back_to(request, "/console/")
