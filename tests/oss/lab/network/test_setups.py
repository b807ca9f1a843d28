"""Which VLANs a configuration carries: every link of the chain must be there, and all of the same VLAN."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oss.lab.network.setups import ETH, Flow, Setup, begun
from oss.lab.network.shape import Maker

ZTE, HUAWEI = Maker.ZTE_C300, Maker.HUAWEI_OLT
Change = Callable[[Setup], object]
BREAKS: list[tuple[Maker, Change]] = [
    (HUAWEI, lambda it: it.flows.clear()),
    (HUAWEI, lambda it: it.ports.update({ETH: 200})),
    (HUAWEI, lambda it: setattr(it, "active", False)),
    (ZTE, lambda it: it.tconts.clear()),
    (ZTE, lambda it: it.gems.clear()),
    (ZTE, lambda it: it.services.clear()),
    (ZTE, lambda it: it.services.update(HSI=Flow(200, 200))),
    (ZTE, lambda it: it.services.update(HSI=Flow(100, 100, gem=2))),
    (ZTE, lambda it: it.ports.update({ETH: 200})),
]


@pytest.mark.parametrize("maker", [one for one in Maker if one not in (Maker.GENERIC, Maker.MIKROTIK, Maker.HUAWEI)])
def test_what_was_configured_long_ago_carries_its_vlan(maker: Maker) -> None:
    assert begun(maker, "HWTC00000001", "ana", 100, 1, "F670L").carried(maker, None) == {100}


@pytest.mark.parametrize(("maker", "change"), BREAKS)
def test_one_broken_link_and_nothing_is_carried(maker: Maker, change: Change) -> None:
    setup = begun(maker, "HWTC00000001", "ana", 100, 1, "F670L")
    change(setup)
    assert setup.carried(maker, None) == set()


def test_who_tags_himself_needs_the_vlan_that_is_taken_from_him() -> None:
    setup = begun(HUAWEI, "HWTC00000001", "ana", 100, 1, "")
    setup.flows[1] = Flow(vlan=100, user_vlan=7)
    assert (setup.carried(HUAWEI, 7), setup.carried(HUAWEI, 100), setup.carried(HUAWEI, None)) == ({100}, set(), set())
    setup.ports.clear()
    assert setup.carried(HUAWEI, None) == {100}, "an ONU that routes tags as it is told"
