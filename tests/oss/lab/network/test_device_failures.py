"""Devices that are dead, cut off, slow, rude or restarted: what a reader and a ping make of them."""

from __future__ import annotations

import time

import pytest

from oss.lab.network.lab import NetworkLab
from oss.monitoring.ping import Pinger
from snmp.client import Patience
from snmp.errors import TimedOut
from snmp.reading import Reader
from snmp.results import Measure, Reading
from snmp.trap_events import Kind
from tests.oss.lab.network.ears import heard
from tests.oss.lab.network.running import reader, running
from tests.waiting import eventually

QUICK_S = 0.3


async def silent(lab: NetworkLab, name: str) -> bool:
    """Whether it answers nobody within a moment."""
    async with reader(lab, name) as asked:
        try:
            with asked.client.within(QUICK_S):
                await asked.read(only=[])
        except TimedOut:
            return True
        return False


async def pinged(lab: NetworkLab, name: str) -> float:
    """Loss of echoes, percent, as the poller would see it."""
    address = lab.shape.device(name).address
    pinger = Pinger(timeout_s=0.2, doors={address: lab.port})
    try:
        return (await pinger.ping(address, gap_s=0.0)).loss_pct
    finally:
        pinger.close()


async def ports(asked: Reader) -> dict[str | None, str | None]:
    return {one.name: one.oper for one in (await asked.read(only=["interfaces"])).interfaces}


async def test_a_dead_device_answers_neither_snmp_nor_echoes_and_its_neighbour_sees_the_link_go() -> None:
    async with heard() as (lab, ear), reader(lab, "edge-1") as neighbour:
        assert (await silent(lab, "olt-1"), await pinged(lab, "olt-1")) == (False, 0)
        await lab.kill("olt-1")
        assert (await silent(lab, "olt-1"), await pinged(lab, "olt-1")) == (True, 100)
        assert (await ports(neighbour))["sfp-sfpplus2"] == "down"
        assert (await lab.status())["olt-1"]["away"] == "dead"
        await lab.revive("olt-1")
        assert (await silent(lab, "olt-1"), await pinged(lab, "olt-1")) == (False, 0)
        assert (await ports(neighbour))["sfp-sfpplus2"] == "up"
        await eventually(lambda: ear.kinds("olt-1")[Kind.COLD_START] == 1)
        async with reader(lab, "olt-1") as asked:
            assert (await asked.read(only=[])).system.uptime_ticks < 6000


async def test_a_site_without_power_takes_all_that_is_behind_it() -> None:
    async with running() as lab:
        await lab.site_down("Centro")
        status = await lab.status()
        assert {name: one["away"] for name, one in status.items()} == {
            "core-1": "dead",
            "edge-1": "dead",
            "olt-1": "dead",
            "edge-2": "cut off",
            "olt-2": "cut off",
        }
        assert (await silent(lab, "olt-2"), await pinged(lab, "edge-2")) == (True, 100)
        await lab.site_up("centro")
        assert not any(one["away"] for one in (await lab.status()).values())
        assert await pinged(lab, "olt-2") == 0
        with pytest.raises(ValueError, match="no site"):
            await lab.site_up("Lua")


async def test_behind_a_cut_link_nobody_is_reached_and_everything_runs_on() -> None:
    async with heard() as (lab, ear), reader(lab, "olt-2") as asked:
        before = await asked.read(only=[])
        await lab.cut_link("edge-2", "olt-2")
        assert await silent(lab, "olt-2")
        await eventually(lambda: (Kind.LINK_DOWN, "link:2") in ear.said("edge-2"))
        await lab.mend_link("OLT-2", "edge-2")
        after = await asked.read(only=[])
        assert after.system.uptime_ticks >= before.system.uptime_ticks
        await eventually(lambda: (Kind.LINK_UP, "link:2") in ear.said("edge-2"))
        assert ear.kinds("olt-2")[Kind.COLD_START] == 0
        with pytest.raises(ValueError, match="nothing joins"):
            await lab.cut_link("olt-1", "olt-2")


