"""The schedule: everybody in their own phase, one poll in flight, the dead and the slow do not cost the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from snmp.errors import TimedOut
from snmp.polling import Outcome, Plan, Schedule, phase, within
from tests.waiting import eventually

Told = list[Outcome[str, int]]
Read = Callable[[], Coroutine[Any, Any, int]]


async def good() -> int:
    return 1


async def dead() -> int:
    raise TimedOut("nobody answers")


async def hanging() -> int:
    await asyncio.Event().wait()
    return 0


def plan(read: Read, interval_s: float = 0.02, deadline_s: float = 5.0) -> Plan[int]:
    return Plan(read, interval_s, deadline_s)


@contextlib.asynccontextmanager
async def running(**reads: Plan[int]) -> AsyncIterator[tuple[Schedule[str, int], Told]]:
    """A schedule with these devices, and what it told."""
    told: Told = []
    schedule: Schedule[str, int] = Schedule(told.append)
    schedule.keep(reads)
    task = asyncio.create_task(schedule.run())
    try:
        yield schedule, told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def count(told: Told, key: str) -> int:
    return sum(one.key == key for one in told)


def test_a_thousand_devices_are_spread_over_the_interval() -> None:
    tenths = Counter(int(phase(f"10.0.{n // 250}.{n % 250}") * 10) for n in range(1000))
    assert set(tenths) == set(range(10)) and max(tenths.values()) < 150
    assert phase("olt") == phase("olt")


async def test_each_is_polled_again_and_again() -> None:
    async with running(a=plan(good), b=plan(good)) as (schedule, told):
        await eventually(lambda: count(told, "a") >= 3 and count(told, "b") >= 3)
    assert {one.reading for one in told} == {1} and all(one.late_s >= 0 for one in told)
    assert schedule.lateness.quantile(1.0) >= schedule.lateness.quantile(0.5) >= 0


async def test_one_that_is_slower_than_its_interval_is_never_polled_twice_at_once() -> None:
    under_way, most, ended = 0, 0, asyncio.Event()

    async def slow() -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await ended.wait()
        under_way -= 1
        return 2

    async with running(slow=plan(slow), good=plan(good)) as (schedule, told):
        await eventually(lambda: schedule.skipped >= 3)
        assert (most, count(told, "slow")) == (1, 0) and schedule.under_way >= 1
        ended.set()
        await eventually(lambda: count(told, "slow") >= 2)
    assert most == 1 and count(told, "good") >= 3


async def test_the_dead_and_the_hanging_do_not_cost_the_others_their_schedule() -> None:
    bad = {f"hanging{n}": plan(hanging) for n in range(100)} | {f"dead{n}": plan(dead) for n in range(100)}
    async with running(**bad, good=plan(good)) as (_, told):
        await eventually(lambda: count(told, "good") >= 10)
    assert all(isinstance(one.problem, TimedOut) for one in told if one.key != "good")
    assert not any(one.key.startswith("hanging") for one in told)


async def test_one_that_does_not_answer_is_asked_less_often_until_something_is_heard_of_it() -> None:
    answers = False

    async def device() -> int:
        if not answers:
            raise TimedOut("nobody answers")
        return 3

    async with running(dead=plan(device), good=plan(good)) as (schedule, told):
        await eventually(lambda: count(told, "good") >= 24)
        assert count(told, "dead") <= 13
        assert [one.failures for one in told if one.key == "dead"][:3] == [1, 2, 3]
        answers, before = True, count(told, "dead")
        schedule.poke("dead")
        await eventually(lambda: count(told, "dead") > before)
    assert told[-1].failures == 0 or any(one.reading == 3 for one in told)


async def test_a_poke_asks_now_and_not_when_the_turn_comes() -> None:
    async with running(rare=plan(dead, interval_s=3600.0)) as (schedule, told):
        device = schedule._devices["rare"]
        device.failures = 2
        schedule.poke("rare")
        await eventually(lambda: told)
    assert told[0].failures == 1


async def test_who_hurries_is_polled_before_its_turn_and_the_next_one_keeps_its_phase() -> None:
    async with running(a=plan(good, interval_s=3600), b=plan(good, interval_s=3600)) as (schedule, told):
        schedule.hurry("a", 0.0)
        await eventually(lambda: count(told, "a") == 1)
        schedule.hurry("a", 3600)  # soon after the last one: not before this time is over
        schedule.hurry("gone", 0.0)
        schedule.hurry("b", 0.0)
        await eventually(lambda: count(told, "b") == 1)
        assert count(told, "a") == 1 and schedule._devices["a"].due <= schedule._now() + 3600


async def test_what_is_heard_while_a_poll_is_under_way_has_another_one_once_however_often() -> None:
    begun, may_end = 0, asyncio.Event()

    async def slow() -> int:
        nonlocal begun
        begun += 1
        await may_end.wait()
        return begun

    async with running(a=plan(slow, interval_s=3600)) as (schedule, told):
        schedule.hurry("a", 0.0)
        await eventually(lambda: begun == 1)
        for _ in range(1000):
            schedule.hurry("a", 0.0)
        assert begun == 1 and schedule.skipped == 0
        may_end.set()
        await eventually(lambda: count(told, "a") == 2)
    assert begun == 2


async def test_a_deadline_ends_a_poll() -> None:
    async with running(hanging=plan(hanging, interval_s=0.05, deadline_s=0.05)) as (_, told):
        await eventually(lambda: told)
    assert isinstance(told[0].problem, TimedOut) and told[0].reading is None


async def test_one_that_is_dropped_is_not_told_any_more() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        begun.set()
        await ended.wait()
        return 4

    async with running(slow=plan(slow), good=plan(good)) as (schedule, told):
        await begun.wait()
        schedule.keep({"good": plan(good)})
        ended.set()
        before = count(told, "good")
        await eventually(lambda: count(told, "good") >= before + 3 and not schedule.under_way)
    assert count(told, "slow") == 0


async def test_a_new_plan_takes_the_place_of_the_old_one() -> None:
    async def other() -> int:
        return 5

    async with running(a=plan(good)) as (schedule, told):
        await eventually(lambda: told)
        schedule.keep({"a": plan(other), "b": plan(good, interval_s=0.03)})
        await eventually(lambda: any(one.reading == 5 for one in told) and count(told, "b"))
        schedule.add("a", plan(good, interval_s=0.01))
        before = len(told)
        await eventually(lambda: any(one.key == "a" and one.reading == 1 for one in told[before:]))
    assert count(told, "b") >= 1


async def test_there_is_room_for_so_many_and_the_next_one_waits_its_turn() -> None:
    ended = asyncio.Event()

    async def slow() -> int:
        await ended.wait()
        return 6

    told: Told = []
    schedule: Schedule[str, int] = Schedule(told.append, at_once=2)
    schedule.keep({name: plan(slow) for name in "abcd"})
    task = asyncio.create_task(schedule.run())
    await eventually(lambda: schedule.under_way == 2 and schedule.skipped == 0)
    assert not told
    ended.set()
    await eventually(lambda: {one.key for one in told} == set("abcd"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert schedule.under_way == 0


async def test_a_mistake_of_ours_is_reported_and_the_schedule_goes_on() -> None:
    seen: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: seen.append(context))

    async def broken() -> int:
        raise KeyError("a mistake")

    try:
        async with running(broken=plan(broken), good=plan(good)) as (_, told):
            await eventually(lambda: len(seen) >= 2 and count(told, "good") >= 3)
    finally:
        loop.set_exception_handler(before)
    assert isinstance(seen[0]["exception"], KeyError) and count(told, "broken") == 0


async def test_what_is_done_in_time_is_handed_on() -> None:
    assert await within(5.0, good()) == 1
    with pytest.raises(TimedOut, match=r"not read within 0\.01 s"):
        await within(0.01, hanging())
    with pytest.raises(TimedOut, match="nobody"):
        await within(5.0, dead())
