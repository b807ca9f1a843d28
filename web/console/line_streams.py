"""Streams of one line: what its devices say, each second, for all who watch it from this process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from html import escape

from aiohttp import web

from oss.base import db
from oss.monitoring.line_live import Lines, Place, Watched
from web.catalogues import N_
from web.console.live import HEARTBEAT_S, event
from web.console.streams import Hearing, Seats
from web.pulse import PULSE
from web.render import tell, translate
from web.routing import Routes

LINES = web.AppKey("lines", Lines)
SEATS = web.AppKey("streams of lines", Seats)
News = Callable[[Watched], Awaitable[bytes]]


class LineRoutes(Routes):
    """The streams of lines share what is read of them."""

    def mount(self, app: web.Application) -> None:
        if LINES not in app:
            app[LINES], app[SEATS] = Lines(), Seats()
        super().mount(app)


async def stream(request: web.Request, place: Place, news: News) -> web.StreamResponse:
    """What ``news`` makes of each second, until the page is left, the server stops, or a quarter of an hour is over."""
    async with request.app[LINES].watching(place) as watched, request.app[SEATS].taking(request) as response:
        await _follow(request, response, watched, news)
    return response


async def _follow(request: web.Request, response: web.StreamResponse, watched: Watched, news: News) -> None:
    watch, hearing, spoken = request.app[PULSE], Hearing(request), time.monotonic()
    while await hearing.goes_on():
        beat = watch.beat
        try:
            said = await news(watched)
        except db.AWAY:
            said = b""
        if not said and time.monotonic() - spoken > HEARTBEAT_S:
            said = b": still here\n\n"
        if said:
            spoken = time.monotonic()
            await response.write(said)
        try:
            await asyncio.wait_for(beat.wait(), HEARTBEAT_S)
        except TimeoutError:
            await response.write(b": still here\n\n")


class Rates:
    """The readings of a line's rate as a graph's stream takes them, those not told yet; and why there is none.

    ``since``: seconds since 1970.
    """

    def __init__(self, language: str, since: float) -> None:
        self.language, self.told, self.said = language, since, ""

    async def __call__(self, watched: Watched) -> bytes:
        words = silence(self.language, watched)
        changed, self.said = words != self.said, words
        return (event("router", escape(words)) if changed else b"") + self._samples(watched)

    def _samples(self, watched: Watched) -> bytes:
        fresh = [(at, rate) for at, rate in watched.rates if at > self.told]
        if not fresh:
            return b""
        self.told = fresh[-1][0]
        key = watched.place.account_id
        told = [
            {"at": round(at, 1), "values": {f"{key}:down_bps": rate.down_bps, f"{key}:up_bps": rate.up_bps}}
            for at, rate in fresh
        ]
        return event("samples", json.dumps(told))


def silence(language: str, watched: Watched) -> str:
    """Why its router tells no rate; empty where it does, or has not been asked yet."""
    if watched.router.problem is not None:
        return tell(language, watched.router.problem)
    if watched.on_router is False:
        return translate(language, N_("The router has no session of this login."))
    return ""
