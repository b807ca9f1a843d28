"""Theme, density and language: a member of staff's own, and before sign-in those of this browser."""

from __future__ import annotations

from aiohttp import web
from aiohttp_session import get_session

from oss.staff import preferences
from web.auth import CSRF, SESSION, USER, _check_csrf, actor
from web.console.login import local
from web.forms import Form, posted
from web.routing import PUBLIC, SIGNED_IN, Routes

routes = Routes()
COOKIES = {"theme": "theme", "language": "lang", "density": "density"}
YEAR_S = 365 * 86400


@routes.post("/console/preferences", SIGNED_IN)
async def keep(request: web.Request) -> web.Response:
    """Keep what was chosen with the person, and in this browser for its sign-in page."""
    form = await posted(request)
    chosen = _chosen(form)
    await preferences.save(actor(request), request[USER].id, chosen)
    return _answer(form, chosen)
