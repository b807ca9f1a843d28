"""From light to money: an ONU authorised on its OLT dials on the real AAA, is slowed, and loses its power."""

from __future__ import annotations

from bench import seeding
from oss.lab.network.faces import SSH
from oss.lab.network.places import small
from tests.e2e.conftest import House
from tests.e2e.test_closed_loop import FULL, SLOW, open_session, owe_since, pay, rate_of
from tests.oss.lab.network.cli.typing import by_ssh
from tests.oss.lab.network.running import free_port
from tests.waiting import eventually

NEW = 2
COMMANDS = (
    "enable",
    "undo smart",
    "config",
    "interface gpon 0/1",
    "ont add 1 sn-auth {serial} omci ont-lineprofile-id 100 ont-srvprofile-id 100 desc ana",
    "ont port native-vlan 1 64 eth 1 vlan 100 priority 0",
    "quit",
    "service-port vlan 100 gpon 0/1/1 ont 64 gemport 1 multi-service user-vlan 100 tag-transform translate",
)


async def test_what_the_olt_is_told_brings_a_customer_online_and_the_ledger_decides_how_fast(house: House) -> None:
    await house.seed(3)
    await house.provide()
    agents, first = free_port(small()), free_port(small())
    network = ("--network", "small", "--snmp-port", str(agents), "--cli-port", str(first))
    await house.start_lab(1, *network)
    serial = await house.lab.network("plug", device="olt-1", pon=1, login=seeding.login(NEW))
    await house.lab.network("carrier", seconds=0.2)
    async with by_ssh(first + SSH, host=small().device("olt-1").address) as hands:
        for command in COMMANDS:
            answer = await hands.say(command.format(serial=f"48575443{serial[4:]}"))
            assert "Failure" not in answer and "%" not in answer, answer
    await eventually(lambda: open_session(NEW))
    assert await rate_of(house, NEW) == FULL
    invoice = await owe_since(house, NEW, 8)
    await eventually(lambda: _is(house, SLOW))
    await pay(invoice)
    await eventually(lambda: _is(house, FULL))
    await house.lab.network("cut_power", device="olt-1", pon=1)
    await eventually(_gone)
    assert await open_session(1), "another PON is lit"
    await house.lab.network("repair", device="olt-1", pon=1)
    await eventually(lambda: _is(house, FULL))


async def _is(house: House, rate: str) -> bool:
    return await rate_of(house, NEW) == rate


async def _gone() -> bool:
    return await open_session(NEW) is None
