"""Brute force is slowed, and its owner is not locked out.

Wrong passwords cost tokens of the account they were tried on and of the NAS they came through. Where a bucket is empty,
an attempt is not looked at: it is refused, late. The account's own line (the Calling-Station-Id of its last accepted
login) is always looked at, so that whoever guesses at an account cannot keep its customer out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TypeVar

K = TypeVar("K")
ACCOUNT_BURST, ACCOUNT_PER_S = 10.0, 0.1  # wrong passwords on one account: ten at once, then one in ten seconds
NAS_BURST, NAS_PER_S = 2_000.0, 100.0  # through one NAS: a router full of dismantled modems is no attack
MOST_ACCOUNTS = 50_000
LATE_S = 1.0  # how late an attempt that was not looked at is answered


@dataclass(slots=True)
class Bucket:
    """Tokens that come back with time (monotonic seconds)."""

    tokens: float
    at: float

    def refill(self, now: float, burst: float, per_s: float) -> None:
        self.tokens, self.at = min(burst, self.tokens + (now - self.at) * per_s), now


@dataclass(slots=True)
class Brake:
    """Buckets of the accounts and NAS where something went wrong lately."""

    accounts: dict[str, Bucket] = field(default_factory=dict)
    nas: dict[int, Bucket] = field(default_factory=dict)
    held: int = 0  # attempts that were not looked at
    nas_share: float = 1.0  # of what one NAS may cost

    def holds(self, nas_id: int, login: str, calling: bytes, line: bytes) -> bool:
        """Whether this attempt must wait; ``line``: from where the account logged in last, empty if never."""
        account, nas = self.accounts.get(login), self.nas.get(nas_id)
        if account is None and nas is None:
            return False  # nearly always
        now = time.monotonic()
        if account is not None:
            account.refill(now, ACCOUNT_BURST, ACCOUNT_PER_S)
        if nas is not None:
            nas.refill(now, NAS_BURST * self.nas_share, NAS_PER_S * self.nas_share)
        empty = (account is not None and account.tokens < 1) or (nas is not None and nas.tokens < 1)
        held = empty and not (line and line == calling)
        self.held += held
        return held

    def wrong(self, nas_id: int, login: str) -> None:
        """A password was wrong, or a login unknown."""
        now = time.monotonic()
        _spend(self.nas, nas_id, now, NAS_BURST * self.nas_share, NAS_PER_S * self.nas_share)
        if login not in self.accounts and len(self.accounts) >= MOST_ACCOUNTS:
            self.forget(now)
        if login in self.accounts or len(self.accounts) < MOST_ACCOUNTS:
            _spend(self.accounts, login, now, ACCOUNT_BURST, ACCOUNT_PER_S)

    def right(self, login: str) -> None:
        """The account's password was proven: what went wrong before was its own."""
        self.accounts.pop(login, None)

    def tries(self, login: str) -> int:
        """About how many wrong passwords an account had lately."""
        found = self.accounts.get(login)
        return round(ACCOUNT_BURST - found.tokens) if found else 0

    def forget(self, now: float) -> None:
        """Drop the buckets that have filled up again."""
        self.accounts = _empty(self.accounts, now, ACCOUNT_BURST, ACCOUNT_PER_S)
        self.nas = _empty(self.nas, now, NAS_BURST * self.nas_share, NAS_PER_S * self.nas_share)


def _spend(table: dict[K, Bucket], key: K, now: float, burst: float, per_s: float) -> None:
    found = table.get(key)
    if found is None:
        found = table[key] = Bucket(burst, now)
    found.refill(now, burst, per_s)
    found.tokens = max(0.0, found.tokens - 1)


def _empty(table: dict[K, Bucket], now: float, burst: float, per_s: float) -> dict[K, Bucket]:
    """The buckets that are not full."""
    return {key: one for key, one in table.items() if one.tokens + (now - one.at) * per_s < burst}
