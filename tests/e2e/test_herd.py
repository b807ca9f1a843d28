"""Everyone returns at once, as after a power cut: all are online, no octet is lost, nobody is refused."""

from __future__ import annotations

import logging
import time

import pytest

from oss.base import db
from tests.e2e.conftest import SOAK, House
from tests.e2e.loads import Load, differing, stored
from tests.waiting import eventually

log = logging.getLogger(__name__)
WITHIN_S = 120 if SOAK else 12
COUNT = 100_000 if SOAK else 10_000
INTERIM_S = 30 if SOAK else 6
ROUTERS = [f"127.0.0.{number}" for number in range(11, 19)]
PATIENCE_S = 10 * WITHIN_S


async def herd(house: House) -> Load:
    """All subscribers and a provider, ready; nobody dials yet."""
    await house.seed(COUNT, routers=ROUTERS)
    options = ("--logins", f"b:00001-{COUNT:05d}:pw", "--rate", str(COUNT / WITHIN_S), "--interim-s", str(INTERIM_S))
    return await house.load("herd", ROUTERS, *options)


async def online() -> int:
    """How many the database says are online."""
    return int(await db.fetchval("select count(*) from session_open"))


async def in_step(load: Load) -> bool:
    """Whether the database says what the NAS say, to the octet: a lasting difference fails by the words of `agree`."""
    return not differing(await load.words(), await stored())


async def agree(load: Load) -> None:
    """The database comes to say what the NAS say."""
    try:
        await eventually(lambda: in_step(load), PATIENCE_S)
    except TimeoutError:
        odd = differing(await load.words(), await stored())
        pytest.fail(f"{len(odd)} sessions differ, for example {odd[:5]}")


async def all_online(load: Load) -> None:
    """Every subscriber has a session with what its NAS counted; none ended, none was refused, none is twice there."""
    figures = await load.done(PATIENCE_S)
    log.warning("online: %s", figures)
    assert figures["rejected"] == 0
    assert figures["bad"] == 0
    assert (await load.do("quiet", PATIENCE_S))["online"] == COUNT
    began = time.monotonic()
    await agree(load)
    log.warning("agreed after %.1f s", time.monotonic() - began)
    assert await online() == COUNT
    assert await db.fetchval("select count(*) from auth_reject") == 0
    assert await db.fetchval("select count(*) from auth_log where reason <> ''") == 0


async def all_gone(load: Load) -> None:
    """Everyone hangs up: each session is history once, with its NAS's totals."""
    await load.do("hangup", PATIENCE_S)
    await agree(load)
    assert await online() == 0
    assert len(await stored()) == COUNT


@pytest.mark.slow
async def test_everyone_who_returns_at_once_is_let_in_and_counted(house: House) -> None:
    load = await herd(house)
    await house.provide()
    load.tell("dial")
    await all_online(load)
    await all_gone(load)


@pytest.mark.slow
async def test_everyone_who_returns_at_once_is_let_in_though_the_provider_is_killed_meanwhile(house: House) -> None:
    load = await herd(house)
    process = await house.provide()
    load.tell("dial")
    await eventually(half_are_online, PATIENCE_S)
    process.kill()
    await process.wait()
    assert await online() < COUNT
    await house.provide()
    await all_online(load)
    await all_gone(load)


async def half_are_online() -> bool:
    return await online() >= COUNT // 2
