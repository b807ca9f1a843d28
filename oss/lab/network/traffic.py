"""Octets that flow: counted without counting, as the integral of a rate that follows the hour of the day."""

from __future__ import annotations

import math
from dataclasses import dataclass

from oss.lab.network import clock

DAY_S, DAILY = 86_400.0, 0.45
SHORT_S, QUICKLY = 97.0, 0.15
BUSIEST_S = 0.96 * DAY_S
"""Of the day in UTC: eight in the evening in Brazil."""


def flowed(mean: float, at: float, phase: float) -> float:
    """The integral of the rate until an instant (Unix seconds), in the unit of ``mean`` times seconds."""
    day, short = math.tau / DAY_S, math.tau / SHORT_S
    swing = DAILY / day * math.sin(day * (at - BUSIEST_S)) + QUICKLY / short * math.sin(short * at + phase)
    return mean * (at + swing)


@dataclass(slots=True)
class Counter:
    """One counter of one interface. ``mean``: octets or packets a second; ``share``: how much of it flows now."""

    mean: float
    phase: float = 0.0
    value: float = 0.0
    since: float = 0.0
    share: float = 1.0

    def __post_init__(self) -> None:
        self.since = clock.now()

    def read(self) -> float:
        """What it shows; wider than any counter of SNMP."""
        now = clock.now()
        grown = flowed(self.mean, now, self.phase) - flowed(self.mean, self.since, self.phase)
        return self.value + self.share * grown

    def show(self, value: float) -> None:
        """It goes on from here."""
        self.value, self.since = value, clock.now()

    def flow(self, share: float) -> None:
        """From now on so much of the usual flows: 0 none, 1 all."""
        if share != self.share:
            self.show(self.read())
            self.share = share
