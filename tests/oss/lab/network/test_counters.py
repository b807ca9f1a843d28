"""What wraps, is reset or restarts in the lab, and what our rates make of it: never a spike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from oss.lab.network.lab import NetworkLab
from snmp.counters import InterfaceRates, NoRate, Traffic
from snmp.reading import Reader
from tests.oss.lab.network.running import reader, running
from tests.waiting import eventually

NARROW, WIDE = "edge-2", "core-1"


async def traffic(asked: Reader, rates: InterfaceRates) -> Traffic | None:
    """Of the first interface: None as long as no rate can be made, since the readings are too close."""
    first = rates.take(await asked.read(only=["interfaces"]))[0]
    return None if first.why_not is NoRate.DUPLICATE else first


async def after(name: str, order: Callable[[NetworkLab], Awaitable[None]]) -> tuple[Traffic, Traffic, float]:
    """The traffic over an order, the one after that, and bits a second that are usual."""
    async with running() as lab, reader(lab, name) as asked:
        rates = InterfaceRates()
        assert rates.take(await asked.read(only=["interfaces"]))[0].why_not is NoRate.FIRST
        await order(lab)
        over = await eventually(lambda: traffic(asked, rates))
        calm = await eventually(lambda: traffic(asked, rates))
        return over, calm, lab.device(name).state.ports[0].counters["in_octets"].mean * 8


async def test_what_flows_is_what_the_port_is_meant_to_carry() -> None:
    async def nothing(lab: NetworkLab) -> None:
        del lab

    over, calm, usual = await after(WIDE, nothing)
    for one in (over, calm):
        assert one.in_bps is not None and 0.3 * usual < one.in_bps < 1.7 * usual


@pytest.mark.parametrize(
    ("said", "why"), [(False, NoRate.WENT_BACK), (True, NoRate.DISCONTINUITY)], ids=["silently", "said"]
)
async def test_counters_that_are_reset_give_no_rate_once(said: bool, why: NoRate) -> None:
    over, calm, usual = await after(WIDE, lambda lab: lab.reset_counters(WIDE, said))
    assert (over.why_not, over.in_bps) == (why, None)
    assert calm.in_bps is not None and calm.in_bps < 2 * usual


async def test_a_restart_gives_no_rate_once() -> None:
    over, calm, usual = await after(NARROW, lambda lab: lab.reboot(NARROW))
    assert (over.why_not, over.in_bps) == (NoRate.RESTARTED, None)
    assert calm.in_bps is not None and calm.in_bps < 2 * usual


@pytest.mark.parametrize("name", [NARROW, WIDE], ids=["32 bits", "64 bits"])
async def test_counters_that_wrap_give_the_rate_that_was(name: str) -> None:
    async with running() as lab, reader(lab, name) as asked:
        rates = InterfaceRates()
        counter = lab.device(name).state.ports[0].counters["in_octets"]
        await lab.near_wrap(name, octets=round(counter.mean * 1.1))
        first = (await asked.read(only=["interfaces"])).interfaces[0].in_octets or 0
        rates.take(await asked.read(only=["interfaces"]))
        bits = 32 if name == NARROW else 64
        await eventually(lambda: counter.read() > 2**bits)
        over = await eventually(lambda: traffic(asked, rates))
        last = (await asked.read(only=["interfaces"])).interfaces[0].in_octets or 0
    assert first > 2 ** (bits - 1) > last
    assert over.in_bps is not None and 0.3 * counter.mean * 8 < over.in_bps < 1.7 * counter.mean * 8
