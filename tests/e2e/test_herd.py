"""Everyone returns at once, as after a power cut: all are online, no octet is lost, nobody is refused."""

from __future__ import annotations

import contextlib
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


async def count(table: str, where: str = "true") -> int:
    """How many rows there are."""
    return int(await db.fetchval(f"select count(*) from {table} where {where}"))


async def odd_ones(load: Load) -> list[str]:
    """Where the database lastingly says something else than the NAS, to the octet; waits for it to follow."""

    async def agree() -> bool:
        return not differing(await load.words(), await stored())

    with contextlib.suppress(TimeoutError):
        await eventually(agree, PATIENCE_S)
    return differing(await load.words(), await stored())[:5]


async def nobody_drifts() -> bool:
    """What a session was given may not have been written when the provider was killed: its next interim tells."""
    return await count("session_open", "drift_since is not null") == 0


async def all_online(load: Load) -> None:
    """Every subscriber has one session, with what its NAS counted; nobody was refused."""
    figures = await load.done(PATIENCE_S)
    log.warning("online: %s", figures)
    assert figures["rejected"] == 0
    assert figures["bad"] == 0
    assert (await load.do("quiet", PATIENCE_S))["online"] == COUNT
    began = time.monotonic()
    assert not await odd_ones(load)
    log.warning("agreed after %.1f s", time.monotonic() - began)
    assert await count("session_open") == COUNT
    await eventually(nobody_drifts, PATIENCE_S)
    assert await count("auth_reject") == 0
    assert await count("auth_log", "reason <> ''") == 0


@pytest.mark.slow
async def test_everyone_who_returns_at_once_after_a_power_cut_is_let_in_and_counted(house: House) -> None:
    load = await herd(house)
    await house.provide()
    load.tell("dial 3")
    await all_online(load)
    await load.do("vanish")
    load.tell("dial")
    await all_online(load)
    await load.do("hangup", PATIENCE_S)
    assert not await odd_ones(load)
    assert await count("session_open") == 0
    assert await count("session_history") == 2 * COUNT


@pytest.mark.slow
async def test_everyone_who_returns_at_once_is_let_in_though_the_provider_is_killed_meanwhile(house: House) -> None:
    load = await herd(house)
    process = await house.provide()
    load.tell("dial")
    await eventually(half_are_online, PATIENCE_S)
    process.kill()
    await process.wait()
    assert await count("session_open") < COUNT
    await house.provide()
    await all_online(load)
    assert await count("session_history") == 0
    await load.do("hangup", PATIENCE_S)
    assert not await odd_ones(load)
    assert await count("session_open") == 0
    assert await count("session_history") == COUNT


async def half_are_online() -> bool:
    return await count("session_open") >= COUNT // 2
