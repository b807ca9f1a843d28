"""The applier as a process beside the node: what it is told and tells, and what happens when one of the two dies."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from oss.access import apply_process
from oss.access.apply_process import ApplyProcess
from oss.access.journal import Journal
from oss.access.journal_reader import LOGIN, PACKET, Position
from oss.access.login_log import accepted
from oss.base import db
from oss.base.supervisor import Health, keep_running
from tests.conftest import Seed
from tests.oss.access.said import START, at_us, record
from tests.waiting import eventually

AWAY = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'milha-applier'"
AWAY += " and datname = current_database()"


class Watched(Health):
    """Keeps what was known at each beat."""

    look: Callable[[], None] = staticmethod(lambda: None)  # type: ignore[assignment]

    def beat(self) -> None:
        self.look()
        super().beat()


@dataclass
class Node:
    """The journal's writer and the applier beside it."""

    journal: Journal
    process: ApplyProcess
    health: Health

    def start(self, sid: str, nas: int, done: Callable[[], None] | None = None) -> None:
        """A session begins."""
        said = record(START, 0, sid, nas=nas)
        assert self.journal.append(PACKET, nas, said.at_us, said.payload, done)

    async def synced(self) -> None:
        await eventually(lambda: self.journal.synced == self.journal.appended)


@asynccontextmanager
async def journalling(dsn: str, folder: Path) -> AsyncIterator[Node]:
    """A node whose applier does not run yet."""
    journal = Journal(folder)
    journal.open()
    node = Node(journal, ApplyProcess(journal, dsn, folder.name), Watched("applier"))
    task = asyncio.create_task(journal.flush_for_ever())
    try:
        yield node
    finally:
        await ended(task)
        journal.close()


@asynccontextmanager
async def applying(node: Node) -> AsyncIterator[None]:
    """Its applier, started again when it ends."""
    task = asyncio.create_task(keep_running(node.health, lambda: node.process.run_for_ever(node.health)))
    try:
        yield
    finally:
        await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def sids() -> list[str]:
    return [row[0] for row in await db.fetch("select acct_session_id from session_open order by 1")]


async def leave(dsn: str, folder: Path, nas: int, *names: str) -> None:
    """A journal that nobody applied."""
    async with journalling(dsn, folder) as node:
        for sid in names:
            node.start(sid, nas)
        await node.synced()


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every applier that was started."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def starting(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(apply_process.subprocess, "Popen", starting)
    return started


# ------------------------------------------------------------ life


async def test_what_is_journalled_becomes_rows_and_is_counted(seed: Seed, database: str, tmp_path: Path) -> None:
    async with journalling(database, tmp_path / "node") as node, applying(node):
        await asyncio.wait_for(node.process.caught_up.wait(), 15)
        for sid in ("1", "2", "3"):
            node.start(sid, seed.nas)
        await eventually(lambda: node.process.applied == 3)
        assert await sids() == ["1", "2", "3"] and node.process.lag == 0 and node.health.good
        assert node.process.position == node.journal.durable
        assert await db.fetchval("select records from journal_position") == 3


async def test_what_is_not_a_row_yet_is_told_as_lag(seed: Seed, database: str, tmp_path: Path) -> None:
    async with journalling(database, tmp_path / "node") as node:
        for sid in ("1", "2"):
            node.start(sid, seed.nas)
        await node.synced()
        assert (node.process.lag, node.process.applied) == (2, 0)
        async with applying(node):
            await eventually(lambda: node.process.lag == 0)
            assert node.process.applied == 2 and await sids() == ["1", "2"]


