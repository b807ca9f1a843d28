"""Fault points for tests: ``MILHA_FAULT=apply@37`` kills the process as ``kill -9`` would, at a point's 37th pass.

The points are accept, journal, acknowledge, apply and commit: the stations of an accounting record. The last two lie in
the applier's process: the node dies with it.
"""

from __future__ import annotations

import os
import signal

POINTS = ("accept", "journal", "acknowledge", "apply", "commit")
_armed: dict[str, int] = {}
_also: list[int] = []


def parse(text: str) -> tuple[str, int]:
    """``point@pass`` -> its parts; raises ValueError."""
    point, _, number = text.partition("@")
    if point not in POINTS or not number.isdigit() or int(number) < 1:
        raise ValueError("must look like apply@37; points are " + ", ".join(POINTS))
    return point, int(number)


def arm(fault: tuple[str, int] | None, also: int | None = None) -> None:
    """Set the one fault of this process, or none. ``also``: a process that dies first."""
    _armed.clear()
    _also[:] = [] if also is None else [also]
    if fault is not None:
        _armed[fault[0]] = fault[1]


def armed() -> tuple[str, int] | None:
    """The fault that is set, for a process that is started by this one."""
    return next(iter(_armed.items()), None)


def point(name: str) -> None:
    """A station is passed; dies here if it is the armed one's turn."""
    if not _armed or name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        for pid in (*_also, os.getpid()):
            os.kill(pid, signal.SIGKILL)
