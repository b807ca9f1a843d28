"""From two readings of a counter to a rate. Pure, and never a spike: what cannot be told is no rate, with a reason.

A counter may wrap (RFC 2578 section 7.1.6 and 7.1.10), restart with its device (sysUpTime went back) or alone
(ifCounterDiscontinuityTime changed, RFC 2863), be answered twice, late or out of order, and lie.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from snmp.results import Interface, Reading

TICKS_OF_A_WRAP: Final = 2**32
"""sysUpTime wraps after 497 days (RFC 3418)."""
LEAST_S: Final = 1.0
"""Readings closer than this say nothing: an error of 100 ms would be one of ten percent."""
MARGIN: Final = 1.25
"""So much over its speed an interface may seem to go: octets of a burst that were counted a moment later."""
CLOCKS_DIFFER_S: Final = 30.0
"""A device's clock and ours may differ by this, and by five percent, before it has restarted."""
MOST_OF_ALL: Final = 1e12
"""Octets a second that nothing reaches (8 Tbit/s), where no speed is known."""
LONGEST_S: Final = 86_400.0 * 7
"""After a longer gap a rate would be a mean over nothing that anybody asked for."""


class NoRate(StrEnum):
    """Why there is no rate of this reading."""

    FIRST = "first"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    RESTARTED = "restarted"
    DISCONTINUITY = "discontinuity"
    WENT_BACK = "went_back"
    IMPOSSIBLE = "impossible"
    WIDTH_CHANGED = "width_changed"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True)
class Count:
    """One reading of one counter. ``at``: our monotonic seconds; ``uptime_ticks``: the device's sysUpTime then.

    ``most``: the highest rate that can be, a second, in the counter's unit; None = not known.
    """

    value: int
    at: float
    uptime_ticks: int
    bits: int = 64
    discontinuity: int | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_s``: the counter's unit a second, over ``seconds``."""

    per_s: float
    seconds: float


def rate(before: Count | None, now: Count) -> Rate | NoRate:
    """The rate between two readings, or why there is none."""
    if before is None:
        return NoRate.FIRST
    seconds = now.at - before.at
    reason = _disorder(before, now, seconds) or _break(before, now, seconds)
    if reason is not None:
        return reason
    grown = _grown(before, now, seconds)
    return grown if isinstance(grown, NoRate) else Rate(grown / seconds, seconds)


def _disorder(before: Count, now: Count, seconds: float) -> NoRate | None:
    """Whether the answers are not one after the other, by our clock and by the device's."""
    if seconds < 0:
        return NoRate.OUT_OF_ORDER
    if now.uptime_ticks == before.uptime_ticks or seconds < LEAST_S:
        return NoRate.DUPLICATE
    return NoRate.TOO_OLD if seconds > LONGEST_S else None


def _break(before: Count, now: Count, seconds: float) -> NoRate | None:
    """Whether the counter began anew between the two."""
    if restarted(before.uptime_ticks, now.uptime_ticks, seconds):
        return NoRate.RESTARTED
    if before.discontinuity != now.discontinuity:
        return NoRate.DISCONTINUITY
    return NoRate.WIDTH_CHANGED if before.bits != now.bits else None


def restarted(before_ticks: int, now_ticks: int, seconds: float) -> bool:
    """Whether the device began anew: its clock did not go on as ours did, its own wrap considered."""
    passed = (now_ticks - before_ticks) % TICKS_OF_A_WRAP / 100
    return abs(passed - seconds) > CLOCKS_DIFFER_S + seconds * 0.05


def _grown(before: Count, now: Count, seconds: float) -> int | NoRate:
    """By how much the counter grew. One that went back has wrapped only where that was possible in the time."""
    most = (now.most if now.most is not None else MOST_OF_ALL) * MARGIN * seconds
    grown = now.value - before.value
    if grown >= 0:
        return NoRate.IMPOSSIBLE if grown > most else grown
    wrapped = grown + (1 << now.bits)
    if most >= 1 << now.bits:  # a narrow counter on a fast link: only one that was nearly there
        most = 1 << (now.bits - 2)
    return wrapped if wrapped <= most else NoRate.WENT_BACK


class Counters:
    """The last reading of each counter of one device, by a key of the caller's. Out-of-order readings change nothing.

    A counter that went back or leapt is doubted, as it may have been the answer that was wrong: where the next one goes
    on from where the counter was before, it is measured from there.
    """

    def __init__(self) -> None:
        self._last: dict[Hashable, Count] = {}
        self._before_doubt: dict[Hashable, Count] = {}

    def rate(self, key: Hashable, now: Count) -> Rate | NoRate:
        """The rate since the last reading of ``key``, which this one replaces unless it is no newer."""
        last = self._last.get(key)
        found = rate(last, now)
        if found in (NoRate.OUT_OF_ORDER, NoRate.DUPLICATE):
            return found
        self._last[key] = now
        trusted = self._before_doubt.pop(key, None)
        if trusted is not None and now.value >= trusted.value:
            since = rate(trusted, now)
            return since if isinstance(since, Rate) else found
        if last is not None and found in (NoRate.WENT_BACK, NoRate.IMPOSSIBLE):
            self._before_doubt[key] = last
        return found

    def forget_but(self, keys: set[tuple[int, str]]) -> None:
        """Drop the counters that are not there any more."""
        for key in self._last.keys() - keys:
            del self._last[key]
            self._before_doubt.pop(key, None)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an interface did since the reading before; bits and packets a second. None = cannot be told."""

    index: int
    in_bps: float | None
    out_bps: float | None
    in_errors_ps: float | None
    out_errors_ps: float | None
    in_discards_ps: float | None
    out_discards_ps: float | None
    why_not: NoRate | None


PACKETS: Final = ("in_errors", "out_errors", "in_discards", "out_discards")


class InterfaceRates:
    """Rates of one device's interfaces, reading after reading."""

    def __init__(self) -> None:
        self._counters = Counters()

    def take(self, reading: Reading) -> list[Traffic]:
        """Each interface's rates since its last reading."""
        found = [self._traffic(reading, one) for one in reading.interfaces]
        kinds = ("in_octets", "out_octets", *PACKETS)
        self._counters.forget_but({(one.index, kind) for one in reading.interfaces for kind in kinds})
        return found

    def _traffic(self, reading: Reading, one: Interface) -> Traffic:
        octets = one.speed_bps / 8 if one.speed_bps else None
        into, why = self._one(reading, one, "in_octets", one.bits, octets)
        out, why_out = self._one(reading, one, "out_octets", one.bits, octets)
        packets = octets / 64 if octets else None  # no frame is smaller (IEEE 802.3)
        rest = {f"{kind}_ps": self._one(reading, one, kind, 32, packets)[0] for kind in PACKETS}
        return Traffic(one.index, _bits(into), _bits(out), why_not=why or why_out, **rest)

    def _one(
        self, reading: Reading, one: Interface, kind: str, bits: int, most: float | None
    ) -> tuple[float | None, NoRate | None]:
        value: int | None = getattr(one, kind)
        if value is None:
            return None, None
        count = Count(value, reading.at, reading.system.uptime_ticks, bits, one.discontinuity, most)
        found = self._counters.rate((one.index, kind), count)
        return (found.per_s, None) if isinstance(found, Rate) else (None, found)


def _bits(octets: float | None) -> float | None:
    return None if octets is None else octets * 8