async def test_it_ends_with_its_node(
    seed: Seed, database: str, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    async with journalling(database, tmp_path / "node") as node, applying(node):
        node.start("1", seed.nas)
        await eventually(lambda: node.process.applied == 1)
    assert [process.returncode for process in processes] == [0]


async def test_leftovers_of_an_earlier_life_become_rows_and_are_not_counted(
    seed: Seed, database: str, tmp_path: Path
) -> None:
    await leave(database, tmp_path / "node", seed.nas, "1", "2", "3")
    async with journalling(database, tmp_path / "node") as node:
        assert node.process.lag == 0
        async with applying(node):
            await asyncio.wait_for(node.process.caught_up.wait(), 15)
            assert await sids() == ["1", "2", "3"]
            assert (node.process.applied, node.process.lag) == (0, 0)
            node.start("4", seed.nas)
            await eventually(lambda: node.process.applied == 1)
            assert node.process.lag == 0 and await sids() == ["1", "2", "3", "4"]


async def test_what_is_applied_and_what_lags_is_exact_at_every_moment(
    seed: Seed, database: str, tmp_path: Path
) -> None:
    """Leftovers and several batches of new records are there when the applier starts."""
    payload = accepted(at_us(0), seed.nas, "cli1", None, b"x" * 4000)

    async def write(node: Node, count: int) -> None:
        for _ in range(count):
            node.journal.append(LOGIN, 0, 0, payload)
        await node.synced()

    async with journalling(database, tmp_path / "node") as before:
        await write(before, 500)
    async with journalling(database, tmp_path / "node") as node:
        await write(node, 2500)
        seen: list[tuple[Position | None, int]] = []
        assert isinstance(node.health, Watched)
        node.health.look = lambda: seen.append((node.process.position, node.process.applied))  # type: ignore[method-assign]
        async with applying(node):
            await eventually(lambda: node.process.applied == 2500)
        assert node.process.lag == 0 and await db.fetchval("select count(*) from auth_log") == 3000
        size = (node.journal.durable.offset - node.journal.began.offset) // 2500
        exact = [max(0, position.offset - node.journal.began.offset) // size for position, _ in seen if position]
        assert [applied for _, applied in seen] == exact and len(set(exact)) > 3


async def test_a_journal_left_beside_it_is_taken_over(seed: Seed, database: str, tmp_path: Path) -> None:
    await leave(database, tmp_path / "old", seed.nas, "1", "2")
    async with journalling(database, tmp_path / "new") as node, applying(node):
        await asyncio.wait_for(node.process.caught_up.wait(), 15)
        assert await sids() == ["1", "2"] and not (tmp_path / "old").exists()
        assert (node.process.applied, node.process.lag) == (0, 0)
        assert await db.fetchval("select count(*) from session_open where node = 'new'") == 2


# ------------------------------------------------------------ durable=database


async def test_acknowledged_after_the_commit_and_in_order_where_that_is_asked_for(
    seed: Seed, database: str, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    async with journalling(database, tmp_path / "node") as node:

        def hold(sid: str) -> None:
            node.process.acks.append((node.journal.durable, partial(acknowledged.append, sid)))

        names = [f"{number:02}" for number in range(20)]
        for sid in names[:10]:
            node.start(sid, seed.nas, partial(hold, sid))
        await node.synced()
        assert acknowledged == [] and len(node.process.acks) == 10  # on stable storage, and not a row yet
        async with applying(node):
            await eventually(lambda: len(acknowledged) == 10)
            assert await sids() == names[:10]
            for sid in names[10:]:
                node.start(sid, seed.nas, partial(hold, sid))
                await eventually(lambda sid=sid: sid in acknowledged)
                assert sid in await sids()
        assert acknowledged == names and not node.process.acks


# ------------------------------------------------------------ deaths


async def test_while_the_database_is_away_the_lag_grows_and_then_it_goes_on(
    seed: Seed, database: str, tmp_path: Path
) -> None:
    async with journalling(database, tmp_path / "node") as node:
        running = asyncio.create_task(node.process.run_for_ever(node.health))
        node.start("1", seed.nas)
        await eventually(lambda: node.process.applied == 1)
        await db.execute(AWAY)
        node.start("2", seed.nas)  # it notices by this one
        with pytest.raises(ConnectionError, match="cannot reach the database"):
            await asyncio.wait_for(running, 15)
        await node.synced()
        assert node.process.lag == 1 and await sids() == ["1"]
        async with applying(node):
            await eventually(lambda: node.process.lag == 0)
            assert await sids() == ["1", "2"] and node.process.applied == 2


async def test_a_database_that_goes_away_again_and_again_costs_and_doubles_nothing(
    seed: Seed, database: str, tmp_path: Path
) -> None:
    count = 60
    async with journalling(database, tmp_path / "node") as node, applying(node):
        await asyncio.wait_for(node.process.caught_up.wait(), 15)
        for number in range(count):
            node.start(f"{number:03}", seed.nas)
            said = accepted(at_us(number), seed.nas, f"cli{number}", None, None)
            node.journal.append(LOGIN, 0, 0, said)
            await node.synced()
            if number in (10, 40):
                await db.execute(AWAY)
        await eventually(lambda: node.process.applied == 2 * count, 30)
        assert len(await sids()) == count and await db.fetchval("select count(*) from auth_log") == count
        assert await db.fetchval("select records from journal_position") == 2 * count and node.health.restarts >= 1


async def test_a_process_that_is_killed_is_followed_by_another(
    seed: Seed, database: str, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    async with journalling(database, tmp_path / "node") as node, applying(node):
        node.start("1", seed.nas)
        await eventually(lambda: node.process.applied == 1)
        processes[0].kill()
        node.start("2", seed.nas)
        await eventually(lambda: node.process.applied == 2)
        assert await sids() == ["1", "2"] and [process.returncode for process in processes] == [-signal.SIGKILL, None]


async def test_one_that_dies_of_something_else_is_told_as_that(
    seed: Seed, database: str, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    async with journalling(database, tmp_path / "node") as node:
        running = asyncio.create_task(node.process.run_for_ever(node.health))
        await asyncio.wait_for(node.process.caught_up.wait(), 15)
        processes[0].kill()
        with pytest.raises(RuntimeError, match="status -9"):
            await asyncio.wait_for(running, 15)


@pytest.mark.parametrize("fault", ["apply@1", "apply@4", "commit@1", "commit@4"])
async def test_killed_in_the_middle_of_a_batch_the_next_goes_on_where_it_committed(
    seed: Seed, database: str, tmp_path: Path, fault: str
) -> None:
    """Node and applier die together: everything acknowledged becomes a row, and nothing two."""
    folder = tmp_path / "node"
    program = (sys.executable, "-m", "tests.oss.access.doomed_node", database, str(folder), fault, str(seed.nas))
    doomed = await asyncio.create_subprocess_exec(*program, stdout=subprocess.PIPE)
    said, _ = await asyncio.wait_for(doomed.communicate(), 30)
    acknowledged = [f"{int(line):05}" for line in said.split()]
    assert doomed.returncode == -signal.SIGKILL and acknowledged
    rows = await sids()
    assert (rows == []) == (fault == "apply@1")  # what the batch had written is gone with it, and only that
    async with journalling(database, folder) as node, applying(node):
        await asyncio.wait_for(node.process.caught_up.wait(), 15)
        assert set(rows) | set(acknowledged) <= set(await sids())
        assert (node.process.applied, node.process.lag) == (0, 0)
        logins = await db.fetch("select login, count(*) as times from auth_log group by login order by login")
        assert [row["times"] for row in logins] == [1] * len(logins)
        assert {row["login"][3:] for row in logins} >= set(acknowledged)
        written = sum(1 for _ in await sids()) + len(logins)
        assert await db.fetchval("select records from journal_position") == written
