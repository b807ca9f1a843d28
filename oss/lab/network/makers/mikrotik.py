"""MikroTik RouterOS: MIKROTIK-MIB beside the standard tables."""

from __future__ import annotations

from functools import partial

from oss.lab.network.makers import generic
from oss.lab.network.state import State
from oss.lab.network.values import Objects, Value, gauge, number, text

OWN = "1.3.6.1.4.1.14988.1.1"


def own(state: State) -> Objects:
    """Health in tenths, the gauges, the optical modules of ports named sfp, serial and version."""
    found = generic.processors(state) + generic.storage(state)
    found += [
        (f"{OWN}.3.8.0", lambda: gauge(state.wave(239, 243, 900))),
        (f"{OWN}.3.10.0", lambda: gauge(10 * _warm(state))),
        (f"{OWN}.3.11.0", lambda: gauge(10 * (_warm(state) + 11))),
        (f"{OWN}.4.4.0", text("7.16.2")),
        (f"{OWN}.7.3.0", text(f"HF{state.device.seed:08X}")),
    ]
    return found + _gauges(state) + _optical(state)


def _warm(state: State) -> float:
    return state.wave(36, 43, 3600) + state.heat


def _gauges(state: State) -> Objects:
    """mtxrGaugeTable: name, value, unit (1 celsius, 2 rpm)."""
    rows: tuple[tuple[str, Value, int], ...] = (
        ("cpu-temperature", lambda: number(_warm(state) + 8), 1),
        ("fan1-speed", lambda: number(state.wave(4100, 4400, 600)), 2),
    )
    found: Objects = []
    for place, (name, value, unit) in enumerate(rows, 1):
        entry = f"{OWN}.3.100.1"
        found += [(f"{entry}.2.{place}", text(name)), (f"{entry}.3.{place}", value)]
        found.append((f"{entry}.4.{place}", number(unit)))
    return found


def _optical(state: State) -> Objects:
    """mtxrOpticalTable: temperature, sent and received power in thousandths of dBm."""
    found: Objects = []
    entry = f"{OWN}.19.1.1"
    for one in state.ports:
        if one.name.startswith("sfp"):
            found += [
                (f"{entry}.2.{one.index}", text(one.name)),
                (f"{entry}.6.{one.index}", partial(_module, state)),
                (f"{entry}.9.{one.index}", number(-2211)),
                (f"{entry}.10.{one.index}", number(-5000 - 37 * one.index)),
            ]
    return found


def _module(state: State) -> bytes:
    return number(state.wave(38, 44, 3600) + state.heat)
