"""What a member of staff has for routers, made by themselves: one-time codes, and the password for routers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import one_time, router_password, user_list
from oss.staff.roles import router_level
from web import words
from web.auth import USER, actor
from web.catalogues import N_
from web.console import router_words
from web.forms import posted
from web.keys import SEALER
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import SIGNED_IN, Routes

routes = Routes()
PATH = "/console/own-access"


async def _page(request: web.Request, **values: Any) -> web.Response:
    user = request[USER]
    row = await user_list.one(user.id)
    async with db.pool().acquire() as connection:
        secret = await one_time.pending(connection, request.app[SEALER], user.id)
    level = router_words.level(language(request), router_level(row["role_level"], row["routers"]))
    given = {"made": None, "errors": {}} | values
    address = one_time.address(secret, user.login) if secret else None
    status = 422 if given["errors"] else 200
    name = "console/own_access/page.html"
    return page(request, name, status=status, row=row, secret=secret, address=address, level=level, **given)


@routes.get(PATH, SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """What there is."""
    return await _page(request)


@routes.post(PATH + "/codes", SIGNED_IN)
async def begin(request: web.Request) -> web.Response:
    """A secret for the app, in use once a code of it is typed."""
    async with db.transaction() as connection:
        await one_time.begin(connection, request.app[SEALER], request[USER].id)
    return back_to(request, PATH)


@routes.post(PATH + "/codes/confirm", SIGNED_IN)
async def confirm(request: web.Request) -> web.Response:
    """The app shows the right code."""
    code = (await posted(request)).text("code", most=12)
    try:
        async with db.transaction() as connection:
            await one_time.confirm(connection, request.app[SEALER], actor(request), request[USER].id, code)
    except InvalidInput as problem:
        return await _page(request, errors=words.wrongs(language(request), problem.fields))
    tell(request, said(request, N_("From now on routers ask for a code")))
    return back_to(request, PATH)


@routes.post(PATH + "/router-password", SIGNED_IN)
async def renew(request: web.Request) -> web.Response:
    """A new password for routers, shown this once."""
    async with db.transaction() as connection:
        made = await router_password.renew(connection, request.app[SEALER], actor(request), request[USER].id)
    return await _page(request, made=made)
