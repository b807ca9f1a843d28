"""What a device tells of itself, as plain facts: whoever reads it (SNMP, a driver) fills these, `discovery` judges.

``None`` in `Facts` says that a part was not read: it changes nothing. An empty tuple says that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class System:
    """SNMPv2-MIB system, and what ENTITY-MIB or the maker's own MIB adds; empty where it was not told."""

    name: str = ""
    descr: str = ""
    object_id: str = ""
    serial: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """A row of ifTable and ifXTable (RFC 2863): ``kind`` is ifType, ``speed_bps`` ifHighSpeed in bit/s.

    ``admin``: up, down, testing, unknown; ``oper``: these, dormant, absent, lower-down.
    """

    if_index: int
    name: str
    alias: str = ""
    kind: int = 0
    speed_bps: int | None = None
    mac: str = ""
    admin: str = "unknown"
    oper: str = "unknown"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What LLDP-MIB tells of who is at the other end of an interface: its sysName, its chassis and its port."""

    if_index: int
    name: str = ""
    chassis: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True)
class SeenOnu:
    """An ONU as its OLT lists it: ``pon`` is the PON port's name there, ``state`` one of `oss.network.onus.STATES`."""

    serial: str
    pon: str
    number: int | None = None
    model: str = ""
    state: str = "unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one reading of a device told."""

    device_id: int
    at: datetime
    system: System | None = None
    interfaces: tuple[Interface, ...] | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    onus: tuple[SeenOnu, ...] | None = field(default=None)
