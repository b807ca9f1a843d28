"""Who may send traps, how many, and what became of what they sent."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import inf
from typing import Any, Final

PER_SECOND: Final = 1_000.0
"""Traps of one source taken in the long run."""

BURST: Final = 20_000.0
"""Traps of one source taken at once: an OLT that loses its power tells of each of its ONUs, twice."""

SIGNED_PER_SECOND: Final = 50.0
"""Messages of v3 of one source that are read: each costs as much as 100 others, also one that is forged."""

SIGNED_BURST: Final = 200.0

MOST_STRANGERS: Final = 1024

Address = Any
"""Where a datagram came from, as the socket tells it: (host, port) or (host, port, flow, scope)."""


@dataclass(frozen=True, slots=True)
class Source:
    """A device that may send traps, by whatever number its owner knows it.

    `communities`: accepted in v1 and v2c. `users`: names of v3 users accepted from there. A source of several addresses
    is one and the same `Source` in the table, and has one queue and one limit.
    """

    key: int
    communities: frozenset[bytes] = frozenset()
    users: frozenset[str] = frozenset()
    per_second: float = PER_SECOND
    burst: float = BURST


@dataclass(slots=True)
class Counts:
    """What became of the datagrams of one source. `received` is the sum of all but `answered` and what still waits."""

    received: int = 0
    limited: int = 0  # above its rate
    crowded: int = 0  # its queue was full
    refused: int = 0  # community or user not accepted from there
    malformed: int = 0  # no message, or one of v3 that cannot be believed
    prepared: int = 0  # v3 exchanges that only prepare an inform
    retransmitted: int = 0  # an inform that had been heard
    told: int = 0  # handed on as they came
    folded: int = 0  # repeated, handed on as a number
    answered: int = 0  # informs, each copy


@dataclass(slots=True)
class Bucket:
    """At most `per_second` in the long run, `burst` at once; monotonic seconds."""

    per_second: float
    burst: float
    left: float = 0.0  # the first refill finds all that ever flowed in
    filled_at: float = -inf

    def take(self, now: float) -> bool:
        """One of what is left; looks at the clock only when nothing is."""
        if self.left < 1:
            self.left = min(self.burst, self.left + (now - self.filled_at) * self.per_second)
            self.filled_at = now
            if self.left < 1:
                return False
        self.left -= 1
        return True


@dataclass(slots=True)
class Stranger:
    """An address nobody knows. Unix seconds."""

    count: int
    first_at: float
    last_at: float


class Strangers:
    """Addresses that are no source of ours, the ones heard last; what they send is not read."""

    def __init__(self, most: int = MOST_STRANGERS) -> None:
        self._most = most
        self._by_host: OrderedDict[str, Stranger] = OrderedDict()
        self.count = 0

    def note(self, host: str, at: float) -> None:
        """One more datagram; the one heard longest ago gives way."""
        self.count += 1
        one = self._by_host.pop(host, None)
        if one is None:
            if len(self._by_host) >= self._most:
                self._by_host.popitem(last=False)
            one = Stranger(0, at, at)
        one.count += 1
        one.last_at = at
        self._by_host[host] = one

    def snapshot(self) -> dict[str, Stranger]:
        """A copy, last heard first."""
        return {host: Stranger(one.count, one.first_at, one.last_at) for host, one in reversed(self._by_host.items())}
