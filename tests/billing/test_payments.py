"""A payment settles what it can, is posted on the company's day, and is never taken twice."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from billing import ledger, payments
from billing.payments import AlreadyPaid, PaymentReceived
from oss.base import db
from oss.base.events import LISTENERS
from oss.base.problems import Conflict, InvalidInput
from tests.conftest import TESTER, Seed, overdue_invoice


async def status(connection: db.Connection, invoice: int) -> tuple[object, ...]:
    return tuple(
        await connection.fetchrow("select status, paid_cents, paid_at is null from invoice where id = $1", invoice)
    )


async def pay(connection: db.Connection, invoice: int, cents: int, **more: object) -> payments.Receipt:
    values = {"method": "pix", **more}
    return await payments.register(connection, TESTER, invoice_id=invoice, amount_cents=cents, **values)


async def test_a_payment_in_full_settles_the_invoice(undone: db.Connection, provider: Seed) -> None:
    contract, customer = provider.contracts[0], provider.customers[0]
    invoice = await overdue_invoice(undone, contract, 10)
    receipt = await pay(undone, invoice, 10_990, reference="E2E1")
    assert (receipt.invoice_id, receipt.contract_id, receipt.paid, receipt.open_cents) == (invoice, contract, True, 0)
    assert await status(undone, invoice) == ("paid", 10_990, False)
    assert await ledger.balance(undone, ledger.RECEIVABLE, customer) == 0
    assert await ledger.balance(undone, ledger.CASH) == 10_990
    row = await undone.fetchrow("select * from payment where id = $1", receipt.payment_id)
    assert (row["amount_cents"], row["method"], row["reference"], row["registered_by"]) == (
        10_990,
        "pix",
        "E2E1",
        "test",
    )


async def test_parts_add_up(undone: db.Connection, provider: Seed) -> None:
    invoice = await overdue_invoice(undone, provider.contracts[0], 10)
    first = await pay(undone, invoice, 4_000)
    assert (first.paid, first.open_cents) == (False, 6_990) and await status(undone, invoice) == ("open", 4_000, True)
    second = await pay(undone, invoice, 6_990)
    assert (second.paid, second.open_cents) == (True, 0) and await status(undone, invoice) == ("paid", 10_990, False)


async def test_what_is_too_much_becomes_the_customers_credit(undone: db.Connection, provider: Seed) -> None:
    invoice = await overdue_invoice(undone, provider.contracts[0], 10)
    await pay(undone, invoice, 4_000)
    assert (await pay(undone, invoice, 10_000)).open_cents == 0
    assert await ledger.balance(undone, ledger.CREDIT, provider.customers[0]) == -3_010
    assert await ledger.balance(undone, ledger.RECEIVABLE, provider.customers[0]) == 0


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Sao_Paulo", date(2026, 10, 31)), ("Asia/Tokyo", date(2026, 11, 1))]
)
async def test_a_payment_belongs_to_the_companys_day(
    undone: db.Connection, provider: Seed, zone: str, day: date
) -> None:
    """22:30 on the last of October in São Paulo is the first of November in London, and in no book of ours."""
    await undone.execute("update company set zone = $2 where id = $1", provider.company, zone)
    invoice = await overdue_invoice(undone, provider.contracts[0], 10)
    await pay(undone, invoice, 100, received_at=datetime(2026, 11, 1, 1, 30, tzinfo=UTC))
    assert await undone.fetchval("select posted_on from journal_entry where kind = 'payment'") == day


async def test_billing_hears_of_it_in_the_access_lane(undone: db.Connection, provider: Seed) -> None:
    invoice = await overdue_invoice(undone, provider.contracts[0], 10)
    receipt = await pay(undone, invoice, 100)
    jobs = await undone.fetch("select * from job")
    heard = {one.name for one in LISTENERS.values() if one.event is PaymentReceived}
    assert {row["listener"] for row in jobs} == heard and "billing.dunning.look_again" in heard
    assert {row["lane"] for row in jobs} == {"access"}
    assert json.loads(jobs[0]["payload"]) == {
        "payment_id": receipt.payment_id,
        "invoice_id": invoice,
        "contract_id": provider.contracts[0],
        "paid": False,
    }


async def test_a_reference_is_taken_once(undone: db.Connection, provider: Seed) -> None:
    first, second = [await overdue_invoice(undone, contract, 10) for contract in provider.contracts[:2]]
    await pay(undone, first, 100, reference="E2E1")
    for invoice in (first, second):
        with pytest.raises(Conflict):
            await pay(undone, invoice, 100, reference="E2E1")
    await pay(undone, second, 100, reference="E2E1", method="boleto")  # another way of paying counts by itself
    await pay(undone, second, 100)
    await pay(undone, second, 100)


async def test_a_settled_invoice_takes_no_payment(undone: db.Connection, provider: Seed) -> None:
    invoice = await overdue_invoice(undone, provider.contracts[0], 10)
    await pay(undone, invoice, 10_990)
    with pytest.raises(AlreadyPaid, match="is paid already"):
        await pay(undone, invoice, 1)
    assert await undone.fetchval("select count(*) from payment") == 1


async def test_everything_wrong_with_a_payment_is_told_at_once(undone: db.Connection) -> None:
    with pytest.raises(InvalidInput) as problem:
        await pay(undone, 0, 0, method="shells")
    assert set(problem.value.fields) == {"invoice_id", "amount_cents", "method"}


@pytest.mark.parametrize("method", payments.METHODS)
async def test_every_method_is_one_the_database_knows(undone: db.Connection, provider: Seed, method: str) -> None:
    invoice = await overdue_invoice(undone, provider.contracts[0], 10)
    assert not (await pay(undone, invoice, 1, method=method)).paid
