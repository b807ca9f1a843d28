"""What the devices of a line say now: its router once a second, its OLT more seldom, read once for all who watch.

Each device has its own patience: one that is silent is told to be, and costs the others nothing. While many lines of
one device are watched each is read less often, so that the device is asked no more than `A_SECOND` questions a second.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from oss.base import clock, db
from oss.base.problems import Problem
from oss.drivers.links import Link
from oss.drivers.olt import OnuNow
from oss.drivers.problems import NotOffered
from oss.drivers.registry import Driver
from oss.drivers.router import Limit, Rate, Router, RouterSession
from oss.monitoring.diagnosis_facts import Live
from oss.network import device_links
from oss.network.device_links import Priority
from oss.network.plant import place_of

EVERY_S: Final = 1.0
A_SECOND: Final = 5
LIMIT_EVERY_S: Final = 5.0
ONU_EVERY_S: Final = 15.0
AGAIN_S: Final = 5.0  # after a device was silent
PATIENCE_S: Final = 4.0
ONU_PATIENCE_S: Final = 12.0  # a command line is slower
KEPT: Final = 600
MOST_LINES: Final = 200


class TooManyLines(Problem):
    """Too many lines are watched already. This one shows what was last stored."""

    status = 503


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line is asked about. None: nobody said which device that is."""

    account_id: int
    login: str
    router_id: int | None = None
    olt_id: int | None = None
    pon: str = ""
    number: int | None = None


@dataclass(slots=True)
class Side:
    """One device's answer. ``problem``: why there is none; ``at``: when it was told last, seconds since 1970."""

    problem: Problem | None = None
    at: float = 0.0
    asked: bool = False


@dataclass(slots=True)
class Watched:
    """One line, for as long as somebody watches. ``turn`` grows with each news."""

    place: Place
    watchers: int = 0
    session: RouterSession | None = None
    on_router: bool | None = None
    denied_at: datetime | None = None
    rate: Rate | None = None
    limit: Limit | None = None
    onu: OnuNow | None = None
    router: Side = field(default_factory=Side)
    olt: Side = field(default_factory=Side)
    rates: deque[tuple[float, Rate]] = field(default_factory=lambda: deque(maxlen=KEPT))
    turn: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _limit_at: float = float("-inf")

    @property
    def live(self) -> Live:
        """As the judge takes it."""
        return Live(self.on_router, self.rate, self.limit, self.onu, self.place.router_id, self.denied_at)

    def ring(self) -> None:
        """Wake all who wait."""
        self.turn += 1
        rung, self.news = self.news, asyncio.Event()
        rung.set()

    # ------------------------------------------------------------ the router

    def forget_router(self) -> None:
        """It is silent: what it said is old, and would be told as what is so now."""
        self.session = self.on_router = self.rate = self.limit = None
        self._limit_at = float("-inf")

    async def ask_router(self) -> None:
        """One reading: the session where it is not known, its rate, now and then its limit."""
        assert self.place.router_id is not None
        await device_links.do(
            self.place.router_id, self._read, priority=Priority.PERSON, deadline_s=PATIENCE_S, what="a session"
        )

    async def _read(self, driver: Driver, link: Link) -> None:
        maker = driver.router
        if maker is None:
            raise NotOffered(name=driver.title)
        if self.session is None:
            self.session = await maker.session(link, self.place.login)
            if self.session is None and self.on_router is not False:
                self.denied_at = clock.now()
            self.on_router = self.session is not None
        if self.session is None:
            self.rate = self.limit = None
            return
        try:
            await self._measure(maker, link, self.session)
        except Problem:
            self.session = None  # it may have ended: it is looked for again
            raise

    async def _measure(self, maker: Router, link: Link, session: RouterSession) -> None:
        self.rate = await maker.rate(link, session)
        self.rates.append((time.time(), self.rate))
        if time.monotonic() - self._limit_at >= LIMIT_EVERY_S:
            self._limit_at = time.monotonic()
            with suppress(NotOffered):
                self.limit = await maker.limit(link, session)

    # ------------------------------------------------------------ the OLT

    async def ask_olt(self) -> None:
        """The ONU's light now."""
        assert self.place.olt_id is not None
        self.onu = await device_links.do(
            self.place.olt_id, self._look, priority=Priority.PERSON, deadline_s=ONU_PATIENCE_S, what="an ONU"
        )

    async def _look(self, driver: Driver, link: Link) -> OnuNow:
        if driver.olt is None or self.place.number is None:
            raise NotOffered(name=driver.title)
        return await driver.olt.now(link, place_of(self.place.pon), self.place.number)


class Lines:
    """The lines that are watched in this process."""

    def __init__(self) -> None:
        self.watched: dict[int, Watched] = {}
        self._tasks: dict[int, list[asyncio.Task[None]]] = {}
        self.readings = 0

    def pace(self, router_id: int) -> float:
        """Seconds between two readings of one of a router's lines."""
        busy = Counter(one.place.router_id for one in self.watched.values())
        return max(EVERY_S, busy[router_id] / A_SECOND)

    @asynccontextmanager
    async def watching(self, place: Place) -> AsyncIterator[Watched]:
        """The line is read for as long as the block runs. Raises TooManyLines."""
        if place.account_id not in self.watched:
            if len(self.watched) >= MOST_LINES:
                raise TooManyLines()
            self._begin(place)
        one = self.watched[place.account_id]
        self._add(one, place)
        one.watchers += 1
        try:
            yield one
        finally:
            one.watchers -= 1
            if not one.watchers:
                await self._end(place.account_id)

    def _begin(self, place: Place) -> None:
        self.watched[place.account_id] = Watched(Place(place.account_id, place.login))
        self._tasks[place.account_id] = []

    def _add(self, one: Watched, place: Place) -> None:
        """Devices that nobody asked yet: who watches the traffic alone knows no OLT."""
        tasks, known = self._tasks[place.account_id], one.place
        if known.router_id is None and place.router_id is not None:
            one.place = replace(one.place, router_id=place.router_id)
            tasks.append(asyncio.create_task(self._follow_router(one, place.router_id)))
        if known.number is None and place.olt_id is not None and place.number is not None:
            one.place = replace(one.place, olt_id=place.olt_id, pon=place.pon, number=place.number)
            tasks.append(asyncio.create_task(self._follow_olt(one)))

    async def _end(self, account_id: int) -> None:
        del self.watched[account_id]
        tasks = self._tasks.pop(account_id)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow_router(self, one: Watched, router_id: int) -> None:
        while True:
            began = time.monotonic()
            try:
                await one.ask_router()
                one.router = Side(None, time.time(), True)
                self.readings += 1
            except (Problem, *db.AWAY) as problem:
                one.forget_router()
                one.router = Side(_told(problem), one.router.at, True)
            one.ring()
            pause = AGAIN_S if one.router.problem else self.pace(router_id)
            await asyncio.sleep(max(0.05, pause - (time.monotonic() - began)))

    async def _follow_olt(self, one: Watched) -> None:
        while True:
            try:
                await one.ask_olt()
                one.olt = Side(None, time.time(), True)
            except (Problem, *db.AWAY) as problem:
                one.onu = None
                one.olt = Side(_told(problem), one.olt.at, True)
            one.ring()
            await asyncio.sleep(ONU_EVERY_S)


class DatabaseAway(Problem):
    """The database is away: where the device is cannot be read."""

    status = 503


def _told(problem: BaseException) -> Problem:
    return problem if isinstance(problem, Problem) else DatabaseAway()
