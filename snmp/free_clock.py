"""A clock that stands still while our own loop is busy.

An answer that lies in the socket while the loop computes is not late: we are. Timeouts and deadlines that are counted
on this clock end when a device had its time, and not when we had none to look.
"""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

TICK_S: Final = 0.05
PARDON_S: Final = 0.02
"""Lateness below this is the loop's ordinary business."""

_clocks: WeakKeyDictionary[asyncio.AbstractEventLoop, FreeClock] = WeakKeyDictionary()


class FreeClock:
    """One for each loop; it ticks while somebody holds it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.lost_s = 0.0
        """Seconds in which the loop could not look, since the clock is held."""
        self._loop, self._held = loop, 0
        self._due = 0.0
        self._tick: asyncio.TimerHandle | None = None

    def hold(self) -> None:
        """Let it tick; pair with `release`."""
        self._held += 1
        if self._held == 1:
            self._again()

    def release(self) -> None:
        """The last one to let go stops it."""
        self._held -= 1
        if not self._held and self._tick is not None:
            self._tick.cancel()
            self._tick = None

    def now(self) -> float:
        """Seconds in which the loop was free to look."""
        now = self._loop.time()
        return now - self.lost_s - (self._late(now) if self._tick is not None else 0.0)

    def _late(self, now: float) -> float:
        late = now - self._due
        return late if late > PARDON_S else 0.0

    def _again(self) -> None:
        now = self._loop.time()
        if self._tick is not None:
            self.lost_s += self._late(now)
        self._due = now + TICK_S
        self._tick = self._loop.call_at(self._due, self._again)


def free_clock() -> FreeClock:
    """The running loop's clock."""
    loop = asyncio.get_running_loop()
    clock = _clocks.get(loop)
    if clock is None:
        clock = _clocks[loop] = FreeClock(loop)
    return clock
