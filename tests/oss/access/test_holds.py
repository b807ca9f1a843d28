"""Holds: placed and lifted in one statement, by their owners only, each change told and noted."""

from __future__ import annotations

import json
from datetime import timedelta

import asyncpg
import pytest

from oss.access import holds
from oss.base import clock, db
from oss.base.events import LISTENERS, Listener
from oss.base.problems import Conflict, Forbidden, InvalidInput, NotFound
from tests.conftest import TESTER, Seed
from tests.waiting import eventually


async def standing(connection: db.Connection, contract: int) -> dict[str, str]:
    rows = await connection.fetch(
        "select reason, effect from hold where contract_id = $1 and lifted_at is null", contract
    )
    return {row["reason"]: row["effect"] for row in rows}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listeners of both events, so that jobs show what was told."""

    async def nothing(connection: db.Connection, event: object) -> None:
        """The job's row is all that counts."""

    for event in (holds.HoldPlaced, holds.HoldLifted):
        monkeypatch.setitem(LISTENERS, event.__name__, Listener(event.__name__, event, "default", nothing))


async def told(connection: db.Connection) -> list[tuple[str, dict[str, object]]]:
    rows = await connection.fetch("select listener, payload from job order by listener, payload")
    return [(row["listener"], json.loads(row["payload"])) for row in rows]


async def test_contracts_are_held_at_once_and_each_change_is_told(
    undone: db.Connection, provider: Seed, heard: None
) -> None:
    first, second = provider.contracts[:2]
    assert sorted(await holds.place(undone, TESTER, [second, first, first], "manual", "wall", "a note")) == [
        first,
        second,
    ]
    assert await standing(undone, first) == await standing(undone, second) == {"manual": "wall"}
    assert await told(undone) == [
        ("HoldPlaced", {"reason": "manual", "contract_id": first}),
        ("HoldPlaced", {"reason": "manual", "contract_id": second}),
    ]
    row = await undone.fetchrow("select * from audit where action = 'hold.placed'")
    assert sorted(json.loads(row["detail"])["contracts"]) == [first, second] and row["actor"] == "test"


async def test_a_second_hold_for_one_reason_changes_it(undone: db.Connection, provider: Seed, heard: None) -> None:
    contract = provider.contracts[0]
    await holds.place(undone, TESTER, [contract], "manual", "wall")
    assert await holds.place(undone, TESTER, [contract], "manual", "wall") == []  # nothing new
    assert await holds.place(undone, TESTER, [contract], "manual", "cut") == [contract]
    await holds.place(undone, TESTER, [contract], "fraud", "reduce")
    assert await standing(undone, contract) == {"manual": "cut", "fraud": "reduce"}
    assert len(await told(undone)) == 3


async def test_facts_alone_change_the_hold_and_tell_nobody(undone: db.Connection, provider: Seed, heard: None) -> None:
    first, second = provider.contracts[:2]
    both, held = [first, second], ["wall", "cut"]
    old, new = {"invoice": "1-1", "due_on": "2026-10-10"}, {"invoice": "1-2", "due_on": "2026-11-10"}

    async def place(notes: list[str], facts: list[dict[str, str]] | None) -> list[int]:
        return await holds.place_each(undone, TESTER, both, "overdue", held, notes, facts)

    assert sorted(await place(["a", "b"], None)) == both
    assert await place(["a", "b"], [old, old]) == []
    assert await place(["a", "c"], [old, new]) == [second]
    rows = await undone.fetch("select note, facts from hold order by contract_id")
    assert [(row["note"], json.loads(row["facts"])) for row in rows] == [("a", old), ("c", new)]
    assert len(await told(undone)) == 3
    assert await undone.fetchval("select count(*) from audit where action = 'hold.placed'") == 2


async def test_a_contract_that_does_not_exist_is_passed_over(undone: db.Connection, provider: Seed) -> None:
    assert await holds.place(undone, TESTER, [0, provider.contracts[0]], "manual") == [provider.contracts[0]]
    assert await holds.place(undone, TESTER, [], "manual") == []


