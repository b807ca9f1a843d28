"""What each maker's devices answer, one file each: the tables that its profile in ``snmp/profiles`` reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oss.lab.network.makers import cdata, generic, huawei, huawei_olt, mikrotik, vsol, zte
from oss.lab.network.shape import Maker
from oss.lab.network.state import State
from oss.lab.network.values import Objects

OWN: Final[dict[Maker, Callable[[State], Objects]]] = {
    Maker.GENERIC: generic.own,
    Maker.MIKROTIK: mikrotik.own,
    Maker.HUAWEI: huawei.own,
    Maker.HUAWEI_OLT: huawei_olt.own,
    Maker.ZTE_C300: zte.c300,
    Maker.ZTE_C600: zte.c600,
    Maker.VSOL: vsol.own,
    Maker.CDATA: cdata.own,
}


def objects(state: State) -> Objects:
    """All objects of one device."""
    return generic.system(state) + generic.interfaces(state) + OWN[state.device.maker](state)
