"""Rates: true where they can be told, and never a spike whatever a device does (hypothesis)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snmp.counters import MARGIN, Count, Counters, InterfaceRates, NoRate, Rate, rate, restarted
from snmp.results import Interface, Reading, System

GIGABIT = 125_000_000.0
MINUTE = 6000  # in ticks
FIRST = Count(1000, 100.0, 50_000, 64, 0, GIGABIT)


def later(value: int, seconds: float = 60.0, **other: Any) -> Count:
    """A minute after FIRST, by both clocks."""
    ticks = FIRST.uptime_ticks + int(seconds * 100)
    return replace(FIRST, value=value, at=FIRST.at + seconds, uptime_ticks=ticks, **other)


def test_the_rate_is_what_was_counted_over_the_time() -> None:
    assert rate(FIRST, later(61_000)) == Rate(1000.0, 60.0)
    assert rate(None, FIRST) is NoRate.FIRST


@pytest.mark.parametrize("bits", [32, 64])
def test_a_wrap_is_counted_through(bits: int) -> None:
    before = replace(FIRST, value=(1 << bits) - 5000, bits=bits)
    assert rate(before, later(1000, bits=bits)) == Rate(100.0, 60.0)
    assert rate(replace(before, most=None), later(1000, bits=bits, most=None)) == Rate(100.0, 60.0)


def test_the_device_s_clock_may_wrap_too() -> None:
    before = replace(FIRST, uptime_ticks=2**32 - 100)
    assert rate(before, replace(later(61_000), uptime_ticks=5900)) == Rate(1000.0, 60.0)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (replace(later(61_000), uptime_ticks=2000), NoRate.RESTARTED),
        (later(61_000, discontinuity=51_000), NoRate.DISCONTINUITY),
        (later(61_000, discontinuity=None), NoRate.DISCONTINUITY),
        (later(61_000, bits=32), NoRate.WIDTH_CHANGED),
        (later(500), NoRate.WENT_BACK),
        (later(10**12), NoRate.IMPOSSIBLE),
        (replace(later(61_000), at=99.0), NoRate.OUT_OF_ORDER),
        (replace(later(61_000), uptime_ticks=FIRST.uptime_ticks), NoRate.DUPLICATE),
        (later(61_000, seconds=0.5), NoRate.DUPLICATE),
        (later(61_000, seconds=10 * 86400), NoRate.TOO_OLD),
    ],
)
def test_what_cannot_be_told_is_no_rate(now: Count, why: NoRate) -> None:
    assert rate(FIRST, now) is why


def test_an_answer_that_was_wrong_once_costs_nothing_but_itself() -> None:
    for wrong in (0, 2**60):
        counters = Counters()
        assert counters.rate("in", FIRST) is NoRate.FIRST
        assert not isinstance(counters.rate("in", later(wrong)), Rate)
        assert counters.rate("in", later(121_000, seconds=120)) == Rate(1000.0, 120.0)
        assert counters.rate("in", later(181_000, seconds=180)) == Rate(1000.0, 60.0)


def test_a_late_answer_changes_nothing() -> None:
    counters = Counters()
    counters.rate("in", FIRST)
    counters.rate("in", later(61_000))
    assert counters.rate("in", later(31_000, seconds=30)) is NoRate.OUT_OF_ORDER
    assert counters.rate("in", later(121_000, seconds=120)) == Rate(1000.0, 60.0)


# ------------------------------------------------------------ any device at all


@dataclass
class Device:
    """A counter as a device has it, with all that may happen to it."""

    bits: int
    value: int
    ticks: int
    discontinuity: int = 0

    def goes(self, seconds: float, octets_ps: float) -> None:
        self.value = (self.value + int(seconds * octets_ps)) % (1 << self.bits)
        self.ticks = (self.ticks + round(seconds * 100)) % 2**32


EVENTS = st.sampled_from(["none", "none", "none", "reboot", "reset", "silent_reset", "duplicate", "late", "wrong"])
STEPS = st.lists(
    st.tuples(EVENTS, st.floats(5, 400), st.floats(0, 1), st.integers(0, 2**64 - 1)), min_size=2, max_size=30
)


@given(
    steps=STEPS,
    bits=st.sampled_from([32, 64]),
    value=st.integers(0, 2**64 - 1),
    ticks=st.integers(0, 2**32 - 1),
    line=st.sampled_from([1e6, 1e7, GIGABIT, 12.5 * GIGABIT]),
)
def test_no_device_makes_a_spike(
    steps: list[tuple[str, float, float, int]], bits: int, value: int, ticks: int, line: float
) -> None:
    """No rate is above the line's speed, whatever happens between two readings."""
    device, counters, at = Device(bits, value % (1 << bits), ticks), Counters(), 0.0
    for event, seconds, share, garbage in steps:
        at += seconds
        device.goes(seconds, line * share)
        if event == "reboot":
            device.value, device.ticks = int(line * share), 100
        elif event in ("reset", "silent_reset"):
            device.value = 0
            device.discontinuity += event == "reset"
        told = garbage % (1 << bits) if event == "wrong" else device.value
        reading = Count(told, at, device.ticks, bits, device.discontinuity, line)
        for one in _as_it_arrives(event, reading):
            found = counters.rate("in", one)
            assert not isinstance(found, Rate) or 0 <= found.per_s <= line * MARGIN * 1.001


