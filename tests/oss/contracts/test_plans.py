"""A plan has a name of its own and rates a router can keep."""

from __future__ import annotations

import dataclasses
import json

import pytest

from oss.base.db import Connection
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.contracts import plans
from oss.contracts.plans import PlanValues
from tests.conftest import TESTER

FIBRA = PlanValues("Fibra", 500_000, 250_000, 10_990, pool="clientes")


async def test_a_plan_is_kept_and_changed(undone: Connection) -> None:
    plan = await plans.save(undone, TESTER, FIBRA)
    assert await plans.save(undone, TESTER, dataclasses.replace(FIBRA, price_cents=0, active=False), plan) == plan
    row = await undone.fetchrow("select * from plan where id = $1", plan)
    assert (row["name"], row["price_cents"], row["active"], row["pool"], row["reduced_up_kbps"]) == (
        *("Fibra", 0, False, "clientes", 512),
    )
    details = await undone.fetch("select detail from audit where action = 'plan.saved' order by id")
    made, changed = [json.loads(one["detail"]) for one in details]
    assert made["price_cents"] == 10_990 and changed == {
        "name": "Fibra",
        "before": {"price_cents": 10_990, "active": True},
        "after": {"price_cents": 0, "active": False},
    }


async def test_two_plans_do_not_share_a_name(undone: Connection) -> None:
    plan = await plans.save(undone, TESTER, FIBRA)
    with pytest.raises(Conflict):
        await plans.save(undone, TESTER, FIBRA)
    assert await plans.save(undone, TESTER, FIBRA, plan) == plan


async def test_a_plan_that_is_not_there_cannot_be_changed(undone: Connection) -> None:
    with pytest.raises(NotFound):
        await plans.save(undone, TESTER, FIBRA, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("down_kbps", 0),
        ("up_kbps", -1),
        ("reduced_down_kbps", 400_000_001),
        ("reduced_up_kbps", 0),
        ("price_cents", -1),
    ],
)
async def test_what_is_wrong_with_a_plan_is_told(undone: Connection, field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as problem:
        await plans.save(undone, TESTER, dataclasses.replace(FIBRA, **{field: value}))
    assert list(problem.value.fields) == [field]