@pytest.mark.parametrize(
    ("reason", "effect", "note", "field"),
    [("moon", "cut", "", "reason"), ("manual", "explode", "", "effect"), ("manual", "cut", "x" * 241, "note")],
)
async def test_what_is_wrong_with_a_hold_is_told(
    undone: db.Connection, reason: str, effect: str, note: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as problem:
        await holds.place(undone, TESTER, [1], reason, effect, note)
    assert list(problem.value.fields) == [field]


async def test_a_lifted_hold_is_history_and_may_come_again(undone: db.Connection, provider: Seed, heard: None) -> None:
    contract = provider.contracts[0]
    await holds.place(undone, TESTER, [contract], "manual")
    assert await holds.lift(undone, TESTER, [contract, 0], "manual") == [contract]
    assert await holds.lift(undone, TESTER, [contract], "manual") == []
    await holds.place(undone, TESTER, [contract], "manual", "reduce")
    rows = await undone.fetch("select lifted_by, effect from hold where contract_id = $1 order by id", contract)
    assert [tuple(row) for row in rows] == [("test", "cut"), (None, "reduce")]
    assert ("HoldLifted", {"reason": "manual", "contract_id": contract}) in await told(undone)


@pytest.mark.parametrize(
    ("owner", "reason", "may"),
    [
        ("billing", "overdue", True),
        ("billing", "manual", False),
        ("billing", "fraud", False),
        ("billing", "pause", False),
        ("customer", "pause", True),
        ("customer", "overdue", False),
        ("customer", "manual", False),
        *[("staff", reason, True) for reason in holds.OWNERS],
    ],
)
async def test_nobody_lifts_anothers_hold_but_staff(
    undone: db.Connection, provider: Seed, owner: str, reason: str, may: bool
) -> None:
    contract = provider.contracts[0]
    await holds.place(undone, TESTER, [contract], reason)
    if may:
        assert await holds.lift(undone, TESTER, [contract], reason, owner=owner) == [contract]
        return
    with pytest.raises(Forbidden):
        await holds.lift(undone, TESTER, [contract], reason, owner=owner)
    assert await standing(undone, contract) == {reason: "cut"}


async def test_an_unknown_reason_is_not_lifted(undone: db.Connection) -> None:
    with pytest.raises(InvalidInput):
        await holds.lift(undone, TESTER, [1], "moon")


async def test_the_database_keeps_one_hold_a_reason(undone: db.Connection, provider: Seed) -> None:
    await holds.place(undone, TESTER, provider.contracts[:1], "manual")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with undone.transaction():
            await undone.execute(
                "insert into hold (contract_id, reason, owner, effect, placed_by) "
                "values ($1, 'manual', 'staff', 'cut', 'x')",
                provider.contracts[0],
            )


# ------------------------------------------------------------ promises


async def test_a_promise_masks_the_overdue_hold_once(undone: db.Connection, provider: Seed) -> None:
    contract, until = provider.contracts[0], clock.now() + timedelta(days=3)
    await holds.place(undone, TESTER, [contract], "overdue")
    await holds.promise(undone, TESTER, contract, until)
    assert await undone.fetchval("select masked_until from hold where contract_id = $1", contract) == until
    with pytest.raises(Conflict):
        await holds.promise(undone, TESTER, contract, until + timedelta(days=1))


async def test_a_worse_effect_does_not_end_a_promise(undone: db.Connection, provider: Seed) -> None:
    contract, until = provider.contracts[0], clock.now() + timedelta(days=3)
    await holds.place(undone, TESTER, [contract], "overdue", "reduce")
    await holds.promise(undone, TESTER, contract, until)
    await holds.place(undone, TESTER, [contract], "overdue", "cut")
    assert await undone.fetchval("select masked_until from hold where contract_id = $1", contract) == until


async def test_a_promise_needs_a_debt_and_a_future(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    await holds.place(undone, TESTER, [contract], "manual")
    with pytest.raises(NotFound):
        await holds.promise(undone, TESTER, contract, clock.now() + timedelta(days=1))
    await holds.place(undone, TESTER, [contract], "overdue")
    with pytest.raises(InvalidInput):
        await holds.promise(undone, TESTER, contract, clock.now())


# ------------------------------------------------------------ the bell


async def test_a_change_of_holds_rings_the_nodes_in_the_commit(seed: Seed, database: str) -> None:
    rung: list[str] = []
    listening = await db.connect(database)
    await listening.add_listener("milha_access", lambda *one: rung.append(one[-1]))
    first, second = seed.contracts[:2]
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [first, second], "manual")
        assert rung == []
    await eventually(lambda: rung)
    assert rung == [f"contracts:{first},{second}"]
    async with db.transaction() as connection:
        await holds.lift(connection, TESTER, [first], "manual")
    await eventually(lambda: len(rung) == 2)
    assert rung[1] == f"contracts:{first}"
    await listening.close()


async def test_a_thousand_changes_ring_in_bells_a_notification_can_carry(seed: Seed, database: str) -> None:
    rung: list[str] = []
    listening = await db.connect(database)
    await listening.add_listener("milha_access", lambda *one: rung.append(one[-1]))
    async with db.transaction() as connection:
        many = await connection.fetch(
            "insert into contract (company_id, customer_id, plan_id, started_on) "
            "select $1, $2, $3, '2026-01-01' from generate_series(1, 1200) returning id",
            *(seed.company, seed.customers[0], seed.plan),
        )
        contracts = [row["id"] for row in many]
        await holds.place(connection, TESTER, contracts, "manual")
    await eventually(lambda: len(rung) == 3)
    heard = [int(one) for bell in rung for one in bell.removeprefix("contracts:").split(",")]
    assert sorted(heard) == sorted(contracts) and max(len(bell) for bell in rung) < 8000
    await listening.close()
