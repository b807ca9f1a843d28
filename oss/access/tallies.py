"""What the AAA node counts: logins per minute, refusals by reason, service time."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Minute:
    """Logins of one minute; ``times`` are service times in microseconds (a bounded sample)."""

    accepts: int = 0
    rejects: int = 0
    times: deque[int] = field(default_factory=lambda: deque(maxlen=4096))

    def p99_us(self) -> int:
        ordered = sorted(self.times)
        return ordered[int(len(ordered) * 0.99)] if ordered else 0


class Tallies:
    """Written by the hot path, taken away by the scribe."""

    def __init__(self) -> None:
        self.minutes: dict[int, Minute] = {}
        self.reasons: dict[str, int] = {}
        self.accepted = self.rejected = 0

    def accept(self, took_us: int) -> None:
        """A login was accepted after ``took_us``."""
        self.accepted += 1
        minute = self._minute()
        minute.accepts += 1
        minute.times.append(took_us)

    def reject(self, reason: str, took_us: int) -> None:
        """A login was refused."""
        self.rejected += 1
        minute = self._minute()
        minute.rejects += 1
        minute.times.append(took_us)
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def _minute(self) -> Minute:
        minute = int(time.time()) // 60
        found = self.minutes.get(minute)
        if found is None:
            found = self.minutes[minute] = Minute()
        return found

    def forget_before(self, minute: int) -> None:
        """Drop the minutes that are over and written."""
        for old in [m for m in self.minutes if m < minute]:
            del self.minutes[old]
