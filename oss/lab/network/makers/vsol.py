"""V-SOL OLTs (V1600G): the GPON tables, whose values are texts."""

from __future__ import annotations

from typing import Final

from oss.lab.network.plant import LiveOnu
from oss.lab.network.shape import Fate
from oss.lab.network.state import State
from oss.lab.network.values import Objects, Value, number, text

ITSELF, GPON = "1.3.6.1.4.1.37950.1.1.5.10.12", "1.3.6.1.4.1.37950.1.1.6.1.1"
PHASES: Final = {Fate.LIT: 3, Fate.FIBRE: 1, Fate.POWER: 4, Fate.OFF: 6}


def own(state: State) -> Objects:
    """The box, and its ONUs."""
    found: Objects = [
        (f"{ITSELF}.3.0", lambda: text(f"{int(state.wave(12, 30, 1800))}%")),
        (f"{ITSELF}.4.0", text("41%")),
        (f"{ITSELF}.5.9.0", lambda: text(f"{state.wave(41, 47, 3600) + state.heat:.0f}")),
    ]
    for one in state.plant:
        found += [(f"{GPON}.{column}.{one.pon.row}.{one.place}", value) for column, value in _onu(one).items()]
    return found


def _onu(one: LiveOnu) -> dict[str, Value]:
    return {
        "2.1.5": text(one.serial),
        "1.1.5": lambda: number(PHASES[one.fate]),
        "3.1.7": lambda: text(f"{one.light():.3f}(dBm)" if one.lit else "0"),
        "3.1.6": lambda: text("2.300(dBm)" if one.lit else "0"),
        "3.1.8": lambda: text(f"{one.light() - 2:.3f}(dBm)" if one.lit else "0"),
        "3.1.3": lambda: text("48.1" if one.lit else "0"),
    }
