"""Each maker's tables through snmpsim: read by the profile that fits, in our words and units.

The tables are ours, from the facts the profiles rest on: they show that we read what is written, not that makers do.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from snmp.client import Client
from snmp.credentials import Community, Target
from snmp.profiles import profiles
from snmp.reading import Reader
from snmp.results import DownCause, Measure, Onu, OnuState, Reading
from tests.snmp.agents import RECORDED

PON = 4194304000


async def read(target: Target, name: str) -> Reading:
    async with Client(target, Community(name)) as client:
        reader = Reader(client)
        await reader.read()
        return await reader.read()


def values(reading: Reading, measure: Measure) -> dict[str | None, float]:
    return {one.name: one.value for one in reading.sensors if one.measure == measure}


def told(onu: Onu) -> dict[str, Any]:
    """What is known of it, without its index."""
    known = {field.name: getattr(onu, field.name) for field in fields(onu)}
    return {name: value for name, value in known.items() if value is not None and name != "index"}


async def test_what_any_device_may_have(recorded: Target) -> None:
    reading = await read(recorded, "generic")
    first, second = reading.interfaces
    assert (first.index, first.name, first.alias, first.oper, first.mac) == (
        1,
        "ge-0",
        "uplink",
        "up",
        "02:00:00:00:00:01",
    )
    assert (first.in_octets, first.out_octets, first.bits, first.speed_bps) == (10**15, 2 * 10**15, 64, 10**10)
    assert (first.in_discards, first.in_errors, first.out_discards, first.out_errors) == (1, 2, 3, 4)
    assert (second.oper, second.speed_bps, second.alias) == ("lower_layer_down", 10**8, None)
    assert [(one.index, one.load_percent) for one in reading.processors] == [("7", 35.0)]
    assert [(one.name, one.kind, one.total, one.used) for one in reading.memories] == [
        ("RAM", "memory", 1_024_000, 256_000),
        ("/flash", "disk", 409_600, 40_960),
    ]
    sensors = {one.name: (one.measure, one.value) for one in reading.sensors}
    assert sensors == {
        "inlet": (Measure.TEMPERATURE, 41.5),
        "12 V": (Measure.VOLTAGE, 11.98),
        "fan 1": (Measure.FAN, 5400.0),
        "psu": (Measure.POWER, 1.23456),
    }
    assert (reading.profile, reading.system.name, reading.system.location) == ("generic", "core", "POP 1")
    assert reading.missing == () and reading.onus == ()


async def test_a_device_without_64_bit_counters_is_read_by_its_32_bit_ones(recorded: Target) -> None:
    first, second = (await read(recorded, "narrow")).interfaces
    assert (first.in_octets, first.out_octets, first.bits, first.speed_bps) == (1000, 2000, 32, 10**8)
    assert (second.in_octets, second.bits, second.name) == (1001, 32, "e2")


async def test_mikrotik(recorded: Target) -> None:
    reading = await read(recorded, "mikrotik")
    assert (reading.profile, reading.system.serial, reading.system.version) == ("mikrotik", "HC0812345", "7.16.1")
    assert values(reading, Measure.TEMPERATURE) == {
        "board": 41.5,
        "processor": 53.0,
        "temperature": 38.0,
        "sfp-sfpplus1": 41.0,
    }
    assert values(reading, Measure.VOLTAGE) == {"board": 24.2, "voltage": 24.1}
    assert values(reading, Measure.FAN) == {"fan1-speed": 4210.0}
    assert values(reading, Measure.RX_POWER) == {"sfp-sfpplus1": -7.853}
    assert values(reading, Measure.TX_POWER) == {"sfp-sfpplus1": -2.211}


async def test_huawei_router(recorded: Target) -> None:
    reading = await read(recorded, "huawei")
    assert reading.profile == "huawei"
    assert [(one.name, one.load_percent) for one in reading.processors] == [("MPU 9", 23.0)]
    assert [one.used_percent for one in reading.memories if one.used_percent] == [61.0]
    assert values(reading, Measure.TEMPERATURE) == {"MPU 9": 47.0, "GigabitEthernet0/3/0": 36.0}
    assert values(reading, Measure.RX_POWER) == {"GigabitEthernet0/3/0": -6.12, "GigabitEthernet0/3/1": -3.0}
    assert values(reading, Measure.TX_POWER) == {"GigabitEthernet0/3/1": 0.0}


async def test_huawei_olt(recorded: Target) -> None:
    reading = await read(recorded, "huawei_olt")
    online, offline = reading.onus
    assert (reading.profile, reading.interfaces[0].index, reading.interfaces[0].name) == (
        "huawei_olt",
        PON,
        "GPON 0/1/0",
    )
    assert told(online) == {
        "pon": "GPON 0/1/0",
        "number": 0,
        "serial": "HWTC12345678",
        "name": "maria",
        "state": OnuState.ONLINE,
        "rx_dbm": -19.87,
        "tx_dbm": 2.31,
        "olt_rx_dbm": -22.32,
        "distance_m": 1234,
    }
    assert told(offline) == {
        "pon": "GPON 0/1/0",
        "number": 1,
        "serial": "HWTC9ABCDEF0",
        "name": "jose",
        "state": OnuState.OFFLINE,
        "last_down": DownCause.DYING_GASP,
    }
    assert [(one.name, one.load_percent) for one in reading.processors] == [("H901GPHF", 18.0)]
    assert values(reading, Measure.TEMPERATURE) == {"H901GPHF": 44.0, "GPON 0/1/0": 39.0}


async def test_zte_c300_and_c320(recorded: Target) -> None:
    reading = await read(recorded, "zte_c300")
    first, dark, dying, offline = reading.onus
    assert told(first) == {
        "pon": "1/1/2",
        "number": 1,
        "serial": "ZTEG12345001",
        "name": "ONU-2:1",
        "state": OnuState.ONLINE,
        "rx_dbm": -20.676,
        "tx_dbm": 2.422,
        "olt_rx_dbm": -20.241,
        "distance_m": 1874,
    }
    assert (dark.state, dark.rx_dbm, dark.olt_rx_dbm, dark.distance_m) == (OnuState.LOS, None, None, None)
    assert (dying.state, dying.rx_dbm, offline.state) == (OnuState.DYING_GASP, -36.0, OnuState.OFFLINE)
    assert values(reading, Measure.TX_POWER) == {"gpon_1/1/2": 5.369} and values(reading, Measure.RX_POWER) == {}


async def test_zte_c600(recorded: Target) -> None:
    reading = await read(recorded, "zte_c600")
    first, second = reading.onus
    assert told(first) == {
        "pon": "1/1/3",
        "number": 1,
        "serial": "ZTEG12345001",
        "name": "a",
        "state": OnuState.ONLINE,
        "rx_dbm": -22.0,
        "olt_rx_dbm": -23.456,
        "distance_m": 3021,
    }
    assert (second.state, second.rx_dbm, second.olt_rx_dbm) == (OnuState.OFFLINE, None, None)
    assert values(reading, Measure.RX_POWER) == {"gpon_olt-1/1/3": -12.345}


async def test_vsol(recorded: Target) -> None:
    reading = await read(recorded, "vsol")
    first, second = reading.onus
    assert told(first) == {
        "pon": "1",
        "number": 1,
        "serial": "GPON00A1B2C3",
        "state": OnuState.ONLINE,
        "temperature_c": 44.02,
        "rx_dbm": -13.518,
        "tx_dbm": 2.294,
        "olt_rx_dbm": -21.7,
    }
    assert (second.state, second.rx_dbm) == (OnuState.DYING_GASP, None)
    assert [one.load_percent for one in reading.processors] == [17.0]
    assert values(reading, Measure.TEMPERATURE) == {"board": 46.5}
    epon = (await read(recorded, "vsol_epon")).onus
    assert [(one.mac, one.rx_dbm, one.tx_dbm, one.temperature_c) for one in epon] == [
        ("a0:b1:c2:d3:e4:f5", -16.02, 2.04, 41.5),
        ("a0:b1:c2:d3:e4:f6", None, None, None),
    ]


async def test_cdata(recorded: Target) -> None:
    reading = await read(recorded, "cdata")
    first, second = reading.onus
    assert told(first) == {
        "serial": "CDTC12345678",
        "name": "gpon 0/0/1 onu 1 ana",
        "model": "FD511G",
        "state": OnuState.ONLINE,
        "rx_dbm": -19.32,
        "tx_dbm": 2.45,
        "distance_m": 812,
    }
    assert (second.state, second.last_down, second.rx_dbm) == (OnuState.OFFLINE, DownCause.DYING_GASP, None)
    assert (reading.system.serial, reading.system.version) == ("DA22-2411000162", "V1.6.0")


async def test_ubiquiti(recorded: Target) -> None:
    reading = await read(recorded, "ubiquiti")
    assert [one.load_percent for one in reading.processors] == [12.5]
    assert [values(reading, measure) for measure in (Measure.TEMPERATURE, Measure.SIGNAL, Measure.NOISE)] == [
        {"board": 41.234568},
        {None: -57.0},
        {None: -96.0},
    ]
    assert values(reading, Measure.QUALITY) == {"airMAX quality": 88.0, "airMAX capacity": 71.0}
    assert values(reading, Measure.FREQUENCY) == {"radio": 5.785e9}


async def test_cambium(recorded: Target) -> None:
    reading = await read(recorded, "cambium")
    assert ([one.load_percent for one in reading.processors], reading.system.version) == ([13.7], "4.6.1")
    assert values(reading, Measure.SIGNAL) == {None: -61.0}


@pytest.mark.parametrize("name", sorted(profiles()))
def test_every_profile_has_a_recorded_table(name: str) -> None:
    assert (RECORDED / f"{name}.snmprec").exists()
