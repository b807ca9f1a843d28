"""Python's cyclic garbage collector, kept from making routers wait.

It walks all objects of a generation in one go, with the interpreter's lock held. Young objects are few and quickly
walked; a walk over a hundred thousand sessions takes longer than any router's patience allows. So the oldest generation
is walked by appointment only, at the quietest hour, and what was loaded to stay is set aside.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from oss.base.supervisor import Health

log = logging.getLogger(__name__)
YOUNG = 5_000  # new objects before a look at them: less than a millisecond
MIDDLE = 20  # such looks before one at those that survived
NEVER = 1_000_000_000
QUIETEST_HOUR = 4


def settle() -> None:
    """For the whole process: the oldest generation is not walked by itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)


def keep() -> None:
    """What was just loaded lives as long as we do."""
    gc.collect(1)
    gc.freeze()


async def nightly(zone: str, health: Health, collect: Callable[[], int] = gc.collect) -> None:
    """Once a night, find the cycles that grew old."""
    health.stale_s = float("inf")
    health.beat()
    done = None
    while True:
        now = datetime.now(ZoneInfo(zone))
        if now.hour == QUIETEST_HOUR and now.date() != done:
            done, began = now.date(), time.perf_counter()
            found = collect()
            facts = {"objects": found, "ms": round((time.perf_counter() - began) * 1000)}
            log.info("old garbage collected", extra={"facts": facts})
        await asyncio.sleep(600)
