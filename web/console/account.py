"""One's own account: password, e-mail address, and where one is signed in."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from aiohttp_session import get_session

from oss.base import db
from oss.base.problems import InvalidInput
from oss.notify import outbox
from oss.staff import own_account, web_sessions
from web import words
from web.auth import SESSION, USER, TooManyAttempts, actor
from web.catalogues import N_
from web.console.device_words import device, is_phone
from web.console.entry import LATER
from web.forms import posted
from web.keys import CONFIG
from web.limits import LIMITS
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import SIGNED_IN, Routes

routes = Routes()
PATH = "/console/account"


def _sid(request: web.Request) -> str:
    return str(request[SESSION].identity or "")


async def _page(request: web.Request, errors: dict[str, str] | None = None, **typed: Any) -> web.Response:
    user, found = request[USER], await own_account.email(request[USER].id)
    sessions = await web_sessions.of_user(user.id, _sid(request))
    given = {"email": found or "", "mails": outbox.configured()} | typed
    more: dict[str, Any] = {"sessions": sessions, "device": device, "is_phone": is_phone, "errors": errors or {}}
    return page(request, "console/account/page.html", status=422 if errors else 200, user=user, **given, **more)


@routes.get(PATH, SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """All of it."""
    return await _page(request)


@routes.post(PATH + "/password", SIGNED_IN)
async def change_password(request: web.Request) -> web.Response:
    """Another password, for who knows the present one."""
    form, user = await posted(request), request[USER]
    present, fresh = form.secret("present_password") or "", form.secret("password") or ""
    try:
        request.app[LIMITS].by_user.spend(f"password:{user.id}")
        zone = request.app[CONFIG].zone
        await own_account.change_password(actor(request), user.id, present, fresh, _sid(request), zone)
    except TooManyAttempts as problem:
        return await _page(request, {"present_password": said(request, LATER, **problem.facts)})
    except InvalidInput as problem:
        return await _page(request, words.wrongs(language(request), problem.fields))
    request.app[LIMITS].by_user.forgive(f"password:{user.id}")
    tell(request, said(request, N_("Your password is changed; all other sign-ins have ended")))
    return back_to(request, PATH)


@routes.post(PATH + "/email", SIGNED_IN, fresh=True)
async def change_email(request: web.Request) -> web.Response:
    """Another address for a new password; the old one is told."""
    typed = (await posted(request)).text("email", most=254)
    try:
        await own_account.change_email(actor(request), request[USER].id, typed, request.app[CONFIG].zone)
    except InvalidInput as problem:
        return await _page(request, words.wrongs(language(request), problem.fields), email=typed)
    tell(request, said(request, N_("Your e-mail address is saved")))
    return back_to(request, PATH)


@routes.post(PATH + "/sessions/{handle:[0-9a-f]{16}}/end", SIGNED_IN)
async def end(request: web.Request) -> web.Response:
    """One of one's own sessions ends, at once."""
    async with db.transaction() as connection:
        await web_sessions.end(connection, actor(request), request[USER].id, request.match_info["handle"])
    tell(request, said(request, N_("That sign-in has ended")))
    return back_to(request, PATH)


@routes.post(PATH + "/sessions/end-all", SIGNED_IN)
async def end_all(request: web.Request) -> web.Response:
    """Signed out everywhere, here too; no browser is known any more."""
    async with db.transaction() as connection:
        await web_sessions.everywhere(connection, actor(request), request[USER].id)
    (await get_session(request)).invalidate()
    return back_to(request, "/login")
