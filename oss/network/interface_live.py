"""What goes through a router's interface now: read once a second for all who watch it, and by nobody else.

While many interfaces of one router are watched each is read less often, so that it is asked no more than `A_SECOND`
questions a second; what does not answer is asked more seldom, too.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from oss.base import db
from oss.base.problems import Problem
from oss.drivers.links import Link
from oss.drivers.problems import NotOffered
from oss.drivers.registry import Driver
from oss.drivers.router import Rate
from oss.network import device_links

EVERY_S: Final = 1.0
A_SECOND: Final = 5
AGAIN_S: Final = 5.0  # after a problem
MOST, MOST_OF_ROUTER = 200, 20
KEPT: Final = 60
DEADLINE_S: Final = 8.0
Key = tuple[int, str]


class TooManyInterfaces(Problem):
    """Too many interfaces are watched already."""

    status = 503


class NotReadNow(Problem):
    """The database is away: how the router is reached cannot be read."""

    status = 503


@dataclass(slots=True)
class Watched:
    """One interface. ``rates``: the last minute; ``problem``: why there is no newer one; ``reads``: how many so far."""

    rates: deque[Rate] = field(default_factory=lambda: deque(maxlen=KEPT))
    problem: Problem | None = None
    reads: int = 0
    watchers: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Interfaces:
    """Those that somebody watches from this process."""

    def __init__(self) -> None:
        self.watched: dict[Key, Watched] = {}

    @asynccontextmanager
    async def watching(self, device_id: int, name: str, asked_by: str) -> AsyncIterator[Watched]:
        """Read while at least one is in here. Raises TooManyInterfaces."""
        key = (device_id, name)
        if key not in self.watched and (len(self.watched) >= MOST or self._of(device_id) >= MOST_OF_ROUTER):
            raise TooManyInterfaces()
        one = self.watched.setdefault(key, Watched())
        one.watchers += 1
        if one.task is None or one.task.done():
            one.task = asyncio.create_task(self._read(device_id, name, asked_by, one))
        try:
            yield one
        finally:
            one.watchers -= 1
            if not one.watchers and one.task is not None:
                self.watched.pop(key, None)
                one.task.cancel()
                await asyncio.gather(one.task, return_exceptions=True)

    def _of(self, device_id: int) -> int:
        """How many of a router are watched."""
        return sum(key[0] == device_id for key in self.watched)

    def _pause(self, device_id: int, one: Watched) -> float:
        """Seconds from one reading to the next."""
        return AGAIN_S if one.problem is not None else max(EVERY_S, self._of(device_id) / A_SECOND)

    async def _read(self, device_id: int, name: str, asked_by: str, one: Watched) -> None:
        async def look(driver: Driver, link: Link) -> Rate:
            if driver.router is None:
                raise NotOffered(name=driver.title)
            return await driver.router.interface_rate(link, name)

        while True:
            began = time.monotonic()
            try:
                what = "traffic of an interface"
                rate = await device_links.do(device_id, look, deadline_s=DEADLINE_S, what=what, asked_by=asked_by)
                one.rates.append(rate)
                one.problem = None
            except (Problem, *db.AWAY) as problem:
                one.problem = problem if isinstance(problem, Problem) else NotReadNow()
            one.reads += 1
            one.changed.set()
            one.changed = asyncio.Event()
            await asyncio.sleep(max(0.05, self._pause(device_id, one) - (time.monotonic() - began)))
