"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp_session import get_session

from oss.staff import sign_in as staff
from oss.staff.models import User
from web.auth import USER, Attempts, TooManyAttempts, actor, remote_ip, sign_in
from web.catalogues import N_
from web.forms import posted
from web.pages import page, said
from web.routing import PUBLIC, SIGNED_IN, Routes

WRONG = N_("Login and password do not go together.")
LATER = N_("Too many attempts. Wait %(seconds)s seconds and try again.")


class Limits:
    """Five tries a login and twenty an address at once, then one every few seconds."""

    def __init__(self) -> None:
        self.by_login, self.by_address = Attempts(5, 20.0), Attempts(20, 6.0)

    def spend(self, login: str, address: str) -> None:
        self.by_address.spend(address)
        self.by_login.spend(login)

    def forgive(self, login: str, address: str) -> None:
        self.by_login.forgive(login)
        self.by_address.forgive(address)


class SignInRoutes(Routes):
    """Each application counts its own attempts."""

    def mount(self, app: web.Application) -> None:
        app[LIMITS] = Limits()
        super().mount(app)


LIMITS = web.AppKey("limits", Limits)
routes = SignInRoutes()


def local(address: str) -> str:
    """A path of ours, or the console's first page: ``next`` must not lead elsewhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/console/"
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if ours and address.isprintable() and "\\" not in address else "/console/"


@routes.get("/login", PUBLIC)
async def ask(request: web.Request) -> web.Response:
    """The sign-in page; who is signed in already goes on."""
    wanted = local(request.query.get("next", ""))
    session = await get_session(request)
    if "user" in session and await User.exists(id=session["user"], active=True):
        raise web.HTTPSeeOther(wanted)
    return page(request, "console/login.html", next=wanted, login="", error=None)


@routes.post("/login", PUBLIC)
async def enter(request: web.Request) -> web.Response:
    """Check, limited by login and address; the answer never says which of the two was wrong."""
    form = await posted(request)
    login, password = form.text("login").lower(), form.secret("password") or ""
    wanted, address = local(form.text("next", most=2000)), remote_ip(request)
    try:
        request.app[LIMITS].spend(login, address)
    except TooManyAttempts as problem:
        error = said(request, LATER, **problem.facts)
        response = page(request, "console/login.html", status=429, next=wanted, login=login, error=error)
        response.headers["Retry-After"] = str(problem.facts["seconds"])
        return response
    user = await staff.sign_in(login, password, address)
    if user is None:
        return page(request, "console/login.html", status=422, next=wanted, login=login, error=said(request, WRONG))
    request.app[LIMITS].forgive(login, address)
    await sign_in(request, user)
    return web.Response(status=303, headers={"Location": wanted})


@routes.post("/logout", SIGNED_IN)
async def leave(request: web.Request) -> web.Response:
    """End this session."""
    await staff.sign_out(actor(request), request[USER].id)
    (await get_session(request)).invalidate()
    return web.Response(status=303, headers={"Location": "/login"})
