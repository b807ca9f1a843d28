"""Each maker's device is read by its own profile, every table of it, nothing missing."""

from __future__ import annotations

import pytest

from oss.lab.network.places import joined
from oss.lab.network.shape import Device, Fate, Link, Maker, Shape, Site, pons
from snmp.profiles import profiles
from snmp.results import Measure, OnuState
from tests.oss.lab.network.running import reader, running

ROLES = dict.fromkeys((Maker.HUAWEI_OLT, Maker.ZTE_C300, Maker.ZTE_C600, Maker.VSOL, Maker.CDATA), "olt")
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
    absent = {Maker.GENERIC: {"voltage"}, Maker.VSOL: {"epon_onus"}}.get(maker, set())
    assert {table.name for table in profile.tables if table.name in known} <= absent
    assert reading.interfaces[0].name == "sfp1" and reading.interfaces[0].alias == "para other"
    assert reading.processors or maker is Maker.CDATA
    assert reading.memories or maker in (Maker.ZTE_C300, Maker.ZTE_C600, Maker.CDATA)
    assert maker is Maker.CDATA or any(
        one.measure is Measure.TEMPERATURE and 30 < one.value < 70 for one in reading.sensors
    )


@pytest.mark.parametrize("maker", sorted(ROLES))
async def test_onus_are_told_as_the_shape_has_them(maker: Maker) -> None:
    shape = alone(maker)
    async with running(shape) as lab, reader(lab, "it") as asked:
        onus = (await asked.read(only=["onus"])).onus
    told = maker is not Maker.CDATA  # there neither port nor number can be told from the index
    drawn = [
        (pon.name if told else None, one.number if told else None, one.serial)
        for pon in shape.device("it").pons
        for one in pon.onus
    ]
    assert [(one.pon, one.number, one.serial) for one in onus] == drawn
    dark_serial = next(one for pon in shape.device("it").pons for one in pon.onus if one.fate is Fate.FIBRE).serial
    dark = [one for one in onus if one.state is not OnuState.ONLINE]
    assert [(one.serial, one.rx_dbm, one.olt_rx_dbm, one.distance_m) for one in dark] == [
        (dark_serial, None, None, None)
    ]
    for one, drawn_one in zip(onus, (one for pon in shape.device("it").pons for one in pon.onus), strict=True):
        if one.state is OnuState.ONLINE:
            assert one.rx_dbm == pytest.approx(drawn_one.light, abs=0.2)
            assert one.distance_m == (None if maker is Maker.VSOL else drawn_one.metres)
