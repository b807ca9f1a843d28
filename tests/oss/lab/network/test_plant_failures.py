"""Cuts, power cuts and repairs of PONs: in the tables that are read, and in the traps that come."""

from __future__ import annotations

from collections import Counter

import pytest

from oss.lab.network.lab import NetworkLab
from snmp.results import DownCause, Onu, OnuState
from snmp.trap_events import Kind
from tests.oss.lab.network.ears import heard
from tests.oss.lab.network.running import reader, running
from tests.waiting import eventually

HUAWEI, ZTE = "olt-1", "olt-2"
FIRST = {HUAWEI: "GPON 0/1/0", ZTE: "1/1/1"}
NUMBER = {HUAWEI: 0, ZTE: 1}


async def onus(lab: NetworkLab, olt: str) -> tuple[list[Onu], list[Onu]]:
    """Those of the first PON, and the others."""
    async with reader(lab, olt) as asked:
        found = (await asked.read(only=["onus"])).onus
    mine = [one for one in found if one.pon == FIRST[olt]]
    return mine, [one for one in found if one.pon != FIRST[olt]]


def states(some: list[Onu]) -> Counter[tuple[OnuState, DownCause | None]]:
    return Counter((one.state, one.last_down) for one in some)


@pytest.mark.parametrize(
    ("olt", "cause", "found"),
    [
        (HUAWEI, "fibre", (OnuState.OFFLINE, DownCause.LOS)),
        (HUAWEI, "power", (OnuState.OFFLINE, DownCause.DYING_GASP)),
        (ZTE, "fibre", (OnuState.LOS, None)),
        (ZTE, "power", (OnuState.DYING_GASP, None)),
    ],
)
async def test_all_of_one_pon_go_by_their_cause_and_come_back(
    olt: str, cause: str, found: tuple[OnuState, DownCause | None]
) -> None:
    async with running() as lab:
        await (lab.cut_fibre if cause == "fibre" else lab.cut_power)(olt, NUMBER[olt])
        mine, others = await onus(lab, olt)
        assert states(mine) == {found: 8} and {one.rx_dbm for one in mine} == {None}
        assert states(others) == {(OnuState.ONLINE, None): 8}
        await lab.repair(olt, NUMBER[olt])
        mine, _ = await onus(lab, olt)
        assert {one.state for one in mine} == {OnuState.ONLINE} and all(one.rx_dbm for one in mine)


async def test_a_power_cut_gasps_and_a_fibre_cut_is_seen_by_the_port_alone() -> None:
    async with heard() as (lab, ear):
        await lab.cut_power(ZTE, 1)
        await eventually(lambda: ear.kinds(ZTE)[Kind.ONU_OFFLINE] == 8)
        assert ear.kinds(ZTE) == {Kind.ONU_DYING_GASP: 8, Kind.ONU_OFFLINE: 8}
        await lab.cut_fibre(ZTE, 2)
        await eventually(lambda: ear.kinds(ZTE)[Kind.ONU_OFFLINE] == 16)
        assert ear.kinds(ZTE)[Kind.ONU_DYING_GASP] == 8 and ear.kinds(ZTE)[Kind.PON_LOS] == 1
        await lab.repair(ZTE)
        await eventually(lambda: ear.kinds(ZTE)[Kind.ONU_ONLINE] == 16)
        assert ear.kinds(ZTE)[Kind.PON_LOS_OVER] == 1
        await lab.cut_fibre(HUAWEI, 1)
        await eventually(lambda: ear.kinds(HUAWEI)[Kind.ONU_OFFLINE] == 8)
        assert (Kind.PON_LOS, "pon:1/0/1") in ear.said(HUAWEI) and (Kind.ONU_OFFLINE, "onu:1/0/1/7") in ear.said(HUAWEI)


async def test_they_come_back_one_by_one_and_not_where_the_fibre_was_cut_again() -> None:
    async with running() as lab:
        await lab.cut_fibre(HUAWEI, 0)
        await lab.repair(HUAWEI, 0, within_s=0.2)
        mine, _ = await onus(lab, HUAWEI)
        assert any(one.state is OnuState.OFFLINE for one in mine)
        await eventually(lambda: lab.device(HUAWEI).state.plant.share(0) == 1)
        await lab.cut_fibre(HUAWEI, 0)
        await lab.repair(HUAWEI, 0, within_s=0.05)
        await lab.cut_fibre(HUAWEI, 0)
        await eventually(lambda: not lab.device(HUAWEI).timers)
        assert lab.device(HUAWEI).state.plant.share(0) == 0


async def test_one_onu_goes_alone() -> None:
    async with running() as lab:
        await lab.drop_onu(ZTE, 1, 5, "fibre")
        mine, _ = await onus(lab, ZTE)
        assert [one.number for one in mine if one.state is OnuState.LOS] == [5]
        for wrong in ((ZTE, 1, 99, "power"), (ZTE, 9, 1, "power"), (ZTE, 1, 1, "magic"), ("olt-9", 1, 1, "power")):
            with pytest.raises(ValueError, match=r"no ONU|no PON|how is one of|no device"):
                await lab.drop_onu(*wrong)


async def test_what_flows_through_a_pon_goes_with_its_onus() -> None:
    async with running() as lab:
        port = next(one for one in lab.device(ZTE).state.ports if one.name == "gpon_1/1/1")
        assert port.counters["out_octets"].share == 1
        await lab.drop_onu(ZTE, 1, 1)
        assert port.counters["out_octets"].share == 7 / 8
        await lab.cut_fibre(ZTE, 1)
        stood = port.counters["out_octets"].read()
        assert port.counters["out_octets"].read() == stood


@pytest.mark.parametrize("olt", [HUAWEI, ZTE])
async def test_a_bad_splice_costs_light_until_it_is_repaired(olt: str) -> None:
    async with running() as lab:
        before, _ = await onus(lab, olt)
        await lab.dim(olt, NUMBER[olt], 7.0)
        dimmed, others = await onus(lab, olt)
        await lab.repair(olt, NUMBER[olt])
        after, _ = await onus(lab, olt)
    for one, less, again in zip(before, dimmed, after, strict=True):
        assert one.rx_dbm and less.rx_dbm and again.rx_dbm
        assert one.rx_dbm - less.rx_dbm == pytest.approx(7, abs=0.3)
        assert again.rx_dbm == pytest.approx(one.rx_dbm, abs=0.3) and less.state is OnuState.ONLINE
    assert all(one.rx_dbm and one.rx_dbm > -26 for one in others)
