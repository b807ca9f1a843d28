"""What the AAA node counts: rejects by account and reason per minute, logins per minute, knocks, service time."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Reject:
    """Refusals of one login at one NAS for one reason in one minute. Times are wall-clock seconds."""

    first: float
    last: float
    detail: str
    contract_id: int | None
    count: int = 1


@dataclass(slots=True)
class Minute:
    """Logins of one minute; ``times`` are service times in microseconds (a bounded sample)."""

    accepts: int = 0
    rejects: int = 0
    times: deque[int] = field(default_factory=lambda: deque(maxlen=4096))

    def p99_us(self) -> int:
        ordered = sorted(self.times)
        return ordered[int(len(ordered) * 0.99)] if ordered else 0


RejectKey = tuple[int, int, str, str]  # minute (epoch / 60), nas id, login, reason
MAX_REJECT_KEYS = 50_000  # a flood of invented logins folds into one row per NAS beyond this


class Tallies:
    """Written by the hot path, taken away by the scribe."""

    def __init__(self) -> None:
        self.rejects: dict[RejectKey, Reject] = {}
        self.minutes: dict[int, Minute] = {}
        self.reasons: dict[str, int] = {}
        self.accepted = self.rejected = 0

    def accept(self, took_us: int) -> None:
        self.accepted += 1
        minute = self._minute(time.time())
        minute.accepts += 1
        minute.times.append(took_us)

    def reject(self, nas_id: int, login: str, reason: str, detail: str, contract_id: int | None, took_us: int) -> None:
        now = time.time()
        self.rejected += 1
        minute = self._minute(now)
        minute.rejects += 1
        minute.times.append(took_us)
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        key = (int(now // 60), nas_id, login[:128], reason)
        if key not in self.rejects and len(self.rejects) >= MAX_REJECT_KEYS:
            key = (key[0], nas_id, "*", reason)
        found = self.rejects.get(key)
        if found is None:
            self.rejects[key] = Reject(now, now, detail, contract_id)
        else:
            found.count, found.last = found.count + 1, now

    def _minute(self, now: float) -> Minute:
        return self.minutes.setdefault(int(now // 60), Minute())

    def take_rejects(self) -> dict[RejectKey, Reject]:
        """The rejects since the last call."""
        taken, self.rejects = self.rejects, {}
        return taken

    def forget_before(self, minute: int) -> None:
        """Drop the minutes that are over and written."""
        for old in [m for m in self.minutes if m < minute]:
            del self.minutes[old]
