"""Workers: effects happen once, whoever dies; what fails is tried again and told; lanes do not wait for each other."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from oss.base import db, jobs
from oss.base.events import LISTENERS, Listener, publish, publish_many
from oss.base.jobs import PERIODIC, Periodic, Worker
from oss.base.supervisor import Health, HealthBoard
from tests.oss.base.doomed import Doomed, work
from tests.undone import one_database
from tests.waiting import eventually

Handle = Callable[[db.Connection, "Happened"], Awaitable[None]]
Listen = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened to a thing."""

    thing: int


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(server: str, template: str) -> AsyncIterator[str]:
    """One database for all tests here, with a table of effects; each of its own would take longer than the test."""
    async with one_database(server, template) as dsn:
        await db.execute("create table effect (thing int, lane text)")
        yield dsn


@pytest_asyncio.fixture(loop_scope="session")
async def effects(opened: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database, without jobs and effects; workers that look often."""
    monkeypatch.setattr(jobs, "LOOK_S", 0.05)
    monkeypatch.setattr(jobs, "TURN_S", 0.05)
    await db.execute("truncate effect, job, periodic")
    return opened


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Listen:
    """Register a handler of ``Happened`` for this test."""

    def register(handler: Handle, lane: str = "default") -> str:
        name = f"test.{handler.__name__}.{lane}"
        monkeypatch.setitem(LISTENERS, name, Listener(name, Happened, lane, handler))
        return name

    return register


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried again at once, dead after three."""
    monkeypatch.setattr(jobs, "backoff_s", lambda attempt: 0.0)
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 3)


async def effect(connection: db.Connection, event: Happened) -> None:
    """The plainest handler."""
    await connection.execute("insert into effect (thing) values ($1)", event.thing)


async def happen(*things: int, dedupe_key: str | None = None) -> None:
    async with db.transaction() as connection:
        for thing in things:
            await publish(connection, Happened(thing), dedupe_key=dedupe_key)


@asynccontextmanager
async def working(dsn: str, lane: str = "default", lease_s: float | None = None) -> AsyncIterator[Worker]:
    """A worker of one lane, for as long as the block runs."""
    worker = Worker(dsn, lane, lease_s)
    task = asyncio.create_task(worker.run(Health(lane)))
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def empty() -> bool:
    return await db.fetchval("select count(*) from job") == 0


async def things() -> list[int]:
    return [row["thing"] for row in await db.fetch("select thing from effect order by thing")]


# ------------------------------------------------------------ once


async def test_a_job_runs_and_is_gone(effects: str, listen: Listen) -> None:
    listen(effect)
    async with working(effects) as worker:
        await happen(1, 2)
        await eventually(empty)
        assert worker.done == 2
    assert await things() == [1, 2]