def _as_it_arrives(event: str, reading: Count) -> list[Count]:
    if event == "duplicate":
        return [reading, replace(reading, at=reading.at + 0.2), replace(reading, at=reading.at + 3)]
    if event == "late":
        return [reading, replace(reading, at=reading.at - 4, uptime_ticks=(reading.uptime_ticks - 400) % 2**32)]
    return [reading]


@given(
    rates=st.lists(st.tuples(st.floats(2, 300), st.floats(0, 1)), min_size=1, max_size=20),
    bits=st.sampled_from([32, 64]),
    value=st.integers(0, 2**64 - 1),
    ticks=st.integers(0, 2**32 - 1),
    known=st.booleans(),
)
def test_an_honest_device_is_told_truly_through_every_wrap(
    rates: list[tuple[float, float]], bits: int, value: int, ticks: int, known: bool
) -> None:
    line = 2**28 / 300  # slow enough that a 32 bit counter wraps once at most, as RFC 2863 section 3.1.6 asks
    device, counters, at = Device(bits, value % (1 << bits), ticks), Counters(), 0.0
    most = line if known else None
    counters.rate("in", Count(device.value, at, device.ticks, bits, 0, most))
    for seconds, share in rates:
        at += seconds
        device.goes(seconds, line * share)
        found = counters.rate("in", Count(device.value, at, device.ticks, bits, 0, most))
        assert isinstance(found, Rate) and found.per_s == pytest.approx(line * share, abs=1)


@given(before=st.integers(0, 2**32 - 1), seconds=st.floats(1, 3600), skew=st.floats(0.97, 1.03))
def test_a_clock_that_runs_a_little_wrong_is_no_restart(before: int, seconds: float, skew: float) -> None:
    assert not restarted(before, (before + round(seconds * skew * 100)) % 2**32, seconds)
    assert restarted(max(before, 100_000), 100, max(seconds, 60)) or before > 2**32 - 500_000


# ------------------------------------------------------------ a device's interfaces


def reading(at: float, ticks: int, *interfaces: Interface) -> Reading:
    return Reading(at, "generic", System("", "", ticks, "", "", ""), interfaces)


def test_interfaces_have_rates_in_bits() -> None:
    rates = InterfaceRates()
    port = Interface(1, speed_bps=10**9, in_octets=0, out_octets=0, in_errors=0, out_errors=5, in_discards=0)
    assert rates.take(reading(0.0, 1000, port))[0].why_not is NoRate.FIRST
    moved = replace(port, in_octets=75_000_000, out_octets=7_500_000, in_errors=60, out_errors=5)
    found = rates.take(reading(60.0, 1000 + MINUTE, moved))[0]
    assert (found.in_bps, found.out_bps, found.in_errors_ps, found.out_errors_ps) == (1e7, 1e6, 1.0, 0.0)
    assert (found.out_discards_ps, found.why_not) == (None, None)


def test_an_interface_that_went_and_came_back_begins_anew() -> None:
    rates, port = InterfaceRates(), Interface(1, speed_bps=10**9, in_octets=0, out_octets=0)
    rates.take(reading(0.0, 1000, port))
    rates.take(reading(60.0, 1000 + MINUTE))
    assert rates.take(reading(120.0, 1000 + 2 * MINUTE, port))[0].why_not is NoRate.FIRST
