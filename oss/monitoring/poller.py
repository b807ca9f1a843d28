"""The poller: every device of the inventory asked by SNMP at its pace and by echo, by the one process that holds the
lease.

What is told goes three ways: into samples, into the inventory when it is new, and past the watch, which makes incidents
of it. A device that is silent costs its own schedule only (`snmp.polling`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from ipaddress import ip_address
from typing import Any, Final

from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.drivers import budget
from oss.monitoring import line_states, told
from oss.monitoring.causes import Thing
from oss.monitoring.device_events import DeviceEvents
from oss.monitoring.elsewhere import Elsewhere
from oss.monitoring.ping import Pinger
from oss.monitoring.polled import Polled, Told, credentials
from oss.monitoring.samples import Sample
from oss.monitoring.told import Ids
from oss.monitoring.trap_ear import LINKS, NO_NEWS, TrapEar
from oss.monitoring.watch import Watch
from oss.monitoring.writer import Writer
from oss.network import device_reach, device_secrets, discovery, onus
from oss.network.device_secrets import Credentials
from snmp.errors import SnmpError
from snmp.polling import Outcome, Plan, Schedule
from snmp.results import Reading
from snmp.trap_fold import Heard

log = logging.getLogger(__name__)

ECHO_S: Final = 10.0
SETTLE_S: Final = 1.0
RELOAD_S: Final = 30.0
RULES_S: Final = 3.0
ELSEWHERE_S: Final = 10.0
LINES_S: Final = 30.0
HURRY_S: Final = 3.0
"""A device that sends traps is asked at once, and then so often at the most: it may send thousands."""
LEASE_S: Final = 5.0
DISCOVER_S: Final = 900.0
"""So often a device's interfaces and ONUs are brought into the inventory; whatever is new waits that long at most."""
POLLER: Final = audit.Actor("system", "poller")

LOCK = "select pg_try_advisory_lock(hashtext('milha:poller'))"
DEVICES = """select id, role, poll_interval_s, cli_per_minute, cli_burst, snmp_per_minute, snmp_burst from device
where enabled and management is not null order by id"""
RULES = "select md5(string_agg(id || ' ' || version, ',' order by id)) from alert_rule"
INTERFACES = (
    "select if_index, id from device_interface where device_id = $1 and gone_at is null and if_index is not null"
)
ONUS = "select o.serial, o.id from onu o join pon_port p on p.id = o.pon_id where p.device_id = $1"
SPEEDS = "select id, speed_bps from device_interface where speed_bps > 0 and gone_at is null"


