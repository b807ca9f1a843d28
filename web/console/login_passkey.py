"""Signing in with a passkey: nothing is typed; it counts as both factors."""

from __future__ import annotations

from aiohttp import web
from aiohttp_session import get_session

from oss.base import db
from oss.staff import factors, passkeys
from oss.staff import sign_in as staff
from oss.staff.models import User
from oss.staff.passkeys import PasskeyRefused
from web.auth import TooManyAttempts, remote_ip
from web.console import challenges
from web.console.entry import LATER, ask_password, complete, local, party, refuse
from web.forms import posted
from web.keys import CONFIG
from web.limits import LIMITS
from web.pages import language, said
from web.render import tell
from web.routing import PUBLIC, Routes
from web.second_factor import objection

routes = Routes()


@routes.post("/login/passkey/options", PUBLIC)
async def offer(request: web.Request) -> web.Response:
    """A challenge for this browser."""
    request.app[LIMITS].passkeys.spend(remote_ip(request))
    return await challenges.keep(request, passkeys.ask(party(request)))


@routes.post("/login/passkey", PUBLIC)
async def enter(request: web.Request) -> web.Response:
    """The passkey's answer to it, and the person is in."""
    form, address = await posted(request), remote_ip(request)
    wanted = local(str((await get_session(request)).get("next", "")) or form.text("next", most=2000))
    try:
        request.app[LIMITS].passkeys.spend(address)
        user = await _proven(request, form.secret("passkey") or "")
    except TooManyAttempts as problem:
        return ask_password(request, status=429, next=wanted, error=said(request, LATER, **problem.facts))
    except PasskeyRefused as problem:
        await staff.refused(None, address, "passkey")
        return ask_password(request, status=422, next=wanted, error=tell(language(request), problem))
    against = objection(await factors.standing(user.id), address, request.app[CONFIG].zone)
    if against is not None:
        await staff.refused_for(user, address, against)
        return refuse(request, against, wanted)
    return await complete(request, user, wanted, "passkey")


async def _proven(request: web.Request, answer: str) -> User:
    challenge = await challenges.take(request)
    async with db.transaction() as connection:
        user_id = await passkeys.prove(connection, party(request), challenge, answer)
    return await User.get(id=user_id)
