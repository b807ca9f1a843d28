"""Who is served when more comes than can be served: a bucket for each NAS, and logins before accounting.

Both cost a subtraction while there is enough for all. What is turned away is dropped without a word, as RADIUS does
with everything it cannot serve: the NAS repeats it (RFC 5080 section 2.2.1), and by then there may be room.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

STATUS_PER_S: Final = 5.0
"""Status-Server requests a NAS may send each second: RFC 5997 section 4.2 knows one in 6 to 60 seconds."""

BOUND_PER_S: Final = 1_000.0
"""Accounting records taken each second while logins wait."""

BEHIND: Final = 1 / 16
"""Share of the login socket's receive buffer that may wait: beyond it, logins come faster than they are answered."""


STANDING_S: Final = 0.1
"""How long requests may wait without a pause until somebody's limit binds; a burst is over by then."""

CALM_S: Final = 1.0
"""How long limits go on binding: what they turn away would else be back at once."""

NOTHING: Final = 1 / 256
"""Share of a receive buffer that counts as empty."""


class Bucket:
    """At most `per_second` in the long run, a second's worth at once; 0 = no limit.

    Whoever takes subtracts from `left`, and asks `refill` only when that went below zero: see `take`.
    """

    __slots__ = ("_filled_at", "left", "per_second")

    def __init__(self, per_second: float = 0.0) -> None:
        self.per_second = per_second
        self.left = 0.0 if per_second else inf  # the first refill finds all that ever flowed in
        self._filled_at = -inf

    def take(self, now: float) -> bool:
        """One of what is left (monotonic seconds); False: nothing is."""
        self.left -= 1
        return self.left >= 0 or self.refill(now)

    def refill(self, now: float) -> bool:
        """What has flowed in since the last time, less the one that is taken now; False: not even one."""
        most, rest = max(1.0, self.per_second), self.left + 1
        fresh = min(most, rest + (now - self._filled_at) * self.per_second)
        if fresh < 1:
            self.left = rest
            return False
        self.left, self._filled_at = fresh - 1, now
        return True


class Admission:
    """Logins before accounting: while logins wait, only so many records a second are taken.

    A session whose record is repeated a few seconds later loses nothing; a subscriber who is not let in is offline.
    """

    def __init__(self, waiting: Callable[[], float], bound_per_s: float = BOUND_PER_S, behind: float = BEHIND) -> None:
        """`waiting` tells which share of the login socket's buffer is taken."""
        self._waiting, self._behind = waiting, behind
        self._bound = Bucket(bound_per_s)

    def behind(self) -> bool:
        """Whether logins wait; one system call."""
        return self._waiting() > self._behind

    def takes(self, now: float) -> bool:
        """Whether one more record is taken all the same."""
        return self._bound.take(now)


class Queue:
    """Whether requests keep each other waiting: a queue that was never empty for a while (as CoDel, RFC 8289, has it).

    A burst, or many requests that wait for one write to the disk, come in heaps too; but those are worked off.
    """

    def __init__(self, waiting: Callable[[], float]) -> None:
        """`waiting` tells which share of the socket's buffer is taken; it is asked for only while somebody is above his
        limit."""
        self._waiting = waiting
        self._asked_at = self._since = self._until = -inf

    def stands(self, now: float) -> bool:
        """Monotonic seconds; one system call."""
        if now < self._until:
            return True
        if self._waiting() < NOTHING or now - self._asked_at > CALM_S:
            self._since = now
        self._asked_at = now
        if now - self._since <= STANDING_S:
            return False
        self._until = now + CALM_S
        return True
