"""Duplicate detection (RFC 5080 section 2.2.2): a request that comes twice is served once and answered twice.

A NAS repeats a request that got no answer with the same octets from the same port. A request is pending from the
moment it is accepted until its answer is known; a duplicate of a pending request is ignored, a duplicate of an
answered one gets the same octets again.

The cache is two dictionaries. New requests go into the young one; after a while, or when it is full, it becomes the
old one and the former old one is put away: bounded in age and number without a look at any single entry. What is put
away is freed in pieces (``sweep``): to free it whole takes ten milliseconds, for which everybody would wait.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

LIFETIME_S: Final = 10.0
"""How long an answer is kept for a repetition, at least; twice as long at most."""

CAPACITY: Final = 131_072
"""Requests remembered at most, in both dictionaries. Beyond it the oldest half gives way early."""

PIECE: Final = 2_000
"""Requests freed at once: a quarter of a millisecond."""


class ReplyCache:
    """Answers by request; None as an answer is a request that is still pending."""

    def __init__(self, capacity: int = CAPACITY, lifetime_s: float = LIFETIME_S) -> None:
        self._half = max(1, capacity // 2)
        self._lifetime_s = lifetime_s
        self._young: dict[Hashable, bytes | None] = {}
        self._old: dict[Hashable, bytes | None] = {}
        self._away: dict[Hashable, bytes | None] = {}
        self._turn_at = 0.0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, key: Hashable, otherwise: object) -> object:
        """The answer to a request seen before, None while it is pending; `otherwise` for a new one."""
        found = self._young.get(key, otherwise)
        return self._old.get(key, otherwise) if found is otherwise else found

    def begin(self, key: Hashable, now: float) -> None:
        """A request that was not found is accepted now (monotonic seconds)."""
        if now >= self._turn_at or len(self._young) >= self._half:
            self._turn(now)
        self._young[key] = None

    def answer(self, key: Hashable, reply: bytes) -> None:
        """Remember the answer."""
        self._young[key] = reply

    def forget(self, key: Hashable) -> None:
        """Serve a repetition as a new request."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def sweep(self) -> bool:
        """Free a piece of what was put away; whether there is more."""
        away = self._away
        for _ in range(min(PIECE, len(away))):
            away.popitem()
        return bool(away)

    def _turn(self, now: float) -> None:
        stale = now >= self._turn_at + self._lifetime_s
        self._away = self._young if stale else self._old
        self._old, self._young = ({} if stale else self._young), {}
        self._turn_at = now + self._lifetime_s
