"""Dear counts are told again for some seconds and counted anew behind the page; cheap ones are of this moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from oss.base import db, remembered
from oss.base.remembered import Remembered


class Counter:
    """Counts how often it was asked; ``at`` is the clock that the tests move."""

    def __init__(self) -> None:
        self.value, self.at = 0, 1000.0
        self.counted = asyncio.Event()

    async def read(self) -> int:
        self.value += 1
        self.counted.set()
        return self.value


@pytest_asyncio.fixture(loop_scope="session")
async def counter(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    made = Counter()
    monkeypatch.setattr(remembered.time, "monotonic", lambda: made.at)
    yield made


async def test_a_cheap_count_is_always_of_this_moment(counter: Counter) -> None:
    count = Remembered(counter.read, lambda value: False)
    assert [await count() for _ in range(3)] == [1, 2, 3]


async def test_a_dear_count_is_told_again_and_renewed_behind_whoever_asks(counter: Counter) -> None:
    count = Remembered(counter.read, lambda value: True)
    assert [await count() for _ in range(3)] == [1, 1, 1]
    counter.at += remembered.KEPT_S + 1
    counter.counted.clear()
    assert await count() == 1, "nobody waits"
    await counter.counted.wait()
    await asyncio.sleep(0)
    assert await count() == 2 and counter.value == 2


async def test_a_count_nobody_asked_for_in_a_minute_is_waited_for(counter: Counter) -> None:
    count = Remembered(counter.read, lambda value: True)
    await count()
    counter.at += remembered.OLD_S + 1
    assert await count() == 2


async def test_one_question_does_not_answer_another(counter: Counter) -> None:
    async def read(what: str) -> str:
        return what + str(await counter.read())

    count = Remembered(read, lambda value: True)
    assert [await count("a"), await count("b"), await count("a")] == ["a1", "b2", "a1"]
    assert db.pool() is not None
