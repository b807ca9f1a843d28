"""The first day's second factor: the codes of an app, by their QR code, then recovery codes to keep.

Who would rather have a passkey makes it on the page of their account, and comes back.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import factors, one_time
from web import words
from web.auth import USER
from web.console.account_factors import as_text, first_code, qr
from web.console.first_steps import ALLOWED, PATH, step_page
from web.keys import SEALER
from web.pages import back_to, language
from web.routing import Routes
from web.second_factor import SET_UP

routes = Routes()
AT = PATH + "/factor"


async def _page(request: web.Request, status: int = 200, **values: Any) -> web.Response:
    user = request[USER]
    async with db.pool().acquire() as connection:
        secret = await one_time.pending(connection, request.app[SEALER], user.id)
    drawn = qr(one_time.address(secret, user.login)) if secret else None
    more: dict[str, Any] = {"standing": await factors.standing(user.id), "secret": secret, "qr": drawn}
    more |= {"account": SET_UP, "who": user.login, "made": None, "text": "", "errors": {}, **values}
    return await step_page(request, "factor", status, **more)


@routes.get(AT, ALLOWED)
async def show(request: web.Request) -> web.Response:
    """Why; once it is begun, what the app reads."""
    return await _page(request)


@routes.post(AT, ALLOWED, fresh=True)
async def begin(request: web.Request) -> web.Response:
    """A secret for the app, in use once a code of it is typed."""
    async with db.transaction() as connection:
        await one_time.begin(connection, request.app[SEALER], request[USER].id)
    return back_to(request, AT)


@routes.post(AT + "/confirm", ALLOWED)
async def confirm(request: web.Request) -> web.Response:
    """The app shows the right code; the recovery codes are shown this once."""
    try:
        made = await first_code(request)
    except InvalidInput as problem:
        return await _page(request, 422, errors=words.wrongs(language(request), problem.fields))
    if not made:  # there were some before
        return back_to(request, f"{PATH}/plan")
    return await _page(request, made=made, text=as_text(request, made))
