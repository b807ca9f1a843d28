"""The one way from the house to a device: `do`. It finds the driver, waits its turn, keeps the link open.

    sessions = await device_links.do(device_id, lambda driver, link: driver.router.sessions(link),
                                     priority=Priority.PERSON, deadline_s=20, what="sessions")

One process keeps all links: the one that polls, by the same lease, so that a device has one owner and one budget. In
any other process the act runs where it was asked for, over a link whose every command goes there (`link_calls`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from oss.base import db
from oss.base.secrets import Sealer
from oss.base.supervisor import Health, keep_running
from oss.drivers.links import Link
from oss.drivers.problems import DeviceProblem
from oss.drivers.registry import Driver
from oss.drivers.transport.turns import Priority
from oss.network.link_calls import Answering, Asking
from oss.network.link_keeper import Asked, DevicesAway, Keeper

__all__ = ["DevicesAway", "Priority", "asking", "do", "holding"]

T = TypeVar("T")
Act = Callable[[Driver, Link], Awaitable[T]]


_keepers: list[Keeper] = []
_askers: list[Asking] = []


@asynccontextmanager
async def holding(sealer: Sealer, node: str = "milha", health: Health | None = None) -> AsyncIterator[Keeper]:
    """This process keeps the links for as long as the block runs; tests of drivers' callers use it, too."""
    keeper = Keeper(sealer, node)
    loop, calls = health or Health("devices"), Health("device answers")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(keeper.close)
        await stack.enter_async_context(_running(keeper.run, loop))
        await stack.enter_async_context(_running(Answering(keeper).run, calls))
        _keepers.append(keeper)
        stack.callback(_keepers.remove, keeper)
        yield keeper


@asynccontextmanager
async def asking(sealer: Sealer, name: str, health: Health) -> AsyncIterator[Asking]:
    """This process asks the one that keeps the links, while it is not that itself."""
    asker = Asking(sealer, name)
    async with _running(asker.run, health):
        _askers.append(asker)
        try:
            yield asker
        finally:
            _askers.remove(asker)


@asynccontextmanager
async def _running(run: Callable[[Health], Awaitable[None]], health: Health) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_running(health, lambda: run(health)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


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
    asked = Asked(what, asked_by, priority, deadline_s)
    ways: list[Keeper | Asking] = [*_keepers[-1:], *_askers[-1:]]
    if not ways:
        raise DevicesAway(name=str(device_id))
    try:
        return await ways[0].do(device_id, act, asked)
    except DeviceProblem as problem:
        if "name" not in problem.facts:  # a driver knows what it read, and not of whom
            problem.facts["name"] = await db.fetchval("select name from device where id = $1", device_id)
        raise
