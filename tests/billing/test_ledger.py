"""The ledger: every entry balances, nothing is ever changed, and the books agree with the invoices."""

from __future__ import annotations

from datetime import date, timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import invoices, ledger, payments
from billing.ledger import CASH, CREDIT, RECEIVABLE, REVENUE, Line
from billing.payments import AlreadyPaid
from oss.base import db
from tests.conftest import TESTER, Seed

DAY = date(2026, 11, 1)
COLUMNS = {"journal_entry": "memo", "posting": "amount_cents", "payment": "method"}
UNBALANCED = """select entry_id from posting group by entry_id having sum(amount_cents) <> 0 or count(*) < 2
union all select e.id from journal_entry e where not exists (select 1 from posting p where p.entry_id = e.id)"""
TRIAL = "select account_code, sum(amount_cents)::bigint as cents from posting group by account_code"
# (of which contract, an invoice or a payment of what, cents)
STEPS = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 30_000)), max_size=12)


async def invoice(connection: db.Connection, contract: int, cents: int) -> int:
    return await invoices.issue(
        connection,
        TESTER,
        contract_id=contract,
        period_from=DAY,
        period_to=DAY + timedelta(days=29),
        issued_on=DAY,
        due_on=DAY + timedelta(days=9),
        amount_cents=cents,
    )


async def post(connection: db.Connection, provider: Seed, *lines: Line, ref_id: int = 1) -> int:
    return await ledger.post(
        connection, TESTER, company_id=provider.company, kind="test", ref_id=ref_id, on=DAY, lines=lines
    )


async def books(connection: db.Connection) -> dict[str, int]:
    return {row["account_code"]: row["cents"] for row in await connection.fetch(TRIAL)}


async def at_commit(connection: db.Connection) -> None:
    """Check now what the database checks when the transaction commits."""
    await connection.execute("set constraints all immediate")
    await connection.execute("set constraints all deferred")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_any_invoices_and_payments_keep_the_books(
    undone: db.Connection, provider: Seed, steps: list[tuple[int, bool, int]]
) -> None:
    transaction = undone.transaction()
    await transaction.start()
    try:
        billed = received = 0
        open_ones: list[int] = []
        for number, pays, cents in steps:
            if not pays:
                open_ones.append(await invoice(undone, provider.contracts[number], cents))
                billed += cents
            elif open_ones:
                one = open_ones[number % len(open_ones)]
                receipt = await payments.register(undone, TESTER, invoice_id=one, amount_cents=cents, method="pix")
                received += cents
                if receipt.paid:
                    open_ones.remove(one)
        await at_commit(undone)
        assert await undone.fetch(UNBALANCED) == []
        found = await books(undone)
        assert sum(found.values()) == 0
        assert (found.get(CASH, 0), -found.get(REVENUE, 0)) == (received, billed)
        owed = await undone.fetchrow(
            "select coalesce(sum(greatest(amount_cents - paid_cents, 0)), 0)::bigint as debt, "
            "coalesce(sum(greatest(paid_cents - amount_cents, 0)), 0)::bigint as credit from invoice"
        )
        assert (found.get(RECEIVABLE, 0), -found.get(CREDIT, 0)) == (owed["debt"], owed["credit"])
        for customer in provider.customers:
            debt = await undone.fetchval(
                "select coalesce(sum(greatest(amount_cents - paid_cents, 0)), 0)::bigint from invoice "
                "where customer_id = $1",
                customer,
            )
            assert await ledger.balance(undone, RECEIVABLE, customer) == debt
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("table", COLUMNS)
@pytest.mark.parametrize(
    "sql",
    [
        "update {table} set {column} = {column}",
        "delete from {table}",
        "truncate {table} cascade",
        "delete from {table} where false",
    ],
)
async def test_nothing_in_the_books_is_changed(undone: db.Connection, provider: Seed, table: str, sql: str) -> None:
    one = await invoice(undone, provider.contracts[0], 100)
    await payments.register(undone, TESTER, invoice_id=one, amount_cents=100, method="pix")
    await at_commit(undone)
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        async with undone.transaction():
            await undone.execute(sql.format(table=table, column=COLUMNS[table]))
    assert await undone.fetchval(f"select count(*) from {table}") > 0


async def test_an_entry_that_does_not_balance_is_refused_before_it_is_written(
    undone: db.Connection, provider: Seed
) -> None:
    with pytest.raises(ValueError, match="does not balance"):
        await post(undone, provider, Line(CASH, 100), Line(REVENUE, -99))
    assert await undone.fetchval("select count(*) from journal_entry") == 0


@pytest.mark.parametrize("cents", [[100, -99], [100], [], [0, 0]])
async def test_the_database_itself_refuses_what_does_not_balance(
    undone: db.Connection, provider: Seed, cents: list[int]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with undone.transaction():
            entry = await undone.fetchval(ledger.ENTRY, provider.company, "test", 1, DAY, "", "somebody")
            await undone.execute(ledger.POSTINGS, entry, [CASH] * len(cents), [None] * len(cents), cents)
            await at_commit(undone)


async def test_a_posting_added_to_a_balanced_entry_is_refused(undone: db.Connection, provider: Seed) -> None:
    entry = await post(undone, provider, Line(CASH, 100), Line(REVENUE, -100))
    await at_commit(undone)
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        async with undone.transaction():
            await undone.execute(ledger.POSTINGS, entry, [CASH], [None], [5])
            await at_commit(undone)


async def test_the_check_waits_for_the_commit_of_a_real_transaction(seed: Seed) -> None:
    async with db.transaction() as connection:
        entry = await post(connection, seed, Line(CASH, 100), Line(REVENUE, -100))
    with pytest.raises(Exception, match="does not balance"):
        async with db.transaction() as connection:
            await connection.execute(ledger.POSTINGS, entry, [CASH], [None], [5])
    assert await db.fetchval("select count(*) from posting") == 2


async def test_a_fact_is_posted_once(undone: db.Connection, provider: Seed) -> None:
    await post(undone, provider, Line(CASH, 100), Line(REVENUE, -100))
    with pytest.raises(asyncpg.UniqueViolationError):
        async with undone.transaction():
            await post(undone, provider, Line(CASH, 100), Line(REVENUE, -100))
    await post(undone, provider, Line(CASH, 100), Line(REVENUE, -100), ref_id=2)


async def test_lines_of_nothing_are_left_out(undone: db.Connection, provider: Seed) -> None:
    entry = await post(undone, provider, Line(CASH, 100), Line(REVENUE, -100), Line(CREDIT, 0))
    assert await undone.fetchval("select count(*) from posting where entry_id = $1", entry) == 2


async def test_an_account_that_is_not_in_the_plan_is_refused(undone: db.Connection, provider: Seed) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with undone.transaction():
            await post(undone, provider, Line("9.9.9", 100), Line(CASH, -100))


async def test_a_paid_invoice_takes_no_more(undone: db.Connection, provider: Seed) -> None:
    one = await invoice(undone, provider.contracts[0], 100)
    await payments.register(undone, TESTER, invoice_id=one, amount_cents=100, method="pix")
    with pytest.raises(AlreadyPaid):
        await payments.register(undone, TESTER, invoice_id=one, amount_cents=100, method="pix")
