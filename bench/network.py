"""``make bench-network``: a thousand devices polled each minute by the whole house, RADIUS beside.

The devices are addresses before real agents (snmpd), 50 interfaces each; one in twenty is dead or slow. ``milha serve``
polls, echoes, makes rates, writes samples into PostgreSQL and watches its rules; what counts is the processor time of
its processes and of PostgreSQL's together. Then 500 logins a second from an open-loop generator, before the devices
are in the inventory and while they are polled. Runs in a network namespace of its own (as root on Linux).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import cluster, generator, machine, milha, packages, radius, snmp, subscribers, usage
from bench.snmp_bad import Bad
from bench.start import quick, verdict
from bench.table import rows as table
from oss.base import config, db, sealing
from oss.network import device_secrets
from snmp.credentials import Target

DEVICES, PER_S, COUNT = snmp.DEVICES, 500, 20_000
INTERVAL_S: Final = 60
NETWORK: Final = "10.99.0.0/16"  # all its addresses are this machine's, inside the namespace
WANTED_CORE, WANTED_P99_MS, WANTED_LATE_S = 0.4, 20.0, 1.0

SITE = "insert into site (name, kind) values ('Bench', 'pop') returning id"
DEVICE = """insert into device (name, role, site_id, management, snmp_version, snmp_port, poll_interval_s)
select 'D' || n, 'router', $1, t.address::inet, '2c', t.port, $4
from unnest($2::text[], $3::int[]) with ordinality t(address, port, n) returning id"""
SEAL = """update device d set snmp_community_sealed = t.sealed
from unnest($1::bigint[], $2::text[]) t(id, sealed) where d.id = t.id"""
POLLER = "select stats->'poller' from node where stats ? 'poller' order by seen_at desc limit 1"
VALUES = "select coalesce(sum(array_length(metrics, 1)), 0)::bigint, count(*) from sample_raw"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an interval of polling took, in seconds of processor, and what it brought."""

    seconds: float
    ours_s: float
    database_s: float
    values: int
    samples: int
    poller: dict[str, Any]

    @property
    def core(self) -> float:
        return (self.ours_s + self.database_s) / self.seconds


@dataclass(frozen=True, slots=True)
class Logins:
    """Milliseconds of 500 logins a second."""

    beside: str
    p50: float
    p99: float
    most: float
    lost: int


def main() -> int:
    """Print the page; 1 when something is not as good as it should be."""
    if why := snmp.why_not():
        print(f"bench network: {why}")
        return 2
    if not os.environ.get(snmp.INSIDE):
        command = ["unshare", "--net", sys.executable, "-m", "bench", "network"]
        return subprocess.run(command, env={**os.environ, snmp.INSIDE: "1"}, check=False).returncode
    snmp.ports(snmp.INTERFACES)
    subprocess.run(["ip", "route", "add", "local", NETWORK, "dev", "lo"], check=True)
    return asyncio.run(measure())


