"""How far each NAS's clock is from ours, from the Event-Timestamp of its accounting (RFC 2869 section 5.3).

What it would say now is its Event-Timestamp and the Acct-Delay-Time since then (RFC 2866 section 5.2). One record a
second is looked at; the median of the last ones leaves out what was late on its way.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from radius import attributes as a
from radius.packet import Packet
from radius.peers import Host

EVERY_S = 1.0
WINDOW = 31  # records whose median counts
ENOUGH = 3  # before that, nothing is said
MOST = 4_096  # routers; several may stand behind one row of ``nas``


class Clocks:
    """Lives in the AAA loop."""

    def __init__(self) -> None:
        self._due: dict[tuple[int, Host], float] = {}
        self._heard: dict[tuple[int, Host], deque[float]] = {}

    def hear(self, packet: Packet, nas_id: int, source: Host, at: float) -> None:
        """One accounting record that came at ``at`` (Unix seconds)."""
        key = (nas_id, source)
        if at < self._due.get(key, 0.0):
            return
        said = packet.integer(a.EVENT_TIMESTAMP)
        if said is None or (key not in self._due and len(self._due) >= MOST):
            return
        self._due[key] = at + EVERY_S
        delay = packet.integer(a.ACCT_DELAY_TIME) or 0
        self._heard.setdefault(key, deque(maxlen=WINDOW)).append(said + delay - at)

    def skews_ms(self) -> dict[int, int]:
        """The clock of each NAS less ours, in milliseconds; of several behind one row, the one that is farthest off."""
        found: dict[int, int] = {}
        for (nas_id, _), heard in self._heard.items():
            if len(heard) >= ENOUGH:
                skew = round(1000 * median(heard))
                found[nas_id] = max(found.get(nas_id, 0), skew, key=abs)
        return found
