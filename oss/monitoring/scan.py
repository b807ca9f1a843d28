"""A range of addresses asked who speaks SNMP there: some at a time, in no order, in stretches that are a job each.

A stretch that was interrupted is asked again: to ask twice harms nobody, and who answered stands at its address once.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from oss.base import clock, db
from oss.base.events import listens, publish
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from oss.monitoring import telling
from oss.monitoring.polled import credentials
from oss.network.device_secrets import Credentials
from snmp.client import Client, Patience
from snmp.credentials import Community, Target, User
from snmp.errors import AuthFailed, SnmpError
from snmp.polling import within
from snmp.profiles import GENERIC
from snmp.reading import Reader
from snmp.results import System

AT_ONCE: Final = 64
PATIENCE: Final = Patience((1.0, 1.0))
STRETCH: Final = 128
"""Addresses of one job, some seconds: between two of them the lane does what others wait for."""
TOLD_S: Final = 1.0
WHOLE_S: Final = 8.0
"""Seconds for one device that answers slowly."""
LONGEST: Final = {"name": 80, "description": 240, "object_id": 120, "serial": 80, "version": 160, "model": 80}
PLAIN: Final = ("snmp_version", "snmp_port", "snmp_user", "snmp_auth", "snmp_priv")
SECRETS: Final = ("snmp_community", "snmp_auth_password", "snmp_priv_password")

WITH_SECRETS = f"""select id, network::text as network, asked, total, {", ".join(PLAIN)},
  {", ".join(f"{name}_sealed" for name in SECRETS)} from device_search where id = $1"""
READ = WITH_SECRETS + " and finished_at is null and cancelled_at is null"
PROGRESS = """update device_search set asked = greatest(asked, $2), found = found || $3::jsonb
where id = $1 and finished_at is null and cancelled_at is null returning id"""
FINISHED = "update device_search set finished_at = now(), failure = $2 where id = $1 and cancelled_at is null"


@dataclass(frozen=True, slots=True)
class SearchDue:
    """There are addresses of a search that nobody has asked yet."""

    search_id: int


@dataclass(frozen=True, slots=True)
class Found:
    """Who answered, and what it says of itself. ``refused``: it speaks SNMP, and not with these credentials.

    ``booted_at``: since when it runs, seconds since the epoch. ``profile``: which of our files reads it.
    """

    address: str
    refused: bool = False
    name: str = ""
    description: str = ""
    object_id: str = ""
    serial: str = ""
    version: str = ""
    model: str = ""
    profile: str = ""
    maker: str = ""
    has_onus: bool = False
    booted_at: float = 0.0


# ------------------------------------------------------------ one address


async def ask(address: str, port: int, secret: Community | User) -> Found | None:
    """Who is there; None: nobody who answers."""
    async with Client(Target(address, port), secret, patience=PATIENCE) as client:
        reader = Reader(client)
        try:
            system = (await within(WHOLE_S, reader.read(()))).system
        except AuthFailed:
            return Found(address, refused=True)
        except SnmpError:
            return None
        return _found(address, reader, await _whole(reader, system))


async def _whole(reader: Reader, system: System) -> System:
    """With its serial number and version, which are asked as its maker's file says."""
    if reader.profile is None or not reader.profile.system:
        return system
    try:
        return (await within(WHOLE_S, reader.read(()))).system
    except SnmpError:
        return system


def _found(address: str, reader: Reader, system: System) -> Found:
    profile = reader.profile
    assert profile is not None
    told: dict[str, Any] = {name: (getattr(system, name) or "")[:most] for name, most in LONGEST.items()}
    return Found(
        address,
        profile=profile.name,
        maker="" if profile.name == GENERIC else profile.maker,
        has_onus=any(table.of == "onus" for table in profile.tables),
        booted_at=round(clock.now().timestamp() - system.uptime_ticks / 100, 1),
        **told,
    )


# ------------------------------------------------------------ many