async def measure() -> int:
    """The house, then the logins alone, the polling alone, both together."""
    seconds = 20.0 if quick() else 120.0
    with radius.folder_for("network") as folder:
        async with contextlib.AsyncExitStack() as stack:
            targets = await stack.enter_async_context(snmp.agents(folder))
            one = await stack.enter_async_context(cluster.one(folder, packages.distribution_postgres()))
            dsn = await radius.own_database(one)
            ours = await milha.install(folder, dsn, COUNT, subscribers.ONE_ROUTER)
            program = await generator.build()
            pid = await stack.enter_async_context(milha.serving(ours, "journal", folder / "milha.log"))
            admin = await stack.enter_async_context(connected(dsn))
            found = [await logins(ours, program, "nothing", seconds)]
            bad = int(DEVICES * snmp.BAD)
            others = Bad(dead=bad // 2, slow=bad - bad // 2, slow_s=snmp.SLOW_S, agents=targets)
            stack.enter_context(others)
            await write(admin, ours, targets, others.targets)
            await polled(admin)
            cost = await polling(admin, pid, one.pid, seconds)
            found.append(await logins(ours, program, f"{DEVICES:,} devices polled", seconds))
            host = machine.look(folder, one.version)
    print(page(host, cost, found))
    return int(any("falls" in line[-1] for line in verdicts(cost, found)))


@contextlib.asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[db.Connection]:
    """A connection of our own."""
    connection = await db.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def write(admin: db.Connection, ours: milha.Installation, good: list[Target], bad: list[Target]) -> None:
    """The inventory: as many devices as wanted, each in the community ``public``."""
    places = [(f"10.99.{n // 250}.{n % 250 + 1}", good[n % len(good)].port) for n in range(DEVICES - len(bad))]
    places += [(one.address, one.port) for one in bad]
    site = await admin.fetchval(SITE)
    rows = await admin.fetch(DEVICE, site, *map(list, zip(*places, strict=True)), INTERVAL_S)
    sealer = await sealing.open_sealer(config.load(ours.environment), ours.dsn)
    ids = [row["id"] for row in rows]
    sealed = [sealer.seal("public", device_secrets.place("snmp_community", key)) for key in ids]
    await admin.execute(SEAL, ids, sealed)


async def polled(admin: db.Connection) -> None:
    """Until all are in the schedule, their interfaces known, and two intervals are over."""
    began, wanted = time.monotonic(), (DEVICES * (1 - snmp.BAD)) * (snmp.INTERFACES - 1)
    while await admin.fetchval("select count(*) from device_interface") < wanted:
        if time.monotonic() - began > 600:
            raise RuntimeError("the devices were not discovered within ten minutes")
        await asyncio.sleep(5)
    await asyncio.sleep(INTERVAL_S)


async def polling(admin: db.Connection, pid: int, postmaster: int, seconds: float) -> Cost:
    """What it takes while nothing else is to be done."""
    before, began = (usage.cpu_s(pid), usage.cpu_s(postmaster)), time.monotonic()
    values, samples = await admin.fetchrow(VALUES)
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    ours_s, database_s = usage.cpu_s(pid) - before[0], usage.cpu_s(postmaster) - before[1]
    more, polls = await admin.fetchrow(VALUES)
    told = json.loads(await admin.fetchval(POLLER))
    return Cost(took, ours_s, database_s, more - values, polls - samples, told)


async def logins(ours: milha.Installation, program: Path, beside: str, seconds: float) -> Logins:
    """PAP at the rate of a large evening."""
    known: dict[str, object] = {"outstanding": 512, "seconds": seconds, "users": COUNT}
    found = await generator.load(program, ours.auth_port, "pap", rate=PER_S, **known)
    late = [float("inf") if found[name] is None else found[name] / 1000 for name in ("p50_us", "p99_us", "max_us")]
    return Logins(beside, late[0], late[1], late[2], found["lost"])


def verdicts(cost: Cost, found: list[Logins]) -> list[tuple[str, str, str]]:
    """What was promised, what it is, and whether that is enough."""
    late = float(cost.poller["late_p99_s"])
    p99 = max(one.p99 for one in found)
    return [
        ("of a core, PostgreSQL too", f"{cost.core:.1%} of {WANTED_CORE:.0%}", verdict(cost.core, WANTED_CORE)),
        ("polls began late, p99", f"{1000 * late:.0f} ms of {1000 * WANTED_LATE_S:.0f}", verdict(late, WANTED_LATE_S)),
        ("RADIUS p99", f"{p99:.1f} ms of {WANTED_P99_MS:.0f}", verdict(p99, WANTED_P99_MS)),
    ]


def page(host: machine.Machine, cost: Cost, found: list[Logins]) -> str:
    """The tables."""
    bad = int(DEVICES * snmp.BAD)
    head = (
        f"{host.cpu}, {host.cores} cores shared by all, Python {host.versions['Python']}. "
        f"{DEVICES:,} devices before {snmp.AGENTS} agents, {snmp.INTERFACES} interfaces each, asked for all that the "
        f"generic profile names each {INTERVAL_S} s and echoed three times each 10 s; {bad} of them dead or slow. "
        f"In {cost.seconds:.0f} s: {cost.samples:,} samples of {cost.values:,} values written; "
        f"{cost.poller['answered']:,} polls answered since the start, {cost.poller['silent']:,} not."
    )
    used = [("processor", "s", "of a core")]
    used += [("milha", f"{cost.ours_s:.1f}", f"{cost.ours_s / cost.seconds:.1%}")]
    used += [("PostgreSQL", f"{cost.database_s:.1f}", f"{cost.database_s / cost.seconds:.1%}")]
    asked = [(f"{PER_S} logins a second beside", "p50 ms", "p99 ms", "max ms", "lost")]
    asked += [(one.beside, f"{one.p50:.2f}", f"{one.p99:.2f}", f"{one.most:.1f}", str(one.lost)) for one in found]
    wanted = [("goal", "found", ""), *verdicts(cost, found)]
    return "\n\n".join(["# A network polled", head, table(used), table(asked), table(wanted)])
