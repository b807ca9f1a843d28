"""Duplicate detection (RFC 5080 section 2.2.2): a request that comes twice is served once and answered twice.

A NAS repeats a request that got no answer with the same octets from the same port. The entry of a request is
pending from the moment it is accepted until its answer is known; a duplicate of a pending request is ignored,
a duplicate of an answered one gets the same octets again.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from radius.sockets import Address

Key = tuple[Address, bytes]
"""Where the request came from, and its header (code, id, length, authenticator)."""

LIFETIME_S: Final = 10.0
"""How long an answer is kept for a repetition."""

PENDING_S: Final = 60.0
"""How long a request without an answer blocks its repetitions."""

_SWEEP: Final = 4


class Entry:
    """One request; `reply` is None while it is pending. `since` is a monotonic second."""

    __slots__ = ("key", "reply", "since")

    def __init__(self, key: Key, since: float) -> None:
        self.key = key
        self.since = since
        self.reply: bytes | None = None

    def answer(self, reply: bytes, now: float) -> None:
        """Remember the answer; its lifetime begins now."""
        self.reply = reply
        self.since = now


class ReplyCache:
    """Entries by key, bounded in age and number; the oldest give way. Each call does bounded work."""

    def __init__(self, capacity: int = 131_072, lifetime_s: float = LIFETIME_S, pending_s: float = PENDING_S) -> None:
        self._capacity = capacity
        self._lifetime_s = lifetime_s
        self._pending_s = pending_s
        self._entries: dict[Key, Entry] = {}
        self._oldest: deque[Entry] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: Key, now: float) -> Entry | None:
        """The entry of a request seen before, if it still counts."""
        entry = self._entries.get(key)
        if entry is None or self._counts(entry, now):
            return entry
        self.forget(entry)
        return None

    def begin(self, key: Key, now: float) -> Entry:
        """A pending entry for a request that was not found."""
        self._sweep(now)
        entry = Entry(key, now)
        self._entries[key] = entry
        self._oldest.append(entry)
        return entry

    def forget(self, entry: Entry) -> None:
        """Serve a repetition as a new request."""
        if self._entries.get(entry.key) is entry:
            del self._entries[entry.key]

    def _counts(self, entry: Entry, now: float) -> bool:
        return now - entry.since < (self._pending_s if entry.reply is None else self._lifetime_s)

    def _sweep(self, now: float) -> None:
        """Look at a few of the oldest: more than come in, so the cache shrinks, too few to be noticed."""
        for _ in range(min(_SWEEP, len(self._oldest))):
            entry = self._oldest[0]
            full = len(self._oldest) >= self._capacity
            if not full and now - entry.since < self._lifetime_s:
                return
            self._oldest.popleft()
            if full or not self._counts(entry, now):
                self.forget(entry)
            elif self._entries.get(entry.key) is entry:
                self._oldest.append(entry)  # still pending: looked at again when it is the oldest once more
