"""What really limits a session, read from its router because somebody asks."""

from __future__ import annotations

import uuid

from aiohttp import web

from oss.access import router_limits
from oss.access.permissions import SessionPermission
from oss.base.problems import NotFound
from web.auth import actor, scope
from web.catalogues import N_
from web.forms import posted
from web.notices import tell
from web.pages import back_to, said
from web.routing import Routes

routes = Routes()
SAID = {
    "same": N_("The router does what it should"),
    "differs": N_("The router does something else than it said"),
    "gone": N_("The session is not on the router any more"),
    "unread": N_("The router could not be read"),
}


@routes.post("/console/sessions/{uid}/limit", SessionPermission.WRITE)
async def read(request: web.Request) -> web.Response:
    """Read it now, before everything else that the router is asked."""
    form = await posted(request)
    try:
        uid = uuid.UUID(request.match_info["uid"])
    except ValueError:
        raise NotFound(thing="session") from None
    seen = await router_limits.by_button(uid, actor(request).name, scope(request))
    tell(request, said(request, SAID[seen.state]))
    back = form.text("back")
    return back_to(request, back if back.startswith("/console/") else "/console/enforcement")
