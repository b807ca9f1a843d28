"""Services are async context managers, stopped in reverse order; loops restart with back-off and have a health."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field

from oss.base import db

log = logging.getLogger(__name__)
STALE_S = 30.0


class Outage:
    """One cause that takes many parts down, told once when it begins and once when the last of them is up again."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._lock = threading.Lock()  # the AAA loop's parts and the main loop's share it
        self._touched: set[str] = set()
        self._began = 0.0

    def hits(self, part: str, error: BaseException) -> None:
        with self._lock:
            first = not self._touched
            self._touched.add(part)
            if first:
                self._began = time.monotonic()
        if first:
            log.error("%s away", self.what, extra={"facts": {"part": part, "error": str(error)}})

    def leaves(self, part: str) -> None:
        """The part is up, or down for another cause."""
        with self._lock:
            last = self._touched == {part}
            self._touched.discard(part)
        if last:
            seconds = round(time.monotonic() - self._began, 1)
            log.warning("%s back", self.what, extra={"facts": {"seconds": seconds}})

    def forget(self, part: str) -> None:
        """Nobody runs the part any more: it keeps no outage open, and tells of no end of one."""
        with self._lock:
            self._touched.discard(part)

    def touches(self, part: str) -> bool:
        return part in self._touched


DATABASE = Outage("database")


@dataclass(slots=True)
class Health:
    """One part's state: starting, up or down; ``beat`` says it is alive, ``fail`` keeps the first error.

    A name is one part's alone: an outage is over when each name that it hit has beaten again.
    """

    name: str
    state: str = "starting"
    since: float = field(default_factory=time.time)
    error: str | None = None
    restarts: int = 0
    beaten: float = field(default_factory=time.monotonic)
    stale_s: float = STALE_S
    needed: bool = True
    """Whether the process is not ready without it."""

    def beat(self) -> None:
        self.beaten = time.monotonic()
        if self.state != "up":
            if DATABASE.touches(self.name):
                DATABASE.leaves(self.name)
            elif self.state == "down":
                log.info("up again", extra={"facts": {"part": self.name}})
            self.state, self.since, self.error = "up", time.time(), None

    def fail(self, error: BaseException) -> None:
        error = cause_of(error)
        self.error = f"{type(error).__name__}: {error}"
        other_cause = DATABASE.touches(self.name)  # it was the database until now, and is something else now
        if isinstance(error, db.AWAY):
            DATABASE.hits(self.name, error)
        elif self.state != "down" or other_cause:
            DATABASE.leaves(self.name)
            log.warning("down", extra={"facts": {"part": self.name, "error": self.error}})
        if self.state != "down":
            self.state, self.since = "down", time.time()

    def rest(self) -> None:
        """Nobody runs it: another process does, or none. It is neither up nor down until it beats again."""
        DATABASE.forget(self.name)
        self.state, self.since, self.error = "starting", time.time(), None

    @property
    def good(self) -> bool:
        return self.state == "up" and time.monotonic() - self.beaten < self.stale_s


def cause_of(error: BaseException) -> BaseException:
    """What made a group of tasks fail: of several errors the first that is not the database's."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [cause_of(one) for one in error.exceptions]
    return next((one for one in causes if not isinstance(one, db.AWAY)), causes[0])


class HealthBoard:
    """Every part's health by name; the health page and /readyz read it."""

    def __init__(self) -> None:
        self.parts: dict[str, Health] = {}

    def part(self, name: str) -> Health:
        return self.parts.setdefault(name, Health(name))

    @property
    def ready(self) -> bool:
        return all(part.good for part in self.parts.values() if part.needed)


async def keep_running(health: Health, run: Callable[[], Awaitable[None]]) -> None:
    """Run until cancelled; what fails is started again after 0.2 s, doubled up to 15 s, with jitter."""
    try:
        await _run_again_and_again(health, run)
    finally:
        health.rest()


async def _run_again_and_again(health: Health, run: Callable[[], Awaitable[None]]) -> None:
    wait = 0.2
    while True:
        started = time.monotonic()
        try:
            await run()
        except Exception as error:  # supervision edge: a loop that fails is reported and restarted
            health.fail(error)
            if isinstance(cause_of(error), db.AWAY):
                wait = min(wait, 1.0)  # a look at a socket is cheap, and everybody waits for the database
            else:
                log.debug("restart after", exc_info=error)
        if time.monotonic() - started > 30:
            wait = 0.2
        health.restarts += 1
        await asyncio.sleep(wait * random.uniform(0.8, 1.2))
        wait = min(wait * 2, 15.0)


Service = Callable[[], AbstractAsyncContextManager[object]]


async def run_services(services: list[tuple[str, Service]], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Enter each service in turn, wait for ``stop``, leave them in reverse order."""
    async with AsyncExitStack() as stack:
        for name, service in services:
            started = time.monotonic()
            await stack.enter_async_context(service())
            took = round((time.monotonic() - started) * 1000)
            log.info("started", extra={"facts": {"service": name, "ms": took}})
        ready()
        await stop.wait()
        log.info("draining")


def stop_on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT drain; a second one is the operating system's to obey."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):

        def stop_once(number: int = number) -> None:
            stop.set()
            loop.remove_signal_handler(number)

        loop.add_signal_handler(number, stop_once)


async def measure_lag(seen: Callable[[float], None], every_s: float = 0.25) -> None:
    """Report how late this loop wakes, in seconds, four times a second."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)
        seen(max(0.0, loop.time() - due))
