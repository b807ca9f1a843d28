"""Dunning: the ladder by the company's calendar, the brake that asks, and nobody's hold but billing's own."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing import dunning, payments
from billing.dunning import Look
from oss.access import holds
from oss.base import clock, db, jobs, settings
from oss.base.events import LISTENERS, Listener
from oss.base.problems import Conflict, NotFound
from oss.contracts import lifecycle
from tests.conftest import TESTER, Seed, overdue_invoice
from tests.waiting import eventually

LADDER = ((5, "reduce"), (15, "wall"), (45, "cut"))


async def standing(connection: db.Connection, contract: int) -> dict[str, str]:
    rows = await connection.fetch(
        "select reason, effect from hold where contract_id = $1 and lifted_at is null", contract
    )
    return {row["reason"]: row["effect"] for row in rows}


async def note(connection: db.Connection, contract: int) -> str:
    return str(
        await connection.fetchval("select note from hold where contract_id = $1 and lifted_at is null", contract)
    )


async def pay(connection: db.Connection, invoice: int, cents: int = 10_990) -> None:
    await payments.register(connection, TESTER, invoice_id=invoice, amount_cents=cents, method="pix")


async def many(connection: db.Connection, provider: Seed, count: int, days: int) -> list[int]:
    """So many contracts more, each with an invoice that fell due so many days ago; set-based, for the brake."""
    rows = await connection.fetch(
        "insert into contract (company_id, customer_id, plan_id, started_on) "
        "select $1, $2, $3, '2025-01-01' from generate_series(1, $4::int) returning id",
        *(provider.company, provider.customers[0], provider.plan, count),
    )
    contracts = [row["id"] for row in rows]
    due = clock.today("America/Sao_Paulo") - timedelta(days=days)
    await connection.execute(
        "insert into invoice (company_id, customer_id, contract_id, number, period_from, period_to, issued_on, due_on, "
        "amount_cents) select $1, $2, id, 1000 + id, $4, $4, $4, $4, 100 from unnest($3::bigint[]) id",
        *(provider.company, provider.customers[0], contracts, due),
    )
    await connection.execute("analyze contract, invoice")  # as autovacuum would: else it plans for five contracts
    return contracts


async def runs(connection: db.Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch("select state, placed, worsened from dunning_run order by id")]


# ------------------------------------------------------------ the ladder


RUNGS = ((-3, None), (0, None), (1, None), (4, None), (5, "reduce"), (14, "reduce"), (15, "wall"), (44, "wall"))


@pytest.mark.parametrize(("days", "effect"), [*RUNGS, (45, "cut"), (400, "cut")])
async def test_each_day_has_its_rung(undone: db.Connection, provider: Seed, days: int, effect: str | None) -> None:
    contract = provider.contracts[0]
    await overdue_invoice(undone, contract, days)
    await dunning.look(undone)
    assert await standing(undone, contract) == ({"overdue": effect} if effect else {})
    assert await dunning.look(undone) == Look(0, 0, 0)  # a second look finds nothing to do


async def test_the_day_begins_at_the_companys_midnight(undone: db.Connection, provider: Seed) -> None:
    """Two companies, 26 hours apart: what is the fifth day here is not yet, or already the sixth, there."""
    at = await undone.fetchval("select now()")
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        await undone.execute("update company set zone = $1", zone)
        today = at.astimezone(ZoneInfo(zone)).date()
        for days, held in ((4, False), (5, True)):
            undo = undone.transaction()
            await undo.start()
            await due_on(undone, provider.contracts[0], today - timedelta(days=days))
            await dunning.look(undone)
            assert await standing(undone, provider.contracts[0]) == ({"overdue": "reduce"} if held else {})
            await undo.rollback()


async def due_on(connection: db.Connection, contract: int, day: date) -> int:
    invoice = await overdue_invoice(connection, contract, 10)
    await connection.execute("update invoice set issued_on = $2, due_on = $2 where id = $1", invoice, day)
    return invoice


@pytest.mark.parametrize("minutes", [-1, 1])
async def test_a_minute_around_midnight_decides(
    undone: db.Connection, provider: Seed, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    midnight = datetime(2026, 11, 23, 3, tzinfo=UTC)  # in São Paulo, three hours behind London
    await due_on(undone, provider.contracts[0], date(2026, 11, 18))
    at = f"'{(midnight + timedelta(minutes=minutes)).isoformat()}'::timestamptz"
    monkeypatch.setattr(dunning, "DIFFERENCE", dunning.DIFFERENCE.replace("now()", at))
    await dunning.look(undone)
    assert await standing(undone, provider.contracts[0]) == ({"overdue": "reduce"} if minutes > 0 else {})


async def test_the_oldest_debt_decides_and_is_named(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    old = await overdue_invoice(undone, contract, 50)
    new = await overdue_invoice(undone, contract, 20)
    await dunning.look(undone)
    number, due = await undone.fetchrow("select number, due_on from invoice where id = $1", old)
    assert (await standing(undone, contract), await note(undone, contract)) == ({"overdue": "cut"}, f"{number}, {due}")
    await pay(undone, old)
    assert await dunning.look(undone, [contract]) == Look(0, 0, 0)  # neither new nor worse: milder
    number, due = await undone.fetchrow("select number, due_on from invoice where id = $1", new)
    assert (await standing(undone, contract), await note(undone, contract)) == ({"overdue": "wall"}, f"{number}, {due}")


async def test_the_debt_named_is_one_that_is_owed(undone: db.Connection, provider: Seed) -> None:
    """Of two debts on one rung the older is paid: the effect stays, its reason does not."""
    contract = provider.contracts[0]
    old, new = await overdue_invoice(undone, contract, 60), await overdue_invoice(undone, contract, 50)
    await dunning.look(undone)
    await pay(undone, old)
    await dunning.look(undone, [contract])
    number = await undone.fetchval("select number from invoice where id = $1", new)
    assert await standing(undone, contract) == {"overdue": "cut"}
    assert (await note(undone, contract)).startswith(f"{number}, ")


async def facts(connection: db.Connection, contract: int) -> dict[str, str]:
    sql = "select facts from hold where contract_id = $1 and reason = 'overdue' and lifted_at is null"
    return dict(json.loads(await connection.fetchval(sql, contract)))


async def test_the_hold_carries_the_oldest_invoice_as_facts(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    old, new = await overdue_invoice(undone, contract, 60), await overdue_invoice(undone, contract, 50)
    await undone.execute("update invoice set series = 'B2' where id = $1", old)
    await dunning.look(undone)
    for invoice, series in ((old, "B2"), (new, "1")):
        number, due = await undone.fetchrow("select number, due_on from invoice where id = $1", invoice)
        assert await facts(undone, contract) == {"invoice": f"{series}-{number}", "due_on": due.isoformat()}
        await pay(undone, invoice)
        await dunning.look(undone, [contract])
    assert await standing(undone, contract) == {}


async def test_a_hold_of_before_gets_its_facts_and_nobody_is_told(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    await overdue_invoice(undone, contract, 20)
    await dunning.look(undone)
    known = await facts(undone, contract)
    before = await undone.fetchval("select count(*) from audit")
    await undone.execute("update hold set facts = '{}'")
    assert await dunning.look(undone) == Look(0, 0, 0)
    assert await facts(undone, contract) == known != {}
    assert await undone.fetchval("select count(*) from audit") == before
    version = await undone.fetchval("select xmin::text || cmin::text from hold")
    await dunning.look(undone)
    assert await undone.fetchval("select xmin::text || cmin::text from hold") == version  # nothing is written again


async def test_a_part_payment_lifts_nothing(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    invoice = await overdue_invoice(undone, contract, 20)
    await dunning.look(undone)
    await pay(undone, invoice, 10_989)
    assert await dunning.look(undone, [contract]) == Look(0, 0, 0)
    await pay(undone, invoice, 1)
    assert await dunning.look(undone, [contract]) == Look(0, 0, 1) and await standing(undone, contract) == {}


async def test_a_hold_grows_worse_from_rung_to_rung(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    invoice = await overdue_invoice(undone, contract, 5)
    looks = [await dunning.look(undone)]
    for days in (15, 45):
        day = clock.today("America/Sao_Paulo") - timedelta(days=days)
        await undone.execute("update invoice set issued_on = $2, due_on = $2 where id = $1", invoice, day)
        looks.append(await dunning.look(undone))
    assert looks == [Look(1, 0, 0), Look(0, 1, 0), Look(0, 1, 0)]
    assert await undone.fetchval("select count(*) from hold") == 1


async def test_of_two_steps_on_one_day_the_worse_counts(undone: db.Connection, provider: Seed) -> None:
    await undone.execute("insert into dunning_step (company_id, day, action) values ($1, 5, 'cut')", provider.company)
    await overdue_invoice(undone, provider.contracts[0], 6)
    await dunning.look(undone)
    assert await standing(undone, provider.contracts[0]) == {"overdue": "cut"}


async def test_a_company_climbs_its_own_ladder(undone: db.Connection, provider: Seed) -> None:
    other = await undone.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ('B', 'B', '11444777000161', 'America/Sao_Paulo') "
        "returning id"
    )
    await undone.execute("insert into dunning_step (company_id, day, action) values ($1, 30, 'cut')", other)
    first, second = provider.contracts[:2]
    await undone.execute("update contract set company_id = $1 where id = $2", other, second)
    for contract in (first, second):
        await overdue_invoice(undone, contract, 20)
    await undone.execute("update dunning_step set active = false where company_id = $1 and day = 15", provider.company)
    await dunning.look(undone)
    assert (await standing(undone, first), await standing(undone, second)) == ({"overdue": "reduce"}, {})


async def test_an_ended_contract_is_not_dunned(undone: db.Connection, provider: Seed) -> None:
    first, second = provider.contracts[:2]
    for contract in (first, second):
        await overdue_invoice(undone, contract, 20)
    await lifecycle.end(undone, TESTER, first, clock.today("America/Sao_Paulo"))
    await dunning.look(undone)
    assert await standing(undone, first) == {}
    await lifecycle.end(undone, TESTER, second, clock.today("America/Sao_Paulo"))
    assert await dunning.look(undone) == Look(0, 0, 1) and await standing(undone, second) == {}


async def test_a_look_at_some_leaves_the_others_alone(undone: db.Connection, provider: Seed) -> None:
    first, second = provider.contracts[:2]
    for contract in (first, second):
        await overdue_invoice(undone, contract, 20)
    assert await dunning.look(undone, [first, 0]) == Look(1, 0, 0)
    assert await standing(undone, second) == {}
    assert await dunning.look(undone, []) == Look(0, 0, 0)


# ------------------------------------------------------------ others' holds, promises


async def test_paying_lifts_billings_hold_and_no_other(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[0]
    invoice = await overdue_invoice(undone, contract, 50)
    for reason in ("manual", "fraud", "pause"):
        await holds.place(undone, TESTER, [contract], reason)
    await dunning.look(undone)
    await pay(undone, invoice)
    assert await dunning.look(undone, [contract]) == Look(0, 0, 1)
    assert await standing(undone, contract) == {"manual": "cut", "fraud": "cut", "pause": "cut"}


async def test_a_promise_masks_the_hold_and_lives_as_long_as_the_debt(undone: db.Connection, provider: Seed) -> None:
    contract, until = provider.contracts[0], clock.now() + timedelta(days=3)
    invoice = await overdue_invoice(undone, contract, 14)
    await dunning.look(undone)
    await holds.promise(undone, TESTER, contract, until)
    await undone.execute("update invoice set issued_on = due_on - 40, due_on = due_on - 40 where id = $1", invoice)
    assert await dunning.look(undone) == Look(0, 1, 0)
    assert tuple(await undone.fetchrow("select effect, masked_until from hold")) == ("cut", until)
    await pay(undone, invoice)
    await dunning.look(undone, [contract])
    await overdue_invoice(undone, contract, 14)
    await dunning.look(undone)
    assert await undone.fetchval("select masked_until from hold where lifted_at is null") is None  # a new debt


# ------------------------------------------------------------ the brake


async def test_a_mass_cut_is_asked_for_once_and_places_nothing(undone: db.Connection, provider: Seed) -> None:
    await many(undone, provider, 30, 20)
    for _ in range(3):
        assert await dunning.look(undone) == Look(0, 0, 0, asked=True)
    assert await undone.fetchval("select count(*) from hold") == 0
    assert await runs(undone) == [("asked", 30, 0)]
    assert await undone.fetchval("select count(*) from audit where action = 'dunning.asked'") == 1
    await many(undone, provider, 5, 20)
    await dunning.look(undone)
    assert await runs(undone) == [("asked", 35, 0)]  # the question is kept up to date


@pytest.mark.parametrize(
    ("due", "good", "asked"),
    [(19, 0, False), (20, 375, False), (20, 374, True), (21, 375, True)],
    ids=["below the least", "at the share", "above the share", "one more"],
)
async def test_the_brake_needs_a_share_and_a_least_number(
    undone: db.Connection, provider: Seed, due: int, good: int, asked: bool
) -> None:
    await many(undone, provider, due, 20)
    await many(undone, provider, good, 0)
    assert (await dunning.look(undone)).asked is asked  # beside them five contracts of the small provider


async def test_the_operator_sets_the_brake(undone: db.Connection, provider: Seed) -> None:
    await many(undone, provider, 3, 20)
    await settings.write(undone, TESTER, "dunning.brake_minimum", 2)
    assert (await dunning.look(undone)).asked
    await settings.write(undone, TESTER, "dunning.brake_share", 0.5)
    assert await dunning.look(undone) == Look(3, 0, 0)


async def test_lifting_and_easing_are_never_braked(undone: db.Connection, provider: Seed) -> None:
    paid, eased = provider.contracts[:2]
    invoice, old = await overdue_invoice(undone, paid, 20), await overdue_invoice(undone, eased, 50)
    await overdue_invoice(undone, eased, 6)
    await dunning.look(undone)
    await many(undone, provider, 30, 20)
    await pay(undone, invoice)
    await pay(undone, old)
    assert await dunning.look(undone) == Look(0, 0, 1, asked=True)
    assert (await standing(undone, paid), await standing(undone, eased)) == ({}, {"overdue": "reduce"})


async def test_growing_worse_is_braked_too(undone: db.Connection, provider: Seed) -> None:
    contracts = await many(undone, provider, 30, 20)
    await dunning.look(undone, brake=False)
    await undone.execute("update invoice set issued_on = due_on - 40, due_on = due_on - 40")
    assert (await dunning.look(undone)).asked and await runs(undone) == [("asked", 0, 30)]
    assert await standing(undone, contracts[0]) == {"overdue": "wall"}


async def test_a_single_contracts_look_is_not_braked(undone: db.Connection, provider: Seed) -> None:
    contracts = await many(undone, provider, 30, 20)
    await dunning.look(undone)
    assert await dunning.look(undone, contracts[:1]) == Look(1, 0, 0)


async def test_who_approves_carries_it_out(undone: db.Connection, provider: Seed) -> None:
    contracts = await many(undone, provider, 30, 20)
    await dunning.look(undone)
    run = await undone.fetchval("select id from dunning_run")
    assert await dunning.answer(undone, TESTER, run, approve=True) == Look(30, 0, 0)
    assert await standing(undone, contracts[0]) == {"overdue": "wall"}
    row = await undone.fetchrow("select * from dunning_run")
    assert (row["state"], row["placed"], row["decided_by"], row["decided_at"] is None) == (
        "approved",
        30,
        "test",
        False,
    )
    assert await dunning.look(undone) == Look(0, 0, 0)
    with pytest.raises(Conflict):
        await dunning.answer(undone, TESTER, run, approve=False)
    with pytest.raises(NotFound):
        await dunning.answer(undone, TESTER, 0, approve=True)


async def test_who_refuses_is_not_asked_again_for_a_day(undone: db.Connection, provider: Seed) -> None:
    await many(undone, provider, 30, 20)
    await dunning.look(undone)
    run = await undone.fetchval("select id from dunning_run")
    assert await dunning.answer(undone, TESTER, run, approve=False) == Look(0, 0, 0)
    assert (await dunning.look(undone)).asked and await runs(undone) == [("refused", 0, 0)]
    assert await undone.fetchval("select count(*) from hold") == 0
    await undone.execute("update dunning_run set decided_at = now() - interval '25 hours'")
    await dunning.look(undone)
    assert await runs(undone) == [("refused", 0, 0), ("asked", 30, 0)]


# ------------------------------------------------------------ notices and the rounds


async def test_a_notice_is_told_once(undone: db.Connection, provider: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(connection: db.Connection, event: object) -> None:
        """The job's row is all that counts."""

    monkeypatch.setitem(LISTENERS, "test", Listener("test", dunning.NoticeDue, "bulk", nothing))
    for day in (-3, 1):
        await undone.execute(
            "insert into dunning_step (company_id, day, action) values ($1, $2, 'notice')", provider.company, day
        )
    soon = await overdue_invoice(undone, provider.contracts[0], -3)
    late = await overdue_invoice(undone, provider.contracts[1], 2)
    await overdue_invoice(undone, provider.contracts[2], 9)  # too old to be told of either step
    for _ in range(2):
        await dunning.walk_the_ladder(undone)
    told = [json.loads(row["payload"]) for row in await undone.fetch("select payload from job where listener = 'test'")]
    days = {row["id"]: row["day"] for row in await undone.fetch("select id, day from dunning_step")}
    assert sorted((one["invoice_id"], days[one["step_id"]]) for one in told) == [(soon, -3), (late, -3), (late, 1)]
    assert await standing(undone, provider.contracts[2]) == {"overdue": "reduce"}  # the round looks at all, too


