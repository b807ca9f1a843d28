"""An invoice is issued once, numbered without a gap, and posted."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from billing import invoices, ledger
from oss.base import db
from oss.base.events import LISTENERS, Listener
from oss.base.problems import InvalidInput
from tests.conftest import TESTER, Seed

VALUES: dict[str, Any] = {
    "period_from": date(2026, 11, 1),
    "period_to": date(2026, 11, 30),
    "issued_on": date(2026, 11, 1),
    "due_on": date(2026, 11, 10),
    "amount_cents": 10_990,
}


async def test_an_invoice_is_a_debt_of_the_contracts_customer(undone: db.Connection, provider: Seed) -> None:
    contract = provider.contracts[2]
    one = await invoices.issue(undone, TESTER, contract_id=contract, explanation="novembro", **VALUES)
    row = await undone.fetchrow("select * from invoice where id = $1", one)
    assert (row["customer_id"], row["company_id"], row["status"], row["paid_cents"]) == (
        *(provider.customers[2], provider.company, "open", 0),
    )
    assert (row["due_on"], row["explanation"], row["number"]) == (date(2026, 11, 10), "novembro", 1)
    assert await ledger.balance(undone, ledger.RECEIVABLE, provider.customers[2]) == 10_990
    assert await ledger.balance(undone, ledger.REVENUE) == -10_990
    entry = await undone.fetchrow("select * from journal_entry")
    assert (entry["kind"], entry["ref_id"], entry["posted_on"], entry["actor"]) == (
        "invoice",
        one,
        row["issued_on"],
        "test",
    )


async def test_numbers_of_a_company_follow_each_other(undone: db.Connection, provider: Seed) -> None:
    for contract in provider.contracts[:3]:
        await invoices.issue(undone, TESTER, contract_id=contract, **VALUES)
    assert [row["number"] for row in await undone.fetch("select number from invoice order by id")] == [1, 2, 3]


async def test_at_the_same_moment_nobody_takes_anothers_number(seed: Seed) -> None:
    async def issue(number: int) -> None:
        async with db.transaction() as connection:
            contract = seed.contracts[number % len(seed.contracts)]
            await invoices.issue(connection, TESTER, contract_id=contract, **VALUES)
            if number % 3 == 0:
                raise RuntimeError  # it was not to be: its number is free again

    done = await asyncio.gather(*(issue(number) for number in range(12)), return_exceptions=True)
    assert sum(isinstance(one, RuntimeError) for one in done) == 4
    numbers = [row["number"] for row in await db.fetch("select number from invoice order by number")]
    assert numbers == list(range(1, 9))


async def test_an_invoice_is_told_and_noted(
    undone: db.Connection, provider: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(connection: db.Connection, event: object) -> None:
        """The job's row is all that counts."""

    monkeypatch.setitem(LISTENERS, "test", Listener("test", invoices.InvoiceIssued, "bulk", nothing))
    one = await invoices.issue(undone, TESTER, contract_id=provider.contracts[0], **VALUES)
    assert await undone.fetchval("select (payload->>'invoice_id')::bigint from job where listener = 'test'") == one
    assert await undone.fetchval("select count(*) from audit where action = 'invoice.issued'") == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": -1}, "amount_cents"),
        ({"due_on": date(2026, 10, 31)}, "due_on"),
        ({"period_to": date(2026, 10, 31)}, "period_to"),
    ],
)
async def test_what_is_wrong_with_an_invoice_is_told(
    undone: db.Connection, provider: Seed, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as problem:
        await invoices.issue(undone, TESTER, contract_id=provider.contracts[0], **{**VALUES, **change})
    assert list(problem.value.fields) == [field]


async def test_an_invoice_needs_a_contract(undone: db.Connection) -> None:
    with pytest.raises(InvalidInput) as problem:
        await invoices.issue(undone, TESTER, contract_id=0, **VALUES)
    assert problem.value.fields == {"contract_id": "does not exist"}
