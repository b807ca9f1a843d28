"""How long answers took, kept in a histogram of fixed size: a percentile costs no sorting of samples."""

from __future__ import annotations

import math

# Buckets grow by 2 %, so a percentile is right within 2 %; 1,200 of them reach from 1 us beyond five hours.
_GROWTH = math.log(1.02)
_SMALLEST_S = 1e-6
_BUCKETS = 1200


class Latency:
    """Durations in seconds between the moment a packet was due and its answer; one never answered is infinite."""

    def __init__(self) -> None:
        self.count = 0
        self.lost = 0
        self.longest_s = 0.0
        self._buckets = [0] * _BUCKETS

    def record(self, seconds: float) -> None:
        """Counts one answered packet."""
        self.count += 1
        if seconds > self.longest_s:
            self.longest_s = seconds
        index = int(math.log(seconds / _SMALLEST_S) / _GROWTH) if seconds > _SMALLEST_S else 0
        self._buckets[min(index, _BUCKETS - 1)] += 1

    def lose(self) -> None:
        """Counts one packet that was never answered."""
        self.lost += 1

    def add(self, other: Latency) -> None:
        """Counts all of `other` as well."""
        self.count += other.count
        self.lost += other.lost
        self.longest_s = max(self.longest_s, other.longest_s)
        self._buckets = [mine + theirs for mine, theirs in zip(self._buckets, other._buckets, strict=True)]

    def percentile(self, share: float) -> float | None:
        """The duration in ms that `share` (0..1) of the packets did not exceed; None: infinite, or no packet yet."""
        wanted = math.ceil((self.count + self.lost) * share)
        if wanted == 0 or wanted > self.count:
            return None
        seen = 0
        for index, number in enumerate(self._buckets):
            seen += number
            if seen >= wanted:
                return round(min(_SMALLEST_S * math.exp((index + 1) * _GROWTH), self.longest_s) * 1000, 3)
        raise AssertionError("the buckets hold fewer durations than were counted")

    def summary(self) -> dict[str, float | int | None]:
        """Numbers for the control port: count, lost, p50, p99 and max in ms (None: infinite, or nothing measured)."""
        longest = None if self.lost or not self.count else round(self.longest_s * 1000, 3)
        return {
            "count": self.count,
            "lost": self.lost,
            "p50_ms": self.percentile(0.50),
            "p99_ms": self.percentile(0.99),
            "max_ms": longest,
        }