async def test_a_flapping_link_goes_and_comes_and_is_up_at_the_end() -> None:
    async with heard() as (lab, ear):
        await lab.flap("edge-1", "sfp-sfpplus2", times=5, every_s=0.01)
        await eventually(lambda: sum(ear.kinds("edge-1").values()) == 10)
        assert [kind for kind, _ in ear.said("edge-1")] == [Kind.LINK_DOWN, Kind.LINK_UP] * 5
        async with reader(lab, "edge-1") as asked:
            assert (await ports(asked))["sfp-sfpplus2"] == "up"
        with pytest.raises(ValueError, match="no port"):
            await lab.flap("edge-1", "ether99")


async def test_a_slow_device_answers_those_who_wait() -> None:
    async with running() as lab, reader(lab, "core-1") as asked:
        await lab.slow("core-1", 0.2)
        began = time.monotonic()
        await asked.read(only=[])
        assert time.monotonic() - began >= 0.2
        await lab.slow("core-1", 30)
        assert await silent(lab, "core-1")
        await lab.behave("core-1")
        assert not await silent(lab, "core-1")


async def whole(asked: Reader) -> Reading:
    """A reading in which nothing is missing."""
    reading = await asked.read()
    assert reading.missing == ()
    return reading


@pytest.mark.parametrize(
    ("name", "manner"), [("core-1", "late"), ("olt-1", "late"), ("olt-1", "stutter"), ("edge-1", "stutter")]
)
async def test_double_and_late_answers_change_nothing_of_what_is_read(name: str, manner: str) -> None:
    async with running() as lab, reader(lab, name) as asked, reader(lab, name) as other:
        other.client.patience = Patience((0.05, 1.0, 1.0))
        first = await whole(asked)
        await (lab.stutter(name, 3) if manner == "stutter" else lab.late(name))
        second = await whole(other)
    assert [one.serial for one in first.onus] == [one.serial for one in second.onus]
    assert [(one.index, one.name, one.oper) for one in first.interfaces] == [
        (one.index, one.name, one.oper) for one in second.interfaces
    ]
    for before, after in zip(first.interfaces, second.interfaces, strict=True):
        assert before.in_octets is not None and after.in_octets is not None and after.in_octets >= before.in_octets


async def test_in_another_community_it_is_silent_and_says_who_asked() -> None:
    async with heard() as (lab, ear):
        await lab.change_community("core-1")
        assert await silent(lab, "core-1")
        await eventually(lambda: ear.kinds("core-1")[Kind.AUTHENTICATION_FAILURE])
        await lab.behave("core-1")
        assert not await silent(lab, "core-1")


@pytest.mark.parametrize("name", ["core-1", "edge-1"], ids=["v2c", "v3"])
async def test_a_reboot_begins_anew_and_says_so_unless_it_is_told_not_to(name: str) -> None:
    async with heard() as (lab, ear), reader(lab, name) as asked:
        assert (await asked.read(only=[])).system.uptime_ticks > 10**6
        await lab.reboot(name, announce=False)
        again = await asked.read(only=["interfaces"])
        assert again.system.uptime_ticks < 6000
        assert all(one.in_octets is not None and one.in_octets < 10**11 for one in again.interfaces)
        assert ear.kinds(name)[Kind.COLD_START] == 0
        await lab.reboot(name)
        await eventually(lambda: ear.kinds(name)[Kind.COLD_START] == 1)


@pytest.mark.parametrize("name", ["core-1", "edge-1", "edge-2", "olt-1", "olt-2"])
async def test_a_hot_device_says_so(name: str) -> None:
    async with running() as lab, reader(lab, name) as asked:

        async def hottest() -> float:
            sensors = (await asked.read(only=["sensors"])).sensors
            return max(one.value for one in sensors if one.measure is Measure.TEMPERATURE)

        usual = await hottest()
        await lab.heat(name, 40)
        assert usual < 70 and usual + 35 < await hottest()
        await lab.heat(name, 0)
        assert await hottest() < 70
