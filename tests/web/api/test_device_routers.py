"""Routers by the API: what a lab router says, what is done, and the problem of one that is silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from oss.access import nas_devices
from oss.base import db
from oss.base.secrets import Sealer
from oss.network import device_links
from oss.network.link_keeper import Keeper
from oss.staff import idempotency, tokens
from tests.conftest import TESTER, Seed
from tests.oss.network.routers import router
from tests.waiting import eventually

KEY = {"Idempotency-Key": "order-1"}


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


async def asked(api, method: str, path: str, status: int, **body: object) -> dict:  # type: ignore[no-untyped-def, type-arg]
    answer = await api.request(method, "/api/v1" + path, json=body or None)
    found = await answer.json()
    assert answer.status == status, found
    return dict(found)


async def test_a_router_by_the_api(api, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer) as one:
        async with db.transaction() as connection:
            await nas_devices.tie(connection, TESTER, seed.nas, one.device_id)
        one.router.callers.come("cli1", "100.64.0.1", "10M/20M")
        home = f"/devices/{one.device_id}"
        (found,) = (await asked(api, "GET", home + "/router/sessions", 200))["items"]
        assert found["known_by"] == "router" and found["login"] == "cli1" and found["address"] == "100.64.0.1"
        (queue,) = (await asked(api, "GET", home + "/router/queues", 200))["items"]
        assert queue["limit"] == {"down_bps": 20_000_000, "up_bps": 10_000_000, "by": "<pppoe-cli1>"}
        for table in ("interfaces", "address-lists", "arp", "leases", "nat-rules"):
            assert "items" in await asked(api, "GET", f"{home}/router/{table}", 200)
        ping = await asked(api, "POST", home + "/router/pings", 201, target="100.64.0.1", count=2)
        assert (ping["sent"], ping["received"]) == (2, 2)
        way = await asked(api, "POST", home + "/router/traceroutes", 201, target="100.64.0.1")
        assert way["items"][-1]["reached"]
        await asked(api, "POST", home + "/router/kicks", 404, login="cli1", id="*1")
        await asked(api, "POST", home + "/router/kicks", 201, login="cli1", id=found["id"])
        assert one.router.callers.named("cli1") is None

        taken = await asked(api, "POST", home + "/configurations", 201)
        assert taken["new"]
        text = await asked(api, "GET", f"{home}/configurations/{taken['id']}", 200)
        assert "testing123" not in text["text"] and "‹" in text["text"]
        assert len((await asked(api, "GET", home + "/configurations", 200))["items"]) == 1
        rules = await asked(api, "POST", home + "/compliance", 201)
        assert rules["items"], rules
        assert {one["rule"]: one["state"] for one in rules["items"]}["interim"] == "wrong"


async def test_who_sees_not_all_sessions_is_told_of_none(  # type: ignore[no-untyped-def]
    web_app, aiohttp_client, seed: Seed, keeper: Keeper, sealer: Sealer
) -> None:
    async with db.transaction() as connection:
        await connection.execute("insert into role (key, name) values ('noc2', 'NOC')")
        await connection.execute("insert into role_grant values ('noc2', 'network.read', 'all')")
        token = await tokens.add(connection, TESTER, "noc", "noc2")
    noc = await aiohttp_client(web_app, headers={"Authorization": f"Bearer {token}"})
    async with router(sealer) as one:
        one.router.callers.come("cli1", "100.64.0.1", "10M/20M")
        home = f"/devices/{one.device_id}/router"
        for table in ("queues", "address-lists", "arp", "leases"):
            await asked(noc, "GET", f"{home}/{table}", 404)
        interfaces = await asked(noc, "GET", f"{home}/interfaces", 200)
        assert interfaces["items"] and "cli1" not in str(interfaces)


async def test_a_silent_router_is_a_bad_gateway(api, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer) as one:
        await one.doors.close()
        problem = await asked(api, "GET", f"/devices/{one.device_id}/router/queues", 502)
        assert "BNG-1" in str(problem)


async def test_who_waits_for_a_router_holds_no_connection(api, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer) as one, AsyncExitStack() as taken:
        for _ in range(4):  # of the six of a test's pool
            await taken.enter_async_context(db.pool().acquire())
        one.router.whims.latency_s = 5.0
        path = f"/devices/{one.device_id}/router/pings"
        pings = [asyncio.create_task(asked(api, "POST", path, 201, target="100.64.0.1", count=1)) for _ in range(3)]
        await eventually(lambda: one.device_id in keeper.held and keeper.held[one.device_id].turns.waiting == 2)
        async with asyncio.timeout(10):
            await asked(api, "GET", f"/devices/{one.device_id}", 200)
        assert not any(ping.done() for ping in pings)
        one.router.whims.latency_s = 0.0
        await asyncio.gather(*pings)


async def test_a_ping_repeated_with_its_key_is_told_to_wait_and_answered_as_before(  # type: ignore[no-untyped-def]
    api, seed: Seed, keeper: Keeper, sealer: Sealer
) -> None:
    async with router(sealer) as one:
        path = f"/api/v1/devices/{one.device_id}/router/pings"

        async def ping(target: str = "100.64.0.1") -> Any:
            return await api.post(path, json={"target": target, "count": 1}, headers=KEY)

        one.router.whims.latency_s = 2.0
        first = asyncio.create_task(ping())
        await eventually(lambda: one.router.whims.count)
        early = await ping()
        assert (early.status, (await early.json())["title"]) == (409, "key-in-use")
        one.router.whims.latency_s = 0.0
        made = await first
        asked_so_far = one.router.whims.count
        again = await ping()
        assert again.status == made.status == 201 and await again.json() == await made.json()
        assert again.headers["Idempotency-Replayed"] == "true" and one.router.whims.count == asked_so_far
        assert (await ping("100.64.0.2")).status == 409


async def test_a_ping_that_failed_leaves_its_key_free(api, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer) as one:
        await one.doors.close()
        path = f"/api/v1/devices/{one.device_id}/router/pings"
        assert (await api.post(path, json={"target": "100.64.0.1"}, headers=KEY)).status == 502
        assert await db.fetchval("select count(*) from idempotency") == 0


async def test_a_kick_is_noted_though_its_answer_is_lost(  # type: ignore[no-untyped-def]
    api, seed: Seed, keeper: Keeper, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: Any) -> None:
        raise OSError("the power failed before the commit")

    async with router(sealer) as one:
        one.router.callers.come("cli1", "100.64.0.1")
        (found,) = (await asked(api, "GET", f"/devices/{one.device_id}/router/sessions", 200))["items"]
        monkeypatch.setattr(idempotency, "keep", lost)
        body = {"login": "cli1", "id": found["id"]}
        answer = await api.post(f"/api/v1/devices/{one.device_id}/router/kicks", json=body, headers=KEY)
        assert answer.status >= 500 and one.router.callers.named("cli1") is None
        assert await db.fetchval("select count(*) from audit where action = 'device.session_kicked'") == 1
        again = await api.post(f"/api/v1/devices/{one.device_id}/router/kicks", json=body, headers=KEY)
        assert (again.status, (await again.json())["title"]) == (409, "key-in-use")
