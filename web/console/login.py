"""Signing in with a password, signing out, and the one-time link of an empty installation."""

from __future__ import annotations

from aiohttp import web
from aiohttp_session import get_session

from billing import installation
from oss.base.problems import InvalidInput
from oss.staff import sign_in as staff
from oss.staff.companies import NewCompany
from oss.staff.models import User
from web import words
from web.auth import USER, TooManyAttempts, actor, remote_ip, sign_in
from web.catalogues import N_
from web.console.entry import LATER, ask_password, device_of, local, proceed
from web.forms import posted
from web.keys import CONFIG
from web.limits import LIMITS, Limits
from web.pages import language, page, said
from web.routing import PUBLIC, SIGNED_IN, Routes

WRONG = N_("Login and password do not go together.")


class SignInRoutes(Routes):
    """Each application counts its own attempts."""

    def mount(self, app: web.Application) -> None:
        app[LIMITS] = Limits()
        super().mount(app)


routes = SignInRoutes()


@routes.get("/login", PUBLIC)
async def ask(request: web.Request) -> web.Response:
    """The sign-in page; who is signed in already goes on."""
    wanted = local(request.query.get("next", ""))
    session = await get_session(request)
    if "user" in session and await User.exists(id=session["user"], active=True):
        raise web.HTTPSeeOther(wanted)
    return ask_password(request, next=wanted)


@routes.post("/login", PUBLIC)
async def enter(request: web.Request) -> web.Response:
    """Check, limited by login and address; the answer never says which of the two was wrong."""
    form = await posted(request)
    login, password = form.text("login", most=254).lower(), form.secret("password") or ""
    wanted, address = local(form.text("next", most=2000)), remote_ip(request)
    device = await device_of(request, login)
    try:
        request.app[LIMITS].spend(login, address, device)
    except TooManyAttempts as problem:
        error = said(request, LATER, **problem.facts)
        response = ask_password(request, status=429, next=wanted, login=login, error=error)
        response.headers["Retry-After"] = str(problem.facts["seconds"])
        return response
    user = await staff.prove_password(login, password, address)
    if user is None:
        return ask_password(request, status=422, next=wanted, login=login, error=said(request, WRONG))
    request.app[LIMITS].forgive(login, address, device)
    return await proceed(request, user, wanted, "password")


@routes.post("/logout", SIGNED_IN)
async def leave(request: web.Request) -> web.Response:
    """End this session."""
    await staff.sign_out(actor(request), request[USER].id)
    (await get_session(request)).invalidate()
    return web.Response(status=303, headers={"Location": "/login"})


@routes.get("/setup/{token}", PUBLIC)
async def introduce(request: web.Request) -> web.Response:
    """The form that makes an empty installation a provider."""
    await installation.look(request.match_info["token"])
    return page(request, "console/setup.html", values={"zone": request.app[CONFIG].zone}, errors={})


@routes.post("/setup/{token}", PUBLIC)
async def begin(request: web.Request) -> web.Response:
    """Make the provider and its first user, who is then signed in."""
    form, token = await posted(request), request.match_info["token"]
    company = NewCompany(form.text("name"), form.text("legal_name"), form.text("cnpj"), form.text("zone"))
    password = form.secret("password") or ""
    user = installation.FirstUser(form.text("person"), form.text("login"), password)
    if password != (form.secret("again") or ""):
        form.wrong["again"] = "the two are not the same"
    try:
        form.check()
        user_id = await installation.begin(token, remote_ip(request), company, user)
    except InvalidInput as problem:
        wrong = words.wrongs(language(request), problem.fields)
        return page(request, "console/setup.html", status=422, values=form.values(), errors=wrong)
    await sign_in(request, await User.get(id=user_id))
    return web.Response(status=303, headers={"Location": "/console/"})