class Poller:
    """Polls while its process holds the lease. ``ear``: where traps are heard; None: nowhere.

    ``beside``: what else belongs to who holds it: the links to devices, which share the devices' budgets.
    """

    def __init__(
        self,
        sealer: Sealer,
        writer: Writer,
        watch: Watch,
        name: str = "milha",
        beside: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
    ) -> None:
        self.beside = beside
        self.sealer, self.writer, self.watch = sealer, writer, watch
        self.polled: dict[int, Polled] = {}
        self.addresses: dict[int, str] = {}
        self.speeds: dict[int, float] = {}
        self.answered = self.silent = 0
        self.schedule: Schedule[int, Told] = Schedule(self._heard)
        self.ear, self.events = TrapEar(name, self.trap), DeviceEvents()
        self.pinger, self.elsewhere = Pinger(), Elsewhere()
        self._discovering: set[asyncio.Task[None]] = set()
        self._onu_states: dict[int, str] = {}  # that changed, for the inventory
        self._rules_seen: object = None

    # ------------------------------------------------------------ whom

    async def load(self, connection: db.Connection) -> None:
        """The inventory as it is now: whom to ask, what watches them."""
        rows = {row["id"]: row for row in await connection.fetch(DEVICES)}
        found = {one.device_id: one for one in await device_secrets.credentials_of(connection, self.sealer, list(rows))}
        self.addresses = {key: one.management for key, one in found.items() if one.management}
        self.pinger.doors = _doors(found.values())
        self.speeds = {row["id"]: float(row["speed_bps"]) for row in await connection.fetch(SPEEDS)}
        for key in [key for key, one in self.polled.items() if found.get(key) != one.known_by]:
            self.polled.pop(key).close()
        for key, one in found.items():
            secret = credentials(one)
            if key not in self.polled and secret is not None and one.management:
                self.polled[key] = Polled(one, secret)
        for key, polled in self.polled.items():
            polled.whole_s, polled.has_onus = float(rows[key]["poll_interval_s"]), rows[key]["role"] == "olt"
            budget.settled(key, device_reach.limits(rows[key]))
        self.schedule.keep({key: Plan(one.read, one.interval_s, one.whole_s / 2) for key, one in self.polled.items()})
        await self.ear.know(self.polled.values())
        await self.watch.reload(connection)

    # ------------------------------------------------------------ what they tell

    def _heard(self, outcome: Outcome[int, Told]) -> None:
        one = self.polled.get(outcome.key)
        if one is None:
            return
        if outcome.reading is None:
            self.silent += 1
            if outcome.failures == 1:
                log.warning("a device does not answer SNMP", extra={"facts": _facts(one, outcome.problem)})
            return
        self.answered += 1
        reading, whole = outcome.reading
        if not whole:
            self._states(outcome.key, one, reading)
            return
        self._take(outcome.key, one, reading)
        if time.monotonic() - one.discovered_at > DISCOVER_S:
            one.discovered_at = time.monotonic()
            task = asyncio.create_task(self._discover(outcome.key, one, reading))
            self._discovering.add(task)
            task.add_done_callback(self._discovering.discard)

    def _take(self, device_id: int, one: Polled, reading: Reading) -> None:
        at = time.time()
        self._last_words(one, reading, at)
        for sample in told.samples(device_id, reading, one.rates.take(reading), one.ids, at):
            self.take(sample)

    def _states(self, device_id: int, one: Polled, reading: Reading) -> None:
        """Past the watch alone: the whole poll brings a state of each minute for the graphs."""
        at = time.time()
        self._last_words(one, reading, at)
        self._observe(told.onu_sample(device_id, reading, one.ids, at))

    def _last_words(self, one: Polled, reading: Reading, at: float) -> None:
        states = told.onu_states(reading, one.ids)
        self._onu_states |= {onu: state for onu, state in states.items() if one.onu_states.get(onu) != state}
        one.onu_states |= states
        for onu, last in told.last_words(reading, one.ids).items():
            self.watch.last_word(Thing("onu", onu), last, at)

    def take(self, sample: Sample) -> None:
        """Into the samples, and past the watch."""
        self.writer.put(sample)
        self._observe(sample)

    def _observe(self, sample: Sample) -> None:
        if sample.objects and self.watch.wants(sample.kind.name):
            self.watch.observe(sample.kind.name, sample.at, sample.objects, sample.columns(), self.speeds)

    def trap(self, heard: Heard) -> None:
        """A device told something: ask it, unless it has nothing to tell."""
        one, event = self.polled.get(heard.source), heard.event
        self.events.put(heard)
        if one is None or event.kind in NO_NEWS:
            return
        interface = one.ids.interfaces.get(event.if_index) if event.if_index is not None else None
        if event.kind in LINKS and interface is not None:
            self.watch.event("interface", "oper", interface, heard.last_at, LINKS[event.kind])
        self.schedule.hurry(heard.source, HURRY_S)

    async def _discover(self, device_id: int, one: Polled, reading: Reading) -> None:
        """What is new of it, and where the inventory keeps what it tells of."""
        heard = await one.neighbours(reading)
        facts = told.facts_of(device_id, reading, clock.now(), heard, whole=not reading.missing)
        try:
            async with db.transaction() as connection:
                await discovery.discovered(connection, POLLER, facts)
                one.ids = await _ids(connection, device_id)
        except db.AWAY:
            one.discovered_at = float("-inf")

    # ------------------------------------------------------------ the loops

    async def echo(self) -> None:
        """All of them by echo, once."""
        asked = dict(self.addresses)
        at = time.time()
        heard = await self.pinger.ping_all(list(asked.values()))
        for device_id, one in zip(asked, heard, strict=True):
            self.take(one.sample(device_id, device_id, at))

    async def look_elsewhere(self) -> None:
        """What other processes sampled, past the watch."""
        async with db.pool().acquire() as connection:
            polls = await self.elsewhere.read(connection)
        for one in polls:
            self._observe(Sample(one.at, one.owner_id, one.kind, one.objects, one.metrics))

    async def look_at_lines(self) -> None:
        """Customers' lines, while a rule looks at them."""
        if not self.watch.wants("line"):
            return
        async with db.pool().acquire() as connection:
            async for page in line_states.pages(connection, self.watch.only("line")):
                self.watch.observe("line", time.time(), page.ids, page.metrics, page.allowed)

    async def run(self, health: Health) -> None:
        """Until cancelled, or until the lease is lost."""
        async with _leased(health) as holds, self.beside():
            async with db.pool().acquire() as connection:
                await self.watch.load(connection)
                await self.load(connection)
            loops = (
                (ECHO_S, self.echo),
                (ELSEWHERE_S, self.look_elsewhere),
                (LINES_S, self.look_at_lines),
                (RELOAD_S, self._reload),
                (RULES_S, self._look_at_rules),
                (SETTLE_S, lambda: self._settle(health, holds)),
            )
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.schedule.run())
                    for every_s, work in loops:
                        group.create_task(_each(every_s, work))
            finally:
                self.close()

    async def listen(self, host: str, port: int, health: Health) -> None:
        """Hear traps until cancelled. Raises OSError where the port cannot be had."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.ear.run(host, port, health))
            group.create_task(self.events.run(health))

    async def _reload(self) -> None:
        async with db.pool().acquire() as connection:
            await self.load(connection)

    async def _look_at_rules(self) -> None:
        """A rule that somebody changed counts within seconds."""
        async with db.pool().acquire() as connection:
            seen = await connection.fetchval(RULES)
            if self._rules_seen not in (None, seen):
                await self.watch.reload(connection)
        self._rules_seen = seen

    async def _put_states(self) -> None:
        """What became of ONUs, for the inventory's pages; in vain, it is put again."""
        states, self._onu_states = self._onu_states, {}
        try:
            async with db.pool().acquire() as connection:
                await onus.put_states(connection, states, clock.now())
        except db.AWAY:
            self._onu_states = states | self._onu_states
            raise

    async def _settle(self, health: Health, holds: Callable[[], Any]) -> None:
        await holds()
        if self._onu_states:
            await self._put_states()
        now = time.time()
        self.watch.tick(now)
        await self.watch.settle(now)
        health.beat()

    def close(self) -> None:
        """All sockets."""
        for one in self.polled.values():
            one.close()
        self.polled.clear()
        self.pinger.close()

    def stats(self) -> dict[str, Any]:
        """What its process tells of it."""
        late = self.schedule.lateness.quantile(0.99)
        counts = {"devices": len(self.polled), "answered": self.answered, "silent": self.silent, "late_p99_s": late}
        return counts | {
            "skipped": self.schedule.skipped,
            "traps": self.ear.stats() | {"not_kept": self.events.left_out},
        }


