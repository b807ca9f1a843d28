"""What a network is made of, before anything runs: the lab's agents and the inventory's rows come from the same shape.

Everything follows from names and numbers, so that two processes that know a shape agree on serials, indices and ports.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

GIGA = 10**9


class Maker(StrEnum):
    """Whose tables a device answers."""

    GENERIC = "generic"
    MIKROTIK = "mikrotik"
    HUAWEI = "huawei"
    HUAWEI_OLT = "huawei_olt"
    ZTE_C300 = "zte_c300"
    ZTE_C600 = "zte_c600"
    VSOL = "vsol"
    CDATA = "cdata"


SERIALS = {
    Maker.HUAWEI_OLT: "HWTC",
    Maker.ZTE_C300: "ZTEG",
    Maker.ZTE_C600: "ZTEG",
    Maker.VSOL: "GPON",
    Maker.CDATA: "CDTC",
}
"""The first letters of the ONUs that go with an OLT."""

MODELS = {Maker.HUAWEI_OLT: "HG8245Q2", Maker.VSOL: "V2802RH", Maker.CDATA: "FD511G-X"}


class Fate(StrEnum):
    """What became of an ONU."""

    LIT = "lit"
    FIBRE = "fibre"  # the OLT sees no light of it, and it said nothing
    POWER = "power"  # it said with its last charge that its power is going (ITU-T G.984.3 dying gasp)
    OFF = "off"  # gone, nobody knows why


@dataclass(frozen=True, slots=True)
class Port:
    """An Ethernet interface; ``load``: the share of its speed that it carries on average."""

    index: int
    name: str
    alias: str = ""
    speed_bps: int = GIGA
    load: float = 0.2


@dataclass(frozen=True, slots=True)
class Onu:
    """A customer's end: its number on its PON, metres of fibre to it, and how it is found when the lab begins."""

    number: int
    serial: str
    metres: int
    model: str
    fate: Fate = Fate.LIT

    @property
    def light(self) -> float:
        """dBm that it receives when all is well: -19 to -24."""
        return -18.5 - self.metres / 3000 - (self.metres * 7919) % 300 / 100


@dataclass(frozen=True)
class Pon:
    """A PON port of an OLT: ``number`` as its maker counts, ``name`` as its profile reads it.

    ``index``: its ifIndex; ``row``: how the tables of ONUs call it, which on ZTE's older OLTs is another number.
    ``loose``: so many of its ONUs, the last ones, are in no box. ``waiting``: ONUs that are lit and that nobody has
    authorised yet, each with the login behind it.
    """

    number: int
    name: str
    index: int
    row: int
    onus: tuple[Onu, ...]
    loose: int = 0
    box_ports: int = 8
    waiting: tuple[tuple[Onu, str], ...] = ()

    @property
    def in_boxes(self) -> tuple[Onu, ...]:
        """All but those that are in no box."""
        return self.onus[: len(self.onus) - self.loose]


@dataclass(frozen=True)
class Device:
    """A device. ``address``: of 127.0.0.0/8; ``narrow``: it has no 64-bit counters; ``v3``: it speaks SNMPv3 only;
    ``vlans``: those of an OLT that lead to a NAS; ``nas``: which one."""

    name: str
    role: str
    maker: Maker
    site: str
    address: str
    model: str = ""
    core: bool = False
    ports: tuple[Port, ...] = ()
    pons: tuple[Pon, ...] = ()
    narrow: bool = False
    v3: bool = False
    vlans: tuple[int, ...] = (100,)
    nas: str = ""

    @cached_property
    def seed(self) -> int:
        """A number that is always the same for this name."""
        return zlib.crc32(self.name.encode())

    def mac(self, index: int) -> bytes:
        """Of an interface: locally administered, of its own."""
        return bytes((0x02, 0x4D, *self.seed.to_bytes(4)[1:], index & 0xFF))


@dataclass(frozen=True, slots=True)
class Link:
    """Two ports joined."""

    a: str
    a_port: str
    b: str
    b_port: str
    medium: str = "fibre"
    gbps: int = 10
    name: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Where devices stand; millionths of a degree."""

    name: str
    kind: str = "pop"
    fed_from: str | None = None
    address: str = ""
    city: str | None = None
    latitude_e6: int | None = None
    longitude_e6: int | None = None


@dataclass(frozen=True)
class Shape:
    """A whole network. ``community`` and ``v3_*`` open its agents."""

    sites: tuple[Site, ...]
    devices: tuple[Device, ...]
    links: tuple[Link, ...]
    community: str = field(default="lab-leitura", repr=False)
    v3_user: str = "milha"
    v3_auth_password: str = field(default="lab-assinatura", repr=False)
    v3_priv_password: str = field(default="lab-sigilo-1", repr=False)

    def device(self, name: str) -> Device:
        """By its name, however it is capitalised. Raises ValueError."""
        found = [one for one in self.devices if one.name.lower() == name.lower()]
        if not found:
            raise ValueError(f"no device named {name!r}; there are {', '.join(one.name for one in self.devices)}")
        return found[0]


def pons(
    device: str,
    maker: Maker,
    counts: tuple[int, ...],
    fates: Mapping[tuple[int, int], Fate] = MappingProxyType({}),
    loose: int = 0,
    waiting: Mapping[tuple[int, int], str] = MappingProxyType({}),
) -> tuple[Pon, ...]:
    """PON ports of slot 1 with so many ONUs each. Huawei counts ports and ONUs from 0, ZTE from 1.

    ``fates``: of those, by port and number, that are not lit when the lab begins; ``loose``: of the last port;
    ``waiting``: logins of those that nobody has authorised yet.
    """
    first = 0 if maker is Maker.HUAWEI_OLT else 1
    found = []
    for number, count in enumerate(counts, first):
        onus = tuple(
            _onu(device, maker, number, one, fates.get((number, one), Fate.LIT)) for one in range(first, first + count)
        )
        unknown = tuple((one, waiting[number, one.number]) for one in onus if (number, one.number) in waiting)
        onus = tuple(one for one in onus if (number, one.number) not in waiting)
        at_the_end = loose if number == first + len(counts) - 1 else 0
        found.append(Pon(number, *_called(maker, 1, number), onus, at_the_end, waiting=unknown))
    return tuple(found)


def _called(maker: Maker, slot: int, number: int) -> tuple[str, int, int]:
    """A PON's name as the maker's profile reads it, its ifIndex, and its number in the tables of ONUs."""
    if maker is Maker.HUAWEI_OLT:
        index = 0xFA000000 + slot * 0x2000 + number * 0x100
        return f"GPON 0/{slot}/{number}", index, index
    if maker is Maker.VSOL:
        return str(number), 100 + number, number
    if maker is Maker.CDATA:
        return f"0/0/{number}", 0x140000 + number, number
    index = 0x11010000 | slot << 8 | number
    row = 0x10000000 | slot << 16 | number << 8 if maker is Maker.ZTE_C300 else index
    return f"1/{slot}/{number}", index, row


def _onu(device: str, maker: Maker, pon: int, number: int, fate: Fate) -> Onu:
    mark = zlib.crc32(f"{device.lower()}/{pon}/{number}".encode())
    model = MODELS.get(maker, "F670L")
    return Onu(number, f"{SERIALS[maker]}{mark:08X}", 300 + mark % 7000, model, fate)
