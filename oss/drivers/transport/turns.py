"""Whose turn it is with a device: one at a time, a person before provisioning before read-back before sweeps.

Who waits may leave (cancelled, out of time) and costs nobody anything; who comes when too many wait is sent away.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Final

from oss.drivers.problems import QueueFull

MOST_WAITING: Final = 64
"""At one device. Of them the last `FOR_PEOPLE` places are kept for who is not a sweep."""
FOR_PEOPLE: Final = 16


class Priority(IntEnum):
    """Who goes first."""

    PERSON = 0
    PROVISIONING = 1
    READ_BACK = 2
    SWEEP = 3


Waiting = tuple[int, int, "asyncio.Future[None]"]


class Turns:
    """The queue of one device; ``name`` for the sentence that it is full."""

    def __init__(self, name: str, most: int = MOST_WAITING) -> None:
        self.name, self.most = name, most
        self.busy = False
        self._queue: list[Waiting] = []
        self._came = itertools.count()

    @property
    def waiting(self) -> int:
        """How many wait, without who has the turn."""
        return sum(not one[2].done() for one in self._queue)

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[None]:
        """The device is the caller's inside. Raises QueueFull."""
        await self._wait(priority)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, priority: Priority) -> None:
        if not self.busy and not self.waiting:
            self.busy = True
            return
        if self.waiting >= self.most - (FOR_PEOPLE if priority is Priority.SWEEP else 0):
            raise QueueFull(name=self.name)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._came), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was given the turn in the moment it left
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._queue:
            *_, following = heapq.heappop(self._queue)
            if not following.done():
                following.set_result(None)
                return
        self.busy = False
