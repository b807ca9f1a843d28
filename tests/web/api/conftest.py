"""Callers of the API: one per role, each with a token of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from oss.base import db
from oss.staff import tokens
from tests.conftest import TESTER, Seed

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, its JSON, its headers."""

    status: int
    body: Any
    headers: Any

    @property
    def fields(self) -> dict[str, str]:
        """The refused fields with what is wrong with each."""
        return {one["field"]: one["message"] for one in self.body["errors"]}


class Caller:
    """Asks with one token; paths are below /api/v1."""

    def __init__(self, client: Any, token: str | None) -> None:
        self.client, self.token = client, token

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= more.pop("headers", {})
        if body is not None:
            more["json"] = body
        async with self.client.request(method, "/api/v1" + path, headers=headers, **more) as response:
            kind = response.headers.get("Content-Type", "")
            assert response.status < 400 or kind.startswith(PROBLEM), (response.status, kind)
            said = await response.json() if kind.startswith((JSON, PROBLEM)) else await response.text()
            return Answer(response.status, said, response.headers)


Callers = Callable[[str | None], Awaitable[Caller]]


@pytest_asyncio.fixture(loop_scope="session")
async def callers(web_app: Any, seed: Seed) -> AsyncIterator[Callers]:
    """Makes callers of a role, or without a token."""

    async with TestClient(TestServer(web_app)) as client:

        async def make(role: str | None) -> Caller:
            if role is None:
                return Caller(client, None)
            async with db.transaction() as connection:
                return Caller(client, await tokens.add(connection, TESTER, f"test {role}", role))

        yield make


@pytest_asyncio.fixture(loop_scope="session")
async def ask(callers: Callers) -> Caller:
    """An administrator's caller."""
    return await callers("admin")
