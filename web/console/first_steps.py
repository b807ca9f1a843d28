"""The first day, once the administrator is there: second factor, first plan, first router, a login seen to come.

Each step can be left and come back to; the overview reminds of it until it is done or somebody is done with it.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from billing import first_steps
from billing.first_steps import Progress
from oss.access import exams, nas, nas_askers, nas_list, nas_paste
from oss.access.nas import NasValues
from oss.base import db
from oss.base.problems import Conflict, InvalidInput
from oss.contracts import plans
from oss.contracts.plans import PlanValues
from oss.staff.permissions import SettingsPermission
from radius.vendors import vendors
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console import doctor_words, nas_words, reject_words
from web.console.first_step_words import SECOND_FACTOR_AT, names, steps
from web.console.paste_values import paste_values
from web.forms import posted
from web.keys import CONFIG, SEALER
from web.notices import tell
from web.pages import back_to, context, language, page, said
from web.render import render
from web.routing import Routes

routes = Routes()
PATH = "/console/first-steps"
ALLOWED = SettingsPermission.WRITE


async def progress() -> Progress:
    """How far it is."""
    async with db.pool().acquire() as connection:
        return await first_steps.read(connection)


def done(found: Progress) -> list[str]:
    """The steps behind us, by name."""
    made = {"plan": found.plan, "router": found.nas is not None, "login": found.login}
    return ["company", "person", *(name for name, is_made in made.items() if is_made)]


def next_step(found: Progress) -> str:
    """The first that is not done."""
    return next((name for name in ("plan", "router", "login") if name not in done(found)), "login")


async def _step(request: web.Request, now: str, status: int = 200, **values: Any) -> web.Response:
    found = await progress()
    given = {
        "steps": steps(request, now, done(found)),
        "now": now,
        "found": found,
        "path": PATH,
        "errors": {},
        **values,
    }
    return page(request, f"console/first_steps/{now}.html", status=status, **given)


@routes.get(PATH, ALLOWED)
async def begin(request: web.Request) -> web.Response:
    """Where one left it; right behind the set-up that is the second factor."""
    found = await progress()
    fresh = "factor" in names(request.app) and not (found.plan or found.nas)
    return back_to(request, f"{PATH}/{'factor' if fresh else next_step(found)}")


@routes.get(PATH + "/factor", ALLOWED)
async def factor(request: web.Request) -> web.Response:
    """Why, and the way to the page that makes it; on to the next step where there is none."""
    if "factor" not in names(request.app):
        return back_to(request, f"{PATH}/plan")
    return await _step(request, "factor", address=SECOND_FACTOR_AT)


@routes.get(PATH + "/plan", ALLOWED)
async def ask_plan(request: web.Request) -> web.Response:
    """Name, speed, price."""
    return await _step(request, "plan", values={})


@routes.post(PATH + "/plan", ALLOWED)
async def make_plan(request: web.Request) -> web.Response:
    """Make it."""
    form = await posted(request)
    values = PlanValues(form.text("name", most=80), form.kbps("down"), form.kbps("up"), form.cents("price"))
    try:
        form.check()
        async with db.transaction() as connection:
            await plans.save(connection, actor(request), values)
    except (InvalidInput, Conflict) as problem:
        told = problem.fields if isinstance(problem, InvalidInput) else {"name": "already taken"}
        known = {"down_kbps": "down", "up_kbps": "up", "price_cents": "price"}
        wrong = words.wrongs(language(request), {known.get(name, name): text for name, text in told.items()})
        return await _step(request, "plan", 422, values=form.values(), errors=wrong)
    return back_to(request, f"{PATH}/router")


async def _router(request: web.Request, status: int = 200, secret: str | None = None, **more: Any) -> web.Response:
    found = await progress()
    row = await nas_list.one(found.nas) if found.nas else None
    values = {"vendor": "mikrotik", **more.pop("values", {})}
    pastes = nas_paste.pastes(paste_values(request, row or values, secret))
    wanted = request.query.get("for", nas_paste.FROM_VENDOR.get(row["vendor"] if row else "", "table"))
    shown = next((one for one in pastes if one.key == wanted), pastes[-1])
    given: dict[str, Any] = {
        "row": row,
        "pastes": pastes,
        "paste": shown,
        "seen": secret is not None,
        "makers": [(one, nas_words.MAKERS.get(one) or said(request, N_("Another maker"))) for one in vendors()],
    }
    given |= {"host": request.app[CONFIG].radius_host, "values": values, **more}
    return await _step(request, "router", status, **given)


@routes.get(PATH + "/router", ALLOWED)
async def ask_router(request: web.Request) -> web.Response:
    """Name, address and maker; once it is there, what to paste into it."""
    return await _router(request)


@routes.post(PATH + "/router", ALLOWED)
async def make_router(request: web.Request) -> web.Response:
    """Make it, with a secret of our making; what to paste shows it."""
    if (await progress()).nas is not None:  # sent again: it is there already
        return back_to(request, f"{PATH}/router")
    form, secret = await posted(request), first_steps.readable_password(20)
    name, network, vendor = form.text("name"), form.text("network", most=43), form.text("vendor") or "mikrotik"
    try:
        form.check()
        async with db.transaction() as connection:
            values = NasValues(name, network, vendor, secret)
            nas_id = await nas.save(connection, request.app[SEALER], actor(request), values)
            await nas.reveal(connection, request.app[SEALER], actor(request), nas_id)  # it is shown: that is noted
    except (InvalidInput, Conflict) as problem:
        told = problem.fields if isinstance(problem, InvalidInput) else {"network": "already taken"}
        return await _router(request, 422, values=form.values(), errors=words.wrongs(language(request), told))
    return await _router(request, 201, secret)


@routes.post(PATH + "/router/secret", ALLOWED)
async def show_secret(request: web.Request) -> web.Response:
    """What to paste, with the secret in it; who looked is noted."""
    found = await progress()
    async with db.transaction() as connection:
        secret = await nas.reveal(connection, request.app[SEALER], actor(request), found.nas or 0)
    return await _router(request, secret=secret)


async def _arrivals(request: web.Request, found: Progress) -> dict[str, Any]:
    """What came from the first router since somebody watches, and who asks that we do not know."""
    rc, spoken = context(request), language(request)
    seen = await exams.watched(found.nas) if found.nas else None
    lines = seen.lines if seen else []
    login = next((one for one in lines if one.kind == "login"), None)
    told = [doctor_words.row(rc, one.kind, one.login, one.why, one.many, one.at) for one in lines[:12]]
    why = (reject_words.short(spoken, login.why), reject_words.hint(spoken, login.why)) if login and login.why else None
    askers = [nas_words.asker(spoken, one) for one in (await nas_askers.askers())[:3]]
    return {"watch": seen, "lines": told, "arrived": login, "why": why, "askers": askers, "path": PATH}


async def _login(request: web.Request, **more: Any) -> web.Response:
    found = await progress()
    row = await nas_list.one(found.nas) if found.nas else None
    return await _step(request, "login", row=row, made=None, **await _arrivals(request, found), **more)


@routes.get(PATH + "/login", ALLOWED)
async def ask_login(request: web.Request) -> web.Response:
    """A login to dial with, and what comes."""
    return await _login(request)


@routes.post(PATH + "/login", ALLOWED)
async def make_login(request: web.Request) -> web.Response:
    """Make the test login, and watch."""
    found = await progress()
    async with db.transaction() as connection:
        name = said(request, N_("Test of the first router"))
        made = await first_steps.make_test_login(connection, request.app[SEALER], actor(request), name)
        if found.nas is not None:
            await exams.watch(connection, actor(request), found.nas)
    row = await nas_list.one(found.nas) if found.nas else None
    return await _step(request, "login", 201, row=row, made=made, **await _arrivals(request, await progress()))


@routes.get(PATH + "/login/arrivals", ALLOWED)
async def arrivals(request: web.Request) -> web.Response:
    """What came, asked for each second."""
    html = render("console/first_steps/_arrivals.html", context(request), **await _arrivals(request, await progress()))
    return web.Response(text=html, content_type="text/html")


@routes.post(PATH + "/login/watch", ALLOWED)
async def watch(request: web.Request) -> web.Response:
    """See for another minute what comes."""
    found = await progress()
    async with db.transaction() as connection:
        await exams.watch(connection, actor(request), found.nas or 0)
    return back_to(request, f"{PATH}/login#arrivals")


@routes.post(PATH + "/leave", ALLOWED)
async def leave(request: web.Request) -> web.Response:
    """Done, or done with it: the test login ends, the overview reminds no more."""
    async with db.transaction() as connection:
        await first_steps.leave(connection, actor(request))
    tell(request, said(request, N_("The first steps are closed; a test login has ended")))
    return back_to(request, "/console/")
