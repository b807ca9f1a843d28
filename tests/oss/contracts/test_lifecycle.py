"""A contract starts, changes plan, ends - once, and only on sensible days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oss.base import clock
from oss.base.db import Connection
from oss.base.problems import InvalidInput, NotFound
from oss.contracts import changes, lifecycle, plans
from tests.conftest import TESTER, Seed

TODAY = clock.today("America/Sao_Paulo")


async def row(connection: Connection, contract: int) -> tuple[object, ...]:
    return tuple(await connection.fetchrow("select status, plan_id, ended_on from contract where id = $1", contract))


async def another_plan(connection: Connection) -> int:
    return await plans.save(connection, TESTER, plans.PlanValues("Outro", 100_000, 50_000, 5_000))


async def test_everything_wrong_with_a_new_contract_is_told_at_once(undone: Connection) -> None:
    with pytest.raises(InvalidInput) as problem:
        await lifecycle.start(
            undone, TESTER, company_id=0, customer_id=0, plan_id=0, due_day=29, started_on=date(2026, 1, 1)
        )
    assert set(problem.value.fields) == {"company_id", "customer_id", "plan_id", "due_day"}


async def test_a_contract_moves_to_another_plan(undone: Connection, provider: Seed) -> None:
    plan = await another_plan(undone)
    await lifecycle.change_plan(undone, TESTER, provider.contracts[0], plan)
    assert await row(undone, provider.contracts[0]) == ("active", plan, None)
    with pytest.raises(InvalidInput):
        await lifecycle.change_plan(undone, TESTER, provider.contracts[0], 0)
    with pytest.raises(NotFound):
        await lifecycle.change_plan(undone, TESTER, 0, plan)


async def test_a_contract_ends_once(undone: Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    await lifecycle.end(undone, TESTER, contract, TODAY)
    assert await row(undone, contract) == ("ended", provider.plan, TODAY)
    for gone in (contract, 0):
        with pytest.raises(NotFound):
            await lifecycle.end(undone, TESTER, gone, TODAY)


async def test_a_contract_does_not_end_before_it_began(undone: Connection, provider: Seed) -> None:
    with pytest.raises(InvalidInput) as problem:
        await lifecycle.end(undone, TESTER, provider.contracts[0], TODAY - timedelta(days=500))
    assert list(problem.value.fields) == ["ended_on"]


async def test_a_change_may_be_a_plan_an_end_or_both(undone: Connection, provider: Seed) -> None:
    plan = await another_plan(undone)
    first, second = provider.contracts[:2]
    await changes.change(undone, TESTER, first, plan_id=plan, ended_on=TODAY, end_reason="moved")
    assert await row(undone, first) == ("ended", plan, TODAY)
    await changes.change(undone, TESTER, second)
    assert await row(undone, second) == ("active", provider.plan, None)


async def test_what_has_ended_is_not_changed_any_more(undone: Connection, provider: Seed) -> None:
    await changes.change(undone, TESTER, provider.contracts[0], ended_on=TODAY, end_reason="price")
    with pytest.raises(changes.ContractHasEnded):
        await changes.change(undone, TESTER, provider.contracts[0], plan_id=provider.plan)
    with pytest.raises(NotFound):
        await changes.change(undone, TESTER, 0, ended_on=TODAY, end_reason="price")


@pytest.mark.parametrize("days", [1, -401])
async def test_a_contract_ends_within_its_life(undone: Connection, provider: Seed, days: int) -> None:
    with pytest.raises(InvalidInput) as problem:
        await changes.change(undone, TESTER, provider.contracts[0], ended_on=TODAY + timedelta(days=days))
    assert list(problem.value.fields) == ["ended_on"]


async def test_many_contracts_start_at_once_some_with_a_number_of_their_own(undone: Connection, provider: Seed) -> None:
    def one(number: int | None) -> lifecycle.NewContract:
        return lifecycle.NewContract(provider.company, provider.customers[0], provider.plan, 5, TODAY, number)

    ids = await lifecycle.start_all(undone, [one(None), one(990_001), one(None)])
    assert ids[1] == 990_001 and len(set(ids)) == 3 and min(ids[0], ids[2]) > 990_001
    rows = await undone.fetch("select status, due_day from contract where id = any($1::bigint[])", ids)
    assert [tuple(row) for row in rows] == [("active", 5)] * 3
    assert (await lifecycle.start_all(undone, [one(None)]))[0] > max(ids)
    assert await lifecycle.start_all(undone, []) == []


async def test_whoever_ends_a_contract_says_why(undone: Connection, provider: Seed) -> None:
    for wrong in ({"ended_on": TODAY}, {"end_reason": "price"}, {"ended_on": TODAY, "end_reason": "boredom"}):
        with pytest.raises(InvalidInput):
            await changes.change(undone, TESTER, provider.contracts[0], **wrong)
    await changes.change(undone, TESTER, provider.contracts[0], ended_on=TODAY, end_reason="competitor")
    sql = "select status, end_reason from contract where id = $1"
    assert tuple(await undone.fetchrow(sql, provider.contracts[0])) == ("ended", "competitor")
