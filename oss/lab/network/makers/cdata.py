"""C-Data OLTs (FD16xx): NSCRTV-FTTX-GPON-MIB for what runs, CDATA-GPON-MIB2 for what is configured."""

from __future__ import annotations

from typing import Final

from oss.lab.network import clock
from oss.lab.network.plant import LiveOnu
from oss.lab.network.shape import Fate
from oss.lab.network.state import State
from oss.lab.network.values import Objects, Value, number, text

RUNS, ITSELF = "1.3.6.1.4.1.17409.2.8.4", "1.3.6.1.4.1.17409.2.3.1.3.1.1"
CONFIGURED: Final = "1.3.6.1.4.1.34592.1.5.1.1.2.18"
"""gponOnuObjects: .1 gponOnuConfigTable, .2 gponOnuInfoTable, .4 gponOnuControlTable, .5 gponOnuAutofindInfoTable."""
CAUSES: Final = {None: "--", Fate.FIBRE: "los", Fate.POWER: "dying-gasp", Fate.OFF: "reboot"}
DEVICE, CARD = 1, 0
NOTHING = 65_535
ACTIVE, SN = 1, 1


def index(one: LiveOnu) -> str:
    """Of the configuration's tables: device, card, port, ONU."""
    return f"{DEVICE}.{CARD}.{one.pon.number}.{one.place}"


def own(state: State) -> Objects:
    """The box, its ONUs, what is configured for each, and who is only lit."""
    found: Objects = [
        (f"{ITSELF}.12.1.0", text(f"FD{state.device.seed:08X}")),
        (f"{ITSELF}.8.1.0", text("V2.1.12")),
    ]
    for one in state.plant:
        packed = DEVICE << 24 | CARD << 16 | one.pon.number << 8 | one.place
        found += [(f"{RUNS}.{column.replace('#', str(packed))}", value) for column, value in _runs(one).items()]
        found += [(f"{CONFIGURED}.{column}.{index(one)}", value) for column, value in _configured(one).items()]
    return found + _autofind(state)


def _runs(one: LiveOnu) -> dict[str, Value]:
    name = f"gpon 0/0/{one.pon.number} onu {one.place} {one.setup.name if one.setup else ''}".strip()
    return {
        "1.1.2.#": text(name),
        "1.1.3.#": text(one.serial[:4].encode() + bytes.fromhex(one.serial[4:])),
        "1.1.6.#": text(one.shape.model),
        "1.1.7.#": lambda: number(1 if one.lit else 2),
        "1.1.9.#": lambda: number(one.shape.metres if one.lit else 0),
        "1.1.103.#": lambda: text(CAUSES[one.last_down]),
        "4.1.4.#.0.0": lambda: number(round(one.light() * 100) if one.lit else NOTHING),
        "4.1.5.#.0.0": lambda: number(230 if one.lit else NOTHING),
    }


def _configured(one: LiveOnu) -> dict[str, Value]:
    setup = one.setup
    assert setup is not None
    return {
        "1.1.2": number(ACTIVE),
        "1.1.3": number(SN),
        "1.1.4": text(setup.serial),
        "1.1.6": number(int(setup.line_profile or 0)),
        "1.1.7": number(int(setup.service_profile or 0)),
        "1.1.8": text(setup.name),
        "2.1.1": lambda: number(1 if one.lit else 2),
        "2.1.2": lambda: number(2 if one.lit else 1),
        "2.1.3": lambda: number(2 if one.lit else 1),
        "2.1.4": lambda: number(one.shape.metres if one.lit else 0),
        "2.1.5": text(setup.name),
        "2.1.6": lambda: text(clock.stamp(one.up_at)),
        "2.1.7": lambda: text("-" if one.down_at is None else clock.stamp(one.down_at)),
        "4.1.1": number(0),
        "4.1.2": number(0 if setup.active else 1),
    }


def _autofind(state: State) -> Objects:
    """gponOnuAutofindInfoTable: counted anew on each port."""
    found: Objects = []
    for pon in state.device.pons:
        for place, one in enumerate(state.plant.found(pon.number), 1):
            values: dict[int, Value] = {
                2: number(ACTIVE),
                3: text(one.serial),
                5: text(one.serial[:4]),
                6: text("V1.0"),
                7: text(one.shape.model),
                8: text("V3.2.1"),
                9: text(clock.stamp(one.up_at)),
            }
            where = f"{DEVICE}.{CARD}.{pon.number}.{place}"
            found += [(f"{CONFIGURED}.5.1.{column}.{where}", value) for column, value in values.items()]
    return found
