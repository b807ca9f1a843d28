"""API tokens are shown once, kept as a hash, and end when they should."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from oss.base import clock, db
from oss.base.problems import InvalidInput, NotFound
from oss.staff import roles, tokens
from oss.staff.scopes import Scope
from tests.conftest import TESTER
from tests.undone import one_database


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(server: str, template: str) -> AsyncIterator[str]:
    """One database for all tests here."""
    async with one_database(server, template) as dsn:
        yield dsn


@pytest_asyncio.fixture(loop_scope="session")
async def database(opened: str) -> str:
    """The database, without what other tests left in it."""
    await db.execute("truncate api_token cascade")
    return opened


async def made(role: str = "finance", days: int | None = None) -> str:
    async with db.transaction() as connection:
        return await tokens.add(connection, TESTER, "billing", role, days)


async def test_a_token_is_known_by_its_hash_alone(database: str) -> None:
    token = await made()
    row = await db.fetchrow("select * from api_token")
    assert token.startswith("mil_") and row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(await db.fetch("select * from audit"))
    found = await tokens.find(token)
    finance = next(one for one in await roles.every() if one.key == "finance")
    assert found is not None and (found.name, found.permissions) == ("billing", frozenset(finance.grants))
    assert await tokens.find(token[:-1]) is None and await tokens.find("") is None


async def test_the_last_use_is_noted_once_a_minute(database: str) -> None:
    token = await made()
    await tokens.find(token)
    first = await db.fetchval("select last_used_at from api_token")
    await tokens.find(token)
    assert first is not None and await db.fetchval("select last_used_at from api_token") == first
    await db.execute("update api_token set last_used_at = now() - interval '2 minutes'")
    await tokens.find(token)
    assert await db.fetchval("select last_used_at from api_token") >= first
    assert tokens.stale(clock.now() - timedelta(seconds=61)) and not tokens.stale(clock.now())


async def test_a_token_ends_on_its_day(database: str) -> None:
    token = await made(days=2)
    left = await db.fetchval("select expires_at from api_token") - clock.now()
    assert timedelta(days=1, hours=23) < left <= timedelta(days=2)
    assert await tokens.find(token) is not None
    await db.execute("update api_token set expires_at = now()")
    assert await tokens.find(token) is None


async def test_a_revoked_token_ends_at_once(database: str) -> None:
    token = await made()
    token_id = await db.fetchval("select id from api_token")
    async with db.transaction() as connection:
        await tokens.revoke(connection, TESTER, token_id)
    assert await tokens.find(token) is None
    for gone in (token_id, 999):
        with pytest.raises(NotFound):
            async with db.transaction() as connection:
                await tokens.revoke(connection, TESTER, gone)


@pytest.mark.parametrize(
    ("name", "role", "days", "field"),
    [
        ("x", "king", None, "role"),
        (" ", "reader", None, "name"),
        ("x" * 81, "reader", None, "name"),
        ("x", "reader", 0, "days"),
        ("x", "reader", -1, "days"),
    ],
)
async def test_what_is_wrong_with_a_new_token_is_told(
    undone: db.Connection, name: str, role: str, days: int | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as problem:
        await tokens.add(undone, TESTER, name, role, days)
    assert list(problem.value.fields) == [field]


async def test_a_part_of_the_role_is_never_more_than_the_role(database: str) -> None:
    limits = tokens.Limits(permissions=["plans.read", "plans.write", "staff.write"])
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "part", "finance", limits=limits)
    found = await tokens.find(token)
    assert found is not None and found.permissions == {"plans.read", "plans.write"}
    await db.execute("update api_token set role = 'reader'")
    found = await tokens.find(token)
    assert found is not None and found.permissions == {"plans.read"}


async def test_a_token_kept_to_networks_is_unknown_elsewhere(database: str) -> None:
    limits = tokens.Limits(networks=["192.0.2.0/24", "2001:db8::/32"])
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "near", "reader", limits=limits)
    for near in ("192.0.2.9", "::ffff:192.0.2.9", "2001:db8::7"):
        assert await tokens.find(token, near) is not None, near
    for far in ("198.51.100.1", "2001:db9::1", "0.0.0.0", "", None, "x"):
        assert await tokens.find(token, far) is None, far
    with pytest.raises(InvalidInput):
        async with db.transaction() as connection:
            await tokens.add(connection, TESTER, "far", "reader", limits=tokens.Limits(networks=["here"]))


async def test_a_token_s_own_cities_and_records_are_those_it_was_given(database: str) -> None:
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "city", "technician", limits=tokens.Limits(cities=["Serra"]))
    found = await tokens.find(token)
    assert found is not None and found.held.scope("customers.read") == Scope("city", ("Serra",), None)
