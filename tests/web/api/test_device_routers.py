"""Routers by the API: what a lab router says, what is done, and the problem of one that is silent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from oss.access import nas_devices
from oss.base import db
from oss.base.secrets import Sealer
from oss.network import device_links
from oss.network.link_keeper import Keeper
from tests.conftest import TESTER, Seed
from tests.oss.network.routers import router


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


async def test_a_silent_router_is_a_bad_gateway(api, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer) as one:
        await one.doors.close()
        problem = await asked(api, "GET", f"/devices/{one.device_id}/router/queues", 502)
        assert "BNG-1" in str(problem)
