"""The router walk: every route asked for real as every role, compared with the matrix; nothing else opens anything."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from oss.base import db
from oss.staff import roles, tokens
from oss.staff.tokens import Limits
from tests.conftest import TESTER, Seed
from web.routing import PUBLIC, SIGNED_IN

from .walking import LAST, STREAMS, Step, steps

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


async def ask(client: Any, step: Step, headers: dict[str, str]) -> int:
    """The status of a request with an empty body."""
    kind: dict[str, Any] = {} if step.method == "GET" else {"json": {}} if step.is_api else {"data": {"x": ""}}
    async with client.request(step.method, step.path, headers=headers, allow_redirects=False, **kind) as answer:
        if step.path not in STREAMS:
            await answer.read()
        else:
            answer.close()
        return int(answer.status)


@pytest_asyncio.fixture(loop_scope="session")
async def nobody(web_app: web.Application) -> AsyncIterator[Any]:
    """A client that is not signed in."""
    async with TestClient(TestServer(web_app)) as client:
        yield client


@pytest.fixture
def walked(web_app: web.Application, seed: Seed) -> list[Step]:
    """All routes, with ids of the seed where a scope asks whose they are."""
    known = {"subscriber": str(seed.customers[0]), "customer_id": str(seed.customers[0])}
    known |= {"contract_id": str(seed.contracts[0]), "account_id": "999999", "invoice_id": "999999"}
    return list(steps(web_app, known | {"payment_id": "999999", "uid": "6f1ed002-ab55-9585-9014-ebf0951522d9"}))


async def test_every_role_opens_exactly_what_the_matrix_says(client: Any, walked: list[Step]) -> None:
    assert len(walked) > 140
    async with client.get("/console/plans") as page:
        found = TOKEN.search(await page.text())
    assert found is not None
    await db.execute("update customer set city = 'Serra', owner_id = (select id from staff_user)")
    await db.execute("update staff_user set cities = '{Serra}'")
    user = await db.fetchval("select id from staff_user")
    wrong = []
    for role in await roles.every():
        await db.execute("update staff_user set role = $1", role.key)
        async with db.transaction() as connection:
            limits = Limits(cities=["Serra"], user_id=user)
            token = await tokens.add(connection, TESTER, "walk", role.key, limits=limits)
        for step in walked:
            headers = {"Authorization": f"Bearer {token}"} if step.is_api else {"X-CSRF-Token": found[1]}
            status = await ask(client, step, headers)
            may = step.permission in (PUBLIC, SIGNED_IN, *role.grants)
            if (status not in (401, 403)) != may or (status >= 500 and status != 503):
                wrong.append((role.key, step.name, step.permission, status))
    assert wrong == []


async def test_who_is_not_signed_in_opens_what_is_public_alone(nobody: Any, walked: list[Step]) -> None:
    second = {
        "GET /login/code",
        "POST /login/code",
    }  # public, and sends who has typed no password to where one is typed
    last = [Step(*name.split(), name.split()[1], SIGNED_IN) for name in LAST]
    for step in [*walked, *last]:
        async with nobody.request(step.method, step.path, allow_redirects=False) as answer:
            if step.name in second:
                assert answer.headers["Location"] == "/login"
                continue
            away = str(answer.headers.get("Location", "")).startswith("/login")
            assert (answer.status in (401, 403) or away) == (step.permission != PUBLIC), (step.name, answer.status)
