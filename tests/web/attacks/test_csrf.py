"""Requests forged by another page: every address that changes something refuses every one of them, and does nothing."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from oss.base import db
from tests.conftest import Seed
from tests.web.console.conftest import Console
from tests.web.walking import Step, steps
from web.routing import PUBLIC

# Parameters of the API's addresses; its routes are not asked here.
API = dict.fromkeys(("customer_id", "contract_id", "account_id", "invoice_id", "payment_id", "uid"), "1")
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://127.0.0.1.evil.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.fixture
def changing(web_app: web.Application, seed: Seed) -> list[Step]:
    """Every address of the console that takes a POST, filled with ids that exist."""
    known = {**API, "subscriber": str(seed.customers[0]), "id": str(seed.nas), "key": "noc"}
    found = [step for step in steps(web_app, known) if step.method != "GET" and not step.is_api]
    found.append(Step("POST", "/logout", "/logout", "signed-in"))
    assert len(found) > 50
    return found


async def acts() -> int:
    """How much has been done so far."""
    return int(await db.fetchval("select count(*) from audit"))


async def test_without_the_session_s_token_nothing_is_done(console: Console, changing: list[Step]) -> None:
    own = (await console.get("/console/plans")).raw and console.token
    before, wrong = await acts(), []
    for step in changing:
        if step.permission == PUBLIC:
            continue
        for token in (None, "", own[:-1], own.swapcase(), "é" * 20, "x" * 5000):
            data = {"name": "x"} | ({} if token is None else {"csrf_token": token})
            async with console.client.post(step.path, data=data, allow_redirects=False) as answer:
                if answer.status != 403:
                    wrong.append((step.name, token, answer.status))
    assert wrong == []
    assert await acts() == before


async def test_from_a_foreign_page_nothing_is_done_even_with_the_token(console: Console, changing: list[Step]) -> None:
    await console.get("/console/plans")
    before, wrong = await acts(), []
    for step in changing:
        for headers in FOREIGN:
            data = {"name": "x", "csrf_token": console.token}
            async with console.client.post(step.path, data=data, headers=headers, allow_redirects=False) as answer:
                if answer.status != 403:
                    wrong.append((step.name, headers, answer.status))
    assert wrong == []
    assert await acts() == before


async def test_another_session_s_token_is_worth_nothing(
    console: Console, web_app: web.Application, aiohttp_client: Any, changing: list[Step]
) -> None:
    other = Console(await aiohttp_client(web_app))
    who = {"login": "ana", "password": "ana-password-1"}
    async with other.client.post("/login", data=who, allow_redirects=False) as answer:
        assert answer.status == 303
    await other.get("/console/plans")
    await console.get("/console/plans")
    assert other.token and other.token != console.token
    console.token = other.token
    for step in changing:
        if step.permission != PUBLIC:
            assert (await console.post(step.path, {"name": "x"})).status == 403, step.name


async def test_a_look_changes_nothing(console: Console, web_app: web.Application, seed: Seed) -> None:
    """GET is what any page can make a browser do."""
    known = {**API, "subscriber": str(seed.customers[0]), "id": str(seed.nas)}
    before = await acts()
    for step in steps(web_app, known):
        if step.method == "GET" and step.path.startswith("/console/") and not step.path.endswith("/live"):
            await console.get(step.path)
    told = [row["action"] for row in await db.fetch("select action from audit order by id offset $1", before)]
    assert [one for one in told if not one.endswith((".seen", ".exported", ".read", ".disclosed"))] == []


async def test_the_console_s_cookie_opens_no_api(console: Console) -> None:
    assert (await console.get("/api/v1/plans")).status == 401
    async with console.client.post("/api/v1/plans", json={}) as answer:
        assert answer.status == 401