@asynccontextmanager
async def _leased(health: Health) -> AsyncIterator[Callable[[], Any]]:
    """Waits until no other process polls; yields what raises when the lease may be another's by now."""
    async with db.apart() as connection:
        while not await connection.fetchval(LOCK):
            health.beat()
            await asyncio.sleep(LEASE_S)
        yield lambda: connection.fetchval("select 1")


async def _each(every_s: float, work: Callable[[], Any]) -> None:
    while True:
        began = time.monotonic()
        with suppress(SnmpError):
            await work()
        await asyncio.sleep(max(0.0, began + every_s - time.monotonic()))


def _doors(found: Iterable[Credentials]) -> dict[str, int]:
    """Devices on loopback are there where something takes connections at their SNMP port's number."""
    return {one.management: one.snmp_port for one in found if one.management and ip_address(one.management).is_loopback}


async def _ids(connection: db.Connection, device_id: int) -> Ids:
    interfaces = {row["if_index"]: row["id"] for row in await connection.fetch(INTERFACES, device_id)}
    return Ids(interfaces, {row["serial"]: row["id"] for row in await connection.fetch(ONUS, device_id)})


def _facts(one: Polled, problem: SnmpError | None) -> dict[str, str]:
    return {"device": str(one.known_by.device_id), "address": str(one.known_by.management), "problem": str(problem)}
