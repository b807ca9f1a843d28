"""How much to ask of one device at a time: max-repetitions of GetBulk (RFC 3416 section 4.2.3), learned per device.

Pure. A device that answers well is asked for more, up to what fits one Ethernet frame; one whose answers are refused,
cut or lost is asked for half, and not for more again. What was learned outlives a poll, and may be stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

START: Final = 28
MOST: Final = 56
"""Counters of so many rows fit 1,472 octets: no fragment that a firewall could drop."""
LEAST: Final = 1


@dataclass
class Sizing:
    """``largest``: rows that one answer may hold; ``ceiling``: what it may grow to; ``rows``: seen by column."""

    largest: int = START
    ceiling: int = MOST
    rows: dict[str, int] = field(default_factory=dict)

    def ask(self, column: str) -> int:
        """Rows to ask of a column: one more than it had, so that its end is in the same answer."""
        known = self.rows.get(column)
        return self.largest if known is None else min(self.largest, known + 1)

    def walked(self, column: str, rows: int) -> None:
        """A column came whole. A table that did not fit one answer makes the next answers larger."""
        self.rows[column] = rows
        if rows >= self.largest and self.largest < self.ceiling:
            self.largest = min(self.ceiling, self.largest * 2)

    def cut(self, rows: int) -> None:
        """The agent gave fewer rows than it was asked for and has more: its own packets are smaller."""
        self.largest = self.ceiling = max(LEAST, min(self.largest, rows))

    def shrink(self, asked: int) -> bool:
        """An answer of ``asked`` rows was refused, undecodable or lost; False if there is nothing left to try."""
        if asked <= LEAST:
            return False
        self.largest = self.ceiling = max(LEAST, min(self.largest, asked) // 2)
        return True
