"""Many devices, each at its time: spread over the interval, one poll in flight a device, none waits for another.

Without rows: who is polled is told (`Schedule.keep`), what was read is handed on. Several processes that share devices
need a lease, which is not kept here. A device that does not answer is asked less and less often, but its schedule is
its own: the others keep theirs, because a poll that waits costs nothing but a socket.
"""

from __future__ import annotations

import asyncio
import heapq
import zlib
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from snmp.errors import SnmpError, TimedOut
from snmp.free_clock import free_clock

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

AT_ONCE: Final = 500
"""Polls under way: dead ones must not be able to fill it, or they would hold up the others."""
SLOWEST: Final = 4
"""A device that does not answer is asked every interval, every second, every fourth one (`Schedule.poke`: now)."""
WHOLE: Final = 2**32


@dataclass(frozen=True)
class Plan(Generic[R]):
    """How one device is polled: ``read`` does it within ``deadline_s`` (counted while our loop is free)."""

    read: Callable[[], Coroutine[Any, Any, R]]
    interval_s: float = 60.0
    deadline_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Outcome(Generic[K, R]):
    """One poll. ``late_s``: begun so long after it was due; ``failures``: in a row, 0 = answered."""

    key: K
    reading: R | None
    problem: SnmpError | None
    late_s: float
    took_s: float
    failures: int


@dataclass(slots=True)
class _Device(Generic[R]):
    """``base``: a time of its phase; ``turn``: its only valid place in the queue."""

    plan: Plan[R]
    base: float
    turn: int = 0
    failures: int = 0
    task: asyncio.Task[None] | None = None
    due: float = 0.0
    began: float = float("-inf")
    hurried: float | None = None  # while a poll was under way: so long after it, another


