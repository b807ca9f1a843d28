"""The shell's numbers, read once a second for all pages and all streams of this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from oss.access import pulse
from oss.base.supervisor import Health, keep_running
from oss.monitoring import incident_list
from oss.monitoring.incident_list import Tally
from oss.notify import notices
from web.keys import HEALTH

EVERY_S = 1.0
OVER_S = 10  # a rate over ten seconds: over one it would jump between 0 and 2


@dataclass(frozen=True, slots=True)
class Newest:
    """The last reading, as the shell shows it: RADIUS requests (``rate``) and logins a second; ``unread``: by user."""

    provider: str = ""
    online: int = 0
    nodes: int = 0
    rate: float | None = None
    logins: float | None = None
    p99_ms: float | None = None
    drifting: int = 0
    incidents: Tally = field(default_factory=Tally)
    unread: Mapping[int, int] = field(default_factory=dict)

    def shell(self, user_id: int = 0) -> dict[str, Any]:
        """What a `RenderContext` carries as ``live``."""
        live: dict[str, Any] = {"stream": "/console/live", "search": "/console/search"}
        live["unread"] = self.unread.get(user_id, 0)
        live["counts"] = {"enforcement": self.drifting, "incidents": self.incidents.open}
        live["alarms"] = ("incidents",) if self.incidents.unheeded else ()
        if self.rate is not None:
            live |= {"radius_rate": short(self.rate), "radius_p99_ms": self.p99_ms}
        return live


def short(value: float) -> float:
    """Two decimals below a tenth, one below ten, none where it says nothing: 0.04, 0.4, 7, 186."""
    rounded = round(value, 2 if value < 0.1 else 1) if value < 10 else round(value)
    return int(rounded) if rounded == int(rounded) else rounded


@dataclass(slots=True)
class Watch:
    """Reads the pulse while the application runs; ``beat`` is set and renewed at each reading."""

    newest: Newest = field(default_factory=Newest)
    beat: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    _past: deque[pulse.Pulse] = field(default_factory=lambda: deque(maxlen=OVER_S + 1))

    async def run(self, health: Health) -> None:
        while True:
            self.take(await pulse.read(), await notices.unread(), await incident_list.tally())
            health.beat()
            self.ring()
            await asyncio.sleep(EVERY_S)

    def take(self, read: pulse.Pulse, unread: Mapping[int, int] | None = None, incidents: Tally | None = None) -> None:
        """One reading becomes the newest."""
        self._past.append(read)
        p99 = short(read.p99_us / 1000) if read.p99_us else None  # none while nobody has logged in this minute
        rates = next((found for one in self._past if (found := read.per_second(one))), None)
        rate, logins = rates or (None, None)
        shown = (read.provider, read.online, read.nodes, rate, logins, p99, read.drifting)
        self.newest = Newest(*shown, incidents or self.newest.incidents, unread or {})

    async def count_again(self) -> None:
        """Somebody has just read notices: the next page must not show them as unread."""
        self.newest = replace(self.newest, unread=await notices.unread())

    def ring(self) -> None:
        """Wake every stream that waits for the next second."""
        rung, self.beat = self.beat, asyncio.Event()
        rung.set()


PULSE = web.AppKey("pulse", Watch)


async def watching(app: web.Application) -> AsyncIterator[None]:
    """The application's own task; streams are told before it ends."""
    health = app[HEALTH].part("web.pulse")
    task = asyncio.create_task(keep_running(health, lambda: app[PULSE].run(health)))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def close_streams(app: web.Application) -> None:
    """On shutdown: every stream ends by itself, so that the server need not cut it."""
    app[PULSE].closing = True
    app[PULSE].ring()
