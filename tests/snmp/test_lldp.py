"""Neighbours by LLDP, from agents that number their ports as agents do."""

from __future__ import annotations

import pytest

from snmp.client import Client
from snmp.credentials import Community
from snmp.lldp import LOCAL_DESCRIPTION, LOCAL_ID, LOCAL_KIND, REMOTE, Neighbour, neighbours
from snmp.results import Interface
from tests.snmp.scripted import Scripted, integer, octets, table

V2C = Community("public")
INTERFACES = [
    Interface(1001, "sfp1", "10G port", mac="02:00:00:00:00:01"),
    Interface(1002, "ether2", mac="02:00:00:00:00:02"),
    Interface(7, "lo"),
]


def heard(index: str, name: str, port: bytes, kind: int = 5, described: str = "") -> dict[str, bytes]:
    values = {4: integer(4), 5: octets(b"\x02\x00\x00\x00\x00\x09"), 6: integer(kind), 7: octets(port)}
    values |= {8: octets(described.encode()), 9: octets(name.encode())}
    return {f"{REMOTE}.{column}.{index}": value for column, value in values.items()}


def local(number: int, kind: int, called: bytes, described: str = "") -> dict[str, bytes]:
    return {
        f"{LOCAL_KIND}.{number}": integer(kind),
        f"{LOCAL_ID}.{number}": octets(called),
        f"{LOCAL_DESCRIPTION}.{number}": octets(described.encode()),
    }


async def told(rows: dict[str, bytes]) -> list[Neighbour]:
    ordered = dict(sorted(rows.items(), key=lambda row: [int(part) for part in row[0].split(".")]))
    with Scripted(table(ordered)) as agent:
        async with Client(agent.target, V2C) as client:
            return await neighbours(client, INTERFACES)


@pytest.mark.parametrize(
    "port",
    [
        local(3, 5, b"sfp1"),
        local(3, 5, b"SFP1"),
        local(3, 3, b"\x02\x00\x00\x00\x00\x01"),
        local(3, 7, b"3", "10G port"),
    ],
    ids=["by its name", "in other letters", "by its MAC", "by its description"],
)
async def test_a_neighbour_is_heard_at_the_interface_that_its_port_means(port: dict[str, bytes]) -> None:
    (one,) = await told(heard("4711.3.1", "core-2", b"ge-0/0/1") | port)
    assert one == Neighbour(1001, "core-2", "02:00:00:00:00:09", "ge-0/0/1")


async def test_a_port_number_of_which_nothing_is_told_is_the_interfaces_own() -> None:
    (one,) = await told(heard("0.1002.1", "sw", b"\x02\x00\x00\x00\x00\x07", 3, "uplink"))
    assert (one.if_index, one.port) == (1002, "uplink")


async def test_a_port_that_is_none_of_the_interfaces_tells_nothing() -> None:
    assert await told(heard("0.99.1", "sw", b"x") | heard("5.1", "odd", b"x")) == []


async def test_a_device_without_lldp_hears_nobody() -> None:
    assert await told({"1.3.6.1.2.1.1.3.0": integer(1, 0x43)}) == []
