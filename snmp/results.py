"""What was read of a device, in our words and units: no OIDs, no sentinels, no maker's enumerations.

None = the device does not tell. Rates are made from two readings (`snmp.counters`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class System:
    """RFC 3418 system group; ``uptime_ticks``: sysUpTime in hundredths of a second, which wraps after 497 days."""

    description: str
    object_id: str
    uptime_ticks: int
    name: str
    location: str
    contact: str
    serial: str | None = None
    version: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """IF-MIB (RFC 2863). Counters count since `discontinuity` (sysUpTime of the last one), modulo 2 ** ``bits``.

    ``speed_bps`` is ifHighSpeed where there is one. States are ifAdminStatus's and ifOperStatus's words.
    """

    index: int
    name: str | None = None
    description: str | None = None
    alias: str | None = None
    kind: int | None = None
    mac: str | None = None
    mtu: int | None = None
    speed_bps: int | None = None
    admin: str | None = None
    oper: str | None = None
    in_octets: int | None = None
    out_octets: int | None = None
    bits: int = 64
    in_errors: int | None = None
    out_errors: int | None = None
    in_discards: int | None = None
    out_discards: int | None = None
    discontinuity: int | None = None


@dataclass(frozen=True, slots=True)
class Processor:
    """Load of one processor, over the interval its maker averages."""

    index: str
    load_percent: float
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """``kind``: memory or disk. Octets where they are told, else only the share in use."""

    index: str
    kind: str = "memory"
    name: str | None = None
    total: float | None = None
    used: float | None = None
    used_percent: float | None = None


class Measure(StrEnum):
    """What a sensor measures; the unit goes with it."""

    TEMPERATURE = "temperature"  # degrees Celsius
    VOLTAGE = "voltage"  # volts
    CURRENT = "current"  # amperes
    POWER = "power"  # watts
    FAN = "fan"  # turns a minute
    HUMIDITY = "humidity"  # percent
    RX_POWER = "rx_power"  # dBm, received
    TX_POWER = "tx_power"  # dBm, sent
    SIGNAL = "signal"  # dBm, radio
    NOISE = "noise"  # dBm, radio
    QUALITY = "quality"  # percent, radio
    FREQUENCY = "frequency"  # hertz
    COUNT = "count"
    TRUTH = "truth"  # 1 or 0


@dataclass(frozen=True, slots=True)
class Sensor:
    """One value; ``measure`` says of what and in which unit."""

    index: str
    measure: Measure
    value: float
    name: str | None = None


class OnuState(StrEnum):
    """What the OLT knows of an ONU now."""

    ONLINE = "online"
    OFFLINE = "offline"
    LOS = "los"
    DYING_GASP = "dying_gasp"
    REGISTERING = "registering"
    AUTH_FAILED = "auth_failed"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class DownCause(StrEnum):
    """Why it went last: fibre, power, people, or something else."""

    LOS = "los"
    DYING_GASP = "dying_gasp"
    DISABLED = "disabled"
    RESET = "reset"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Onu:
    """One customer's end of the fibre. Powers in dBm: ``rx``, ``tx`` at the ONU, ``olt_rx`` what the OLT hears of it.

    ``pon`` is the port as its maker writes it, where that can be told; ``number`` the ONU's number on it.
    """

    index: str
    pon: str | None = None
    number: int | None = None
    serial: str | None = None
    mac: str | None = None
    name: str | None = None
    model: str | None = None
    state: OnuState = OnuState.UNKNOWN
    rx_dbm: float | None = None
    tx_dbm: float | None = None
    olt_rx_dbm: float | None = None
    distance_m: int | None = None
    last_down: DownCause | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One poll. ``at``: seconds of the monotonic clock when the counters were asked; ``profile``: by whose file."""

    at: float
    profile: str
    system: System
    interfaces: tuple[Interface, ...] = ()
    processors: tuple[Processor, ...] = ()
    memories: tuple[Memory, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    onus: tuple[Onu, ...] = ()
    missing: tuple[str, ...] = field(default=())
    """Columns that could not be read this time, with the reason."""