class Stretch:
    """Some addresses being asked. ``asked``: so many from the beginning on are done with; ``found``: who answered."""

    def __init__(self, addresses: Sequence[str], port: int, secret: Community | User) -> None:
        self.addresses, self.port, self.secret = addresses, port, secret
        self.found: list[Found] = []
        self.asked = 0
        self._done: set[int] = set()

    async def run(self) -> None:
        """Ask them all."""
        free = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for place, address in enumerate(self.addresses):
                await free.acquire()
                group.create_task(self._one(place, address, free))

    async def _one(self, place: int, address: str, free: asyncio.Semaphore) -> None:
        try:
            found = await ask(address, self.port, self.secret)
        finally:
            free.release()
        if found is not None:
            self.found.append(found)
        self._done.add(place)
        while self.asked in self._done:
            self.asked += 1


def hosts(network: str) -> list[str]:
    """The addresses of a range that may be a device's: not its own name, not its broadcast address."""
    return [str(one) for one in ipaddress.ip_network(network).hosts()]


def in_no_order(network: str, search_id: int) -> list[str]:
    """The addresses mixed, so that no segment is asked all at once; a search always has the same order."""
    every = hosts(network)
    random.Random(search_id).shuffle(every)
    return every


# ------------------------------------------------------------ the job


def place(name: str, search_id: int) -> str:
    """Where a search's secret is sealed for."""
    return f"device_search/{name}_sealed/{search_id}"


def reached(sealer: Sealer, row: Any) -> dict[str, Any]:
    """How a search asks, as fields of a device, secrets in clear. Raises WrongSealingKey, SealedValueDamaged."""
    clear = {
        name: sealer.open(row[f"{name}_sealed"], place(name, row["id"])).decode()
        for name in SECRETS
        if row[f"{name}_sealed"] is not None
    }
    return {name: row[name] for name in PLAIN} | clear


def _secret(row: Any) -> Community | User | None:
    sealer = telling.opener()
    if sealer is None:
        return None
    no_cli: dict[str, Any] = {"cli_protocol": "off", "cli_port": None, "cli_user": "", "ssh_host_key": None}
    return credentials(Credentials(device_id=0, management=None, **no_cli, **reached(sealer, row)))


@listens(SearchDue, lane="bulk")
async def search(connection: db.Connection, event: SearchDue) -> None:
    """Ask the next stretch, and have the one behind it asked."""
    row = await connection.fetchrow(READ, event.search_id)
    if row is None:
        return
    try:
        secret = _secret(row)
    except Problem as problem:
        await connection.execute(FINISHED, row["id"], str(problem))
        return
    if secret is None:
        await connection.execute(FINISHED, row["id"], "this process has no key to open the credentials with")
        return
    begin = row["asked"]
    stretch = Stretch(in_no_order(row["network"], row["id"])[begin : begin + STRETCH], row["snmp_port"], secret)
    if not await _followed(row["id"], begin, stretch):
        return
    if begin + stretch.asked < row["total"]:
        await publish(connection, event)
    else:
        await connection.execute(FINISHED, row["id"], "")


async def _followed(search_id: int, begin: int, stretch: Stretch) -> bool:
    """Run a stretch and write down each second how far it is; False: nobody wants it any more."""
    working, told = asyncio.create_task(stretch.run()), 0
    try:
        while True:
            ended = bool((await asyncio.wait({working}, timeout=TOLD_S))[0])
            fresh, told = stretch.found[told:], len(stretch.found)
            # On a connection of its own: the page is to see it while the job's transaction is open.
            if await db.fetchval(PROGRESS, search_id, begin + stretch.asked, _written(fresh)) is None:
                return False
            if ended:
                working.result()
                return True
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _written(found: Sequence[Found]) -> str:
    rows = {one.address: {key: value for key, value in asdict(one).items() if key != "address"} for one in found}
    return json.dumps(rows)
