"""What goes through a router's interface now: read once a second for all who watch it, and by nobody else."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from oss.base.problems import Problem
from oss.drivers.links import Link
from oss.drivers.problems import NotOffered
from oss.drivers.registry import Driver
from oss.drivers.router import Rate
from oss.network import device_links

EVERY_S: Final = 1.0
KEPT: Final = 60
DEADLINE_S: Final = 8.0
Key = tuple[int, str]


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
        """Read while at least one is in here."""
        key = (device_id, name)
        one = self.watched.setdefault(key, Watched())
        one.watchers += 1
        if one.task is None:
            one.task = asyncio.create_task(self._read(device_id, name, asked_by, one))
        try:
            yield one
        finally:
            one.watchers -= 1
            if not one.watchers and one.task is not None:
                self.watched.pop(key, None)
                one.task.cancel()
                await asyncio.gather(one.task, return_exceptions=True)

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
            except Problem as problem:
                one.problem = problem
            one.reads += 1
            one.changed.set()
            one.changed = asyncio.Event()
            await asyncio.sleep(max(0.05, EVERY_S - (time.monotonic() - began)))
