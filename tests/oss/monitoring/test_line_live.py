"""A line's router asked each second for all who watch, over a real API; what is silent is told to be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from oss.base import secrets
from oss.drivers.links import Link
from oss.drivers.problems import DeviceProblem
from oss.drivers.registry import Driver
from oss.lab.network.callers import Listed
from oss.monitoring import line_live
from oss.monitoring.line_live import Lines, Place, Watched
from oss.network import device_links
from tests.conftest import Seed
from tests.oss.monitoring.watchable import At, watchable
from tests.waiting import eventually


@pytest_asyncio.fixture(loop_scope="session")
async def at(seed: Seed, sealer: secrets.Sealer) -> AsyncIterator[At]:
    async with watchable(sealer) as found:
        yield found


async def told(one: Watched) -> Watched:
    """When the router has said something new."""
    await one.news.wait()
    return one


async def log_in(driver: Driver, link: Link) -> None:
    await link.api()


async def test_a_watched_line_tells_its_rate_and_the_limit_in_force(at: At) -> None:
    async with Lines().watching(at.place) as one:
        await told(one)
        assert one.router.problem is None, one.router.problem
        assert one.on_router and one.session is not None and one.session.address == "100.64.0.9"
        assert one.rate is not None and abs(one.rate.down_bps - 42_000_000) < 8_000_000
        assert one.limit is not None and (one.limit.down_bps, one.limit.up_bps) == (500_000_000, 250_000_000)


async def test_many_who_watch_are_one_reading(at: At) -> None:
    lines = Lines()
    async with lines.watching(at.place) as one, lines.watching(at.place) as other:
        assert one is other
        await told(one)
        before, asked = lines.readings, at.router.whims.count
        await told(one)
        assert lines.readings == before + 1 and at.router.whims.count - asked <= 3
    assert lines.watched == {}


async def test_a_session_that_ended_is_told_to_be_gone_and_found_again(at: At) -> None:
    async with Lines().watching(at.place) as one:
        await told(one)
        at.router.callers.kick(at.caller)
        await eventually(lambda: one.on_router is False, 20)
        assert one.rate is None and one.live.denied_at is not None
        callers = at.router.callers
        assert isinstance(callers, Listed)
        callers.come("cli1", "100.64.0.10", "250M/500M")
        await eventually(lambda: one.session is not None and one.session.address == "100.64.0.10", 20)


async def test_a_router_that_lets_nobody_in_is_told_in_words_and_heals(at: At) -> None:
    at.router.whims.deaf = True
    async with Lines().watching(at.place) as one:
        await told(one)
        assert isinstance(one.router.problem, DeviceProblem) and one.rate is None
        at.router.whims.forgive()
        await device_links.do(at.device_id, log_in, what="login")  # by a person: by itself no password is tried again
        await eventually(lambda: one.rate is not None and one.router.problem is None, 30)
        assert one.live.on_router is True


async def test_what_a_router_said_is_not_kept_once_it_is_silent(at: At) -> None:
    """A limit that was changed meanwhile must not be told as the one in force."""
    async with Lines().watching(at.place) as one:
        await told(one)
        assert one.live.on_router and one.live.limit is not None and one.live.device_id == at.device_id
        at.router.whims.latency_s = 60.0
        await eventually(lambda: one.router.problem is not None, 30)
        assert (one.live.on_router, one.live.limit, one.live.rate) == (None, None, None)
        at.router.whims.forgive()
        await eventually(lambda: one.live.on_router is True and one.live.limit is not None, 30)


async def test_who_watches_the_traffic_alone_asks_no_olt_until_somebody_does(at: At) -> None:
    lines = Lines()
    async with lines.watching(at.place) as one:
        assert one.place.olt_id is None
        async with lines.watching(Place(1, "cli1", at.device_id, at.device_id, "0/1/0", 3)):
            await eventually(lambda: one.olt.asked, 20)
            assert one.olt.problem is not None  # a router is no OLT
            assert one.onu is None


async def test_a_line_without_a_known_router_waits_for_nobody() -> None:
    async with Lines().watching(Place(1, "cli1")) as one:
        assert not one.router.asked and one.live.on_router is None


def test_a_router_is_asked_no_faster_however_many_watch_its_lines() -> None:
    lines = Lines()
    for number in range(40):
        lines.watched[number] = Watched(Place(number, "x", 7))
    assert lines.pace(7) * line_live.A_SECOND >= 40 and lines.pace(8) == line_live.EVERY_S
