"""A router's interfaces read each second for all who watch, within bounds, whatever the database does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from oss.base import db
from oss.base.secrets import Sealer
from oss.network import device_links, interface_live
from oss.network.interface_live import Interfaces, NotReadNow, TooManyInterfaces
from tests.oss.network.routers import Running, router
from tests.waiting import eventually

END_WHO_WAITS = """select count(pg_terminate_backend(pid)) from pg_locks
where not granted and relation = 'device'::regclass"""


@pytest_asyncio.fixture(loop_scope="session")
async def one(database: str, sealer: Sealer) -> AsyncIterator[Running]:
    async with router(sealer) as found, device_links.holding(sealer):
        yield found


def an_interface(one: Running) -> str:
    return str(next(iter(one.router.menus["/interface"].rows.values()))["name"])


async def test_a_database_that_is_away_for_a_moment_is_told_and_the_graph_goes_on(
    one: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interface_live, "AGAIN_S", 0.1)
    async with Interfaces().watching(one.device_id, an_interface(one), "ana") as watched:
        await eventually(lambda: watched.rates)
        async with db.transaction() as connection:
            await connection.execute("lock table device in access exclusive mode")
            async with asyncio.timeout(15):
                while watched.problem is None:
                    await connection.execute(END_WHO_WAITS)
            assert isinstance(watched.problem, NotReadNow)
        before = len(watched.rates)
        await eventually(lambda: watched.problem is None and len(watched.rates) > before)


async def test_a_reading_that_ended_begins_anew_with_the_next_who_watches(one: Running) -> None:
    interfaces, name = Interfaces(), an_interface(one)
    async with interfaces.watching(one.device_id, name, "ana") as watched:
        assert watched.task is not None
        watched.task.cancel()
        await eventually(watched.task.done)
        reads = watched.reads
        async with interfaces.watching(one.device_id, name, "bia") as again:
            assert again is watched
            await eventually(lambda: watched.reads > reads)


async def test_no_more_interfaces_are_watched_than_a_router_can_bear(
    one: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interface_live, "MOST_OF_ROUTER", 3)
    monkeypatch.setattr(interface_live, "MOST", 4)
    interfaces = Interfaces()
    async with AsyncExitStack() as stack:
        for name in ("a", "b", "c", "a"):
            await stack.enter_async_context(interfaces.watching(one.device_id, name, "ana"))
        with pytest.raises(TooManyInterfaces):
            await stack.enter_async_context(interfaces.watching(one.device_id, "d", "ana"))
        await stack.enter_async_context(interfaces.watching(one.device_id + 1, "a", "ana"))
        with pytest.raises(TooManyInterfaces):
            await stack.enter_async_context(interfaces.watching(one.device_id + 2, "a", "ana"))
        assert len(interfaces.watched) == 4
    assert interfaces.watched == {}


async def test_many_interfaces_of_a_router_share_its_questions(one: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface_live, "A_SECOND", 0.01)  # two that are watched: each once in 200 s
    interfaces = Interfaces()
    names = [str(row["name"]) for row in one.router.menus["/interface"].rows.values()][:2]
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(interfaces.watching(one.device_id, name, "ana")) for name in names]
        await eventually(lambda: all(watched.reads for watched in both))
        began = one.router.whims.count
        assert [watched.reads for watched in both] == [1, 1]
        assert interfaces._pause(one.device_id, both[0]) == 200
        assert one.router.whims.count == began
