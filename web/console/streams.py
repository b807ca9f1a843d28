"""What streams of pages have in common: how many there may be, and that who signed out hears no more."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from oss.base import db
from oss.staff import web_sessions
from web.auth import SESSION
from web.console.live import LIFE_S, MOST_STREAMS, SIGNED_IN_EVERY_S, TooManyStreams
from web.pulse import PULSE


class Seats:
    """How many streams of a kind are open."""

    def __init__(self) -> None:
        self.taken = 0

    @asynccontextmanager
    async def taking(self, request: web.Request) -> AsyncIterator[web.StreamResponse]:
        """A stream that has begun, until the block ends or the page is left. Raises TooManyStreams."""
        if self.taken >= MOST_STREAMS:
            raise TooManyStreams()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        self.taken += 1
        try:
            await response.prepare(request)
            await response.write(b"retry: 3000\n\n")
            yield response
            await response.write_eof()
        except ConnectionError:
            pass  # the page was left: that is how streams end
        finally:
            self.taken -= 1


class Hearing:
    """Whether a stream goes on: its time is not over, the server does not stop, and its session was not ended."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.ends, self.asked_at = time.monotonic() + LIFE_S, time.monotonic()

    async def goes_on(self) -> bool:
        """Asked each second; the session is asked for every few."""
        now = time.monotonic()
        if self.request.app[PULSE].closing or now >= self.ends:
            return False
        if now - self.asked_at <= SIGNED_IN_EVERY_S:
            return True
        self.asked_at = now
        try:
            return await web_sessions.alive(self.request[SESSION].identity or "")
        except db.AWAY:
            return True  # nobody knows: it is asked again
