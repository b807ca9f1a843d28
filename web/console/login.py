"""Signing in with a password, and signing out."""

from __future__ import annotations

from aiohttp import web
from aiohttp_session import get_session

from oss.staff import sign_in as staff
from oss.staff.models import User
from web.auth import USER, TooManyAttempts, actor, remote_ip
from web.catalogues import N_
from web.console.entry import LATER, ask_password, device_of, local, proceed
from web.forms import posted
from web.limits import LIMITS, Limits
from web.pages import said
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
