"""The event stream of the console: once a second the shell's numbers, and what moves on the first page.

What is sent is read once a second for all who listen, and rendered once a second for each language. A stream that is
too slow misses seconds, never memory; it ends after a while, so that who may no longer look is asked again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from billing import attention, happenings, overview
from billing.permissions import OverviewPermission
from oss.base import clock, db
from oss.base.problems import Problem
from oss.monitoring.permissions import IncidentPermission, MonitoringPermission
from oss.staff import web_sessions
from web import pulse
from web.auth import SESSION
from web.console.feed_words import line
from web.console.matter_words import matters, may_see_names
from web.console.overview import bars
from web.pages import context
from web.pulse import PULSE
from web.render import RenderContext, render
from web.routing import SIGNED_IN, Routes

MOST_STREAMS = 200
LIFE_S = 900.0
HEARTBEAT_S = 15.0
SIGNED_IN_EVERY_S = 3.0  # a session that was ended hears no more after this
SLOW_EVERY_S = 5.0  # what needs a person and why logins are refused: larger reads, slower change
KEPT_LINES = 64
PART = "console/overview/_{}.html"


class TooManyStreams(Problem):
    """Too many pages are open live. This one shows what was last read; reload it to see more."""

    status = 503


@dataclass(slots=True)
class Told:
    """What all streams tell, as of the last second."""

    place: happenings.Place | None = None
    lines: deque[tuple[int, happenings.Happening]] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    count: int = 0
    matters: list[attention.Matter] = field(default_factory=list)
    logins: overview.Logins | None = None
    slow_at: float = 0.0


class Broadcast:
    """Reads for everybody, at most once a beat, and only while somebody listens."""

    def __init__(self) -> None:
        self.listeners = 0
        self.told = Told()
        self._lock = asyncio.Lock()
        self._beat: asyncio.Event | None = None
        self._made: dict[tuple[str, bool, bool], dict[str, str]] = {}

    async def refresh(self, beat: asyncio.Event) -> None:
        """Read what is new since the last beat; the first stream that wakes does it for all."""
        async with self._lock:
            if self._beat is beat:
                return
            self._beat, self._made = beat, {}
            told = self.told
            if told.place is None:
                _, told.place = await happenings.lately()
            else:
                found, told.place = await happenings.since(told.place)
                for one in reversed(found):
                    told.count += 1
                    told.lines.append((told.count, one))
            if time.monotonic() - told.slow_at > SLOW_EVERY_S:
                told.matters, told.logins = await attention.matters(), await overview.logins()
                told.slow_at = time.monotonic()

    def parts(self, rc: RenderContext) -> dict[str, str]:
        """The fragments of this second in a language, with customers' names and incidents or without: name -> HTML."""
        key = (rc.language, may_see_names(rc), rc.may(MonitoringPermission.READ))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = _render(rc, self.told)
        return made

    def lines_since(self, number: int) -> list[happenings.Happening]:
        """Lines behind a number, oldest first."""
        return [one for place, one in self.told.lines if place > number]


BROADCAST = web.AppKey("broadcast", Broadcast)


class LiveRoutes(Routes):
    """The stream brings its pulse with it, and is told when the application shuts down."""

    def mount(self, app: web.Application) -> None:
        app[PULSE], app[BROADCAST] = pulse.Watch(), Broadcast()
        app.cleanup_ctx.append(pulse.watching)
        app.on_shutdown.append(pulse.close_streams)
        super().mount(app)


routes = LiveRoutes()


def _render(rc: RenderContext, told: Told) -> dict[str, str]:
    made = {"online": render(PART.format("online"), rc, online=rc.live.get("online", 0))}
    made["matters"] = render(PART.format("matters"), rc, matters=matters(rc, told.matters))
    if told.logins is not None:
        made["logins"] = render(PART.format("logins"), rc, logins=told.logins, bars=bars(rc.language, told.logins))
    return made


def event(name: str, html: str) -> bytes:
    """One server-sent event; every line of it carries the field's name."""
    data = "".join(f"data: {part}\n" for part in html.splitlines() or [""])
    return f"event: {name}\n{data}\n".encode()


class Stream:
    """What one listener has been told, so that only what changed is sent."""

    def __init__(self, broadcast: Broadcast, speak: Callable[[], RenderContext]) -> None:
        self.broadcast, self.speak = broadcast, speak
        self.number = broadcast.told.count
        self.sent: dict[str, str] = {}
        self.spoken_at = time.monotonic()

    def news(self) -> bytes:
        """The events of this second; empty if nothing moved, a comment if nothing moved for long."""
        rc, out = self.speak(), bytearray()
        parts = {"bell": render("console/_bell.html", rc)}
        if rc.live.get("radius_rate") is not None:
            parts["radius"] = render("console/_radius.html", rc)
        if rc.may(IncidentPermission.READ):
            parts["incidents"] = render("console/_incident_count.html", rc)
        if rc.may(OverviewPermission.READ):
            parts |= self.broadcast.parts(rc)
            out += self._feed(rc) if may_see_names(rc) else b""
        for name, html in parts.items():
            if self.sent.get(name) != html:
                self.sent[name] = html
                out += event(name, html)
        now = time.monotonic()
        if out or now - self.spoken_at > HEARTBEAT_S:
            self.spoken_at = now
            return bytes(out) or b": still here\n\n"
        return b""

    def _feed(self, rc: RenderContext) -> bytes:
        fresh = self.broadcast.lines_since(self.number)
        self.number = self.broadcast.told.count
        if not fresh:
            return b""
        rows: list[dict[str, Any]] = [line(rc.language, one) for one in reversed(fresh)]
        return event("feed", render(PART.format("lines"), rc, lines=rows))


@routes.get("/console/live", SIGNED_IN)
async def stream(request: web.Request) -> web.StreamResponse:
    """Events until the page is left, the server stops, or a quarter of an hour is over."""
    watch, broadcast = request.app[PULSE], request.app[BROADCAST]
    if broadcast.listeners >= MOST_STREAMS:
        raise TooManyStreams()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    broadcast.listeners += 1
    try:
        await response.prepare(request)
        await response.write(b"retry: 3000\n\n")
        await _follow(request, response, Stream(broadcast, lambda: _speaking(request)), watch, broadcast)
        await response.write_eof()
    except ConnectionError:
        pass  # the page was left: that is how streams end
    finally:
        broadcast.listeners -= 1
    return response


def _speaking(request: web.Request) -> RenderContext:
    """The request's context at this moment, with what only the stream tells."""
    rc, newest = context(request), request.app[PULSE].newest
    return replace(rc, now=clock.now(), live={**rc.live, "online": newest.online})


async def _follow(
    request: web.Request, response: web.StreamResponse, told: Stream, watch: pulse.Watch, broadcast: Broadcast
) -> None:
    ends, asked_at = time.monotonic() + LIFE_S, time.monotonic()
    while not watch.closing and time.monotonic() < ends:
        beat = watch.beat
        try:
            await broadcast.refresh(beat)
            if time.monotonic() - asked_at > SIGNED_IN_EVERY_S:
                asked_at = time.monotonic()
                if not await web_sessions.alive(request[SESSION].identity or ""):
                    return
        except db.AWAY:
            pass  # the pulse's own part tells of it; the stream goes on with what it has
        if news := told.news():
            await response.write(news)
        try:
            await asyncio.wait_for(beat.wait(), HEARTBEAT_S)
        except TimeoutError:
            await response.write(b": still here\n\n")
