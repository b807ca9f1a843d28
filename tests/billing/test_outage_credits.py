"""A credit for a broken promise: told, decided once, owed by the ledger, and taken off the next invoice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from billing import invoices, ledger, outage_credits
from billing.outage_credits import CreditDecided
from oss.base import db
from oss.base.jobs import run_job
from oss.base.problems import NotFound
from oss.staff import users
from tests.conftest import TESTER, Seed

PUT = """insert into outage_credit (contract_id, month_on, down_s, basis_points, target_basis_points, amount_cents)
values ($1, $2, 26784, 9900, 9950, $3) returning id"""


async def put(seed: Seed, cents: int, month: date = date(2026, 10, 1)) -> int:
    return int(await db.fetchval(PUT, seed.contracts[0], month, cents))


async def accept(key: int) -> None:
    async with db.transaction() as connection:
        await outage_credits.accept(connection, TESTER, key)


async def bill(seed: Seed, cents: int) -> Any:
    async with db.transaction() as connection:
        key = await invoices.issue(
            connection,
            TESTER,
            contract_id=seed.contracts[0],
            period_from=date(2026, 11, 1),
            period_to=date(2026, 11, 30),
            issued_on=date(2026, 11, 5),
            due_on=date(2026, 11, 15),
            amount_cents=cents,
        )
    return await db.fetchrow("select * from invoice where id = $1", key)


async def owed(seed: Seed, account: str) -> int:
    async with db.pool().acquire() as connection:
        return await ledger.balance(connection, account, seed.customers[0])


async def test_an_accepted_credit_is_owed_and_taken_off_the_next_invoice(seed: Seed) -> None:
    key = await put(seed, 110)
    await accept(key)
    assert await owed(seed, ledger.CREDIT) == -110
    first = await bill(seed, 10_990)
    assert (first["status"], first["paid_cents"]) == ("open", 110)
    assert (await owed(seed, ledger.CREDIT), await owed(seed, ledger.RECEIVABLE)) == (0, 10_880)
    second = await bill(seed, 10_990)
    assert second["paid_cents"] == 0
    row = await db.fetchrow("select * from outage_credit where id = $1", key)
    assert (row["state"], row["used_cents"], row["invoice_id"], row["decided_by"]) == (
        "accepted",
        110,
        first["id"],
        TESTER.name,
    )
    noted = [
        one["action"] for one in await db.fetch("select action from audit where action like 'credit.%' order by id")
    ]
    assert noted == ["credit.accepted", "credit.used"]


async def test_more_credit_than_an_invoice_asks_for_waits_for_the_one_after(seed: Seed) -> None:
    for month in (date(2026, 8, 1), date(2026, 9, 1)):
        await accept(await put(seed, 3_000, month))
    assert (await bill(seed, 5_000))["status"] == "paid"
    assert (await bill(seed, 5_000))["paid_cents"] == 1_000
    assert await owed(seed, ledger.CREDIT) == 0


async def test_a_refused_one_is_nothing_and_nobody_decides_twice(seed: Seed) -> None:
    key = await put(seed, 110)
    async with db.transaction() as connection:
        await outage_credits.refuse(connection, TESTER, key)
    for act in (outage_credits.accept, outage_credits.refuse):
        with pytest.raises(CreditDecided):
            async with db.transaction() as connection:
                await act(connection, TESTER, key)
        with pytest.raises(NotFound):
            async with db.transaction() as connection:
                await act(connection, TESTER, 99_999)
    assert (await bill(seed, 10_990))["paid_cents"] == 0 and await owed(seed, ledger.CREDIT) == 0


async def test_a_months_proposals_are_one_notice(seed: Seed) -> None:
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "rita", "Rita Caixa", "rita-password-1", "admin")
    payload = {"contract_id": seed.contracts[0], "month_on": "2026-10-01", "amount_cents": 110}
    for _ in range(3):
        async with db.transaction() as connection:
            await run_job(connection, "billing.outage_credits.proposed", payload)
    rows = await db.fetch("select kind, facts::text as facts, href from notice")
    assert [(row["kind"], row["href"]) for row in rows] == [("credit.proposed", "/console/sla/credits")]
    assert "2026-10" in rows[0]["facts"]