async def test_a_payment_lifts_the_hold_by_itself(seed: Seed, database: str) -> None:
    contract = seed.contracts[0]
    async with db.transaction() as connection:
        invoice = await overdue_invoice(connection, contract, 20)
        await dunning.look(connection)
        assert await standing(connection, contract) == {"overdue": "wall"}
    worker = asyncio.create_task(jobs.Worker(database, "access").run(jobs.Health("access")))
    async with db.transaction() as connection:
        await pay(connection, invoice)
    await eventually(lambda: db.fetchval("select lifted_at is not null from hold"))
    assert await db.fetchval("select lifted_by from hold") == "system:dunning"
    await eventually(lambda: db.fetchval("select count(*) = 0 from job"))
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


async def test_who_pays_while_the_ladder_is_walked_is_not_left_held(seed: Seed) -> None:
    """The round sees the debt; the payment commits and its look runs before the round commits."""
    contract = seed.contracts[0]
    async with db.transaction() as connection:
        invoice = await overdue_invoice(connection, contract, 20)

    async def look_again() -> Look:
        async with db.transaction() as connection:
            return await dunning.look(connection, [contract])

    async with db.transaction() as walking:
        assert await dunning.look(walking) == Look(1, 0, 0)

        async def pays() -> None:
            async with db.transaction() as paying:
                await pay(paying, invoice)

        await asyncio.create_task(pays())
        looking = asyncio.create_task(look_again())
        waits = (
            "select count(*) > 0 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        await eventually(lambda: db.fetchval(waits))
        assert not looking.done()
    assert await looking == Look(0, 0, 1)
    assert await db.fetchval("select count(*) from hold where lifted_at is null") == 0
