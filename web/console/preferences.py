"""Theme, density, language and time zone: a member of staff's own, and this browser's before anybody has signed in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from aiohttp import web

from oss.base import clock
from oss.staff import preferences
from web import formats
from web.auth import USER, actor, check_csrf, recognise
from web.catalogues import N_
from web.console.entry import local
from web.forms import posted
from web.keys import CONFIG
from web.pages import page, said
from web.routing import PUBLIC, SIGNED_IN, Routes

routes = Routes()
COOKIES = {"theme": "theme", "language": "lang", "sidebar": "sidebar"}
SIDEBARS = ("wide", "narrow")  # how wide the menu stands is this browser's alone: another has another screen
YEAR_S = 365 * 86400


@routes.get("/console/preferences", SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """All of them on one page; the menu has the frequent ones."""
    now, company = clock.now(), request.app[CONFIG].zone
    offsets = {name: formats.offset(now, ZoneInfo(name)) for name in preferences.zones()}
    zones = [(preferences.COMPANY, said(request, N_("The company's: %(zone)s"), zone=company))]
    zones += [(name, f"{name.replace('_', ' ')}, {offset}") for name, offset in offsets.items()]
    return page(request, "console/preferences/page.html", person=request[USER], zones=zones)


@routes.post("/preferences", PUBLIC)
async def keep(request: web.Request) -> web.Response:
    """Keep what was chosen with the person, if one is signed in, and in this browser for its sign-in page."""
    form = await posted(request)
    chosen = {name: value for name in preferences.NAMES if (value := form.text(name))}
    preferences.check(chosen)
    if await recognise(request):
        await check_csrf(request)
        await preferences.save(actor(request), request[USER].id, chosen)
    if form.text("sidebar") in SIDEBARS:
        chosen["sidebar"] = form.text("sidebar")
    response = web.Response(status=303, headers={"Location": local(form.text("next", most=2000))})
    secure = request.app[CONFIG].public_url.startswith("https://")
    for name in set(chosen) & set(COOKIES):
        response.set_cookie(COOKIES[name], chosen[name], max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)
    return response
