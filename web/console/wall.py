"""The wall of the NOC: full screen, dark, in turns what is wrong, the sites, the PONs, logins and traffic.

All walls of a process share one reading; each is told every second how old it is, so that it knows by itself when the
line to it is dead.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from oss.base import clock, db
from oss.monitoring import network_now
from oss.monitoring.network_now import Wall
from oss.monitoring.permissions import MonitoringPermission
from oss.staff import web_sessions
from web import render
from web.auth import SESSION
from web.catalogues import N_
from web.console import wall_words
from web.console.live import LIFE_S, MOST_STREAMS, SIGNED_IN_EVERY_S, TooManyStreams, event
from web.pages import context, html_response
from web.pulse import PULSE, Watch
from web.render import RenderContext
from web.routing import Routes

EVERY_S = 3.0
HOME = "/console/wall"
PART = "console/wall/_{}.html"
# In the order of their turns: key, title.
VIEWS = (
    ("now", N_("Now")),
    ("sites", N_("Sites and OLTs")),
    ("pons", "PON"),
    ("figures", N_("Logins and traffic")),
)
PLACES = {name: PART.format(name) for name, _ in VIEWS}


@dataclass(slots=True)
class Broadcast:
    """The newest reading, and its parts by language and zone."""

    walls: int = 0
    read: Wall | None = None
    read_at: float = 0.0
    made: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> Wall:
        """The newest reading, taken anew when it is some seconds old."""
        async with self._lock:
            if self.read is None or time.monotonic() - self.read_at >= EVERY_S:
                async with db.pool().acquire() as connection:
                    self.read = await network_now.read(connection)
                self.read_at, self.made = time.monotonic(), {}
            return self.read

    def parts(self, rc: RenderContext) -> dict[str, str]:
        """The views of the newest reading: name -> HTML."""
        key = (rc.language, str(rc.timezone))
        if self.read is not None and key not in self.made:
            told = wall_words.told(rc, self.read)
            self.made[key] = {name: render.render(PLACES[name], rc, **told) for name, _ in VIEWS}
        return self.made.get(key, {})


WALLS = web.AppKey("walls", Broadcast)


class WallRoutes(Routes):
    """The walls share one broadcast."""

    def mount(self, app: web.Application) -> None:
        app[WALLS] = Broadcast()
        super().mount(app)


routes = WallRoutes()


def _dark(request: web.Request) -> RenderContext:
    """The request's context as a wall has it: dark whatever the person chose, fed by the wall's own stream."""
    rc, newest = context(request), request.app[PULSE].newest
    return replace(
        rc, theme="dark", now=clock.now(), live={**rc.live, "stream": HOME + "/live", "online": newest.online}
    )


@routes.get(HOME, MonitoringPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The whole wall; its views are renewed by the stream."""
    broadcast = request.app[WALLS]
    read, rc = await broadcast.refresh(), _dark(request)
    html = render.render(
        "console/wall/page.html", rc, views=VIEWS, places=PLACES, notices=[], **wall_words.told(rc, read)
    )
    return html_response(request, html)


@routes.get(HOME + "/live", MonitoringPermission.READ)
async def stream(request: web.Request) -> web.StreamResponse:
    """Views as they change, and each second of when they are."""
    broadcast = request.app[WALLS]
    if broadcast.walls >= MOST_STREAMS:
        raise TooManyStreams()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    broadcast.walls += 1
    try:
        await response.prepare(request)
        await response.write(b"retry: 2000\n\n")
        async for news in _news(request, request.app[PULSE], broadcast):
            await response.write(news)
        await response.write_eof()
    except ConnectionError:
        pass  # the wall was switched off: that is how streams end
    finally:
        broadcast.walls -= 1
    return response


async def _news(request: web.Request, watch: Watch, broadcast: Broadcast) -> AsyncIterator[bytes]:
    """What each second brings. While the database is away the seconds go on, and tell how old the views have become."""
    sent: dict[str, str] = {}
    ends, asked_at = time.monotonic() + LIFE_S, time.monotonic()
    while not watch.closing and time.monotonic() < ends:
        beat = watch.beat
        try:
            await broadcast.refresh()
            if time.monotonic() - asked_at > SIGNED_IN_EVERY_S:
                asked_at = time.monotonic()
                if not await web_sessions.alive(request[SESSION].identity or ""):
                    return
        except db.AWAY:
            pass
        yield _second(_dark(request), broadcast, sent)
        try:
            await asyncio.wait_for(beat.wait(), EVERY_S)
        except TimeoutError:
            continue


def _second(rc: RenderContext, broadcast: Broadcast, sent: dict[str, str]) -> bytes:
    """The events of one second: the views that changed, then of when they are."""
    out = bytearray()
    for name, html in broadcast.parts(rc).items():
        if sent.get(name) != html:
            sent[name] = html
            out += event(name, html)
    told: dict[str, Any] = {"at": broadcast.read.at.isoformat() if broadcast.read else None, "now": rc.now.isoformat()}
    return bytes(out) + event("second", json.dumps(told))
