"""Parts of pages that are sent anew while they change: one stream for a page, one event, a beat a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from oss.base import db
from oss.staff import web_sessions
from web.auth import SESSION
from web.console.live import HEARTBEAT_S, LIFE_S, MOST_STREAMS, SIGNED_IN_EVERY_S, TooManyStreams, event
from web.pulse import PULSE
from web.routing import Routes

STREAMS = web.AppKey("provision streams", list[int])


class LiveRoutes(Routes):
    """Counts its streams."""

    def mount(self, app: web.Application) -> None:
        app[STREAMS] = [0]
        super().mount(app)


routes = LiveRoutes()


async def stream_of(request: web.Request, name: str, told: Callable[[], Awaitable[str]]) -> web.StreamResponse:
    """``told`` gives the part's HTML; it is sent when it differs from what was sent before."""
    count = request.app[STREAMS]
    if count[0] >= MOST_STREAMS:
        raise TooManyStreams()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    count[0] += 1
    try:
        await response.prepare(request)
        await response.write(b"retry: 3000\n\n")
        await _follow(request, response, name, told)
        await response.write_eof()
    except ConnectionError:
        pass  # the page was left: that is how streams end
    finally:
        count[0] -= 1
    return response


async def _follow(
    request: web.Request, response: web.StreamResponse, name: str, told: Callable[[], Awaitable[str]]
) -> None:
    watch, sent = request.app[PULSE], ""
    ends, asked_at = time.monotonic() + LIFE_S, time.monotonic()
    while not watch.closing and time.monotonic() < ends:
        beat = watch.beat
        try:
            if time.monotonic() - asked_at > SIGNED_IN_EVERY_S:
                asked_at = time.monotonic()
                if not await web_sessions.alive(request[SESSION].identity or ""):
                    return
            html = await told()
        except db.AWAY:
            html = sent  # the pulse's own part tells of it
        await response.write(event(name, html) if html != sent else b": still here\n\n")
        sent = html
        try:
            await asyncio.wait_for(beat.wait(), HEARTBEAT_S)
        except TimeoutError:
            pass
