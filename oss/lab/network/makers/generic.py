"""What any device may have: SNMPv2-MIB, IF-MIB, HOST-RESOURCES-MIB, ENTITY-SENSOR-MIB."""

from __future__ import annotations

from functools import partial
from typing import Final

from oss.lab.network import port
from oss.lab.network.port import LivePort
from oss.lab.network.shape import Maker
from oss.lab.network.state import State
from oss.lab.network.values import Objects, Value, counter, counter64, gauge, number, oid, text, ticks

IDENTITY: Final = {
    Maker.GENERIC: ("1.3.6.1.4.1.8072.3.2.10", "{model} of the lab"),
    Maker.MIKROTIK: ("1.3.6.1.4.1.14988.1", "RouterOS {model}"),
    Maker.HUAWEI: ("1.3.6.1.4.1.2011.2.62.27.1", "Huawei Versatile Routing Platform Software, {model}"),
    Maker.HUAWEI_OLT: ("1.3.6.1.4.1.2011.2.248", "Huawei Integrated Access Software, MA5800, {model}"),
    Maker.ZTE_C300: ("1.3.6.1.4.1.3902.1082.1001.320.2.1", "C320 Version V2.1.0 Software, {model}"),
    Maker.ZTE_C600: ("1.3.6.1.4.1.3902.1082.1001.600.1.1", "C600 Version V1.2.2 Software, {model}"),
    Maker.VSOL: ("1.3.6.1.4.1.37950.1.1.5.10.14.1", "V-SOL OLT, {model}"),
    Maker.CDATA: ("1.3.6.1.4.1.17409", "C-Data System Software Device Model: {model}"),
}
IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
RAM, DISK = "1.3.6.1.2.1.25.2.1.2", "1.3.6.1.2.1.25.2.1.4"
NAME = "1.3.6.1.2.1.47.1.1.1.1.7"
SENSOR = "1.3.6.1.2.1.99.1.1.1"
MOST32 = 2**32 - 1


def system(state: State) -> Objects:
    """RFC 3418."""
    device = state.device
    object_id, described = IDENTITY[device.maker]
    values: tuple[Value, ...] = (
        text(described.format(model=device.model)),
        oid(object_id),
        lambda: ticks(state.ticks()),
        text("noc@milha.example"),
        text(device.name),
        text(device.site),
        number(78),
    )
    return [(f"1.3.6.1.2.1.1.{place}.0", value) for place, value in enumerate(values, 1)]


def interfaces(state: State) -> Objects:
    """ifTable, and ifXTable where the device has 64-bit counters (RFC 2863)."""
    found: Objects = [("1.3.6.1.2.1.2.1.0", number(len(state.ports)))]
    for one in state.ports:
        found += _row(IF, one, _narrow(one))
        wide = _wide(one)
        found += _row(IFX, one, {1: wide[1], 18: wide[18]} if state.device.narrow else wide)
    return found


def _row(entry: str, one: LivePort, columns: dict[int, Value]) -> Objects:
    return [(f"{entry}.{column}.{one.index}", value) for column, value in columns.items()]


def _narrow(one: LivePort) -> dict[int, Value]:
    """Columns of ifEntry."""
    counted = dict(zip((10, 16, 14, 20, 13, 19), ("in_octets", "out_octets", *port.ERRORS), strict=True))
    return {
        1: number(one.index) if one.index < 2**31 else gauge(one.index),
        2: text(one.name),
        3: number(one.kind),
        4: number(1500),
        5: gauge(min(one.speed_bps, MOST32)),
        6: text(one.mac),
        7: number(1),
        8: lambda: number(1 if one.up else 2),
        **{column: partial(_counted, one, name) for column, name in counted.items()},
    }


def _wide(one: LivePort) -> dict[int, Value]:
    """Columns of ifXEntry."""
    return {
        1: text(one.name),
        6: lambda: counter64(one.counters["in_octets"].read()),
        10: lambda: counter64(one.counters["out_octets"].read()),
        15: gauge(one.speed_bps // 10**6),
        18: text(one.alias),
        19: lambda: ticks(one.discontinuity),
    }


def _counted(one: LivePort, name: str) -> bytes:
    return counter(one.counters[name].read())


def processors(state: State, count: int = 4) -> Objects:
    """hrProcessorLoad."""
    return [(f"1.3.6.1.2.1.25.3.3.1.2.{place}", partial(_load, state, place)) for place in range(1, count + 1)]


def _load(state: State, place: int) -> bytes:
    return number(state.wave(8, 42, 1800, place))


def storage(state: State) -> Objects:
    """hrStorageTable: main memory and a flash disk."""
    found: Objects = []
    for place, kind, name, units, total, least, most in (
        (65536, RAM, "main memory", 1024, 4_194_304, 0.28, 0.36),
        (131072, DISK, "system disk", 1024, 131_072, 0.41, 0.41),
    ):
        used = partial(_used, state, total * least, total * most)
        columns: tuple[Value, ...] = (oid(kind), text(name), number(units), number(total), used)
        found += [(f"1.3.6.1.2.1.25.2.3.1.{column}.{place}", value) for column, value in enumerate(columns, 2)]
    return found


def _used(state: State, least: float, most: float) -> bytes:
    return number(state.wave(least, most, 7200))


def own(state: State) -> Objects:
    """A device without a maker's tables: processors, memory and one ENTITY-SENSOR."""
    warm: tuple[Value, ...] = (
        number(8),  # celsius
        number(9),  # units
        number(1),
        lambda: number(10 * (state.wave(34, 39, 3600) + state.heat)),
        number(1),  # ok
    )
    sensor = [(f"{SENSOR}.{column}.1", value) for column, value in enumerate(warm, 1)]
    return processors(state, 1) + storage(state) + sensor + [(f"{NAME}.1", text("board"))]
