"""What a member of staff has for routers, made by themselves: a password. The codes are those of the console."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.staff import router_password, user_list
from oss.staff.roles import router_level
from web.auth import USER, actor
from web.console import router_words
from web.keys import SEALER
from web.pages import language, page
from web.routing import SIGNED_IN, Routes

routes = Routes()
PATH = "/console/own-access"


async def _page(request: web.Request, **values: Any) -> web.Response:
    row = await user_list.one(request[USER].id)
    level = router_words.level(language(request), router_level(row["role_level"], row["routers"]))
    return page(request, "console/own_access/page.html", row=row, level=level, **({"made": None} | values))


@routes.get(PATH, SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """What there is."""
    return await _page(request)


@routes.post(PATH + "/router-password", SIGNED_IN, fresh=True)
async def renew(request: web.Request) -> web.Response:
    """A new password for routers, shown this once."""
    async with db.transaction() as connection:
        made = await router_password.renew(connection, request.app[SEALER], actor(request), request[USER].id)
    return await _page(request, made=made)
