"""Each maker's device is read by its own profile, every table of it, nothing missing."""

from __future__ import annotations

import pytest

from oss.lab.network.places import joined
from oss.lab.network.shape import Device, Fate, Link, Maker, Shape, Site, pons
from snmp.profiles import profiles
from snmp.results import Measure, OnuState
from tests.oss.lab.network.running import reader, running

ROLES = {Maker.HUAWEI_OLT: "olt", Maker.ZTE_C300: "olt", Maker.ZTE_C600: "olt"}
LINK = (Link("it", "sfp1", "other", "sfp1"),)


def alone(maker: Maker) -> Shape:
    """One device of a maker, joined to a generic one; an OLT with two PONs of three ONUs, one of them without light."""
    olt = maker in ROLES
    plant = pons("it", maker, (3, 3), {(1, 1): Fate.FIBRE}) if olt else ()
    it = Device("it", ROLES.get(maker, "router"), maker, "here", "127.77.1.1", "M-1", core=True, pons=plant)
    other = Device("other", "router", Maker.GENERIC, "here", "127.77.1.2")
    return Shape((Site("here"),), joined((it, other), LINK), LINK)


@pytest.mark.parametrize("maker", list(Maker))
async def test_every_table_of_the_profile_is_answered(maker: Maker) -> None:
    async with running(alone(maker)) as lab, reader(lab, "it") as asked:
        reading = await asked.read()
        known = asked._memory.absent
    profile = profiles()[maker.value]
    assert (reading.profile, reading.missing) == (maker.value, ())
    absent = {"voltage"} if maker is Maker.GENERIC else set()
    assert {table.name for table in profile.tables if table.name in known} <= absent
    assert reading.interfaces[0].name == "sfp1" and reading.interfaces[0].alias == "para other"
    assert reading.processors and (reading.memories or maker in (Maker.ZTE_C300, Maker.ZTE_C600))
    assert any(one.measure is Measure.TEMPERATURE and 30 < one.value < 70 for one in reading.sensors)


@pytest.mark.parametrize("maker", sorted(ROLES))
async def test_onus_are_told_as_the_shape_has_them(maker: Maker) -> None:
    shape = alone(maker)
    async with running(shape) as lab, reader(lab, "it") as asked:
        onus = (await asked.read(only=["onus"])).onus
    drawn = [(pon.name, one.number, one.serial) for pon in shape.device("it").pons for one in pon.onus]
    assert [(one.pon, one.number, one.serial) for one in onus] == drawn
    dark = [one for one in onus if one.state is not OnuState.ONLINE]
    assert [(one.number, one.rx_dbm, one.olt_rx_dbm, one.distance_m) for one in dark] == [(1, None, None, None)]
    for one, drawn_one in zip(onus, (one for pon in shape.device("it").pons for one in pon.onus), strict=True):
        if one.state is OnuState.ONLINE:
            assert one.rx_dbm == pytest.approx(drawn_one.light, abs=0.2) and one.distance_m == drawn_one.metres
