"""Is the limit really applied? Read from the router after it said yes, and by a button."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from oss.access import nas_devices, router_limits
from oss.access.router_limits import ReadBack, judged
from oss.base import db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.drivers.router import Limit
from oss.network import device_links
from oss.network.link_keeper import Keeper
from tests.conftest import TESTER, Seed
from tests.oss.network.routers import Running, router

SESSION = """insert into session_open
  (uid, nas_id, acct_session_id, login, contract_id, started_at, last_seen_at, desired, applied)
values (gen_random_uuid(), $1, $2, $3, $4, now(), now(), $5, $5) returning uid"""
DONE = """insert into enforcement
  (contract_id, login, nas_id, session_uid, cause, wanted, asked_at, ended_at, outcome, attempts)
values ($1, $2, $3, $4, 'overdue', $5, now() - interval '5 seconds', now() - interval '4 seconds', 'applied', 1)"""


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


async def session(seed: Seed, one: Running, login: str, key: str) -> uuid.UUID:
    """An open session whose router acknowledged this profile a moment ago."""
    async with db.transaction() as connection:
        await nas_devices.tie(connection, TESTER, seed.nas, one.device_id)
        uid: uuid.UUID = await connection.fetchval(SESSION, seed.nas, f"81{login}", login, seed.contracts[0], key)
        await connection.execute(DONE, seed.contracts[0], login, seed.nas, uid, key)
    return uid


@pytest.mark.parametrize(
    ("key", "present", "limit", "state"),
    [
        ("full:20000/10000", True, Limit(20_000_000, 10_000_000, "q"), "same"),
        ("full:20000/10000", True, Limit(19_990_000, 10_050_000, "q"), "same"),
        ("full:20000/10000", True, Limit(1_024_000, 512_000, "q"), "differs"),
        ("full:20000/10000", True, None, "differs"),
        ("full:0/0", True, None, "same"),
        ("reduced:1024/512", True, Limit(1_024_000, None, "q"), "differs"),
        ("reject", True, Limit(1, 1), "differs"),
        ("reject", False, None, "gone"),
    ],
)
def test_what_is_right(key: str, present: bool, limit: Limit | None, state: str) -> None:
    assert judged(key, present, limit).state == state


async def test_it_is_read_back_behind_each_change(keeper: Keeper, seed: Seed, sealer: Sealer) -> None:
    back = ReadBack()
    async with router(sealer) as one:
        one.router.callers.come("cli1", "100.64.0.1", "512k/1024k")
        one.router.callers.come("cli2", "100.64.0.2", "10M/20M")
        slow = await session(seed, one, "cli1", "reduced:1024/512")
        fast = await session(seed, one, "cli2", "reduced:1024/512")
        gone = await session(seed, one, "cli3", "full:20000/10000")
        assert await back.look() == 3
        assert await back.look() == 0
        seen = await router_limits.of_sessions([slow, fast, gone])
        assert {uid: row["state"] for uid, row in seen.items()} == {slow: "same", fast: "differs", gone: "gone"}
        assert (seen[fast]["down_bps"], seen[fast]["up_bps"]) == (20_000_000, 10_000_000)
        assert seen[fast]["by_queue"] == "<pppoe-cli2>"
        assert [row["uid"] for row in await router_limits.differing()] == [fast]

        one.router.callers.come("cli2", "100.64.0.2", "512k/1024k")
        assert (await router_limits.by_button(fast, "ana")).state == "same"
        assert await router_limits.differing() == []


async def test_changes_on_routers_that_nobody_logs_in_to_are_looked_at_once(seed: Seed) -> None:
    back = ReadBack()
    for key in ("reduced:1024/512", "full:20000/10000"):
        uid = await db.fetchval(SESSION, seed.nas, f"81{key}", "cli1", seed.contracts[0], key)
        await db.execute(DONE, seed.contracts[0], "cli1", seed.nas, uid, key)
    while await back.look():
        pass
    assert back.last == await db.fetchval("select max(id) from enforcement")
    assert await router_limits.of_sessions([uid]) == {}


async def test_a_change_that_has_not_settled_is_looked_at_later(keeper: Keeper, seed: Seed, sealer: Sealer) -> None:
    back = ReadBack()
    async with router(sealer) as one:
        one.router.callers.come("cli1", "100.64.0.1", "512k/1024k")
        uid = await session(seed, one, "cli1", "reduced:1024/512")
        await db.execute("update enforcement set ended_at = now() + interval '1 minute'")
        assert await back.look() == 0
        await db.execute("update enforcement set ended_at = now() - interval '4 seconds'")
        assert await back.look() == 1
        assert set(await router_limits.of_sessions([uid])) == {uid}


async def test_a_router_that_does_not_answer_is_told_and_proves_nothing(
    keeper: Keeper, seed: Seed, sealer: Sealer
) -> None:
    async with router(sealer) as one:
        uid = await session(seed, one, "cli1", "full:20000/10000")
        await one.doors.close()
        seen = await router_limits.by_button(uid, "ana")
        assert seen.state == "unread" and seen.problem == "device-unreachable"
    with pytest.raises(NotFound):
        await router_limits.by_button(uuid.uuid4(), "ana")
