"""Huawei routers (VRP): HUAWEI-ENTITY-EXTENT-MIB."""

from __future__ import annotations

from functools import partial

from oss.lab.network.makers.generic import NAME
from oss.lab.network.state import State
from oss.lab.network.values import Objects, number, text

ENTITY = "1.3.6.1.4.1.2011.5.25.31.1.1"
BOARD = 16_842_752
MODULES = 16_850_000
"""Indices of the main board and of the optical modules in entPhysicalTable."""


def own(state: State) -> Objects:
    """One board with its load, memory and temperature; an optical module in each port."""
    found: Objects = [
        (f"{NAME}.{BOARD}", text("MPU 0")),
        (f"{ENTITY}.1.1.5.{BOARD}", lambda: number(state.wave(12, 30, 1800))),
        (f"{ENTITY}.1.1.7.{BOARD}", lambda: number(state.wave(38, 44, 7200))),
        (f"{ENTITY}.1.1.11.{BOARD}", lambda: number(state.wave(41, 47, 3600) + state.heat)),
    ]
    for one in state.ports:
        place = MODULES + one.index
        found += [
            (f"{NAME}.{place}", text(one.name)),
            (f"{ENTITY}.3.1.5.{place}", partial(_warm, state)),
            (f"{ENTITY}.3.1.8.{place}", number(-400 - 11 * one.index)),
            (f"{ENTITY}.3.1.9.{place}", number(-210)),
        ]
    return found


def _warm(state: State) -> bytes:
    return number(state.wave(36, 41, 3600) + state.heat)
