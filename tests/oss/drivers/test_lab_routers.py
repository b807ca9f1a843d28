"""Each driver of routers against the lab's router of its maker, over real sockets: what is done takes effect."""

from __future__ import annotations

import pytest

from oss.drivers import metering
from oss.drivers.problems import CommandRefused, NotOffered

from .lab_routers import linked

WAYS = [
    ("mikrotik", "api"),
    ("huawei_vrp", "ssh"),
    ("huawei_vrp", "telnet"),
    ("cisco_ios", "ssh"),
    ("cisco_ios", "telnet"),
]
pytestmark = pytest.mark.parametrize(("key", "way"), WAYS, ids=["-".join(one) for one in WAYS])


@pytest.fixture(autouse=True)
def no_second_between(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(seconds: float) -> None:
        return None

    monkeypatch.setattr(metering, "pause", at_once)


async def test_sessions_limits_and_kicks(key: str, way: str) -> None:
    async with linked(key, way) as (driver, link, inside):
        router = driver.router
        assert router is not None
        assert await router.sessions(link) == []
        inside.callers.come("ana", "100.64.0.1", "10M/20M")
        inside.callers.come("123456", "100.64.0.2")
        found = {one.login: one for one in await router.sessions(link)}
        assert {login: one.address for login, one in found.items()} == {"ana": "100.64.0.1", "123456": "100.64.0.2"}
        assert found["ana"].mac is not None and found["ana"].service == "pppoe"

        ana = await router.session(link, "ana")
        assert ana is not None and ana.id == found["ana"].id and await router.session(link, "nobody") is None
        limit = await router.limit(link, ana)
        assert limit is not None and (limit.down_bps, limit.up_bps) == (20_000_000, 10_000_000)
        free = await router.session(link, "123456")
        assert free is not None and await router.limit(link, free) is None
        rate = await router.rate(link, ana)
        assert rate.down_bps >= 0 and rate.up_bps >= 0

        await router.kick(link, ana)
        assert await router.session(link, "ana") is None and inside.callers.named("ana") is None
        with pytest.raises(CommandRefused):
            await router.kick(link, ana)
        assert [one.login for one in await router.sessions(link)] == ["123456"]


async def test_tables_tools_and_settings(key: str, way: str) -> None:
    async with linked(key, way) as (driver, link, inside):
        router = driver.router
        assert router is not None
        ports = await router.interfaces(link)
        assert any(one.up for one in ports)
        rate = await router.interface_rate(link, next(one.name for one in ports if one.up))
        assert rate.down_bps >= 0
        assert await router.neighbours(link)
        with pytest.raises(CommandRefused):
            await router.interface_rate(link, "nowhere0/9")

        inside.callers.come("ana", "100.64.0.1", "10M/20M")
        ping = await router.ping(link, "100.64.0.1", 2)
        assert (ping.sent, ping.received) == (2, 2) and ping.avg_ms is not None
        silent = await router.ping(link, "100.64.0.77", 2)
        assert (silent.sent, silent.received, silent.avg_ms) == (2, 0, None)
        hops = await router.traceroute(link, "100.64.0.1")
        assert hops[-1].reached and hops[-1].address == "100.64.0.1"

        settings = await router.settings(link)
        assert settings.coa_accepted and settings.radius_used and settings.accounting and settings.interim_s == 300
        assert [(one.address, one.auth_port, one.acct_port) for one in settings.radius] == [("127.0.0.1", 1812, 1813)]
        text = await router.configuration(link)
        assert "testing123" in text and text.endswith("\n")
        for read in (router.queues, router.address_lists, router.leases, router.nat_rules):
            try:
                await read(link)
            except NotOffered:
                assert key != "mikrotik"