class Lateness:
    """How late polls began, of the last ``window``; seconds."""

    def __init__(self, window: int = 4096) -> None:
        self._seen: deque[float] = deque(maxlen=window)

    def add(self, late_s: float) -> None:
        """One more poll."""
        self._seen.append(late_s)

    def quantile(self, share: float) -> float:
        """The lateness that ``share`` of the polls did not exceed; 0 where there were none."""
        ordered = sorted(self._seen)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Schedule(Generic[K, R]):
    """Polls what it is told to keep, and hands each `Outcome` to ``tell``, which must not block."""

    def __init__(self, tell: Callable[[Outcome[K, R]], None], *, at_once: int = AT_ONCE) -> None:
        self.lateness = Lateness()
        self.skipped = 0
        """Polls that were due while the one before was still under way."""
        self._tell, self._room = tell, at_once
        self._devices: dict[K, _Device[R]] = {}
        self._queue: list[tuple[float, int, K, _Device[R]]] = []
        self._changed = asyncio.Event()
        self._order = 0
        self._running: set[asyncio.Task[None]] = set()
        self._now = asyncio.get_running_loop().time

    # ------------------------------------------------------------ who is polled

    def keep(self, plans: dict[K, Plan[R]]) -> None:
        """From now on these, each in its own phase of its interval; those not named are dropped."""
        for key in self._devices.keys() - plans.keys():
            self.drop(key)
        for key, plan in plans.items():
            self.add(key, plan)

    def add(self, key: K, plan: Plan[R]) -> None:
        """One more, or one with another plan; its phase stays where its interval does."""
        known = self._devices.get(key)
        if known is not None and known.plan.interval_s == plan.interval_s:
            known.plan = plan
            return
        if known is not None:
            self.drop(key)
        device = self._devices[key] = _Device(plan, self._now() + phase(key) * plan.interval_s)
        self._push(key, device, device.base)
        self._changed.set()

    def drop(self, key: K) -> None:
        """Not any more; a poll under way is ended and not told."""
        device = self._devices.pop(key, None)
        if device is not None:
            device.turn = 0
            if device.task is not None:
                device.task.cancel()

    def poke(self, key: K) -> None:
        """Poll one that did not answer now, and not rarely any more: something was heard of it."""
        device = self._devices.get(key)
        if device is not None and device.failures and device.task is None:
            device.failures = 0
            self._push(key, device, self._now())
            self._changed.set()

    def hurry(self, key: K, least_s: float) -> None:
        """Poll one before its time, for something was heard of it; ``least_s`` after its last poll at the soonest."""
        device = self._devices.get(key)
        if device is None:
            return
        device.failures = 0
        if device.task is not None:
            device.hurried = least_s
            return
        due = max(self._now(), device.began + least_s)
        if due < device.due:
            self._push(key, device, due)
            self._changed.set()

    @property
    def under_way(self) -> int:
        """Polls that were begun and have not ended."""
        return len(self._running)

    # ------------------------------------------------------------ running

    async def run(self) -> None:
        """Until cancelled; the polls under way are ended then."""
        clock = free_clock()
        clock.hold()
        try:
            while True:
                await self._sleep()
                self._start_due()
        finally:
            clock.release()
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _sleep(self) -> None:
        self._changed.clear()
        full = len(self._running) >= self._room
        wait = None if full or not self._queue else self._queue[0][0] - self._now()
        if wait is not None and wait <= 0:
            return
        try:
            async with asyncio.timeout(wait):
                await self._changed.wait()
        except TimeoutError:
            return

    def _start_due(self) -> None:
        now = self._now()
        while self._queue and self._queue[0][0] <= now and len(self._running) < self._room:
            due, turn, key, device = heapq.heappop(self._queue)
            if turn == device.turn:
                self._start(key, device, now - due)
                self._again(key, device, now)

    def _start(self, key: K, device: _Device[R], late: float) -> None:
        if device.task is not None:
            self.skipped += 1
            return
        self.lateness.add(late)
        device.began = self._now()
        task = device.task = asyncio.create_task(self._poll(key, device, late))
        self._running.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, key, device))

    def _ended(self, task: asyncio.Task[None], key: K, device: _Device[R]) -> None:
        self._running.discard(task)
        device.task = None
        least_s, device.hurried = device.hurried, None
        if least_s is not None and self._devices.get(key) is device:
            self.hurry(key, least_s)
        self._changed.set()
        if not task.cancelled() and (problem := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler({"message": "a poll failed", "exception": problem})

    def _again(self, key: K, device: _Device[R], now: float) -> None:
        """Due when its phase comes next; what was missed meanwhile is missed."""
        interval = device.plan.interval_s * min(SLOWEST, 1 << max(0, device.failures - 1))
        self._push(key, device, device.base + interval * ((now - device.base) // interval + 1))

    def _push(self, key: K, device: _Device[R], due: float) -> None:
        self._order += 1
        device.turn, device.due = self._order, due
        heapq.heappush(self._queue, (due, self._order, key, device))

    async def _poll(self, key: K, device: _Device[R], late_s: float) -> None:
        began, reading, problem = self._now(), None, None
        try:
            reading = await within(device.plan.deadline_s, device.plan.read())
        except SnmpError as error:
            problem = error
        device.failures = device.failures + 1 if isinstance(problem, SnmpError) else 0
        if self._devices.get(key) is device:
            self._tell(Outcome(key, reading, problem, late_s, self._now() - began, device.failures))


def phase(key: Hashable) -> float:
    """Where in its interval a device is polled, 0 to 1: always the same, and all over it for many."""
    return zlib.crc32(repr(key).encode()) / WHOLE


async def within(deadline_s: float, reading: Coroutine[Any, Any, R]) -> R:
    """What is read, or TimedOut after ``deadline_s``, whatever it is doing; our loop's own lateness is not counted."""
    clock = free_clock()
    due = clock.now() + deadline_s
    task = asyncio.ensure_future(reading)
    try:
        while (left := due - clock.now()) > 0:
            if (await asyncio.wait({task}, timeout=left))[0]:
                return task.result()
    finally:
        task.cancel()
    raise TimedOut(f"not read within {deadline_s:g} s")
