"""Huawei SmartAX OLTs: HUAWEI-XPON-MIB for GPON, hwMusa for boards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oss.lab.network.plant import LiveOnu
from oss.lab.network.shape import Fate
from oss.lab.network.state import State
from oss.lab.network.values import Objects, Value, number, text

XPON, BOARD = "1.3.6.1.4.1.2011.6.128.1.1.2", "1.3.6.1.4.1.2011.2.6.7.1.1.2.1"
NOTHING: Final = 2147483647
CAUSES: Final = {None: -1, Fate.FIBRE: 1, Fate.POWER: 13, Fate.OFF: 0}
"""hwGponDeviceOntControlLastDownCause, as far as it is known: 1 loss of signal, 13 dying gasp."""


def own(state: State) -> Objects:
    """Boards, PON ports, ONUs."""
    found = _boards(state)
    for pon in state.device.pons:
        found.append((f"{XPON}.23.1.1.{pon.index}", lambda: number(state.wave(38, 45, 3600) + state.heat)))
        found.append((f"{XPON}.23.1.4.{pon.index}", number(420 + 7 * pon.number)))
    for one in state.plant:
        found += [(f"{XPON}.{column}.{one.pon.row}.{one.place}", value) for column, value in _onu(one).items()]
    return found


def _boards(state: State) -> Objects:
    columns: dict[int, Value] = {
        5: lambda: number(state.wave(14, 27, 1800)),
        6: number(52),
        7: text("H901GPHF"),
        10: lambda: number(state.wave(40, 46, 3600) + state.heat),
    }
    return [(f"{BOARD}.{column}.0.1", value) for column, value in columns.items()]


def _onu(one: LiveOnu) -> dict[str, Value]:
    serial = one.shape.serial
    return {
        "43.1.3": text(serial[:4].encode() + bytes.fromhex(serial[4:])),
        "43.1.9": lambda: text(one.setup.name if one.setup else ""),
        "46.1.15": lambda: number(1 if one.lit else 2),
        "46.1.20": _lit(one, lambda: one.shape.metres, -1),
        "46.1.24": lambda: number(CAUSES[one.last_down]),
        "51.1.3": _lit(one, lambda: 230, NOTHING),
        "51.1.4": _lit(one, lambda: round(one.light() * 100), NOTHING),
        "51.1.6": _lit(one, lambda: round((one.light() - 2) * 100) + 10_000, NOTHING),
    }


def _lit(one: LiveOnu, value: Callable[[], int], dark: int) -> Value:
    return lambda: number(value() if one.lit else dark)
