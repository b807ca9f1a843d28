"""Staff sign in with argon2id passwords; what is wrong with a new user is told field by field."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import argon2
import pytest
import pytest_asyncio

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import users
from oss.staff.models import User
from tests.conftest import DEAR, TESTER
from tests.undone import one_database

PASSWORD = "correct horse battery"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(server: str, template: str) -> AsyncIterator[str]:
    """One database for all tests here."""
    async with one_database(server, template) as dsn:
        yield dsn


@pytest_asyncio.fixture(loop_scope="session")
async def database(opened: str) -> str:
    """The database, without what other tests left in it."""
    await db.execute("delete from staff_user")
    return opened


async def test_a_user_signs_in_with_the_password_and_nothing_else(database: str) -> None:
    async with db.transaction() as connection:
        user_id = await users.add(connection, TESTER, " Ana ", "Ana Prova", PASSWORD, "finance")
    found = await users.check("ANA", PASSWORD)
    assert found is not None and (found.id, found.login, found.role) == (user_id, "ana", "finance")
    wrong = (("ana", PASSWORD + "!"), ("ana", ""), ("bia", PASSWORD))
    assert await asyncio.gather(*(users.check(*one) for one in wrong)) == [None, None, None]
    await User.filter(id=user_id).update(active=False)
    assert await users.check("ana", PASSWORD) is None


def test_a_password_costs_a_guesser_as_much_as_the_library_advises() -> None:
    advised = argon2.profiles.RFC_9106_LOW_MEMORY
    assert argon2.extract_parameters(DEAR.hash(PASSWORD)) == argon2.extract_parameters(users.NOBODY) == advised


async def test_a_login_that_does_not_exist_takes_as_long_as_one_that_does(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "_hasher", DEAR)
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "", PASSWORD, "reader")
    took = []
    for login in ("ana", "nobody"):
        began = time.perf_counter()
        assert await users.check(login, "wrong password") is None
        took.append(time.perf_counter() - began)
    assert took[1] > took[0] / 4  # a lookup without a hash would be a hundred times quicker


async def test_the_password_is_kept_as_an_argon2id_hash_and_never_noted(undone: db.Connection) -> None:
    await users.add(undone, TESTER, "ana", "", PASSWORD, "admin")
    row = await undone.fetchrow("select * from staff_user")
    assert row["password_hash"].startswith("$argon2id$") and row["name"] == "ana"
    assert PASSWORD not in str(await undone.fetch("select * from audit"))


async def test_everything_wrong_with_a_new_user_is_told_at_once(undone: db.Connection) -> None:
    with pytest.raises(InvalidInput) as problem:
        await users.add(undone, TESTER, " ", "", "short", "king")
    assert set(problem.value.fields) == {"login", "password", "role"}


async def test_a_login_is_taken_once(undone: db.Connection) -> None:
    await users.add(undone, TESTER, "ana", "", PASSWORD, "admin")
    with pytest.raises(InvalidInput) as problem:
        await users.add(undone, TESTER, "ANA", "", PASSWORD, "admin")
    assert problem.value.fields == {"login": "already taken"}


def test_a_damaged_hash_matches_nothing() -> None:
    assert not users.matches("not a hash", PASSWORD) and not users.matches(users.NOBODY, PASSWORD)
