"""The one way from the house to a device: `do`. It finds the driver, waits its turn, keeps the link open.

    sessions = await device_links.do(device_id, lambda driver, link: driver.router.sessions(link),
                                     priority=Priority.PERSON, deadline_s=20, what="sessions")

One process keeps all links: the one that polls, by the same lease, so that a device has one owner and one budget. In
any other process the act runs where it was asked for, over a link whose every command goes there (`link_calls`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.drivers.links import Link
from oss.drivers.problems import DeviceProblem
from oss.drivers.registry import Driver
from oss.drivers.transport.turns import Priority
from oss.network.link_keeper import Asked, Keeper

__all__ = ["DevicesAway", "Priority", "do", "holding"]

T = TypeVar("T")
Act = Callable[[Driver, Link], Awaitable[T]]


class DevicesAway(DeviceProblem):
    """No process that keeps links to devices is running."""

    status = 503


_keepers: list[Keeper] = []


@asynccontextmanager
async def holding(sealer: Sealer, node: str = "milha", health: Health | None = None) -> AsyncIterator[Keeper]:
    """This process keeps the links for as long as the block runs; tests of drivers' callers use it, too."""
    keeper = Keeper(sealer, node)
    task = asyncio.create_task(keeper.run(health or Health("devices")))
    _keepers.append(keeper)
    try:
        yield keeper
    finally:
        _keepers.remove(keeper)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await keeper.close()


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
    if not _keepers:
        raise DevicesAway(name=str(device_id))
    asked = Asked(what, asked_by, priority, deadline_s)
    return await _keepers[-1].do(device_id, act, asked)
