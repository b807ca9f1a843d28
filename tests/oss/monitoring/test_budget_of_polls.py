"""Polls, sweeps and people take from one budget of a device, and the links live and end with the poller's lease."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from oss.base import db, partitions
from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.drivers import budget
from oss.drivers.links import Link
from oss.drivers.registry import Driver
from oss.monitoring import poller as room
from oss.monitoring.poller import Poller
from oss.monitoring.watch import Watch
from oss.monitoring.writer import Writer
from oss.network import device_links
from oss.network.device_links import Priority
from oss.network.link_keeper import DevicesAway
from tests.oss.drivers.transport import equipment
from tests.oss.drivers.transport.equipment import Cli
from tests.oss.network.links import device, own_maker
from tests.snmp.agents import folder, needs_snmpd, snmpd
from tests.waiting import eventually

INTERFACES = "1.3.6.1.2.1.2.2.1.2"
PER_MINUTE, BURST = 6000, 6


@pytest.fixture(autouse=True)
def maker() -> Iterator[None]:
    with own_maker():
        yield


async def _walk(driver: Driver, link: Link) -> int:
    return len(await (await link.snmp()).column(INTERFACES))


async def _say(driver: Driver, link: Link) -> str:
    return await (await link.shell()).run("echo there")


@needs_snmpd
async def test_polls_sweeps_and_people_together_never_exceed_a_device_s_budget(
    database: str, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: dict[str, list[float]] = {"cli": [], "snmp": []}
    loop = asyncio.get_running_loop()

    def counted(kind: str, bucket: budget.Bucket) -> None:
        """What the bucket lets go, by the clock: measured where it happens."""
        count = bucket._count

        def note() -> None:
            times[kind].append(loop.time())
            count()

        monkeypatch.setattr(bucket, "_count", note)

    async with db.pool().acquire() as connection:
        await partitions.ensure(connection)
    monkeypatch.setattr(room, "LEASE_S", 0.05)
    cli = Cli()
    async with contextlib.AsyncExitStack() as stack:
        place = await stack.enter_async_context(folder())
        target = await stack.enter_async_context(snmpd(["rocommunity public"], place))
        async with equipment.telnet(cli) as telnet:
            limits = {"cli_per_minute": PER_MINUTE, "cli_burst": BURST}
            limits |= {"snmp_per_minute": PER_MINUTE, "snmp_burst": BURST}
            agent = {"snmp_version": "2c", "snmp_port": target.port, "snmp_community": "public"}
            olt = await device(sealer, "telnet", telnet, role="olt", poll_interval_s=10, **agent, **limits)
            poller = Poller(sealer, Writer(), Watch(), beside=lambda: device_links.holding(sealer, "n1"))
            polling = asyncio.create_task(poller.run(Health("poller")))
            stack.callback(polling.cancel)
            found = await eventually(lambda: budget.of(olt))
            counted("cli", found.cli)
            counted("snmp", found.snmp)
            acts = [
                device_links.do(olt, act, priority=priority, deadline_s=30, what="x")
                for act in (_walk, _say)
                for priority in (Priority.SWEEP, Priority.PERSON, Priority.PROVISIONING)
                for _ in range(4)
            ]
            await asyncio.gather(*acts)
            poller.schedule.hurry(olt, 0.0)
            await eventually(lambda: poller.answered > 0)
            # A request that has its token and is about to leave is counted here and not yet there.
            await eventually(lambda: found.snmp.shown().total == requests(poller, olt))
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
            with pytest.raises(DevicesAway):
                await device_links.do(olt, _say, what="x")
    assert len([one for one in cli.heard if one != "quit"]) == len(times["cli"]) >= 14
    for spent in times.values():
        assert spent and all(
            later - first + 1 <= BURST + PER_MINUTE / 60 * (spent[later] - spent[first]) + 1e-6
            for first in range(len(spent))
            for later in range(first, len(spent))
        )


def requests(poller: Poller, device_id: int) -> int:
    """SNMP requests sent to a device: by polls, and by its link."""
    link = device_links._keepers[-1].held[device_id].link
    assert link is not None and link._agent is not None
    return poller.polled[device_id].client.requests + link._agent._client.requests
