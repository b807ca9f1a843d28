"""How much may be asked of a device: tokens that come at a rate, a few of which may be saved for a burst.

Every command and every request takes one, whoever wants it: polls, sweeps, provisioning, a person. So no window of
``t`` seconds ever sees more than ``burst + rate * t``. The more urgent goes first; what was spent is counted. A bucket
begins empty, so that a restart in the middle of a burst is no way around it.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from dataclasses import dataclass
from typing import Final

MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one device, from its settings: commands and SNMP requests a minute, and how many may come at once."""

    cli_per_minute: int = 300
    cli_burst: int = 20
    snmp_per_minute: int = 3000
    snmp_burst: int = 100


OLT: Final = Limits()
"""What an OLT is asked at the most where nobody said otherwise; other devices have no budget unless one is set."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What is shown of a bucket. ``most``: of the last minutes, the fullest; ``waiting``: who waits for a token."""

    per_minute: int
    burst: int
    last_minute: int
    most: int
    total: int
    waiting: int


class Bucket:
    """Tokens of one kind for one device, on one loop."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self.per_minute, self.burst = per_minute, burst
        self.total = self.most = 0
        self._tokens = 0.0
        self._at: float | None = None
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._came = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._times: deque[float] = deque()

    async def take(self, priority: int = 0) -> None:
        """One token, when there is one and nobody more urgent (a lower number) wants it."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._came), mine))
        self._serve()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # given, and not used
                self._tokens += 1
                self._uncount()
            self._serve()
            raise

    def settle(self, per_minute: int, burst: int) -> None:
        """Another rate from now on; what was saved above the new burst is gone."""
        self._refill()
        self.per_minute, self.burst = per_minute, burst
        self._tokens = min(self._tokens, float(burst))
        self._serve()

    def shown(self) -> Spent:
        """For people."""
        waiting = sum(not one[2].done() for one in self._queue)
        return Spent(self.per_minute, self.burst, self._last_minute(), self.most, self.total, waiting)

    def _refill(self) -> None:
        now = asyncio.get_running_loop().time()
        gone = now - self._at if self._at is not None else 0.0
        self._at = now
        self._tokens = min(float(self.burst), self._tokens + gone * self.per_minute / MINUTE_S)

    def _serve(self) -> None:
        """Give what there is to the most urgent, and come back when there is more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._refill()
        while self._queue:
            following = self._queue[0][2]
            if following.done():
                heapq.heappop(self._queue)
            elif self._tokens < 1:
                wait_s = (1 - self._tokens) * MINUTE_S / self.per_minute
                self._timer = asyncio.get_running_loop().call_later(wait_s, self._serve)
                return
            else:
                heapq.heappop(self._queue)
                self._tokens -= 1
                self._count()
                following.set_result(None)

    def _count(self) -> None:
        self.total += 1
        self._times.append(asyncio.get_running_loop().time())
        self.most = max(self.most, self._last_minute())

    def _uncount(self) -> None:
        self.total -= 1
        if self._times:
            self._times.pop()

    def _last_minute(self) -> int:
        since = asyncio.get_running_loop().time() - MINUTE_S
        while self._times and self._times[0] < since:
            self._times.popleft()
        return len(self._times)


class Budget:
    """Of one device. Whoever asks it takes from here: the poller by SNMP, links by command line and SNMP."""

    def __init__(self, limits: Limits) -> None:
        self.cli = Bucket(limits.cli_per_minute, limits.cli_burst)
        self.snmp = Bucket(limits.snmp_per_minute, limits.snmp_burst)

    def settle(self, limits: Limits) -> None:
        """Other limits from now on."""
        if (limits.cli_per_minute, limits.cli_burst) != (self.cli.per_minute, self.cli.burst):
            self.cli.settle(limits.cli_per_minute, limits.cli_burst)
        if (limits.snmp_per_minute, limits.snmp_burst) != (self.snmp.per_minute, self.snmp.burst):
            self.snmp.settle(limits.snmp_per_minute, limits.snmp_burst)


_budgets: dict[int, Budget] = {}


def of(device_id: int) -> Budget | None:
    """The one budget of a device in this process; None: it has none."""
    return _budgets.get(device_id)


def settled(device_id: int, limits: Limits | None) -> Budget | None:
    """The budget of a device whose settings are these; None takes it away."""
    if limits is None:
        _budgets.pop(device_id, None)
        return None
    found = _budgets.get(device_id)
    if found is None:
        found = _budgets[device_id] = Budget(limits)
    else:
        found.settle(limits)
    return found
