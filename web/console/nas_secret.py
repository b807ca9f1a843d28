"""A router's secret under change: end the old one at once, or take the new one back."""

from __future__ import annotations

from aiohttp import web

from oss.access import nas_secrets
from oss.access.permissions import NasPermission
from oss.base import db
from web.auth import actor
from web.catalogues import N_
from web.forms import posted
from web.keys import SEALER
from web.notices import tell
from web.pages import back_to, said
from web.routing import Routes

routes = Routes()
ACTS = ("finish", "cancel")


@routes.post("/console/nas/{id:\\d{1,17}}/secret", NasPermission.WRITE, fresh=True)
async def settle(request: web.Request) -> web.Response:
    """One of the two secrets is accepted from now on."""
    form, nas_id = await posted(request), int(request.match_info["id"])
    act = form.choice("act", ACTS)
    form.check()
    async with db.transaction() as connection:
        if act == "finish":
            await nas_secrets.finish(connection, request.app[SEALER], actor(request), nas_id)
        else:
            await nas_secrets.cancel(connection, actor(request), nas_id)
    text = N_("Only the new secret is accepted now") if act == "finish" else N_("Only the old secret is accepted now")
    tell(request, said(request, text))
    return back_to(request, f"/console/nas/{nas_id}")
