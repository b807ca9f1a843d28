"""The first day, once the administrator is there: second factor, first plan, first router, a login seen to come.

Each step can be left and come back to; the overview reminds of it until it is done or somebody is done with it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from billing import first_steps
from billing.first_steps import Progress
from oss.access import exams, nas, nas_askers, nas_list, nas_paste
from oss.access.nas import NasValues
from oss.base import db
from oss.contracts import plans
from oss.staff import factors
from oss.staff.permissions import SettingsPermission
from radius.vendors import vendors
from web.auth import USER, actor
from web.catalogues import N_
from web.console import doctor_words, nas_words, reject_words
from web.console.first_step_words import steps
from web.console.paste_values import paste_values
from web.form_model import ModelForm
from web.form_saving import Done, Filled, filled, save, show
from web.inputs.nas import FirstNas
from web.inputs.plans import FirstPlan
from web.keys import CONFIG, SEALER
from web.notices import tell
from web.pages import back_to, context, language, page, said
from web.render import render
from web.routing import Routes

routes = Routes()
PATH = "/console/first-steps"
ALLOWED = SettingsPermission.WRITE
PLAN = ModelForm(
    "first-plan",
    ALLOWED,
    FirstPlan,
    labels={
        "name": N_("Name"),
        "down_kbps": N_("Download (Mbps)"),
        "up_kbps": N_("Upload (Mbps)"),
        "price_cents": N_("Price a month"),
    },
    asks={"name": plans.taken},
)
ROUTER = ModelForm(
    "first-router",
    ALLOWED,
    FirstNas,
    labels={"name": N_("Name"), "network": N_("Address it asks from"), "vendor": N_("Maker")},
    taken="network",
)


async def progress() -> Progress:
    """How far it is."""
    async with db.pool().acquire() as connection:
        return await first_steps.read(connection)


async def done(request: web.Request, found: Progress) -> list[str]:
    """The steps behind us, by name; the second factor is that of who asks."""
    factor = (await factors.standing(request[USER].id)).any
    made = {"factor": factor, "plan": found.plan, "router": found.nas is not None, "login": found.login}
    return ["company", "person", *(name for name, is_made in made.items() if is_made)]


def next_step(behind: Collection[str]) -> str:
    """The first that is not done."""
    return next((name for name in ("factor", "plan", "router", "login") if name not in behind), "login")


async def step_page(
    request: web.Request, now: str, status: int | None = None, form: Filled | None = None, **values: Any
) -> web.Response:
    """The page of a step: ``console/first_steps/<now>.html``, with a form's values where it has one."""
    found, name = await progress(), f"console/first_steps/{now}.html"
    given = {
        "steps": steps(request, now, await done(request, found)),
        "now": now,
        "found": found,
        "path": PATH,
        **values,
    }
    return show(request, name, form, status, **given) if form else page(request, name, status=status or 200, **given)


@routes.get(PATH, ALLOWED)
async def begin(request: web.Request) -> web.Response:
    """Where one left it."""
    return back_to(request, f"{PATH}/{next_step(await done(request, await progress()))}")


async def _plan(request: web.Request, form: Filled) -> web.Response:
    return await step_page(request, "plan", form=form)


@routes.get(PATH + "/plan", ALLOWED)
async def ask_plan(request: web.Request) -> web.Response:
    """Name, speed, price."""
    return await _plan(request, filled(request, PLAN, {}))


@routes.post(PATH + "/plan", ALLOWED)
async def make_plan(request: web.Request) -> web.Response:
    """Make it."""

    async def act(connection: db.Connection, its: FirstPlan) -> Done:
        await first_steps.make_plan(connection, actor(request), **its.model_dump())
        return Done(f"{PATH}/router", said(request, N_("The plan %(name)s is made"), name=its.name))

    async def again(form: Filled) -> web.Response:
        return await _plan(request, form)

    return await save(request, PLAN, act, again)


async def _router(
    request: web.Request, form: Filled | None = None, secret: str | None = None, status: int | None = None
) -> web.Response:
    found = await progress()
    row = await nas_list.one(found.nas) if found.nas else None
    form = form or filled(request, ROUTER, {"vendor": "mikrotik"})
    pastes = nas_paste.pastes(paste_values(request, row or form.values, secret))
    wanted = request.query.get("for", nas_paste.FROM_VENDOR.get(row["vendor"] if row else "", "table"))
    shown = next((one for one in pastes if one.key == wanted), pastes[-1])
    makers = [(one, nas_words.MAKERS.get(one) or said(request, N_("Another maker"))) for one in vendors()]
    given: dict[str, Any] = {"row": row, "pastes": pastes, "paste": shown, "seen": secret is not None}
    given |= {"makers": makers, "host": request.app[CONFIG].radius_host}
    return await step_page(request, "router", status, form=form, **given)


@routes.get(PATH + "/router", ALLOWED)
async def ask_router(request: web.Request) -> web.Response:
    """Name, address and maker; once it is there, what to paste into it."""
    return await _router(request)


@routes.post(PATH + "/router", ALLOWED)
async def make_router(request: web.Request) -> web.Response:
    """Make it, with a secret of our making; what to paste shows it."""
    if (await progress()).nas is not None:  # sent again: it is there already
        return back_to(request, f"{PATH}/router")
    secret, made = first_steps.readable_password(20), False

    async def act(connection: db.Connection, its: FirstNas) -> Done:
        nonlocal made
        values = NasValues(its.name, its.network, its.vendor, secret)
        nas_id = await nas.save(connection, request.app[SEALER], actor(request), values)
        await nas.reveal(connection, request.app[SEALER], actor(request), nas_id)  # it is shown: that is noted
        made = True
        return Done(f"{PATH}/router", said(request, N_("The router %(name)s may ask"), name=its.name))

    async def again(form: Filled) -> web.Response:
        return await _router(request, form)

    answer = await save(request, ROUTER, act, again)
    return await _router(request, secret=secret, status=201) if made else answer


@routes.post(PATH + "/router/secret", ALLOWED, fresh=True)
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
    return await step_page(request, "login", row=row, made=None, **await _arrivals(request, found), **more)


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
    return await step_page(request, "login", 201, row=row, made=made, **await _arrivals(request, await progress()))


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
