"""The second step of a sign-in: six digits of the app, or a recovery code."""

from __future__ import annotations

from aiohttp import web
from aiohttp_session import Session, get_session

from oss.base.audit import Actor
from oss.staff import factors
from oss.staff import sign_in as staff
from oss.staff.models import User
from web.auth import TooManyAttempts, remote_ip
from web.catalogues import N_
from web.console.entry import CODE, LATER, complete, device_of, local, party, refuse
from web.forms import posted
from web.keys import CONFIG, SEALER
from web.limits import LIMITS
from web.pages import page, said
from web.routing import PUBLIC, Routes
from web.second_factor import PENDING, SET_UP, objection

routes = Routes()
WRONG = N_("This code is not right, or was used already. Type the one of this moment.")
MOST_TRIES = 10


async def _pending(session: Session) -> User | None:
    return await User.get_or_none(id=session[PENDING], active=True) if PENDING in session else None


async def _ask(request: web.Request, user: User, error: str | None = None, status: int = 200) -> web.Response:
    standing = await factors.standing(user.id)
    name, origin = "console/login/code.html", party(request).origin
    return page(request, name, status=status, error=error, standing=standing, origin=origin, next="/console/")


@routes.get(CODE, PUBLIC)
async def ask(request: web.Request) -> web.Response:
    """The six boxes, for who has typed the right password."""
    session = await get_session(request)
    user = await _pending(session)
    if user is None:
        raise web.HTTPSeeOther("/login")
    if request.query.get("then") == "passkey":
        session["next"] = SET_UP
    return await _ask(request, user)


@routes.post(CODE, PUBLIC)
async def enter(request: web.Request) -> web.Response:
    """A code that is right and new, and the person is in; after too many wrong ones the password is asked again."""
    session, form = await get_session(request), await posted(request)
    user = await _pending(session)
    if user is None:
        raise web.HTTPSeeOther("/login")
    device = await device_of(request, user.login)
    try:
        request.app[LIMITS].spend_code(user.id, device)
    except TooManyAttempts as problem:
        return await _ask(request, user, said(request, LATER, **problem.facts), 429)
    code, address = form.text("recovery", most=60) or form.text("code", most=20), remote_ip(request)
    if not code or not await factors.prove_code(request.app[SEALER], Actor(user.login, address), user.id, code):
        return await _wrong(request, session, user)
    request.app[LIMITS].forgive_code(user.id, device)
    standing = await factors.standing(user.id)
    wanted = local(str(session.get("next", "")))
    against = objection(standing, address, request.app[CONFIG].zone)
    if against is not None:
        return refuse(request, against, wanted)
    return await complete(request, user, wanted, "code")


async def _wrong(request: web.Request, session: Session, user: User) -> web.Response:
    await staff.refused(user, remote_ip(request), "code")
    session["tries"] = session.get("tries", 0) + 1
    if session["tries"] >= MOST_TRIES:
        session.invalidate()
        raise web.HTTPSeeOther("/login")
    return await _ask(request, user, said(request, WRONG), 422)
