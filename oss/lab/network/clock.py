"""The lab's time: Unix seconds that never jump, and each device's own time since its start."""

from __future__ import annotations

import time

_AHEAD = time.time() - time.monotonic()


def now() -> float:
    """Unix seconds when the process began, and monotonic from there."""
    return time.monotonic() + _AHEAD


class Uptime:
    """sysUpTime of one device. ``before``: seconds it was up when the lab began."""

    def __init__(self, before: float) -> None:
        self.began = now() - before

    def seconds(self) -> float:
        """Since its last start."""
        return now() - self.began

    def restart(self) -> None:
        """It starts anew."""
        self.began = now()


def stamp(at: float | None = None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """An instant (Unix seconds; None: now) as the lab's devices write it, in the time of Brasília."""
    return time.strftime(form, time.gmtime((now() if at is None else at) - 3 * 3600))
