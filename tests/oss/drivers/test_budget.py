"""A device's budget: never exceeded, whoever competes, and shown."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from oss.drivers.budget import Bucket, Budget, Limits, of, settled


def allowed(times: list[float], per_minute: int, burst: int) -> bool:
    """Whether no window holds more than the burst and what came meanwhile."""
    rate = per_minute / 60
    return all(
        later - first + 1 <= burst + rate * (times[later] - times[first]) + 1e-6
        for first in range(len(times))
        for later in range(first, len(times))
    )


async def test_sweeps_people_and_provisioning_together_never_exceed_it() -> None:
    bucket, loop = Bucket(per_minute=6000, burst=8), asyncio.get_running_loop()
    times: list[float] = []

    async def one(priority: int) -> None:
        for _ in range(12):
            await bucket.take(priority)
            times.append(loop.time())

    await asyncio.gather(*(one(n % 4) for n in range(12)))
    assert len(times) == 144 and allowed(times, 6000, 8)
    assert bucket.shown().total == 144 and bucket.shown().most == 144 and bucket.shown().waiting == 0


async def test_the_more_urgent_goes_first() -> None:
    bucket, order = Bucket(per_minute=6000, burst=1), []

    async def one(priority: int) -> None:
        await bucket.take(priority)
        order.append(priority)

    await asyncio.gather(*(one(priority) for priority in (3, 2, 0, 1, 0)))
    assert order == [0, 0, 1, 2, 3] or order == [3, 0, 0, 1, 2]  # the first may have found a token there


async def test_it_begins_empty_so_that_a_restart_is_no_way_around_it() -> None:
    bucket = Bucket(per_minute=1, burst=1000)
    task = asyncio.create_task(bucket.take())
    done, _ = await asyncio.wait({task}, timeout=0.05)
    assert not done and bucket.shown().waiting == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert bucket.shown().waiting == 0


async def test_who_leaves_gives_the_token_back() -> None:
    bucket = Bucket(per_minute=60_000, burst=1)
    tasks = [asyncio.create_task(bucket.take()) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert bucket.shown().total == 10


@settings(max_examples=20, deadline=None)
@given(st.integers(600, 60_000), st.integers(1, 30), st.integers(1, 60))
async def test_no_window_sees_more_than_the_burst_and_the_rate(per_minute: int, burst: int, count: int) -> None:
    bucket, times, loop = Bucket(per_minute, burst), [], asyncio.get_running_loop()
    try:
        async with asyncio.timeout(0.2):
            for _ in range(count):
                await bucket.take()
                times.append(loop.time())
    except TimeoutError:
        pass
    assert allowed(times, per_minute, burst)


async def test_another_setting_counts_at_once_and_a_device_has_one_budget() -> None:
    first = settled(901, Limits(cli_per_minute=60_000, cli_burst=50))
    assert first is not None and of(901) is first
    await first.cli.take()
    assert settled(901, Limits(cli_per_minute=1, cli_burst=1)) is first
    task = asyncio.create_task(first.cli.take())
    second = asyncio.create_task(first.cli.take())
    await asyncio.wait({task, second}, timeout=0.05)
    assert not (task.done() and second.done())
    for one in (task, second):
        one.cancel()
    await asyncio.gather(task, second, return_exceptions=True)
    assert settled(901, None) is None and of(901) is None
    assert isinstance(Budget(Limits()).snmp, Bucket)
