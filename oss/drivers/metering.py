"""Rates of what only counts octets: the difference to the reading before; for the first, another a second later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from oss.drivers.links import Link
from oss.drivers.router import Rate

APART_S = 1.0
STALE_S = 15.0  # a mean over longer is not what goes through now
now: Callable[[], float] = time.monotonic
pause: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Counted:
    """Octets and packets so far; packets None: not told. ``at``: monotonic."""

    down: int
    up: int
    down_packets: int | None = None
    up_packets: int | None = None
    at: float = 0.0


_before: WeakKeyDictionary[Link, dict[str, Counted]] = WeakKeyDictionary()


async def metered(link: Link, what: str, read: Callable[[], Awaitable[Counted]]) -> Rate:
    """What goes through ``what`` of this device now."""
    seen = _before.setdefault(link, {})
    before = seen.get(what)
    if before is None or not APART_S / 2 <= now() - before.at <= STALE_S:
        before = replace(await read(), at=now())
        await pause(APART_S)
    after = replace(await read(), at=now())
    seen[what] = after
    return rate(before, after)


def rate(before: Counted, after: Counted) -> Rate:
    """Between two readings. A counter that went back began anew: nothing can be told, which is 0 until the next."""
    seconds = max(after.at - before.at, APART_S / 2)
    down, up = (max(0, new - old) for new, old in ((after.down, before.down), (after.up, before.up)))
    return Rate(
        round(8 * down / seconds),
        round(8 * up / seconds),
        _each_second(before.down_packets, after.down_packets, seconds),
        _each_second(before.up_packets, after.up_packets, seconds),
    )


def _each_second(before: int | None, after: int | None, seconds: float) -> int | None:
    return None if before is None or after is None else round(max(0, after - before) / seconds)
