"""Theme, density and language: a member of staff's own, and this browser's before anybody has signed in."""

from __future__ import annotations

from aiohttp import web

from oss.staff import preferences
from web.auth import USER, actor, check_csrf, recognise
from web.console.entry import local
from web.forms import posted
from web.keys import CONFIG
from web.routing import PUBLIC, Routes

routes = Routes()
COOKIES = {"theme": "theme", "language": "lang"}
YEAR_S = 365 * 86400


@routes.post("/preferences", PUBLIC)
async def keep(request: web.Request) -> web.Response:
    """Keep what was chosen with the person, if one is signed in, and in this browser for its sign-in page."""
    form = await posted(request)
    chosen = {name: value for name in preferences.CHOICES if (value := form.text(name))}
    preferences.check(chosen)
    if await recognise(request):
        await check_csrf(request)
        await preferences.save(actor(request), request[USER].id, chosen)
    response = web.Response(status=303, headers={"Location": local(form.text("next", most=2000))})
    secure = request.app[CONFIG].public_url.startswith("https://")
    for name in set(chosen) & set(COOKIES):
        response.set_cookie(COOKIES[name], chosen[name], max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)
    return response
