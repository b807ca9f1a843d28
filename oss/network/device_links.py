"""The one way from the house to a device: `do`. It finds the driver, waits its turn, keeps the link open.

sessions = await device_links.do(device_id, lambda driver, link: driver.router.sessions(link),
                                 priority=Priority.PERSON, deadline_s=20, what="sessions")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from oss.base import db
from oss.base.secrets import Sealer
from oss.drivers.links import Link
from oss.drivers.problems import DeviceProblem, DeviceSlow
from oss.drivers.registry import Driver
from oss.drivers.transport.opened import Opened
from oss.drivers.transport.transcript import Entry, Transcript
from oss.drivers.transport.turns import Priority, Turns
from oss.network import device_reach
from oss.network.device_reach import Way

__all__ = ["DevicesAway", "Priority", "do", "holding"]

T = TypeVar("T")
Act = Callable[[Driver, Link], Awaitable[T]]


class DevicesAway(DeviceProblem):
    """Nothing here keeps links to devices."""

    status = 503


class Held:
    """One device: its queue and its link."""

    def __init__(self, name: str) -> None:
        self.turns = Turns(name)
        self.way: Way | None = None
        self.link: Opened | None = None

    async def close(self) -> None:
        link, self.link = self.link, None
        if link is not None:
            await link.close()


class Links:
    """The links of this process."""

    def __init__(self, sealer: Sealer) -> None:
        self.sealer = sealer
        self.held: dict[int, Held] = {}

    async def do(self, device_id: int, act: Act[T], priority: Priority) -> T:
        """Raises what the act raises, and DeviceProblem."""
        async with db.pool().acquire() as connection:
            way = await device_reach.way(connection, self.sealer, device_id)
        held = self.held.setdefault(device_id, Held(way.reach.name))
        async with held.turns.turn(priority):
            return await act(way.driver, await self._link(held, way))

    async def _link(self, held: Held, way: Way) -> Opened:
        if held.way != way:
            await held.close()
        if held.link is None:
            held.way = way
            held.link = Opened(way.reach, way.driver.dialect, Transcript(way.reach.secrets, self._kept))
        return held.link

    def _kept(self, entry: Entry) -> None:
        pass

    async def close(self) -> None:
        """All of them."""
        await asyncio.gather(*(one.close() for one in self.held.values()))
        self.held.clear()


_links: list[Links] = []


@asynccontextmanager
async def holding(sealer: Sealer) -> AsyncIterator[Links]:
    """This process keeps links to devices for as long as the block runs; tests of drivers' callers use it, too."""
    links = Links(sealer)
    _links.append(links)
    try:
        yield links
    finally:
        _links.remove(links)
        await links.close()


async def do(
    device_id: int,
    act: Act[T],
    *,
    priority: Priority = Priority.PERSON,
    deadline_s: float = 30.0,
    what: str,
    asked_by: str = "",
) -> T:
    """What ``act`` gives with the device's driver and link, when it is its turn.

    ``deadline_s`` counts from now, waiting included; ``what``: in words of the code, for problems and the transcript;
    ``asked_by``: the person or part of the house that wants it. Raises NotFound, what the act raises, and the
    problems of `oss.drivers.problems`.
    """
    if not _links:
        raise DevicesAway()
    try:
        async with asyncio.timeout(deadline_s):
            return await _links[-1].do(device_id, act, priority)
    except TimeoutError:
        raise DeviceSlow(name=str(device_id), what=what, seconds=f"{deadline_s:g}") from None
