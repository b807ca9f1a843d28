"""Heavy work happens in a process that may die, and comes back."""

from __future__ import annotations

import asyncio
import operator
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
import pytest_asyncio

from oss.base.child import Child, child_process
from oss.base.problems import NotFound
from oss.base.supervisor import Health
from tests.waiting import eventually


def refuse(thing: str) -> None:
    raise NotFound(thing=thing)


def die_once(path: str) -> str:
    """Kills its process the first time it is called."""
    if not os.path.exists(path):
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"


def niceness() -> int:
    return os.nice(0)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def child() -> AsyncIterator[Child]:
    """One child for all tests: each start costs a second."""
    async with child_process() as one:
        yield one


async def test_work_is_done_in_another_process_that_gives_way(child: Child) -> None:
    assert await child.run(os.getpid) != os.getpid()
    assert await child.run(niceness) >= 10


async def test_arguments_and_names_reach_the_work(child: Child) -> None:
    assert await child.run(operator.add, 2, 3) == 5
    assert await child.run(sorted, [1, 3, 2], reverse=True) == [3, 2, 1]


async def test_a_problem_comes_home_as_it_was(child: Child) -> None:
    with pytest.raises(NotFound) as problem:
        await child.run(refuse, "plan")
    assert str(problem.value) == "There is no such plan."


async def test_calls_that_die_with_it_are_made_once_more(child: Child, tmp_path: Path) -> None:
    before, restarts = await child.run(os.getpid), child.restarts
    calls = [child.run(die_once, str(tmp_path / "died"))] + [child.run(os.getpid) for _ in range(3)]
    answers = await asyncio.wait_for(asyncio.gather(*calls), 30)
    assert answers[0] == "lived" and before not in answers[1:]
    assert child.restarts == restarts + 1  # of all the calls that failed one started the new process


async def test_work_that_always_kills_it_is_given_up_and_the_next_call_works(child: Child) -> None:
    with pytest.raises(BrokenProcessPool):
        await child.run(os._exit, 3)
    assert await child.run(operator.add, 1, 1) == 2


async def test_it_is_watched(child: Child) -> None:
    health = Health("child")
    task = asyncio.create_task(child.watch(health))
    await eventually(lambda: health.good)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
