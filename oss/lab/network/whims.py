"""How a device's command line or API behaves: how fast it is, how it fails on order, and how often it is asked.

    whims.latency_s = 0.05          # each command takes so long
    whims.fail(3, Deed.CLOSE)       # the third command from now finds the connection closed
    whims.meter.most(1.0)           # commands in the busiest second so far

A failure is of one command, and comes once; commands are counted over all connections of the device.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Deed(StrEnum):
    """What becomes of one command."""

    REFUSE = "refuse"  # it is not done, and the device says so
    CLOSE = "close"  # it is not done, and the connection ends
    HANG = "hang"  # it is not done, and nothing is ever said again
    REBOOT = "reboot"  # it is not done, and the device starts anew
    LOST = "lost"  # it is done, and the connection ends in the middle of the answer
    MUTE = "mute"  # it is done, and the answer stops in its middle
    FATAL = "fatal"  # RouterOS API: !fatal, and the connection ends; elsewhere as CLOSE

    @property
    def done(self) -> bool:
        """Whether the command takes effect."""
        return self in (Deed.LOST, Deed.MUTE)


class Meter:
    """When the device was asked: instants of its own clock, whoever asked and over whichever connection."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def __len__(self) -> int:
        return len(self.at)

    def note(self) -> None:
        """A command came."""
        self.at.append(time.monotonic())

    def most(self, window_s: float) -> int:
        """The most commands that ever came within so many seconds."""
        found = 0
        for end, at in enumerate(self.at, 1):
            found = max(found, end - bisect_left(self.at, at - window_s))
        return found


@dataclass
class Whims:
    """``latency_s``: before each answer; ``line_s``: between its lines; ``spam``: log lines stand between them;
    ``deaf``: no password is right; ``away_s``: how long it is away when it starts anew."""

    latency_s: float = 0.0
    line_s: float = 0.0
    spam: bool = False
    deaf: bool = False
    away_s: float = 0.5
    count: int = 0
    meter: Meter = field(default_factory=Meter)
    reboot: Callable[[], None] | None = None
    _ahead: dict[int, Deed] = field(default_factory=dict)

    def fail(self, number: int, deed: Deed) -> None:
        """The command of this number, counted from now (1: the next), fails so."""
        if number < 1:
            raise ValueError("number is 1 or more")
        self._ahead[self.count + number] = deed

    def forgive(self) -> None:
        """Nothing that was ordered and has not come yet will come; answers are fast and plain."""
        self._ahead.clear()
        self.latency_s = self.line_s = 0.0
        self.spam = self.deaf = False

    def next(self) -> Deed | None:
        """A command came: what becomes of it, None: what should."""
        self.count += 1
        self.meter.note()
        return self._ahead.pop(self.count, None)
