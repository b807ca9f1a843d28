"""The clock that stands still while our loop is busy."""

from __future__ import annotations

import asyncio
import threading
import time

from snmp.free_clock import PARDON_S, FreeClock, free_clock


def busy(seconds: float) -> None:
    """Hold the loop, as a long computation would."""
    threading.Event().wait(seconds)


async def test_time_in_which_the_loop_was_busy_is_not_counted() -> None:
    clock = FreeClock(asyncio.get_running_loop())
    clock.hold()
    try:
        free, wall = clock.now(), time.monotonic()
        busy(0.5)
        assert clock.now() - free < (time.monotonic() - wall) / 2
        await asyncio.wait_for(asyncio.shield(asyncio.get_running_loop().run_in_executor(None, busy, 0.2)), 5)
        assert clock.now() - free < time.monotonic() - wall - 0.4
        assert clock.lost_s > 0.4 - PARDON_S
    finally:
        clock.release()


async def test_it_goes_with_the_loop_s_own_time_while_the_loop_is_free() -> None:
    clock, loop = FreeClock(asyncio.get_running_loop()), asyncio.get_running_loop()
    clock.hold()
    try:
        free, own = clock.now(), loop.time()
        await loop.run_in_executor(None, busy, 0.3)
        assert abs((loop.time() - own) - (clock.now() - free) - clock.lost_s) < 0.001
    finally:
        clock.release()


async def test_it_is_one_for_all_and_stops_when_the_last_lets_go() -> None:
    clock = free_clock()
    assert clock is free_clock()
    ticking = clock._tick is not None
    clock.hold()
    assert clock._tick is not None
    clock.release()
    assert (clock._tick is not None) == ticking
