"""The steps of a sign-in that its pages share: what the role asks for, the second factor, and being in."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from oss.base.problems import Problem
from oss.staff import devices, factors
from oss.staff import sign_in as staff
from oss.staff.models import User
from oss.staff.passkeys import Party
from web.auth import remote_ip, renewed, sign_in
from web.catalogues import N_
from web.keys import CONFIG
from web.limits import DEVICE
from web.pages import context, language, page
from web.render import tell
from web.second_factor import PENDING, SET_UP, objection

CODE = "/login/code"
LATER = N_("Too many attempts. Wait %(seconds)s seconds and try again.")


def local(address: str) -> str:
    """A path of ours, or the console's first page: ``next`` must not lead elsewhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/console/"
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if ours and address.isprintable() and "\\" not in address else "/console/"


def party(request: web.Request) -> Party:
    """Whom this installation's passkeys are for."""
    return Party.of(request.app[CONFIG].public_url, context(request).provider_name)


async def device_of(request: web.Request, login: str) -> str | None:
    """This browser's cookie, if it is known as the user's."""
    token = request.cookies.get(DEVICE)
    return token if await devices.known(token, login) else None


def ask_password(request: web.Request, *, status: int = 200, **values: object) -> web.Response:
    """The sign-in page."""
    given = {"next": "/console/", "login": "", "error": None} | values
    return page(request, "console/login/password.html", status=status, origin=party(request).origin, **given)


def refuse(request: web.Request, problem: Problem, wanted: str) -> web.Response:
    """The sign-in page with what the role has against this time or place."""
    return ask_password(request, status=403, next=wanted, error=tell(language(request), problem))


async def proceed(request: web.Request, user: User, wanted: str, way: str) -> web.Response:
    """After a right password (or a link): refused by a rule, asked for the second factor, or in."""
    standing = await factors.standing(user.id)
    problem = objection(standing, remote_ip(request), request.app[CONFIG].zone)
    if problem is not None:
        await staff.refused_for(user, remote_ip(request), problem)
        return refuse(request, problem, wanted)
    if not standing.any:
        return await complete(request, user, SET_UP if standing.missing else wanted, way)
    session = await renewed(request)
    session[PENDING], session["next"] = user.id, wanted
    return web.Response(status=303, headers={"Location": CODE})


async def complete(request: web.Request, user: User, wanted: str, way: str) -> web.Response:
    """In: a new session, the note, and the cookie by which this browser is known from now on."""
    token = await staff.entered(user, remote_ip(request), way, request.cookies.get(DEVICE))
    await sign_in(request, user)
    response = web.Response(status=303, headers={"Location": wanted})
    if token:
        secure = request.app[CONFIG].public_url.startswith("https://")
        life = int(devices.LIFE.total_seconds())
        response.set_cookie(DEVICE, token, max_age=life, path="/login", httponly=True, samesite="Lax", secure=secure)
    return response
