"""Answers that real agents give and should not: refused, cut, late, doubled, endless, wrong; and our own lateness."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest

from snmp.backends import Backend
from snmp.client import Client, Patience
from snmp.credentials import Community, Version
from snmp.errors import AgentError, Malformed, NotIncreasing, TimedOut
from snmp.sizing import Sizing
from tests.snmp.scripted import GET, GET_BULK, NULL, Asked, Scripted, integer, octets, table

COLUMN, VALUE = "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.1.3.0"
ROWS = {f"{COLUMN}.{row}": integer(row * 10) for row in range(1, 41)}
WHOLE = {str(row): row * 10 for row in range(1, 41)}
V2C = Community("public")
SHORT = Patience((0.25, 0.25, 0.25))
BY = pytest.mark.parametrize("backend", list(Backend))
honest = table(ROWS | {"1.3.6.1.2.1.9.1.0": integer(1)})


@BY
async def test_an_honest_agent_is_read_whole(backend: Backend) -> None:
    with Scripted(honest) as agent:
        async with Client(agent.target, V2C, backend=backend) as client:
            assert await client.column(COLUMN) == WHOLE
            assert await client.column(COLUMN) == WHOLE
    assert len(agent.asked) == 3  # two answers the first time, one that sees the end the second


@BY
async def test_too_big_an_answer_is_asked_for_in_halves_and_the_size_is_remembered(backend: Backend) -> None:
    def small(asked: Asked) -> Iterable[bytes]:
        if asked.kind == GET_BULK and asked.second > 8:
            yield asked.answer((asked.oids[0], NULL), status=1)
        else:
            yield from honest(asked)

    sizing = Sizing()
    with Scripted(small) as agent:
        for _ in range(2):
            async with Client(agent.target, V2C, backend=backend, sizing=sizing, patience=SHORT) as client:
                assert await client.column(COLUMN) == WHOLE
            assert sizing.largest <= 8
    refused = [asked.second for asked in agent.asked if asked.kind == GET_BULK and asked.second > 8]
    assert len(refused) <= 4 and refused == sorted(refused, reverse=True)


async def test_answers_lost_because_they_are_large_make_the_next_ones_small() -> None:
    def lossy(asked: Asked) -> Iterable[bytes]:
        return [] if asked.second > 10 else honest(asked)

    with Scripted(lossy) as agent:
        async with Client(agent.target, V2C, patience=Patience((0.1, 0.1))) as client:
            assert await client.column(COLUMN) == WHOLE
            assert client.sizing.ceiling <= 10


@BY
async def test_a_cut_answer_is_asked_for_again_smaller(backend: Backend) -> None:
    def cut(asked: Asked) -> Iterable[bytes]:
        for answer in honest(asked):
            yield answer if asked.second <= 10 else answer[:-20]

    with Scripted(cut) as agent:
        async with Client(agent.target, V2C, backend=backend, patience=Patience((0.2, 0.2))) as client:
            assert await client.column(COLUMN) == WHOLE


async def test_an_agent_that_gives_less_than_asked_is_asked_for_less() -> None:
    def modest(asked: Asked) -> Iterable[bytes]:
        return honest(replace(asked, second=min(5, asked.second)))

    with Scripted(modest) as agent:
        async with Client(agent.target, V2C) as client:
            assert await client.column(COLUMN) == WHOLE
            assert client.sizing.largest == 5


@BY
async def test_an_error_in_the_middle_is_not_the_end_of_the_table(backend: Backend) -> None:
    def stumbling(asked: Asked) -> Iterable[bytes]:
        if asked.oids[0] == f"{COLUMN}.28":
            yield asked.answer((asked.oids[0], NULL), status=5)
        else:
            yield from honest(asked)

    with Scripted(stumbling) as agent:
        async with Client(agent.target, V2C, backend=backend, patience=SHORT) as client:
            with pytest.raises(AgentError):
                await client.column(COLUMN)


async def test_an_error_that_passed_is_overcome() -> None:
    counted = itertools.count()

    def once(asked: Asked) -> Iterable[bytes]:
        if asked.oids[0] == f"{COLUMN}.28" and next(counted) == 0:
            yield asked.answer((asked.oids[0], NULL), status=5)
        else:
            yield from honest(asked)

    with Scripted(once) as agent:
        async with Client(agent.target, V2C, patience=SHORT) as client:
            assert await client.column(COLUMN) == WHOLE


async def test_the_end_of_a_table_costs_no_question_beyond_the_one_that_finds_it() -> None:
    with Scripted(table(ROWS)) as agent:
        async with Client(agent.target, V2C) as client:
            client.sizing.largest = client.sizing.ceiling = 20  # the last answer is full: is there more?
            assert [await client.column(COLUMN) for _ in range(3)] == [WHOLE] * 3
    assert len(agent.asked) == 3 + 3 + 3


async def test_an_error_behind_a_late_copy_is_not_the_end_either() -> None:
    held: list[bytes] = []

    def confusing(asked: Asked) -> Iterable[bytes]:
        if asked.oids[0] != COLUMN:
            yield from held
            yield asked.answer((asked.oids[0], NULL), status=5)
            return
        held[:] = honest(asked)
        yield held[0]

    with Scripted(confusing) as agent:
        async with Client(agent.target, V2C, patience=SHORT) as client:
            client.sizing.ceiling = client.sizing.largest = 28
            with pytest.raises(AgentError):
                await client.column(COLUMN)


@BY
async def test_a_walk_that_goes_round_ends(backend: Backend) -> None:
    def round_and_round(asked: Asked) -> Iterable[bytes]:
        yield asked.answer(*((f"{COLUMN}.{row}", integer(1)) for row in (1, 2, 3)))

    with Scripted(round_and_round) as agent:
        async with Client(agent.target, V2C, backend=backend) as client:
            with pytest.raises(NotIncreasing):
                await client.column(COLUMN)


async def test_doubled_late_and_foreign_answers_are_not_taken_for_the_right_one() -> None:
    held: list[bytes] = []

    def confusing(asked: Asked) -> Iterable[bytes]:
        yield asked.answer((VALUE, integer(7)), number=integer(12345))
        yield from held
        number = len(agent.asked)
        held[:] = [asked.answer((VALUE, integer(number)))] * 2
        yield from held

    with Scripted(confusing) as agent:
        async with Client(agent.target, V2C) as client:
            assert [await client.get(VALUE) for _ in range(5)] == [1, 2, 3, 4, 5]


async def test_an_answer_about_another_value_is_no_answer() -> None:
    def other(asked: Asked) -> Iterable[bytes]:
        yield asked.answer(("1.3.6.1.2.1.1.7.0", integer(7)))

    with Scripted(other) as agent:
        async with Client(agent.target, V2C) as client:
            assert await client.get_many([VALUE]) == {}


@BY
async def test_garbage_is_told_as_such(backend: Backend) -> None:
    with Scripted(lambda asked: [b"hello, world"]) as agent:
        async with Client(agent.target, V2C, backend=backend, patience=SHORT) as client:
            with pytest.raises((Malformed, TimedOut)):
                await client.get(VALUE)


async def test_a_get_that_trips_an_agent_still_brings_the_others() -> None:
    def tripping(asked: Asked) -> Iterable[bytes]:
        if asked.kind == GET and COLUMN in asked.oids:
            return [asked.answer((asked.oids[0], NULL), status=5)]
        return [asked.answer(*((name, integer(3)) for name in asked.oids))]

    names = [VALUE, COLUMN, "1.3.6.1.2.1.1.7.0"]
    with Scripted(tripping) as agent:
        for who in (Community("public", Version.V1), V2C):
            async with Client(agent.target, who) as client:
                assert await client.get_many(names) == {VALUE: 3, "1.3.6.1.2.1.1.7.0": 3}
                with pytest.raises(AgentError):
                    await client.get(COLUMN)


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_lost_answer_is_asked_for_again(lost: int) -> None:
    counted = itertools.count()

    def lossy(asked: Asked) -> Iterable[bytes]:
        return [] if next(counted) < lost else [asked.answer((VALUE, octets(b"here")))]

    with Scripted(lossy) as agent:
        async with Client(agent.target, V2C, patience=SHORT) as client:
            assert await client.get(VALUE) == b"here"
    assert client.requests == lost + 1


async def test_a_deadline_ends_what_repetitions_would_not() -> None:
    with Scripted(lambda asked: []) as agent:
        async with Client(agent.target, V2C, patience=Patience((0.2,) * 50)) as client:
            with pytest.raises(TimedOut), client.within(0.5):
                await client.column(COLUMN)
    assert client.requests <= 4


@BY
async def test_a_device_is_not_dead_because_we_were_busy(backend: Backend) -> None:
    """It answers in time, and once a little after we begin to look again: both are our lateness and not its own."""
    free = threading.Event()

    def slow(asked: Asked) -> Iterable[bytes]:
        free.wait(5)
        yield asked.answer((VALUE, integer(1)))

    with Scripted(slow) as agent:
        async with Client(agent.target, V2C, backend=backend, patience=Patience((0.5,))) as client:
            loop = asyncio.get_running_loop()
            loop.call_later(0.1, lambda: threading.Event().wait(1.0))  # we compute, and cannot look
            loop.call_later(0.15, free.set)
            assert await client.get(VALUE) == 1
    assert client.requests == 1
