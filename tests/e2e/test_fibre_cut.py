"""From broken glass to one incident, through the wire: the lab's agents, the poller, the rows."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from bench.stack import free_port
from oss import demo_inventory
from oss.app import Process
from oss.base import config, db, secrets
from oss.lab.network.lab import NetworkLab, network_lab
from oss.lab.network.places import small
from oss.monitoring import poller
from tests.conftest import TESTER, small_provider
from tests.waiting import eventually

PONS, ONUS = 4, 64
WITHIN_S = 30.0
"""What the issue promises: from the cut to the incident."""


@dataclass
class Noc:
    """A process that polls the lab's network, and what was written of it."""

    process: Process
    lab: NetworkLab
    written: demo_inventory.Written

    @property
    def watch(self) -> Any:
        assert self.process.poller is not None
        return self.process.poller.watch


async def incidents() -> Sequence[Any]:
    """Those that stand, the oldest first."""
    return await db.fetch("select * from incident where ended_at is null and merged_into is null order by id")


async def ever() -> list[tuple[str, str]]:
    rows = await db.fetch("select why, at_name from incident where merged_into is null order by id")
    return [(row["why"], row["at_name"]) for row in rows]


async def until(expected: Sequence[tuple[str, str]], within_s: float = 35.0) -> float:
    """Seconds until just these incidents stand."""
    began = time.monotonic()
    with contextlib.suppress(TimeoutError):
        await eventually(lambda: _standing(expected), within_s=within_s)
    assert [(row["why"], row["at_name"]) for row in await incidents()] == list(expected)
    return time.monotonic() - began


async def _standing(expected: Sequence[tuple[str, str]]) -> bool:
    return [(row["why"], row["at_name"]) for row in await incidents()] == list(expected)


@contextlib.asynccontextmanager
async def watching(settings: config.Config, sealer: secrets.Sealer, lab: NetworkLab) -> AsyncIterator[Process]:
    """The services that see a network, as the process starts them."""
    process = Process(settings, ("poller", "worker"))
    process.sealer = sealer
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(process.sampling())
        await stack.enter_async_context(process.polling())
        yield process


@pytest.fixture
async def noc(database: str, settings: config.Config, sealer: secrets.Sealer) -> AsyncIterator[Noc]:
    """A network that is well and was polled once; a customer at each ONU of olt-1's third PON."""
    port, traps = free_port(), free_port()
    settings = dataclasses.replace(settings, trap_host="127.0.0.1", trap_port=traps)
    shape = small(PONS, ONUS)
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer, count=3 * ONUS)
        rows = await connection.fetch("select id from access_account where login = any($1::text[])", seed.logins)
        accounts = sorted(row["id"] for row in rows)
        written = await demo_inventory.write(connection, sealer, TESTER, shape, port, accounts)
    async with network_lab(shape, port, ("127.0.0.1", traps)) as lab, watching(settings, sealer, lab) as process:
        found = Noc(process, lab, written)
        await _polled_once(process)
        yield found


async def _polled_once(process: Process) -> None:
    """All its devices, now and not when their turn comes."""
    await eventually(lambda: process.poller is not None and len(process.poller.polled) == 5)
    assert process.poller is not None
    for key in process.poller.polled:
        process.poller.schedule.hurry(key, 0.0)
    await eventually(lambda: _all_polled(process), within_s=60)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Echoes each second or two."""
    monkeypatch.setattr(poller, "ECHO_S", poller.ECHO_S / 5)


@pytest.fixture
async def impatient(hasty: None, noc: Noc) -> Noc:
    """The same at five times the pace: for what is not about how long it takes."""
    await db.execute("update alert_rule set raise_s = raise_s / 5, clear_s = clear_s / 5")
    await noc.watch.reload(db.pool())
    return noc


def _all_polled(process: Process) -> bool:
    poller = process.poller
    return poller is not None and len(poller.polled) == 5 and all(one.ids.interfaces for one in poller.polled.values())


async def test_a_cut_fibre_is_one_incident_with_its_customers_and_repair_closes_it(noc: Noc) -> None:
    await noc.lab.cut_fibre("olt-1", pon=2)
    took = await until([("cut", "olt-1 GPON 0/1/2")])
    print(f"from the cut to the incident: {took:.1f} s")
    (one,) = await incidents()
    assert (one["customers"], one["lines"], one["severity"]) == (ONUS, ONUS, "critical")
    assert took < WITHIN_S, f"{took:.1f} s"
    members = await db.fetchval("select count(*) from incident_member where incident_id = $1", one["id"])
    assert members == ONUS and one["monthly_cents"] > 0
    await noc.lab.repair("olt-1", pon=2)
    await until([])
    assert await ever() == [("cut", "olt-1 GPON 0/1/2")], "no 64 alarms, neither before nor after"


async def test_a_site_that_is_down_hides_its_children(impatient: Noc) -> None:
    noc = impatient
    await noc.lab.site_down("Serra")
    await until([("down", "Serra")])
    await noc.lab.site_up("Serra")
    await until([])
    assert {why for why, _ in await ever()} == {"down"} and len(await ever()) <= 2


async def test_a_link_that_flaps_is_one_incident(noc: Noc) -> None:
    link = noc.lab.shape.links[0]
    await noc.lab.flap(link.a, link.a_port, times=6, every_s=0.5)
    await until([("flapping", f"{link.a} {link.a_port}")])
    assert await ever() == [("flapping", f"{link.a} {link.a_port}")]


async def test_another_process_that_takes_over_raises_nothing(
    impatient: Noc, settings: config.Config, sealer: secrets.Sealer
) -> None:
    noc = impatient
    await noc.lab.cut_fibre("olt-1", pon=1)
    await until([("cut", "olt-1 GPON 0/1/1")])
    before = await db.fetchval("select count(*) from incident_entry")
    async with watching(settings, sealer, noc.lab) as second:
        await db.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and "
            "objid = (hashtext('milha:poller')::bigint & 4294967295)::oid"
        )
        await eventually(lambda: second.poller is not None and bool(second.poller.watch.rules), within_s=60)
        await _polled_once(second)
        assert [row["why"] for row in await incidents()] == ["cut"]
    assert await db.fetchval("select count(*) from incident_entry") == before
