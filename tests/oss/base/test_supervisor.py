"""Loops come back, edges are logged once, services stop in reverse order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from oss.base import supervisor
from oss.base.supervisor import Health, HealthBoard, Outage, keep_running, run_services
from tests.waiting import eventually

AWAY = ConnectionRefusedError("nobody listens")


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    """The database's outage, of this test alone."""
    fresh = Outage("database")
    monkeypatch.setattr(supervisor, "DATABASE", fresh)
    return fresh


def told(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


async def test_a_loop_that_fails_is_started_again_and_its_health_tells(caplog: pytest.LogCaptureFixture) -> None:
    health, runs = Health("loop"), []
    up = asyncio.Event()

    async def run() -> None:
        runs.append(time.monotonic())
        if len(runs) == 1:
            raise LookupError("first time")
        health.beat()
        up.set()
        await asyncio.Event().wait()

    caplog.set_level(logging.INFO, "oss.base.supervisor")
    task = asyncio.create_task(keep_running(health, run))
    await eventually(lambda: health.state == "down")
    assert health.error == "LookupError: first time" and not health.good
    await asyncio.wait_for(up.wait(), 5)
    assert health.good and health.error is None and health.restarts == 1 and runs[1] - runs[0] > 0.15
    assert told(caplog) == ["down", "up again"]
    task.cancel()


async def test_the_pause_doubles_up_to_fifteen_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 9:
            raise asyncio.CancelledError

    async def fail() -> None:
        raise LookupError

    monkeypatch.setattr(supervisor, "asyncio", SimpleNamespace(sleep=pause))
    monkeypatch.setattr(supervisor, "random", SimpleNamespace(uniform=lambda low, high: 1.0))
    with pytest.raises(asyncio.CancelledError):
        await keep_running(Health("loop"), fail)
    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 15])


async def test_an_ending_loop_is_started_again_too() -> None:
    runs: list[int] = []

    async def run() -> None:
        runs.append(1)

    task = asyncio.create_task(keep_running(Health("loop"), run))
    await eventually(lambda: len(runs) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_each_failure_after_the_first_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    health = Health("loop")
    for _ in range(5):
        health.fail(LookupError("x"))
    for _ in range(5):
        health.beat()
    assert told(caplog) == ["down", "up again"]


def test_one_outage_of_the_database_is_one_line_whatever_it_takes_down(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    parts = [Health(f"part {number}") for number in range(5)]
    for _ in range(3):
        for part in parts:
            part.fail(AWAY)
    for part in parts[1:]:
        part.beat()
    assert told(caplog) == ["database away"]
    parts[0].beat()
    parts[0].beat()
    assert told(caplog) == ["database away", "database back"]


def test_what_fails_for_another_reason_after_the_outage_is_told(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    part = Health("part")
    part.fail(AWAY)
    part.fail(LookupError("our own mistake"))
    part.fail(LookupError("our own mistake"))
    assert told(caplog) == ["database away", "database back", "down"]
    part.beat()
    assert told(caplog)[3:] == ["up again"]


def test_a_part_that_does_not_beat_is_not_good() -> None:
    health = Health("loop", stale_s=10)
    assert not health.good  # starting
    health.beat()
    assert health.good
    health.beaten -= 11
    assert not health.good and health.state == "up"


def test_a_process_is_ready_when_every_part_is_good() -> None:
    board = HealthBoard()
    first, second = board.part("a"), board.part("b")
    assert board.part("a") is first
    first.beat()
    assert not board.ready
    second.beat()
    assert board.ready


def service(name: str, seen: list[str], failing: bool = False) -> tuple[str, supervisor.Service]:
    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        if failing:
            raise OSError("port in use")
        seen.append(f"{name} up")
        try:
            yield
        finally:
            seen.append(f"{name} down")

    return name, run


async def test_a_part_that_nobody_runs_any_more_keeps_no_outage_open(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    held, other = Health("held"), Health("other")

    async def away() -> None:
        raise AWAY

    task = asyncio.create_task(keep_running(held, away))
    await eventually(lambda: held.state == "down")
    other.fail(AWAY)
    task.cancel()  # its lease is another process's now
    await asyncio.gather(task, return_exceptions=True)
    assert held.state == "starting" and held.error is None
    other.beat()
    assert told(caplog) == ["database away", "database back"]


async def test_a_group_of_tasks_fails_for_what_made_it_fail(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    health = Health("poller")
    health.fail(ExceptionGroup("tasks", [AWAY, ExceptionGroup("more", [AWAY])]))
    assert outage.touches("poller") and health.error == "ConnectionRefusedError: nobody listens"
    health.fail(ExceptionGroup("tasks", [AWAY, ValueError("a row is odd")]))
    assert not outage.touches("poller") and health.error == "ValueError: a row is odd"
    assert told(caplog) == ["database away", "database back", "down"]


async def test_services_stop_in_reverse_order() -> None:
    seen: list[str] = []
    stop = asyncio.Event()

    def ready() -> None:
        seen.append("ready")
        stop.set()

    await run_services([service("database", seen), service("web", seen)], stop, ready)
    assert seen == ["database up", "web up", "ready", "web down", "database down"]


async def test_a_service_that_does_not_start_stops_those_before_it() -> None:
    seen: list[str] = []
    services = [service("database", seen), service("radius", seen, failing=True), service("web", seen)]
    with pytest.raises(OSError, match="port in use"):
        await run_services(services, asyncio.Event(), lambda: seen.append("ready"))
    assert seen == ["database up", "database down"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_once(number: signal.Signals) -> None:
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    supervisor.stop_on_signals(stop)
    os.kill(os.getpid(), number)
    await asyncio.wait_for(stop.wait(), 5)
    other = signal.SIGINT if number == signal.SIGTERM else signal.SIGTERM
    assert loop.remove_signal_handler(other) and not loop.remove_signal_handler(number)
    for one, handler in before.items():
        signal.signal(one, handler)


async def test_the_lag_of_a_busy_loop_is_seen() -> None:
    lags: list[float] = []
    task = asyncio.create_task(supervisor.measure_lag(lags.append, every_s=0.01))
    await eventually(lambda: lags)
    lags.clear()
    busy(0.08)
    await eventually(lambda: lags)
    task.cancel()
    assert max(lags) > 0.05


def busy(seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Keep the loop from turning."""
    end = clock() + seconds
    while clock() < end:
        pass
