"""What a device told by SNMP, as facts of the inventory and as samples. Pure: a reading in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from oss.monitoring.causes import Last
from oss.monitoring.kinds import DEVICE, INTERFACE, ONU
from oss.monitoring.samples import NAN, Sample
from oss.network import facts
from oss.network.onus import spelled
from snmp import lldp
from snmp.counters import Traffic
from snmp.results import DownCause, Measure, Onu, OnuState, Reading

ONU_STATES: Final = {
    OnuState.ONLINE: "online",
    OnuState.LOS: "los",
    OnuState.DYING_GASP: "dying-gasp",
    OnuState.UNKNOWN: "unknown",
}
"""The inventory's words; every other state is offline to it."""


LAST_WORDS: Final = {
    OnuState.LOS: Last.LIGHT,
    OnuState.DYING_GASP: Last.POWER,
    DownCause.LOS: Last.LIGHT,
    DownCause.DYING_GASP: Last.POWER,
}


@dataclass(frozen=True, slots=True)
class Ids:
    """Where the inventory keeps what a device tells of: ifIndex -> interface, serial -> ONU."""

    interfaces: Mapping[int, int] = field(default_factory=dict)
    onus: Mapping[str, int] = field(default_factory=dict)


def facts_of(
    device_id: int, reading: Reading, at: datetime, heard: Iterable[lldp.Neighbour] | None = None, *, whole: bool
) -> facts.Facts:
    """For the inventory. Not ``whole``: what was not asked for is not told as missing. ``heard``: by LLDP."""
    one = reading.system
    system = facts.System(one.name, one.description, one.object_id, one.serial or "", one.version or "")
    interfaces = tuple(
        facts.Interface(
            row.index,
            row.name or row.description or str(row.index),
            row.alias or "",
            row.kind or 0,
            row.speed_bps,
            row.mac or "",
            row.admin or "unknown",
            row.oper or "unknown",
        )
        for row in reading.interfaces
    )
    onus = tuple(
        facts.SeenOnu(row.serial, row.pon, row.number, row.model or "", ONU_STATES.get(row.state, "offline"))
        for row in reading.onus
        if row.serial and row.pon
    )
    known = None if heard is None else tuple(facts.Neighbour(o.if_index, o.name, o.chassis, o.port) for o in heard)
    return facts.Facts(
        device_id, at, system, interfaces if whole or interfaces else None, known, onus if whole or onus else None
    )


def onu_states(reading: Reading, ids: Ids) -> dict[int, str]:
    """ONU -> the inventory's word for its state, of those whose state was told."""
    found = {}
    for row in reading.onus:
        known = ids.onus.get(spelled(row.serial)) if row.serial else None
        if known is not None and row.state is not OnuState.UNKNOWN:
            found[known] = ONU_STATES.get(row.state, "offline")
    return found


def last_words(reading: Reading, ids: Ids) -> dict[int, Last]:
    """ONU -> why it went, of those that are away and of which the OLT knows it."""
    found = {}
    for row in reading.onus:
        known = ids.onus.get(spelled(row.serial)) if row.serial else None
        last = _last_word(row)
        if known is not None and last is not None:
            found[known] = last
    return found


def _last_word(row: Onu) -> Last | None:
    """A state that says why is of now; of one that only says "offline", why it went last is."""
    if row.state in LAST_WORDS:
        return LAST_WORDS[row.state]
    return LAST_WORDS.get(row.last_down) if row.last_down and row.state is OnuState.OFFLINE else None


def samples(device_id: int, reading: Reading, traffic: Sequence[Traffic], ids: Ids, at: float) -> list[Sample]:
    """All of one poll (Unix seconds); what the inventory does not know yet is left out until it does."""
    made = [_device(device_id, reading, at), _interfaces(device_id, reading, traffic, ids, at)]
    made.append(onu_sample(device_id, reading, ids, at))
    return [one for one in made if one.objects]


def _device(device_id: int, reading: Reading, at: float) -> Sample:
    loads = [one.load_percent for one in reading.processors]
    used = [one.used_percent for one in reading.memories if one.kind == "memory" and one.used_percent is not None]
    warm = [one.value for one in reading.sensors if one.measure is Measure.TEMPERATURE]
    uptime = reading.system.uptime_ticks / 100
    values = (sum(loads) / len(loads) if loads else NAN, max(used, default=NAN), max(warm, default=NAN), uptime, NAN)
    return Sample(at, device_id, DEVICE, (device_id,), values)


def _interfaces(device_id: int, reading: Reading, traffic: Sequence[Traffic], ids: Ids, at: float) -> Sample:
    rates = {one.index: one for one in traffic}
    objects, metrics = list[int](), list[float]()
    for row in reading.interfaces:
        rate, known = rates.get(row.index), ids.interfaces.get(row.index)
        if rate is None or known is None:
            continue
        objects.append(known)
        told = (rate.in_bps, rate.out_bps, None, None, rate.in_errors_ps, rate.out_errors_ps)
        rest = (rate.in_discards_ps, rate.out_discards_ps, float(row.oper == "up") if row.oper else None)
        metrics += [NAN if value is None else value for value in (*told, *rest)]
    return Sample(at, device_id, INTERFACE, objects, metrics)


def onu_sample(device_id: int, reading: Reading, ids: Ids, at: float) -> Sample:
    """Of the ONUs alone; what was not read is NaN."""
    objects, metrics = list[int](), list[float]()
    for row in reading.onus:
        known = ids.onus.get(spelled(row.serial)) if row.serial else None
        if known is None:
            continue
        objects.append(known)
        state = None if row.state is OnuState.UNKNOWN else float(row.state is OnuState.ONLINE)
        told = (row.rx_dbm, row.tx_dbm, row.olt_rx_dbm, row.distance_m, state)
        metrics += [NAN if value is None else float(value) for value in told]
    return Sample(at, device_id, ONU, objects, metrics)
