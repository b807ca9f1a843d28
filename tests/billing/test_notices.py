"""What begins to need a person is told to who may do something about it, once a day."""

from __future__ import annotations

import json

import pytest

from billing import dunning
from billing.notices import tell_of_matters
from oss.base import audit, audit_chain, audit_check, db, jobs
from oss.staff import users
from tests.conftest import TESTER, Seed, overdue_invoice


@pytest.fixture(autouse=True)
async def staff(seed: Seed) -> None:
    """An administrator and a reader."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana", "ana-password-1", "admin")
        await users.add(connection, TESTER, "bia", "Bia", "bia-password-1", "finance")


async def look() -> None:
    async with db.transaction() as connection:
        await tell_of_matters(connection)


async def work() -> None:
    """What waits for the listener of broken chains."""
    async with db.transaction() as connection:
        for row in await connection.fetch("delete from job where listener like '%audit_watch%' returning *"):
            await jobs.run_job(connection, row["listener"], json.loads(row["payload"]))


async def told() -> list[tuple[str, str, str]]:
    sql = "select u.login, n.kind, n.href from notice n join staff_user u on u.id = n.user_id order by n.id"
    return [tuple(row) for row in await db.fetch(sql)]


async def test_nothing_is_told_while_nothing_needs_anybody() -> None:
    await look()
    assert await told() == []


async def test_dead_jobs_and_unknown_routers_are_told_once() -> None:
    await db.execute(
        "insert into job (lane, listener, payload, state, failed_at) values ('bulk', 'x', '{}', 'dead', now())"
    )
    await db.execute("insert into nas_knock values ('10.20.0.7', 41, now(), now())")
    await look()
    await look()
    assert sorted(await told()) == [
        ("ana", "jobs.dead", "/console/health#dead"),
        ("ana", "nas.unknown", "/console/nas"),
        ("bia", "jobs.dead", "/console/health#dead"),
    ]


async def test_the_brakes_question_is_told_with_the_look_that_asks_it(seed: Seed) -> None:
    async with db.transaction() as connection:
        await connection.execute("insert into setting values ('dunning.brake_minimum', '2', now())")
        for contract in seed.contracts:
            await overdue_invoice(connection, contract, 7)
        assert (await dunning.look(connection)).asked
        assert (await dunning.look(connection)).asked
    run = await db.fetchval("select id from dunning_run")
    assert await told() == [("ana", "brake.asked", f"/console/dunning/{run}")]


async def test_a_broken_audit_chain_is_told_to_administrators(seed: Seed) -> None:
    async with db.transaction() as connection:
        await audit_chain.seal(connection)
    await audit_check.check(audit.Actor("ana"))
    await work()
    assert await told() == []
    async with db.transaction() as connection:
        await connection.execute("alter table audit disable trigger audit_append_only")
        await connection.execute("update audit set actor = 'nobody' where seq = 2")
        await connection.execute("alter table audit enable trigger audit_append_only")
    await audit_check.check(audit.Actor("ana"))
    await work()
    facts = await db.fetchval("select facts->>'seq' from notice where kind = 'audit.broken'")
    assert facts == "2"
    assert [login for login, _, _ in await told()] == ["ana"]
