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
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import Any, Final

from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.monitoring import told
from oss.monitoring.ping import Pinger
from oss.monitoring.samples import Sample
from oss.monitoring.told import Ids
from oss.monitoring.watch import Watch
from oss.monitoring.writer import Writer
from oss.network import device_secrets, discovery
from oss.network.device_secrets import Credentials
from snmp.client import Client
from snmp.counters import InterfaceRates
from snmp.credentials import Auth, Community, Privacy, Target, User, Version
from snmp.errors import SnmpError
from snmp.polling import Outcome, Plan, Schedule
from snmp.reading import Reader
from snmp.results import Reading

log = logging.getLogger(__name__)

ECHO_S: Final = 10.0
SETTLE_S: Final = 1.0
RELOAD_S: Final = 30.0
LEASE_S: Final = 5.0
DISCOVER_S: Final = 900.0
"""So often a device's interfaces and ONUs are brought into the inventory; whatever is new waits that long at most."""
POLLER: Final = audit.Actor("system", "poller")

LOCK = "select pg_try_advisory_lock(hashtext('milha:poller'))"
DEVICES = "select id, poll_interval_s from device where enabled and management is not null order by id"
INTERFACES = (
    "select if_index, id from device_interface where device_id = $1 and gone_at is null and if_index is not null"
)
ONUS = "select o.serial, o.id from onu o join pon_port p on p.id = o.pon_id where p.device_id = $1"
SPEEDS = "select id, speed_bps from device_interface where speed_bps > 0 and gone_at is null"


def credentials(one: Credentials) -> Community | User | None:
    """As the wire wants them; None: nobody said how to ask."""
    if one.snmp_version in ("1", "2c") and one.snmp_community:
        return Community(one.snmp_community, Version(one.snmp_version))
    if one.snmp_version != "3" or not one.snmp_user:
        return None
    auth = None if one.snmp_auth == "none" else Auth(one.snmp_auth)
    privacy = None if one.snmp_priv == "none" else Privacy(one.snmp_priv)
    return User(one.snmp_user, auth, one.snmp_auth_password or "", privacy, one.snmp_priv_password or "")


class Polled:
    """One device between its polls."""

    def __init__(self, one: Credentials, secret: Community | User) -> None:
        self.known_by = one
        self.client = Client(Target(str(one.management), one.snmp_port), secret)
        self.reader, self.rates, self.ids = Reader(self.client), InterfaceRates(), Ids()
        self.discovered_at = float("-inf")

    def close(self) -> None:
        """Give the sockets back."""
        self.client.close()


class Poller:
    """Polls while its process holds the lease."""

    def __init__(self, sealer: Sealer, writer: Writer, watch: Watch) -> None:
        self.sealer, self.writer, self.watch = sealer, writer, watch
        self.polled: dict[int, Polled] = {}
        self.addresses: dict[int, str] = {}
        self.speeds: dict[int, float] = {}
        self.answered = self.silent = 0
        self.schedule: Schedule[int, Reading] = Schedule(self._heard)
        self._discovering: set[asyncio.Task[None]] = set()
        self.pinger = Pinger()

    # ------------------------------------------------------------ whom

    async def load(self, connection: db.Connection) -> None:
        """The inventory as it is now: whom to ask, what watches them."""
        rows = await connection.fetch(DEVICES)
        paces = {row["id"]: float(row["poll_interval_s"]) for row in rows}
        found = {
            one.device_id: one for one in await device_secrets.credentials_of(connection, self.sealer, list(paces))
        }
        self.addresses = {key: one.management for key, one in found.items() if one.management}
        self.pinger.doors = _doors(found.values())
        self.speeds = {row["id"]: float(row["speed_bps"]) for row in await connection.fetch(SPEEDS)}
        for key in [key for key, one in self.polled.items() if found.get(key) != one.known_by]:
            self.polled.pop(key).close()
        for key, one in found.items():
            secret = credentials(one)
            if key not in self.polled and secret is not None and one.management:
                self.polled[key] = Polled(one, secret)
        self.schedule.keep({key: Plan(one.reader.read, paces[key], paces[key] / 2) for key, one in self.polled.items()})
        await self.watch.reload(connection)

    # ------------------------------------------------------------ what they tell

    def _heard(self, outcome: Outcome[int, Reading]) -> None:
        one = self.polled.get(outcome.key)
        if one is None:
            return
        if outcome.reading is None:
            self.silent += 1
            if outcome.failures == 1:
                log.warning("a device does not answer SNMP", extra={"facts": _facts(one, outcome.problem)})
            return
        self.answered += 1
        self._take(outcome.key, one, outcome.reading)
        if time.monotonic() - one.discovered_at > DISCOVER_S:
            one.discovered_at = time.monotonic()
            task = asyncio.create_task(self._discover(outcome.key, one, outcome.reading))
            self._discovering.add(task)
            task.add_done_callback(self._discovering.discard)

    def _take(self, device_id: int, one: Polled, reading: Reading) -> None:
        for sample in told.samples(device_id, reading, one.rates.take(reading), one.ids, time.time()):
            self.take(sample)

    def take(self, sample: Sample) -> None:
        """Into the samples, and past the watch."""
        self.writer.put(sample)
        if self.watch.wants(sample.kind.name):
            width = sample.kind.width
            columns = {metric.name: sample.metrics[place::width] for place, metric in enumerate(sample.kind.metrics)}
            self.watch.observe(sample.kind.name, sample.at, sample.objects, columns, self.speeds)

    async def _discover(self, device_id: int, one: Polled, reading: Reading) -> None:
        """What is new of it, and where the inventory keeps what it tells of."""
        facts = told.facts_of(device_id, reading, clock.now(), whole=not reading.missing)
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

    async def run(self, health: Health) -> None:
        """Until cancelled, or until the lease is lost."""
        async with _leased() as holds:
            async with db.pool().acquire() as connection:
                await self.watch.load(connection)
                await self.load(connection)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.schedule.run())
                    group.create_task(_each(ECHO_S, self.echo))
                    group.create_task(_each(RELOAD_S, self._reload))
                    group.create_task(_each(SETTLE_S, lambda: self._settle(health, holds)))
            finally:
                self.close()

    async def _reload(self) -> None:
        async with db.pool().acquire() as connection:
            await self.load(connection)

    async def _settle(self, health: Health, holds: Callable[[], Any]) -> None:
        await holds()
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

    def stats(self) -> dict[str, float]:
        """What its process tells of it."""
        late = self.schedule.lateness.quantile(0.99)
        return {"devices": len(self.polled), "answered": self.answered, "silent": self.silent, "late_p99_s": late}


@asynccontextmanager
async def _leased() -> AsyncIterator[Callable[[], Any]]:
    """Waits until no other process polls; yields what raises when the lease may be another's by now."""
    async with db.apart() as connection:
        while True:
            if await connection.fetchval(LOCK):
                break
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
