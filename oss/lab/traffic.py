"""What subscribers do with their line: plausible octets, the same for the same seed, subscriber and instant.

A subscriber has an appetite of its own, more of it in the evening than at dawn, bursts of a few minutes, and never
more than the router lets through. One that stands in a walled garden fetches the notice page and little else.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass

LINE_BPS = 1_000_000_000
WALLED_BPS = 400
HOUR_OFFSET = -3
_BURST_S = 300
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_NUMBER = re.compile(r"(\d+)([kmg]?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rate:
    """What the router lets through, in bit/s, seen from the subscriber."""

    up_bps: int
    down_bps: int


UNLIMITED = Rate(LINE_BPS, LINE_BPS)


def parse_rate_limit(text: str) -> Rate:
    """Reads Mikrotik-Rate-Limit ``rx[/tx] [burst...]``; rx is the subscriber's upload. Empty or 0: no limit.

    Raises ValueError where RouterOS would refuse the value.
    """
    if not text.strip():
        return UNLIMITED
    receive, _, transmit = text.split()[0].partition("/")
    up_bps = _bits(receive)
    return Rate(up_bps, _bits(transmit) if transmit else up_bps)


def _bits(text: str) -> int:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"not a rate: {text!r}")
    return int(match[1]) * _UNITS[match[2].lower()] or LINE_BPS


@dataclass(frozen=True, slots=True)
class Appetite:
    """One subscriber's habit: mean download at the busy hour (bit/s), upload's share of it, and a seed for bursts."""

    busy_bps: float
    upload_share: float
    seed: int


def appetite(seed: int, login: str) -> Appetite:
    """The habit of a subscriber; most want 1-3 Mbit/s at the busy hour, few want ten times that."""
    digest = hashlib.blake2b(f"{seed}:{login}".encode(), digest_size=16).digest()
    first, second = (int.from_bytes(digest[at : at + 4], "big") / 2**32 for at in (0, 4))
    normal = math.sqrt(-2 * math.log(first + 2**-33)) * math.cos(2 * math.pi * second)
    share = 0.05 + 0.15 * digest[8] / 255
    return Appetite(2_000_000 * math.exp(0.8 * normal), share, int.from_bytes(digest[9:13], "big"))


def octets(
    habit: Appetite, began_at: float, ended_at: float, rate: Rate, walled: bool, pull_bps: int = 0
) -> tuple[int, int]:
    """(uploaded, downloaded) octets between two instants (seconds since the epoch), bounded by `rate`.

    `pull_bps`: what is downloaded by somebody who wants all he can get; 0: as his habit is.
    """
    seconds = max(0.0, ended_at - began_at)
    if walled:
        wanted_bps, share = float(WALLED_BPS), 0.5
    elif pull_bps:
        wanted_bps, share = float(pull_bps), habit.upload_share
    else:
        wanted_bps, share = _wanted_bps(habit, (began_at + ended_at) / 2), habit.upload_share
    up_bps = min(wanted_bps * share, rate.up_bps)
    down_bps = min(wanted_bps, rate.down_bps)
    return int(up_bps * seconds / 8), int(down_bps * seconds / 8)


def _wanted_bps(habit: Appetite, at: float) -> float:
    hour = at / 3600 + HOUR_OFFSET
    day_share: float = 0.15 + 0.85 * ((1 + math.cos((hour - 21) * math.pi / 12)) / 2) ** 1.5
    # An integer hash of the burst's number: the same burst is the same whoever asks and whenever.
    mixed = ((int(at // _BURST_S) ^ habit.seed) * 0x9E3779B1 >> 7) & 0xFFFFFF
    burst = -math.log((mixed + 1) / 2**24)
    return habit.busy_bps * day_share * burst
