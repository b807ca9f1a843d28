"""Timers, latencies and traffic: the lab's small parts."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from oss.lab.agenda import Agenda
from oss.lab.latency import Latency
from oss.lab.traffic import LINE_BPS, UNLIMITED, Rate, appetite, octets, parse_rate_limit

EVENING = 1_800_000_000 - 1_800_000_000 % 86_400 + 86_400  # midnight UTC: 21 h where the lab's people live
DAWN = EVENING + 9 * 3600


async def test_the_agenda_calls_in_the_order_things_are_due() -> None:
    agenda, called, done = Agenda(), list[str](), asyncio.Event()
    now = agenda.now()
    agenda.at(now + 0.03, lambda due: called.append("third"))
    agenda.at(now + 0.04, lambda due: done.set())
    agenda.at(now + 0.01, lambda due: called.append("first"))
    agenda.at(now + 0.01, lambda due: called.append("second"))
    agenda.at(now - 1, lambda due: called.append(f"late by {now - due:.0f}"))
    async with asyncio.timeout(5):
        await done.wait()
    assert called == ["late by 1", "first", "second", "third"]


async def test_a_cleared_agenda_calls_nobody() -> None:
    agenda, other, called, done = Agenda(), Agenda(), list[str](), asyncio.Event()
    agenda.after(0.01, lambda due: called.append("cleared"))
    other.after(0.02, lambda due: done.set())
    agenda.clear()
    async with asyncio.timeout(5):
        await done.wait()
    assert called == []


def test_percentiles_are_right_within_two_percent_and_lost_is_infinite() -> None:
    latency = Latency()
    for number in range(1, 1001):
        latency.record(number / 1000)
    assert latency.percentile(0.5) == pytest.approx(500, rel=0.021)
    assert latency.percentile(0.99) == pytest.approx(990, rel=0.021)
    assert latency.percentile(1.0) == 1000
    for _ in range(11):
        latency.lose()
    assert latency.percentile(0.99) is None
    assert latency.percentile(0.5) == pytest.approx(505, rel=0.021)
    assert latency.summary()["max_ms"] is None
    other = Latency()
    other.record(0.0)
    other.add(latency)
    assert (other.count, other.lost) == (1001, 11)
    assert Latency().summary() == {"count": 0, "lost": 0, "p50_ms": None, "p99_ms": None, "max_ms": None}


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("50M/100M", Rate(50_000_000, 100_000_000)),
        ("128k", Rate(128_000, 128_000)),
        ("64k/64k 256k/256k 128k/128k 10/10", Rate(64_000, 64_000)),
        ("1G/512000", Rate(1_000_000_000, 512_000)),
        ("0/2m", Rate(LINE_BPS, 2_000_000)),
        ("", UNLIMITED),
    ],
)
def test_a_rate_limit_is_read_upload_first(text: str, rate: Rate) -> None:
    assert parse_rate_limit(text) == rate


@pytest.mark.parametrize("text", ["fast", "/1M", "1M/fast", "-1k", "1.5M"])
def test_a_rate_limit_routeros_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        parse_rate_limit(text)


def day_of(login: str, rate: Rate = UNLIMITED, walled: bool = False, start: int = EVENING) -> int:
    habit = appetite(1, login)
    return sum(octets(habit, at, at + 300, rate, walled)[1] for at in range(start, start + 86_400, 300))


def test_traffic_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    habit = appetite(1, "ana")
    assert octets(habit, EVENING, EVENING + 60, UNLIMITED, False) == octets(
        appetite(1, "ana"), EVENING, EVENING + 60, UNLIMITED, False
    )
    assert appetite(2, "ana") != habit != appetite(1, "bia")


def test_a_day_of_a_subscriber_is_plausible() -> None:
    days = sorted(day_of(f"s{number}") / 1e9 for number in range(200))
    assert 2 < days[100] < 40
    assert days[0] > 0.1
    assert days[-1] < 400


def test_evenings_are_busier_than_dawn() -> None:
    habits = [appetite(1, f"s{number}") for number in range(300)]
    evening, dawn = (
        sum(octets(habit, at, at + 300, UNLIMITED, False)[1] for habit in habits) for at in (EVENING, DAWN)
    )
    assert evening > 3 * dawn


def test_nobody_moves_more_than_the_router_lets_through() -> None:
    slow = Rate(64_000, 128_000)
    for number in range(100):
        up, down = octets(appetite(1, f"s{number}"), EVENING, EVENING + 60, slow, False)
        assert up <= 64_000 * 60 / 8
        assert down <= 128_000 * 60 / 8


def test_who_is_walled_in_moves_nearly_nothing() -> None:
    assert 0 < day_of("ana", walled=True) < 10_000_000
    assert day_of("ana") > 100 * day_of("ana", walled=True)


def test_time_that_runs_backwards_moves_nothing() -> None:
    assert octets(appetite(1, "ana"), EVENING, EVENING - 5, UNLIMITED, False) == (0, 0)


def test_bursts_differ_from_one_five_minutes_to_the_next() -> None:
    habit = appetite(1, "ana")
    moved = [octets(habit, at, at + 300, UNLIMITED, False)[1] for at in range(EVENING, EVENING + 3600, 300)]
    assert all(one != next_ for one, next_ in pairwise(moved))
