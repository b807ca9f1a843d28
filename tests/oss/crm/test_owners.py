"""Customers of somebody who leaves become another's own."""

from __future__ import annotations

import json

import pytest

from oss.base import db
from oss.base.problems import InvalidInput
from oss.crm import owners
from oss.staff import users
from tests.conftest import TESTER, Seed


async def _people(connection: db.Connection) -> tuple[int, int]:
    sol = await users.add(connection, TESTER, "sol", "Sol", "sol-password-1", "seller")
    return sol, await users.add(connection, TESTER, "eva", "Eva", "eva-password-1", "seller")


async def test_all_of_somebodys_customers_are_given_at_once_and_one_sentence_says_so(
    undone: db.Connection, provider: Seed
) -> None:
    sol, eva = await _people(undone)
    await undone.execute("update customer set owner_id = $1 where id = any($2::bigint[])", sol, provider.customers[:3])
    assert await owners.hand_over(undone, TESTER, sol, eva) == 3
    assert (await owners.count(undone, sol), await owners.count(undone, eva)) == (0, 3)
    row = await undone.fetchrow("select object_id, detail from audit where action = 'user.customers_handed_over'")
    assert row["object_id"] == str(sol) and json.loads(row["detail"]) == {"count": 3, "to": "Eva"}
    assert await owners.hand_over(undone, TESTER, sol, eva) == 0
    assert await undone.fetchval("select count(*) from audit where action = 'user.customers_handed_over'") == 1


async def test_nobody_gets_them_who_is_not_there_or_may_not_sign_in(undone: db.Connection, provider: Seed) -> None:
    sol, eva = await _people(undone)
    await undone.execute("update customer set owner_id = $1", sol)
    await undone.execute("update staff_user set active = false where id = $1", eva)
    for to in (sol, eva, 999_999_999):
        with pytest.raises(InvalidInput):
            await owners.hand_over(undone, TESTER, sol, to)
    assert await owners.count(undone, sol) == len(provider.customers)
