"""Who logged in to routers, when, from where, and what became of it; and which routers ask us."""

from __future__ import annotations

from aiohttp import web

from oss.access import router_logins
from oss.access.permissions import NasPermission
from oss.base import db
from web.auth import actor
from web.catalogues import N_
from web.console import router_words
from web.console.subscriber import number
from web.forms import filters, posted
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
PATH = "/console/router-logins"


@routes.get(PATH, NasPermission.WRITE)
async def show(request: web.Request) -> web.Response:
    """A page of the list, and the sessions on routers."""
    params, spoken = filters(request, ("user", "before")), language(request)
    rows = await router_logins.logins(number(params.get("before")), number(params.get("user")))
    following = {**params, "before": rows[-1]["id"]} if len(rows) == router_logins.PAGE else None
    told = [router_words.told(spoken, row) for row in rows]
    sessions = await router_logins.sessions() if "before" not in params else []
    return page(request, "console/router_logins/page.html", logins=told, sessions=sessions, following=following)


@routes.post("/console/nas/{id:\\d{1,17}}/staff-logins", NasPermission.WRITE)
async def switch(request: web.Request) -> web.Response:
    """Whether a router's administrators log in through us."""
    nas_id, wanted = int(request.match_info["id"]), (await posted(request)).flag("on")
    async with db.transaction() as connection:
        name = await router_logins.switch(connection, actor(request), nas_id, wanted)
    on, off = (
        N_("Administrators log in to %(name)s through us"),
        N_("Administrators of %(name)s do not log in through us"),
    )
    tell(request, said(request, on if wanted else off, name=name))
    return back_to(request, f"/console/nas/{nas_id}")
