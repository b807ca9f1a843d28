"""Who is at the other end: LLDP-MIB's tables of remote systems and of our own ports (IEEE 802.1AB-2005, 11.5).

A row of lldpRemTable is indexed by when it changed, by a local port number that is LLDP's own, and by a number. Which
interface that port is, lldpLocPortTable says in one of several ways; where it says nothing useful, many agents let the
number be the ifIndex.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from snmp.client import Client
from snmp.decoding import text
from snmp.results import Interface
from snmp.wire import Value

REMOTE: Final = "1.0.8802.1.1.2.1.4.1.1"
CHASSIS_KIND, CHASSIS, PORT_KIND, PORT, PORT_DESCRIPTION, NAME = (f"{REMOTE}.{column}" for column in range(4, 10))
LOCAL: Final = "1.0.8802.1.1.2.1.3.7.1"
LOCAL_KIND, LOCAL_ID, LOCAL_DESCRIPTION = (f"{LOCAL}.{column}" for column in range(2, 5))
CHASSIS_MAC, PORT_MAC, PORT_NAME, PORT_LOCAL = 4, 3, 5, 7  # LldpChassisIdSubtype, LldpPortIdSubtype
MOST: Final = 4096


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A system that is heard at an interface: its sysName, its chassis and its port, as far as it told them."""

    if_index: int
    name: str
    chassis: str
    port: str


async def neighbours(client: Client, interfaces: Iterable[Interface]) -> list[Neighbour]:
    """Who is heard by a device whose ``interfaces`` are known; nobody, where it speaks no LLDP. Raises SnmpError."""
    names = await client.column(NAME)
    if not names:
        return []
    columns = {oid: await client.column(oid) for oid in (CHASSIS_KIND, CHASSIS, PORT_KIND, PORT, PORT_DESCRIPTION)}
    places = _places(await _local_ports(client), list(interfaces))
    found = []
    for index, name in list(names.items())[:MOST]:
        place = places.get(_local_port(index))
        if place is not None:
            chassis = _spelled(columns[CHASSIS].get(index), columns[CHASSIS_KIND].get(index) == CHASSIS_MAC)
            found.append(Neighbour(place, text(name), chassis, _port(columns, index)))
    return found


async def _local_ports(client: Client) -> dict[int, tuple[Value, Value, Value]]:
    """Local port number -> kind of its id, id, description."""
    kinds, ids = await client.column(LOCAL_KIND), await client.column(LOCAL_ID)
    described = await client.column(LOCAL_DESCRIPTION)
    return {int(key): (kinds.get(key), ids[key], described.get(key)) for key in ids if key.isdecimal()}


def _places(ports: Mapping[int, tuple[Value, Value, Value]], interfaces: list[Interface]) -> dict[int, int]:
    """Local port number -> ifIndex."""
    by_name: dict[str, int] = {}
    for one in interfaces:
        for name in (one.description, one.name):
            if name:
                by_name[name.lower()] = one.index
    by_mac = {one.mac: one.index for one in interfaces if one.mac}
    found = {one.index: one.index for one in interfaces if one.index not in ports}
    known = {one.index for one in interfaces}
    for number, (kind, raw, described) in ports.items():
        guesses = (
            by_mac.get(_spelled(raw, mac=True)) if kind == PORT_MAC else by_name.get(text(raw).lower()),
            by_name.get(text(described).lower()),
            number if number in known else None,
        )
        place = next((one for one in guesses if one is not None), None)
        if place is not None:
            found[number] = place
    return found


def _local_port(index: str) -> int:
    """The middle one of timeMark.localPortNum.index; -1 for what is no such index."""
    parts = index.split(".")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else -1


def _port(columns: Mapping[str, Mapping[str, Value]], index: str) -> str:
    """As its interface is called there; a bare MAC or number says less than a description."""
    kind, described = columns[PORT_KIND].get(index), text(columns[PORT_DESCRIPTION].get(index))
    called = _spelled(columns[PORT].get(index), kind == PORT_MAC)
    return described or called if kind in (PORT_MAC, PORT_LOCAL) else called or described


def _spelled(raw: Value, mac: bool) -> str:
    return text(raw, "mac") if mac else text(raw)
