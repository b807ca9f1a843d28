"""When something is due: one heap and one loop timer for any number of sessions.

Ten thousand subscribers with a task each would cost more than their packets do; here a waiting subscriber
is one tuple in a heap. Entries are never cancelled: who put one in looks, when called, whether it still counts.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable
from itertools import count

_GRID_S = 0.05

Call = Callable[[float], None]


class Agenda:
    """Calls back at set times of the loop's monotonic clock (seconds), earliest first."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heap: list[tuple[float, int, Call]] = []
        self._sequence = count()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = float("inf")

    def now(self) -> float:
        """The monotonic clock the due times are written in, in seconds."""
        return self._loop.time()

    def at(self, due: float, call: Call) -> None:
        """Calls ``call(due)`` at `due` or as soon after as the loop gets to it."""
        heapq.heappush(self._heap, (due, next(self._sequence), call))
        if due < self._armed_for:
            self._arm()

    def after(self, delay_s: float, call: Call) -> None:
        """Calls ``call(due)`` in `delay_s` seconds."""
        self.at(self.now() + delay_s, call)

    def about(self, delay_s: float, call: Call) -> None:
        """Like `after`, but up to 50 ms later: for time-outs, thousands of which then share one wake-up."""
        self.at(math.ceil((self.now() + delay_s) / _GRID_S) * _GRID_S, call)

    def clear(self) -> None:
        """Forgets everything that was due."""
        self._heap.clear()
        self._disarm()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._armed_for = None, float("inf")

    def _arm(self) -> None:
        self._disarm()
        if self._heap:
            self._armed_for = self._heap[0][0]
            self._timer = self._loop.call_at(self._armed_for, self._run)

    def _run(self) -> None:
        heap, now = self._heap, self._loop.time()
        try:
            while heap and heap[0][0] <= now:
                due, _, call = heapq.heappop(heap)
                call(due)
        finally:
            self._arm()
