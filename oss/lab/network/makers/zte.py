"""ZTE OLTs: the GPON tables of the C300 family and those of the C600, which count phases from 0 and from 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oss.lab.network.plant import LiveOnu
from oss.lab.network.shape import Fate
from oss.lab.network.state import State
from oss.lab.network.values import Objects, Value, number, text

OLD, NEW, MODULE = "1.3.6.1.4.1.3902.1012.3", "1.3.6.1.4.1.3902.1082.500", "1.3.6.1.4.1.3902.1015"
CARD, CARD_HEAT = "1.3.6.1.4.1.3902.1082.10.1.2.4.1", "1.3.6.1.4.1.3902.1082.10.10.2.1.6.1.2"
NEW_MODULE = "1.3.6.1.4.1.3902.1082.30.40.2.4.1"
PHASES: Final = {Fate.LIT: 3, Fate.FIBRE: 1, Fate.POWER: 4, Fate.OFF: 6}
DARK, NO_LIGHT, NO_DISTANCE = 65_535, -80_000, -1


def c300(state: State) -> Objects:
    """C300 and C320."""
    found = _cards(state)
    for pon in state.device.pons:
        found += [(f"{MODULE}.3.1.13.1.1.{pon.index}", number(-18_000 - 100 * pon.number))]
        found += [(f"{MODULE}.3.1.13.1.4.{pon.index}", number(5_369))]
    for one in state.plant:
        place = f"{one.pon.row}.{one.place}"
        found += [
            (f"{OLD}.28.1.1.3.{place}", _name(one)),
            (f"{OLD}.28.1.1.5.{place}", _serial(one)),
            (f"{OLD}.28.2.1.4.{place}", _phase(one, 0)),
            (f"{OLD}.50.12.1.1.10.{place}.1", _power(one, one.light)),
            (f"{OLD}.50.12.1.1.14.{place}.1", _power(one, lambda: 2.422)),
            (f"{MODULE}.1010.11.2.1.2.{place}", _heard(one)),
            (f"{OLD}.11.4.1.2.{place}", _distance(one)),
        ]
    return found


def c600(state: State) -> Objects:
    """C600 and its family."""
    found = _cards(state)
    for pon in state.device.pons:
        found += [(f"{NEW_MODULE}.2.{pon.index}", number(-18_000 - 100 * pon.number))]
        found += [(f"{NEW_MODULE}.3.{pon.index}", number(4_100))]
    for one in state.plant:
        place = f"{one.pon.row}.{one.place}"
        found += [
            (f"{NEW}.10.2.3.3.1.2.{place}", _name(one)),
            (f"{NEW}.10.2.3.3.1.6.{place}", _serial(one)),
            (f"{NEW}.10.2.3.8.1.4.{place}", _phase(one, 1)),
            (f"{NEW}.20.2.2.2.1.10.{place}.1", _power(one, one.light)),
            (f"{NEW}.1.2.4.2.1.2.{place}", _heard(one)),
            (f"{NEW}.10.2.3.10.1.2.{place}", _distance(one)),
        ]
    return found


def _cards(state: State) -> Objects:
    return [
        (f"{CARD}.4.1.1.1", text("GTGOG")),
        (f"{CARD}.9.1.1.1", lambda: number(state.wave(9, 21, 1800))),
        (f"{CARD_HEAT}.1.1.1", lambda: number(state.wave(42, 48, 3600) + state.heat)),
    ]


def _name(one: LiveOnu) -> Value:
    return lambda: text(one.setup.name if one.setup else "")


def _serial(one: LiveOnu) -> Value:
    return text(one.shape.serial[:4].encode() + bytes.fromhex(one.shape.serial[4:]))


def _phase(one: LiveOnu, first: int) -> Value:
    return lambda: number(PHASES[one.fate] + first)


def _power(one: LiveOnu, dbm: Callable[[], float]) -> Value:
    """Steps of 0.002 dBm from -30; what is below would be negative, and is written as beyond 65,535."""

    def coded() -> bytes:
        steps = round((dbm() + 30) / 0.002)
        return number((steps if steps >= 0 else 65_535 + steps) if one.lit else DARK)

    return coded


def _heard(one: LiveOnu) -> Value:
    return lambda: number(round((one.light() - 2) * 1000) if one.lit else NO_LIGHT)


def _distance(one: LiveOnu) -> Value:
    return lambda: number(one.shape.metres if one.lit else NO_DISTANCE)
