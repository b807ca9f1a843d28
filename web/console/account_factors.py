"""One's own second factor: passkeys, the codes of an app, and recovery codes."""

from __future__ import annotations

from typing import Any

import segno
from aiohttp import web
from markupsafe import Markup

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import factors, one_time, passkeys, recovery_codes
from oss.staff.passkeys import PasskeyRefused
from web import words
from web.auth import USER, actor, rise
from web.catalogues import N_
from web.console import challenges
from web.console.device_words import device
from web.console.entry import party
from web.forms import posted
from web.keys import SEALER
from web.limits import LIMITS
from web.notices import tell
from web.pages import back_to, language, page, said
from web.render import tell as sentence
from web.routing import SIGNED_IN, Routes
from web.second_factor import SET_UP

routes = Routes()


def qr(address: str) -> Markup:
    """A QR code as SVG in the page: black on white in any theme, without a style of its own."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=2, omitsize=True, svgclass=None, lineclass=None, light="#fff"
    )
    return Markup(drawn)  # noqa: S704 made of our own address by segno


async def _page(request: web.Request, **values: Any) -> web.Response:
    user = request[USER]
    async with db.pool().acquire() as connection:
        secret = await one_time.pending(connection, request.app[SEALER], user.id)
        keys = await passkeys.of_user(connection, user.id)
    given: dict[str, Any] = {"errors": {}, "refused": None, "made": None, "as_text": ""} | values
    standing = await factors.standing(user.id)
    address = one_time.address(secret, user.login) if secret else None
    browser = " · ".join(part for part in device(request.headers.get("User-Agent", "")) if part)
    more = {"standing": standing, "keys": keys, "secret": secret, "browser": browser, "origin": party(request).origin}
    status = 422 if given["errors"] or given["refused"] else 200
    name = "console/account/second_factor.html"
    return page(request, name, status=status, qr=qr(address) if address else None, login=user.login, **more, **given)


@routes.get(SET_UP, SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """What there is."""
    return await _page(request)


# ------------------------------------------------------------ the codes of an app


@routes.post(SET_UP + "/codes", SIGNED_IN, fresh=True)
async def begin(request: web.Request) -> web.Response:
    """A secret for the app, in use once a code of it is typed."""
    async with db.transaction() as connection:
        await one_time.begin(connection, request.app[SEALER], request[USER].id)
    return back_to(request, SET_UP + "#codes")


async def first_code(request: web.Request) -> list[str]:
    """The app's first code out of a form: its codes are in use. Returns the recovery codes that came with it, if any.

    Raises InvalidInput where the code is wrong.
    """
    code, user = (await posted(request)).text("code", most=12), request[USER]
    request.app[LIMITS].by_user.spend(f"confirm:{user.id}")
    async with db.transaction() as connection:
        await one_time.confirm(connection, request.app[SEALER], actor(request), user.id, code)
    request.app[LIMITS].by_user.forgive(f"confirm:{user.id}")
    return await _recovery(request)


@routes.post(SET_UP + "/codes/confirm", SIGNED_IN)
async def confirm(request: web.Request) -> web.Response:
    """The app shows the right code: with the first factor come the recovery codes."""
    try:
        made = await first_code(request)
    except InvalidInput as problem:
        return await _page(request, errors=words.wrongs(language(request), problem.fields))
    return await _risen(request, made, N_("From now on a code is asked for, here and on routers"))


@routes.post(SET_UP + "/codes/remove", SIGNED_IN, fresh=True)
async def remove_codes(request: web.Request) -> web.Response:
    """No codes any more, unless the role asks for them."""
    await factors.demand_another(request[USER].id, codes=True)
    async with db.transaction() as connection:
        await one_time.remove(connection, actor(request), request[USER].id)
    tell(request, said(request, N_("The codes are removed")))
    return back_to(request, SET_UP)


# ------------------------------------------------------------ passkeys


@routes.post(SET_UP + "/passkeys/options", SIGNED_IN, fresh=True)
async def offer(request: web.Request) -> web.Response:
    """What the browser needs to make one."""
    async with db.pool().acquire() as connection:
        told = await passkeys.offer(connection, party(request), request[USER].id)
    return await challenges.keep(request, told)


@routes.post(SET_UP + "/passkeys", SIGNED_IN, fresh=True)
async def keep(request: web.Request) -> web.Response:
    """The one it made."""
    form, user = await posted(request), request[USER]
    name, answer = form.text("name", most=60) or "–", form.secret("passkey") or ""
    try:
        challenge = await challenges.take(request)
        async with db.transaction() as connection:
            await passkeys.keep(connection, actor(request), party(request), user.id, challenge, answer, name)
    except PasskeyRefused as problem:
        return await _page(request, refused=sentence(language(request), problem))
    made = await _recovery(request)
    return await _risen(request, made, N_("The passkey is kept; sign in with it from now on"))


@routes.post(SET_UP + "/passkeys/{id:\\d{1,17}}/remove", SIGNED_IN, fresh=True)
async def remove_passkey(request: web.Request) -> web.Response:
    """One of them is good no more."""
    await factors.demand_another(request[USER].id, codes=False)
    async with db.transaction() as connection:
        await passkeys.remove(connection, actor(request), request[USER].id, int(request.match_info["id"]))
    tell(request, said(request, N_("The passkey is removed")))
    return back_to(request, SET_UP)


# ------------------------------------------------------------ recovery codes


async def _recovery(request: web.Request) -> list[str]:
    """A factor more: the session's identifier changes, and with the first factor come recovery codes, else none."""
    rise(request)
    async with db.transaction() as connection:
        known = await recovery_codes.left(connection, request[USER].id)
        return [] if known else await recovery_codes.renew(connection, actor(request), request[USER].id)


async def _risen(request: web.Request, made: list[str], message: str) -> web.Response:
    if made:
        return await _made(request, made)
    tell(request, said(request, message))
    return back_to(request, SET_UP)


@routes.post(SET_UP + "/recovery-codes", SIGNED_IN, fresh=True)
async def renew(request: web.Request) -> web.Response:
    """Ten new ones, shown this once."""
    async with db.transaction() as connection:
        made = await recovery_codes.renew(connection, actor(request), request[USER].id)
    return await _made(request, made)


def as_text(request: web.Request, codes: list[str]) -> str:
    """Recovery codes as a file to keep."""
    return "\r\n".join([f"{request[USER].login} · Milha", "", *codes, ""])


async def _made(request: web.Request, codes: list[str]) -> web.Response:
    return await _page(request, made=codes, as_text=as_text(request, codes))
