"""Who asks too often waits, in a fixed amount of memory; who stands behind it decides which bucket pays."""

from __future__ import annotations

import pytest

from oss.base import db
from oss.staff import tokens
from tests.conftest import TESTER
from web.throttle import BURST_S, KEYS, THROTTLE, Buckets, TooOften, is_free, network_of

from .test_headers import Opened, opened

__all__ = ["opened"]


def test_a_bucket_empties_and_fills_again() -> None:
    now = [100.0]
    buckets = Buckets(2, now=lambda: now[0])
    for _ in range(2 * BURST_S):
        buckets.spend("a")
    with pytest.raises(TooOften) as told:
        buckets.spend("a")
    assert told.value.facts["seconds"] == 1
    buckets.spend("b")
    now[0] += 0.51
    buckets.spend("a")
    with pytest.raises(TooOften):
        buckets.spend("a")
    now[0] += 1000
    for _ in range(2 * BURST_S):
        buckets.spend("a")


def test_memory_is_bounded_and_rate_none_is_no_limit() -> None:
    buckets, free = Buckets(1, keys=100), Buckets(0)
    for number in range(1000):
        buckets.spend(str(number))
        free.spend("same")
    assert (len(buckets), len(free)) == (100, 0)
    assert KEYS < 100_000


def test_ipv6_counts_by_the_household() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::ffff") == "2001:db8:1:2::/64"
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("nonsense") == "?"


def test_monitoring_from_this_machine_and_our_files_are_free() -> None:
    assert is_free("/healthz", "127.0.0.1")
    assert is_free("/static/x.js", "203.0.113.5")
    assert not is_free("/healthz", "203.0.113.5")
    assert not is_free("/login", "127.0.0.1")


async def test_a_stranger_who_asks_too_often_waits(opened: Opened) -> None:
    client = await opened(public_rate=1)
    client.app[THROTTLE].strangers.now = lambda: 0.0  # no second passes, however slow the machine is
    statuses = []
    for path in ["/login", "/api/v1/plans", "/console/", "/setup/x"] * 8:
        async with client.get(path, allow_redirects=False, headers={"Authorization": "Bearer none"}) as answer:
            statuses.append(answer.status)
            if answer.status == 429:
                assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert statuses[:4] == [200, 401, 303, 410]
    assert set(statuses[-4:]) == {429}
    async with client.get("/healthz") as answer:
        assert answer.status == 200


async def test_a_token_has_a_bucket_of_its_own(opened: Opened) -> None:
    async with db.transaction() as connection:
        first, second = [await tokens.add(connection, TESTER, name, "admin") for name in ("first", "second")]
    client = await opened(api_rate=1, public_rate=1)
    client.app[THROTTLE].tokens.now = lambda: 0.0

    async def ask(token: str) -> int:
        async with client.get("/api/v1/plans", headers={"Authorization": f"Bearer {token}"}) as answer:
            return int(answer.status)

    assert [await ask(first) for _ in range(30)][-1] == 429
    assert await ask(second) == 200
