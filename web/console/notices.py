"""The notice centre: what each member of staff was told, behind the bell and on a page of its own."""

from __future__ import annotations

from aiohttp import web

from oss.notify import notices
from web.auth import USER
from web.console.notice_words import notice
from web.forms import posted
from web.pages import back_to, language, page
from web.pulse import PULSE
from web.routing import SIGNED_IN, Routes

routes = Routes()
AT_THE_BELL = 8


@routes.get("/console/notices", SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """The newest, or those behind ``before``; the bell asks for a few of them."""
    before, bell = request.query.get("before", ""), "bell" in request.query
    place = int(before) if before.isdigit() and len(before) < 18 else None
    most = AT_THE_BELL if bell else notices.SHOWN
    found = await notices.newest(request[USER].id, place, unread="unread" in request.query, most=most + 1)
    rows = [notice(language(request), one) for one in found[:most]]
    return page(request, "console/notices/page.html", rows=rows, more=len(found) > most, bell=bell, before=place)


@routes.post("/console/notices/{id:\\d{1,17}}", SIGNED_IN)
async def open_one(request: web.Request) -> web.Response:
    """Mark it as read and go where it leads."""
    href = await notices.read(request[USER].id, int(request.match_info["id"]))
    await request.app[PULSE].count_again()
    return back_to(request, href or "/console/notices")


@routes.post("/console/notices/read", SIGNED_IN)
async def read_all(request: web.Request) -> web.Response:
    """Mark as read all that the page showed and what is older."""
    form = await posted(request)
    up_to = form.number("up_to")
    form.check()
    await notices.read_all(request[USER].id, up_to)
    await request.app[PULSE].count_again()
    return back_to(request, "/console/notices")
