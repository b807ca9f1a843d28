"""Who keeps the links: a queue and a link a device, what is done when one fails, what is told of each."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

from oss.base import audit, clock, db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.drivers import budget
from oss.drivers.links import Link
from oss.drivers.problems import DeviceProblem, DeviceSlow, DeviceUnreachable, KeyChanged, LinkLost, LoginRefused
from oss.drivers.registry import Driver
from oss.drivers.transport.opened import Opened, Purse, free
from oss.drivers.transport.transcript import Entry, Transcript
from oss.drivers.transport.turns import Priority, Turns
from oss.network import device_keys, device_reach, link_rows
from oss.network.device_reach import Way
from oss.network.link_rows import Said, State

T = TypeVar("T")

TELL_S: Final = 1.0
ALL_S: Final = 60.0
"""All sessions are told again, so that it is seen that somebody keeps them."""
LOOK_S: Final = 5.0
AT_ONCE: Final = 16
"""Devices that are looked at together."""
IDLE_S: Final = 60.0
"""A link that lay still for so long is spoken to, so that nobody on the way forgets it."""
FIRST_S: Final = 1.0
MOST_S: Final = 300.0
REFUSED_S: Final = 600.0
"""A password that was refused is not tried again before, unless a person says so: devices lock accounts."""
BY_HAND: Final = "login"
"""What an act is for that tries in any case."""
MOST_ENTRIES: Final = 5000
"""Kept in memory while the database is away; more are dropped, the oldest first."""
PERSON_S: Final = 3.0
"""A page asks several things at once: they need not each wait for what is not there."""
PATIENT: Final = (LoginRefused, KeyChanged)
FAILURES: Final = (DeviceUnreachable, LoginRefused, KeyChanged, LinkLost, DeviceSlow)
KEEPER: Final = audit.Actor("system:devices")


class DevicesAway(DeviceProblem):
    """No process that keeps links to devices is running."""

    status = 503


@dataclass(slots=True)
class Asked:
    """One act: what is wanted, by whom, how urgently, until when (seconds from now)."""

    what: str
    asked_by: str
    priority: Priority
    deadline_s: float
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: bool = False


class Held:
    """One device: its queue, its link, and how it went."""

    def __init__(self, device_id: int) -> None:
        self.device_id = device_id
        self.turns = Turns(str(device_id))
        self.way: Way | None = None
        self.link: Opened | None = None
        self.asked: Asked | None = None
        self.failures = 0
        self.again_at = 0.0
        self.problem: DeviceProblem | None = None
        self.done_at: datetime | None = None
        self.failed_at: datetime | None = None
        self.failed_s = 0.0
        self.used_at = time.monotonic()
        self.mark: str | None = None

    def state(self) -> State:
        """As it is told."""
        link, problem = self.link, self.problem
        is_open = link is not None and link.open and link.since is not None
        return State(
            self.device_id,
            clock.from_timestamp(link.since) if link is not None and link.since is not None and is_open else None,
            self.turns.busy,
            self.turns.waiting,
            self.done_at,
            self.failed_at,
            problem.code if problem is not None else "",
            json.dumps(problem.facts, default=str) if problem is not None else "{}",
            link_rows.spent(self.device_id),
        )

    def refuse_in_vain(self, asked: Asked) -> None:
        """Say again at once what went wrong, where a new try is not due; for a person it is due soon."""
        if self.problem is None or asked.what == BY_HAND:
            return
        wait_s = self.again_at - time.monotonic()
        if asked.priority is Priority.PERSON and not isinstance(self.problem, PATIENT):
            wait_s = self.failed_s + PERSON_S - time.monotonic() if isinstance(self.problem, DeviceUnreachable) else 0
        if wait_s > 0:
            raise type(self.problem)(**self.problem.facts)

    def went_well(self) -> None:
        self.failures, self.again_at, self.problem, self.done_at = 0, 0.0, None, clock.now()

    def went_wrong(self, problem: DeviceProblem) -> None:
        """Remember what, and leave the device in peace for a while, longer each time."""
        self.failures += 1
        self.problem, self.failed_at, self.failed_s = problem, clock.now(), time.monotonic()
        wait_s = REFUSED_S if isinstance(problem, PATIENT) else min(MOST_S, FIRST_S * 2 ** (self.failures - 1))
        self.again_at = time.monotonic() + wait_s

    async def close(self) -> None:
        """What is open is closed; never raises."""
        link, self.link = self.link, None
        if link is not None:
            await link.close()


class Keeper:
    """The links of this process."""

    def __init__(self, sealer: Sealer, node: str) -> None:
        self.sealer, self.node = sealer, node
        self.held: dict[int, Held] = {}
        self._entries: list[Said] = []
        self._told: dict[int, State] = {}
        self._all_told = time.monotonic()
        self._closed = False

    # ------------------------------------------------------------ acts

    async def do(self, device_id: int, act: Callable[[Driver, Link], Awaitable[T]], asked: Asked) -> T:
        """Raises NotFound, what the act raises, DeviceProblem."""
        held = self.held.setdefault(device_id, Held(device_id))
        try:
            async with asyncio.timeout(asked.deadline_s) as limit:
                return await self._in_turn(held, act, asked)
        except TimeoutError:
            if not limit.expired():
                raise
            slow = DeviceSlow(name=held.turns.name, what=asked.what, seconds=f"{asked.deadline_s:g}")
            if asked.began:
                held.went_wrong(slow)
            raise slow from None

    async def _in_turn(self, held: Held, act: Callable[[Driver, Link], Awaitable[T]], asked: Asked) -> T:
        async with held.turns.turn(asked.priority):
            way = await self._way(held)
            if self._closed:  # while it waited: what it opened would belong to nobody
                raise DevicesAway(name=held.turns.name)
            held.refuse_in_vain(asked)
            held.asked, asked.began = asked, True
            link = await self._link(held, way)
            link.fresh.clear()
            try:
                found = await act(way.driver, link)
            except FAILURES as problem:
                held.went_wrong(problem)
                if isinstance(problem, KeyChanged):
                    await self._key_changed(held, str(problem.facts.get("key")))
                raise
            finally:
                held.used_at = time.monotonic()
                await self._keep_keys(held)
                held.asked = None
            held.went_well()
            return found

    async def _way(self, held: Held) -> Way:
        """How it is reached now; other credentials than before close what is open, and forgive what went wrong."""
        async with db.pool().acquire() as connection:
            try:
                way = await device_reach.way(connection, self.sealer, held.device_id)
            except NotFound:
                self.held.pop(held.device_id, None)
                raise
        held.turns.name = way.reach.name
        budget.settled(held.device_id, way.limits)
        if held.way != way:
            await held.close()
            held.way, held.failures, held.again_at, held.problem = way, 0, 0.0, None
        return way

    async def _link(self, held: Held, way: Way) -> Opened:
        if held.link is None:
            transcript = Transcript(way.reach.secrets, lambda entry: self._said(held, entry))
            held.link = Opened(way.reach, way.driver.dialect, transcript, way.snmp, self._purse(held))
        return held.link

    def _purse(self, held: Held) -> Purse:
        """Tokens as urgent as who has the turn."""

        async def cli() -> None:
            found = budget.of(held.device_id)
            await (found.cli.take(_urgency(held)) if found else free())

        async def snmp() -> None:
            found = budget.of(held.device_id)
            await (found.snmp.take(_urgency(held)) if found else free())

        return Purse(cli, snmp)

    # ------------------------------------------------------------ keys

    async def _keep_keys(self, held: Held) -> None:
        """The first keys are kept; a link that was opened with a key that was changed meanwhile is closed."""
        if held.link is None or held.way is None:
            return
        known = {"ssh_key": held.way.reach.ssh_key, "tls_pin": held.way.reach.tls_pin}
        for name, key in held.link.keys().items():
            if known[name] == key:
                await self._settle(held.device_id, held.link, name)
                continue
            async with db.transaction() as connection:
                believed = await device_keys.believe(connection, KEEPER, held.device_id, name, key)
            if believed:
                before = held.way.reach
                reach = replace(before, ssh_key=key) if name == "ssh_key" else replace(before, tls_pin=key)
                held.way, held.link.reach = held.way._replace(reach=reach), reach
            else:
                await held.close()

    async def _settle(self, device_id: int, link: Opened, name: str) -> None:
        """The known key is shown again: another one is no offer any more, and the next time an alarm."""
        if name in link.fresh:
            async with db.transaction() as connection:
                await device_keys.settle(connection, device_id, name)

    async def _key_changed(self, held: Held, key: str) -> None:
        async with db.transaction() as connection:
            await device_keys.changed(connection, KEEPER, held.device_id, self.node, key)

    # ------------------------------------------------------------ what is told

    def _said(self, held: Held, entry: Entry) -> None:
        asked = held.asked
        said = Said(held.device_id, asked.id if asked else "", asked.what if asked else "keep-alive",
                    asked.asked_by if asked else KEEPER.name, entry)  # fmt: skip
        self._entries.append(said)
        del self._entries[:-MOST_ENTRIES]

    async def tell(self) -> None:
        """What was said, and how the sessions are that changed."""
        entries, self._entries = self._entries, []
        try:
            if entries:
                await link_rows.put_entries(entries)
        except BaseException:
            self._entries[:0] = entries
            raise
        states = {one.device_id: one.state() for one in self.held.values() if one.way is not None}
        all_due = time.monotonic() - self._all_told > ALL_S
        new = [one for key, one in states.items() if all_due or self._told.get(key) != one]
        if new:
            await link_rows.put_states(self.node, new)
        self._told = states
        if all_due:
            self._all_told = time.monotonic()

    async def look(self) -> None:
        """Links whose device was changed or removed are closed at once; those that lie still are kept alive."""
        all_held, few = list(self.held.values()), asyncio.Semaphore(AT_ONCE)
        marks = await link_rows.marks([one.device_id for one in all_held])

        async def one(held: Held) -> None:
            async with few:
                if not held.turns.busy:
                    await self._look_at(held, marks.get(held.device_id))

        ends = await asyncio.gather(*(one(held) for held in all_held), return_exceptions=True)
        for problem in ends:
            if problem is not None:
                raise problem

    async def _look_at(self, held: Held, mark: str | None) -> None:
        if mark is None:
            self.held.pop(held.device_id, None)
            budget.settled(held.device_id, None)
            await held.close()
            return
        if held.mark not in (None, mark):
            await self._look_again(held)
        held.mark = mark
        if held.link is not None and held.link.open and time.monotonic() - held.used_at > IDLE_S:
            await self._keep_alive(held)

    async def _look_again(self, held: Held) -> None:
        async with held.turns.turn(Priority.SWEEP):
            try:
                await self._way(held)
            except (DeviceProblem, NotFound):
                await held.close()

    async def _keep_alive(self, held: Held) -> None:
        async with held.turns.turn(Priority.SWEEP):
            if held.link is not None:
                await held.link.keep_alive()
            held.used_at = time.monotonic()

    async def run(self, health: Health) -> None:
        """Tell and look until cancelled, and neither waits for the other: devices may be slow."""
        looking = asyncio.create_task(self._look_on(health))
        try:
            while not looking.done():
                try:
                    await self.tell()
                    health.beat()
                except db.AWAY as problem:
                    health.fail(problem)
                await asyncio.sleep(TELL_S)
            looking.result()
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def _look_on(self, health: Health) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except db.AWAY as problem:
                health.fail(problem)

    async def close(self) -> None:
        """All links, for good: who waits for a turn is sent away; what was said last is told."""
        self._closed = True
        await asyncio.gather(*(one.close() for one in self.held.values()))
        for device_id in self.held:
            budget.settled(device_id, None)  # who keeps them next begins with an empty one
        try:
            async with asyncio.timeout(2):
                await self.tell()
                await link_rows.ended(self.node)
        except (TimeoutError, *db.AWAY):
            return
        finally:
            self.held.clear()


def _urgency(held: Held) -> int:
    return int(held.asked.priority if held.asked is not None else Priority.SWEEP)
