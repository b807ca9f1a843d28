"""Steps that take a moment: whose is next, and what is done in between."""

from __future__ import annotations

import asyncio

import pytest

from radius.attributes import ACCESS_ACCEPT, ACCESS_REJECT
from radius.eap.turns import HalfOpen, Turns
from radius.server import AccessReply, Later

YES, NO = AccessReply(ACCESS_ACCEPT), AccessReply(ACCESS_REJECT)
NO_TIME = 0.0  # every slice is of one step
ALL_DAY = 1e9


class Desk:
    """Steps with names, and the order they were done in."""

    def __init__(self, most: int = 100, slice_s: float = ALL_DAY, **window: float) -> None:
        half_open = HalfOpen(int(window.get("half_open", 100)), window.get("forgiven_per_s", 0.001))
        self.turns, self.done = Turns(most, slice_s, half_open, window.get("stale_s", ALL_DAY)), list[str]()

    def add(self, nas: int, name: str, begins: bool = False) -> Later:
        return self.turns.add(nas, begins, lambda: self._do(name))

    def _do(self, name: str) -> AccessReply:
        self.done.append(name)
        return YES


async def test_a_step_is_not_done_before_the_loop_has_had_its_turn() -> None:
    desk = Desk()
    later = desk.add(1, "one")
    assert desk.done == [] and await later == YES and desk.done == ["one"]


async def test_between_two_slices_the_loop_hears_who_else_has_come() -> None:
    desk = Desk(slice_s=NO_TIME)
    laters = [desk.add(1, str(number)) for number in range(10)]
    asyncio.get_running_loop().call_soon(desk.done.append, "somebody else")
    await asyncio.gather(*laters)
    assert desk.done[:3] == ["0", "somebody else", "1"]


async def test_what_goes_on_is_done_before_what_begins() -> None:
    desk = Desk()
    laters = [desk.add(1, f"begins {number}", begins=True) for number in range(3)]
    await asyncio.gather(desk.add(1, "goes on"), *laters)
    assert desk.done == ["goes on", "begins 0", "begins 1", "begins 2"]


async def test_nas_take_turns() -> None:
    desk = Desk()
    crowd = [desk.add(1, f"crowd {number}", begins=True) for number in range(5)]
    await asyncio.gather(*crowd, desk.add(2, "one", begins=True), desk.add(2, "two", begins=True))
    assert desk.done == ["crowd 0", "one", "crowd 1", "two", "crowd 2", "crowd 3", "crowd 4"]


async def test_where_too_many_wait_the_newest_of_the_nas_that_has_most_gives_way() -> None:
    desk = Desk(most=4)
    crowd = [desk.add(1, f"crowd {number}") for number in range(4)]
    assert await desk.add(2, "one") == YES
    assert [await later for later in crowd] == [YES, YES, YES, None]
    assert desk.turns.dropped == 1 and "one" in desk.done and desk.turns.waiting == 0


async def test_a_crowd_of_beginnings_takes_no_room_from_what_goes_on() -> None:
    desk = Desk(most=4)
    begun = [desk.add(1, "begins", begins=True) for _ in range(9)]
    going_on = [desk.add(1, "goes on") for _ in range(4)]
    assert await asyncio.gather(*going_on) == [YES] * 4
    assert await asyncio.gather(*begun) == [YES] * 4 + [None] * 5


async def test_a_fault_costs_its_own_request_only() -> None:
    desk = Desk()
    wrong = desk.turns.add(1, False, lambda: AccessReply(1 // 0))
    assert await desk.add(1, "one") == YES
    with pytest.raises(ZeroDivisionError):
        await wrong


async def test_a_step_whose_answer_takes_longer_still_is_waited_for() -> None:
    desk = Desk()
    slow: Later = asyncio.get_running_loop().create_future()
    later = desk.turns.add(1, False, lambda: slow)
    await desk.add(1, "one")
    assert not later.done()
    slow.set_result(NO)
    assert await later == NO


async def test_a_step_is_done_though_another_was_given_up() -> None:
    desk = Desk()
    desk.add(1, "given up").cancel()
    await desk.add(1, "one")
    assert desk.done == ["one"]


async def test_a_nas_with_a_window_full_of_half_open_talks_begins_another_when_one_goes_on() -> None:
    desk = Desk(half_open=2)
    begun = [desk.add(1, f"begins {number}", begins=True) for number in range(4)]
    await asyncio.gather(begun[0], begun[1])
    await asyncio.sleep(0)
    assert desk.done == ["begins 0", "begins 1"] and desk.turns.waiting == 2
    await desk.add(1, "goes on")
    await begun[2]
    assert desk.done[2:] == ["goes on", "begins 2"] and desk.turns.waiting == 1


async def test_the_window_of_one_nas_is_not_anothers() -> None:
    desk = Desk(half_open=1)
    crowd = [desk.add(1, f"crowd {number}", begins=True) for number in range(5)]
    others = [desk.add(nas, f"of {nas}", begins=True) for nas in (2, 3)]
    await asyncio.gather(crowd[0], *others)
    assert desk.done == ["crowd 0", "of 2", "of 3"]


async def test_half_open_talks_are_forgiven_with_time_so_that_a_nas_is_never_shut_out() -> None:
    desk = Desk(half_open=1, forgiven_per_s=1_000.0)
    assert await asyncio.gather(*(desk.add(1, "begins", begins=True) for _ in range(20))) == [YES] * 20


async def test_a_beginning_that_has_waited_too_long_is_dropped_and_its_nas_asks_again() -> None:
    desk = Desk(stale_s=-1.0)
    assert await desk.add(1, "begins", begins=True) is None
    assert desk.done == [] and desk.turns.dropped == 1 and desk.turns.waiting == 0


def test_half_open_talks_count_down_as_they_go_on_and_are_forgiven() -> None:
    half_open = HalfOpen(most=3, forgiven_per_s=2.0)
    for _ in range(3):
        assert not half_open.full(1, now=10.0)
        half_open.begun(1, now=10.0)
    assert half_open.full(1, now=10.0) and not half_open.full(1, now=10.5)
    half_open.went_on(1, now=10.5)
    assert half_open.count(1, now=10.5) == 1.0
    assert half_open.count(1, now=60.0) == 0.0
    half_open.went_on(2, now=60.0)  # of one that nobody counted
    assert half_open.count(2, now=60.0) == 0.0
