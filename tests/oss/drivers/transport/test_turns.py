"""Whose turn it is with a device."""

from __future__ import annotations

import asyncio

import pytest

from oss.drivers.problems import QueueFull
from oss.drivers.transport.turns import Priority, Turns


async def _until(turns: Turns, waiting: int) -> None:
    while turns.waiting != waiting:
        await asyncio.sleep(0)


async def test_a_person_overtakes_provisioning_read_back_and_sweeps() -> None:
    turns, order = Turns("R-1"), []

    async def one(priority: Priority, name: str) -> None:
        async with turns.turn(priority):
            order.append(name)
            await asyncio.sleep(0)

    async with turns.turn(Priority.SWEEP):
        tasks = []
        for n, priority in enumerate(
            [Priority.SWEEP, Priority.READ_BACK, Priority.PERSON, Priority.PROVISIONING, Priority.PERSON]
        ):
            tasks.append(asyncio.create_task(one(priority, f"{priority.name} {n}")))
            await _until(turns, n + 1)
    await asyncio.gather(*tasks)
    assert order == ["PERSON 2", "PERSON 4", "PROVISIONING 3", "READ_BACK 1", "SWEEP 0"]
    assert not turns.busy and turns.waiting == 0


async def test_who_is_cancelled_leaves_the_queue_and_stops_nobody() -> None:
    turns, came = Turns("R-1"), asyncio.Event()

    async def last() -> None:
        async with turns.turn(Priority.SWEEP):
            came.set()

    async def gone() -> None:
        async with turns.turn(Priority.PERSON):
            raise AssertionError("it has left")

    async with turns.turn(Priority.SWEEP):
        leaving, staying = asyncio.create_task(gone()), asyncio.create_task(last())
        await _until(turns, 2)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert turns.waiting == 1
    await asyncio.wait_for(came.wait(), 5)
    await staying


async def test_a_turn_given_to_who_leaves_in_that_moment_goes_on_to_the_next() -> None:
    turns, came = Turns("R-1"), []

    async def one(name: str) -> None:
        async with turns.turn(Priority.PERSON):
            came.append(name)

    async with turns.turn(Priority.SWEEP):
        first, second = asyncio.create_task(one("first")), asyncio.create_task(one("second"))
        await _until(turns, 2)
    first.cancel()  # it was woken, and has not run yet
    await asyncio.gather(first, second, return_exceptions=True)
    assert came == ["second"] and not turns.busy


async def test_the_queue_is_bounded_and_keeps_places_for_people() -> None:
    turns = Turns("R-1", most=20)

    async def one(priority: Priority) -> None:
        async with turns.turn(priority):
            pass

    async with turns.turn(Priority.SWEEP):
        tasks = [asyncio.create_task(one(Priority.SWEEP)) for _ in range(4)]
        await _until(turns, 4)
        with pytest.raises(QueueFull, match="R-1"):
            await one(Priority.SWEEP)
        tasks += [asyncio.create_task(one(Priority.PERSON)) for _ in range(16)]
        await _until(turns, 20)
        with pytest.raises(QueueFull):
            await one(Priority.PERSON)
    await asyncio.gather(*tasks)
