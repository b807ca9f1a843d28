"""Parts of pages that are sent anew while they change: one stream for a page, one event, a beat a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from oss.base import db
from web.console.live import HEARTBEAT_S, event
from web.console.streams import Hearing, Seats
from web.pulse import PULSE
from web.routing import Routes

SEATS = web.AppKey("streams of provisioning", Seats)


class LiveRoutes(Routes):
    """Counts its streams."""

    def mount(self, app: web.Application) -> None:
        app[SEATS] = Seats()
        super().mount(app)


routes = LiveRoutes()


async def stream_of(request: web.Request, name: str, told: Callable[[], Awaitable[str]]) -> web.StreamResponse:
    """``told`` gives the part's HTML; it is sent when it differs from what was sent before."""
    async with request.app[SEATS].taking(request) as response:
        await _follow(request, response, name, told)
    return response


async def _follow(
    request: web.Request, response: web.StreamResponse, name: str, told: Callable[[], Awaitable[str]]
) -> None:
    watch, hearing, sent = request.app[PULSE], Hearing(request), ""
    while await hearing.goes_on():
        beat = watch.beat
        try:
            html = await told()
        except db.AWAY:
            html = sent  # the pulse's own part tells of it
        await response.write(event(name, html) if html != sent else b": still here\n\n")
        sent = html
        try:
            await asyncio.wait_for(beat.wait(), HEARTBEAT_S)
        except TimeoutError:
            pass
