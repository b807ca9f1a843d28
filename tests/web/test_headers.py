"""Headers of every kind of answer, over HTTP and as HTTPS has them; and who may call the API from a page elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from oss.app import Process
from oss.base import config, db, secrets
from oss.base.supervisor import HealthBoard
from oss.staff import tokens, users
from tests.conftest import TESTER, Seed
from web.app import create_app
from web.headers import HEADERS

Opened = Callable[..., Awaitable[Any]]
LISTED = "https://app.example.net"
# A page, a redirect, a file, what is not there, a refused method, a refused form, the API's answers.
ANSWERS = [
    ("GET", "/login", 200),
    ("GET", "/console/", 303),
    ("GET", "/static/js/sheet.js", 200),
    ("GET", "/static/nothing.js", 404),
    ("GET", "/static/../app.py", 404),
    ("GET", "/nothing", 404),
    ("PUT", "/login", 405),
    ("POST", "/login", 422),
    ("GET", "/healthz", 200),
    ("GET", "/api/v1/customers", 401),
    ("GET", "/api/v1/nothing", 404),
    ("OPTIONS", "/api/v1/customers", 405),
    ("GET", "/api/v1/docs", 200),
    ("GET", "/setup/spent", 410),
]


@pytest_asyncio.fixture(loop_scope="session")
async def opened(database: str, settings: config.Config, sealer: secrets.Sealer, seed: Seed) -> AsyncIterator[Opened]:
    """Makes a client of an application whose settings differ."""
    async with AsyncExitStack() as stack:

        async def make(headers: dict[str, str] | None = None, **changed: Any) -> Any:
            its = dataclasses.replace(settings, **changed)
            app = create_app(its, sealer, HealthBoard(), lambda: None, Process(its).stats, "Prova")
            return await stack.enter_async_context(TestClient(TestServer(app), headers=headers))

        yield make


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_has_them_all(opened: Opened, method: str, path: str, status: int) -> None:
    client = await opened()
    async with client.request(method, path, allow_redirects=False) as answer:
        assert answer.status == status
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "Server" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        assert not any(name.startswith("Access-Control") for name in answer.headers)


def test_what_the_headers_are_to_say() -> None:
    said = {name.lower(): value for name, value in HEADERS.items()}
    assert (said["x-content-type-options"], said["x-frame-options"]) == ("nosniff", "DENY")
    assert said["cross-origin-opener-policy"] == said["cross-origin-resource-policy"] == "same-origin"
    assert said["referrer-policy"] == "same-origin" and "camera=()" in said["permissions-policy"]


async def test_the_policy_lets_nothing_inline_and_nothing_foreign(opened: Opened) -> None:
    policy = {part.split()[0]: part.split()[1:] for part in HEADERS["Content-Security-Policy"].split(";")}
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert {source for sources in policy.values() for source in sources} == {"'none'", "'self'", "data:"}


async def test_over_https_browsers_stay_there_and_cookies_are_bound_to_the_host(opened: Opened) -> None:
    client = await opened(public_url="https://console.example.net")
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    who = {"login": "ana", "password": "ana-password-1"}
    async with client.post("/login", data=who, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        given = {name: rest for name, _, rest in (one.partition("=") for one in answer.headers.getall("Set-Cookie"))}
        assert {"secure", "httponly"} <= {part.strip().lower() for part in given["milha_device"].split(";")}
        rest = given["__Host-milha_session"]
        parts = {part.strip().lower() for part in rest.split(";")}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= parts
        assert not any(part.startswith("domain") for part in parts)


async def test_a_page_elsewhere_may_not_call_the_api(opened: Opened) -> None:
    client = await opened(cors_origins=frozenset({LISTED}))
    asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for origin in ("https://evil.example", LISTED + ".evil.example", "null", LISTED.upper(), "http://app.example.net"):
        async with client.options("/api/v1/plans", headers={**asks, "Origin": origin}) as answer:
            assert answer.status == 405
            assert "Access-Control-Allow-Origin" not in answer.headers
    async with client.options("/console/plans", headers={**asks, "Origin": LISTED}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_listed_page_may(opened: Opened) -> None:
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "app", "admin")
    client = await opened(cors_origins=frozenset({LISTED}))
    asks = {
        "Origin": LISTED,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    async with client.options("/api/v1/plans", headers=asks) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, LISTED)
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    async with client.get("/api/v1/plans", headers={"Origin": LISTED, "Authorization": f"Bearer {token}"}) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, LISTED)
        assert "Origin" in answer.headers["Vary"]
    async with client.get("/login", headers={"Origin": LISTED}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
