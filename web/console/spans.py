"""The while a graph is asked for, out of its address."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from oss.base import clock

MOST_POINTS = 2_000


def asked(request: web.Request, seconds: int) -> tuple[datetime, datetime, int]:
    """The while of a graph's address; what cannot be read is as it opens."""

    def number(name: str, default: int) -> int:
        text = request.query.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 11 else default

    end = number("end", int(clock.now().timestamp()))
    start = number("start", end - seconds)
    start = min(start, end - 60)
    points = max(2, min(2_000, number("points", 600)))
    return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), points
