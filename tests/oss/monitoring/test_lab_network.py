"""The lab's network breaks, the poller looks at it: one incident where it broke, for its reason."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from oss import demo_inventory
from oss.base import db, secrets
from oss.base.supervisor import Health
from oss.demo_inventory import Written
from oss.lab.network.lab import NetworkLab
from oss.lab.network.places import small
from oss.monitoring.poller import Poller
from tests.conftest import TESTER
from tests.oss.lab.network.running import running
from tests.oss.monitoring.test_poller import polling, quick  # noqa: F401 - a fixture
from tests.snmp.agents import free_port
from tests.waiting import eventually

World = tuple[NetworkLab, Written, Poller]


@contextlib.asynccontextmanager
async def watched(sealer: secrets.Sealer) -> AsyncIterator[World]:
    """A network that is polled, its inventory known, its traps heard; rules wait for nothing."""
    await db.execute("update alert_rule set raise_s = 0, clear_s = 0")
    traps = free_port()
    async with running(small(2, 64), ("127.0.0.1", traps)) as lab:
        async with db.transaction() as connection:
            written = await demo_inventory.write(connection, sealer, TESTER, lab.shape, lab.port)
        async with polling(sealer) as poller:
            ear = asyncio.create_task(poller.listen("127.0.0.1", traps, Health("traps")))
            try:
                await eventually(lambda: len(poller.polled) == 5)
                for key in poller.polled:
                    poller.schedule.hurry(key, 0)
                await eventually(lambda: all(one.ids.interfaces for one in _all(poller)))
                yield lab, written, poller
            finally:
                ear.cancel()
                await asyncio.gather(ear, return_exceptions=True)


def _all(poller: Poller) -> list[Any]:
    return list(poller.polled.values())


async def incidents() -> list[tuple[str, int, str, int]]:
    """Those that are open: where, why, and how many are down with it."""
    sql = """select at_kind, at_id, why, (select count(*) from incident_member m where m.incident_id = i.id) as members
      from incident i where ended_at is null and merged_into is null order by id"""
    return [tuple(row) for row in await db.fetch(sql)]


@pytest.mark.parametrize(("cause", "why"), [("fibre", "cut"), ("power", "power")])
@pytest.mark.parametrize("olt", ["olt-1", "olt-2"])
async def test_a_pon_that_goes_is_one_incident_with_its_reason_and_ends_with_the_repair(
    database: str,
    sealer: secrets.Sealer,
    quick: None,  # noqa: F811
    olt: str,
    cause: str,
    why: str,
) -> None:
    async with watched(sealer) as (lab, written, _):
        await (lab.cut_fibre if cause == "fibre" else lab.cut_power)(olt, 1)
        expected = [("pon", written.pons[olt, 1], why, 64)]
        await eventually(lambda: _are(expected))
        await lab.repair(olt, 1)
        await eventually(lambda: _are([]), within_s=30)


async def test_a_device_that_dies_is_one_incident_and_hides_what_is_behind_it(
    database: str,
    sealer: secrets.Sealer,
    quick: None,  # noqa: F811
) -> None:
    async with watched(sealer) as (lab, written, poller):
        poller.pinger.timeout_s = 0.2
        await lab.kill("edge-1")
        await eventually(lambda: _at("device", written.devices["edge-1"]), within_s=30)
        await lab.revive("edge-1")
        await eventually(lambda: _are([]), within_s=30)


async def _are(expected: list[tuple[str, int, str, int]]) -> bool:
    return await incidents() == expected


async def _at(kind: str, number: int) -> bool:
    return [(one[0], one[1], one[2]) for one in await incidents()] == [(kind, number, "down")]