async def test_a_job_wakes_its_worker_at_once(effects: str, listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LOOK_S", 60.0)
    listen(effect)
    async with working(effects):
        await happen(1)
        await eventually(empty)
        began = time.monotonic()
        for number in range(5):
            await happen(number)
            await eventually(empty)
    assert time.monotonic() - began < 10


async def test_a_jobs_effects_happen_once_though_workers_are_killed_in_the_middle(effects: str) -> None:
    async with db.transaction() as connection:
        await publish_many(connection, Doomed, "select n as thing from generate_series(1, 20) n")
    for _ in range(3):
        program = (sys.executable, "-m", "tests.oss.base.doomed", effects, "0.2")
        process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"in the middle\n"
        process.kill()
        await process.wait()
    assert await things() == []
    async with working(effects):
        await eventually(empty)
    assert await things() == list(range(1, 21)) and LISTENERS[f"{work.__module__}.work"].handler is work


async def test_a_worker_that_lost_its_lease_leaves_no_effect(
    effects: str, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only slow; meanwhile another did the job."""
    stuck, freed = asyncio.Event(), asyncio.Event()

    async def slow_once(connection: db.Connection, event: Happened) -> None:
        await effect(connection, event)
        if not stuck.is_set():
            stuck.set()
            await freed.wait()

    async def never(self: Worker, lease: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Worker, "_renew", never)
    listen(slow_once)
    async with working(effects, lease_s=0.2) as slow:
        await happen(1)
        await asyncio.wait_for(stuck.wait(), 5)
        async with working(effects, lease_s=5) as quick:
            await eventually(empty)
            await eventually(lambda: quick.done + slow.done == 1)
            assert await things() == [1]
            freed.set()
    assert await things() == [1] and quick.done + slow.done == 1


async def test_a_long_job_keeps_its_lease(effects: str, listen: Listen) -> None:
    stuck, freed = asyncio.Event(), asyncio.Event()

    async def slow(connection: db.Connection, event: Happened) -> None:
        stuck.set()
        await freed.wait()
        await effect(connection, event)

    listen(slow)
    async with working(effects, lease_s=0.3) as first, working(effects, lease_s=0.3) as second:
        await happen(1)
        await asyncio.wait_for(stuck.wait(), 5)
        until = await db.fetchval("select leased_until from job")
        await eventually(
            lambda: db.fetchval("select leased_until > $1::timestamptz + interval '0.3 s' from job", until)
        )
        freed.set()
        await eventually(empty)
        assert first.done + second.done == 1
    assert await things() == [1]


async def test_what_an_outage_left_undone_is_taken_up_without_waiting_for_the_lease(
    effects: str, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Worker._failed
    cut: list[int] = []

    async def away_once(self: Worker, row: object, lease: str, error: Exception) -> None:
        if not cut:
            cut.append(1)
            raise ConnectionResetError("the database went away")
        await failed(self, row, lease, error)

    async def fail_once(connection: db.Connection, event: Happened) -> None:
        if not cut:
            raise LookupError
        await effect(connection, event)

    monkeypatch.setattr(Worker, "_failed", away_once)
    listen(fail_once)
    await happen(1, 2, 3)
    async with working(effects, lease_s=600):
        await eventually(empty)
    assert await things() == [1, 2, 3]


async def test_a_worker_that_ends_gives_back_what_it_took(effects: str, listen: Listen) -> None:
    stuck, freed = asyncio.Event(), asyncio.Event()

    async def slow(connection: db.Connection, event: Happened) -> None:
        stuck.set()
        await freed.wait()
        raise asyncio.CancelledError  # as the end of the process would, after its grace

    listen(slow)
    await happen(1, 2, 3)
    async with working(effects, lease_s=600):
        await asyncio.wait_for(stuck.wait(), 5)
        freed.set()
    assert await db.fetchval("select count(*) from job where leased_until is null and lease is null") == 3


# ------------------------------------------------------------ failure


async def test_a_failure_is_kept_and_tried_again_later(effects: str, listen: Listen) -> None:
    async def fail(connection: db.Connection, event: Happened) -> None:
        await effect(connection, event)
        raise LookupError("no such \x00 thing \ud800")

    listen(fail)
    await happen(1)
    async with working(effects):
        row = await eventually(lambda: db.fetchrow("select * from job where last_error is not null"))
    assert row["last_error"] == "LookupError: no such ? thing ?" and row["lease"] is None
    assert (row["state"], row["attempts"]) == ("ready", 1) and 0.5 < (
        row["run_at"] - row["failed_at"]
    ).total_seconds() <= 1
    assert await things() == []


async def test_after_the_last_try_a_job_is_dead(effects: str, listen: Listen, impatient: None) -> None:
    tries = []

    async def fail(connection: db.Connection, event: Happened) -> None:
        tries.append(event.thing)
        raise LookupError("never")

    listen(fail)
    await happen(1)
    async with working(effects):
        row = await eventually(lambda: db.fetchrow("select * from job where state = 'dead'"))
        await happen(2)  # others go on
        await eventually(lambda: db.fetchval("select count(*) = 2 from job where state = 'dead'"))
    assert tries == [1, 1, 1, 2, 2, 2] and row["attempts"] == 3


async def test_a_job_without_a_listener_ends_dead_and_says_so(effects: str, impatient: None) -> None:
    await db.execute("insert into job (lane, listener, payload) values ('default', 'oss.gone.away', '{}')")
    async with working(effects):
        row = await eventually(lambda: db.fetchrow("select * from job where state = 'dead'"))
    assert row["last_error"] == "LookupError: no listener oss.gone.away in this version"


async def test_fields_an_event_has_no_longer_do_no_harm(effects: str, listen: Listen) -> None:
    name = listen(effect)
    await db.execute(
        "insert into job (lane, listener, payload) values ('default', $1, $2)", name, '{"thing": 4, "old": 1}'
    )
    async with working(effects):
        await eventually(empty)
    assert await things() == [4]


def test_the_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    assert [jobs.backoff_s(attempt) for attempt in (1, 2, 3, 8, 11, 12, 500)] == [1, 2, 4, 128, 900, 900, 900]


# ------------------------------------------------------------ one key, one job


async def test_an_event_published_while_its_job_runs_makes_it_run_again(effects: str, listen: Listen) -> None:
    running, freed = asyncio.Event(), asyncio.Event()

    async def look(connection: db.Connection, event: Happened) -> None:
        await effect(connection, event)
        running.set()
        await freed.wait()

    listen(look)
    async with working(effects):
        await happen(1, dedupe_key="look")
        await asyncio.wait_for(running.wait(), 5)
        await happen(2, dedupe_key="look")
        await happen(3, dedupe_key="look")
        freed.set()
        await eventually(empty)
    assert await things() == [1, 3]


async def test_a_job_does_not_start_before_the_newest_reason_is_committed(effects: str, listen: Listen) -> None:
    listen(effect)
    other = listen(effect, "bulk")
    await happen(1, dedupe_key="look")
    async with db.transaction() as connection:
        await publish(connection, Happened(2), dedupe_key="look")
        async with working(effects) as worker:
            health = Health("second")
            second = asyncio.create_task(Worker(effects, "default").run(health))
            await eventually(lambda: health.state == "up")
            assert worker.done == 0
            second.cancel()
            await asyncio.gather(second, return_exceptions=True)
    async with working(effects):
        await eventually(lambda: db.fetchval("select count(*) = 0 from job where listener <> $1", other))
    assert await things() == [2]


async def test_a_job_that_dies_while_its_event_is_published_again_lives_on(
    effects: str, listen: Listen, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 1)
    running, freed = asyncio.Event(), asyncio.Event()

    async def look(connection: db.Connection, event: Happened) -> None:
        running.set()
        await freed.wait()
        if event.thing == 1:
            raise LookupError
        await effect(connection, event)

    listen(look)
    async with working(effects):
        await happen(1, dedupe_key="look")
        await asyncio.wait_for(running.wait(), 5)
        await happen(2, dedupe_key="look")
        freed.set()
        await eventually(empty)
    assert await things() == [2]


# ------------------------------------------------------------ lanes


async def test_ten_thousand_bulk_jobs_do_not_delay_an_access_job(effects: str, listen: Listen) -> None:
    async def count(connection: db.Connection, event: Happened) -> None:
        await connection.execute("insert into effect (thing, lane) values ($1, 'bulk')", event.thing)

    async def cut(connection: db.Connection, event: Happened) -> None:
        await connection.execute("insert into effect (thing, lane) values ($1, 'access')", event.thing)

    name = listen(count, "bulk")
    async with db.transaction() as connection:
        assert await publish_many(connection, Happened, "select n as thing from generate_series(1, 10000) n") == 10_000
    del LISTENERS[name]
    listen(cut, "access")
    LISTENERS[name] = Listener(name, Doomed, "bulk", count)
    async with working(effects, "bulk"), working(effects, "access") as access:
        await eventually(lambda: db.fetchval("select count(*) > 50 from effect"))
        began = time.monotonic()
        await happen(77)
        await eventually(lambda: access.done == 1)
        took, left = time.monotonic() - began, await db.fetchval("select count(*) from job")
    assert left > 5000 and took < 2


async def test_a_worker_takes_no_more_than_its_batch(effects: str, listen: Listen) -> None:
    stuck, freed = asyncio.Event(), asyncio.Event()

    async def hang(connection: db.Connection, event: Happened) -> None:
        stuck.set()
        await freed.wait()

    listen(hang, "bulk")
    async with db.transaction() as connection:
        await publish_many(connection, Happened, "select n as thing from generate_series(1, 2000) n")
    await db.execute("analyze job")
    most = jobs.BATCH["bulk"] * jobs.AT_ONCE["bulk"]
    async with working(effects, "bulk"):
        await eventually(lambda: db.fetchval("select count(*) = $1 from job where lease is not null", most))
        await db.execute("delete from job where lease is null")
        freed.set()
        await eventually(empty)
    assert stuck.is_set()


# ------------------------------------------------------------ periodic jobs


@pytest.fixture
def hourly(monkeypatch: pytest.MonkeyPatch) -> str:
    """One periodic job, and no other."""

    async def tick(connection: db.Connection) -> None:
        await connection.execute("insert into effect (thing) values (1)")

    monkeypatch.setattr(jobs, "PERIODIC", {"test.tick": Periodic("test.tick", 3600.0, "default", tick)})
    return "test.tick"


@asynccontextmanager
async def scheduling(count: int) -> AsyncIterator[list[Health]]:
    healths = [Health(f"schedule {number}") for number in range(count)]
    tasks = [asyncio.create_task(jobs.schedule(health)) for health in healths]
    try:
        yield healths
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def rounds(healths: list[Health]) -> None:
    """Every scheduler has looked twice more."""
    for _ in range(2):
        before = [health.beaten for health in healths]
        await eventually(lambda b=before: all(h.beaten > at for h, at in zip(healths, b, strict=True)))


async def test_a_periodic_job_runs_once_however_many_processes_there_are(effects: str, hourly: str) -> None:
    async with scheduling(3) as healths, working(effects):
        await eventually(lambda: db.fetchval("select count(*) > 0 from effect"))
        await rounds(healths)
        assert await things() == [1]
        # Switched off for a night: the turns that were missed are not made up for.
        await db.execute("update periodic set next_at = clock_timestamp() - interval '9 hours'")
        await eventually(lambda: db.fetchval("select count(*) > 1 from effect"))
        await rounds(healths)
    assert await things() == [1, 1]
    wait = await db.fetchval("select extract(epoch from next_at - last_at)::float from periodic")
    assert 3599 < wait < 3601


async def test_a_periodic_job_that_still_waits_is_not_queued_twice(effects: str, hourly: str) -> None:
    async with scheduling(1) as healths:
        await eventually(lambda: db.fetchval("select count(*) = 1 from job"))
        await db.execute("update periodic set next_at = clock_timestamp()")
        await rounds(healths)
    assert await db.fetchval("select count(*) from job") == 1


async def test_a_changed_period_is_taken_over(effects: str, hourly: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scheduling(1) as healths:
        await rounds(healths)
    tick = jobs.PERIODIC[hourly]
    monkeypatch.setitem(jobs.PERIODIC, hourly, Periodic(hourly, 60.0, "bulk", tick.handler))
    async with scheduling(1) as healths:
        await rounds(healths)
    assert tuple(await db.fetchrow("select lane, every_s from periodic")) == ("bulk", 60.0)


async def test_periodic_registers_a_handler_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PERIODIC", {})

    @jobs.periodic(every_s=5, lane="bulk")
    async def tidy(connection: db.Connection) -> None:
        """Nothing."""

    (one,) = jobs.PERIODIC.values()
    assert (one.every_s, one.lane, one.handler) == (5, "bulk", tidy) and one.name.endswith(".tidy")
    assert jobs.PERIODIC is not PERIODIC


# ------------------------------------------------------------ all together


async def test_all_lanes_and_the_scheduler_run_and_end(effects: str, listen: Listen, hourly: str) -> None:
    listen(effect, "access")
    board = HealthBoard()
    async with jobs.workers(effects, board.part):
        await happen(5)
        await eventually(lambda: board.ready)
        await eventually(lambda: db.fetchval("select count(*) = 2 from effect"))
    assert set(board.parts) == {"jobs.access", "jobs.default", "jobs.bulk", "jobs.schedule"}
    assert await things() == [1, 5]


async def test_a_lost_ear_is_noticed_and_the_worker_comes_back(effects: str, listen: Listen) -> None:
    listen(effect)
    board = HealthBoard()
    async with jobs.workers(effects, board.part):
        await eventually(lambda: board.ready)
        await db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'milha-listen' and datname = current_database()"
        )
        await eventually(lambda: all(board.part(f"jobs.{lane}").restarts for lane in ("access", "default", "bulk")))
        await happen(9)
        await eventually(lambda: db.fetchval("select count(*) > 0 from effect where thing = 9"))
    assert 9 in await things()
