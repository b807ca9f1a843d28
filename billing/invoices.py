"""Invoices: a debt, issued once, posted to the ledger as receivable against revenue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from billing import ledger, outage_credits
from oss.base import audit, db
from oss.base.events import publish
from oss.base.problems import InvalidInput


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """A customer owes something new."""

    invoice_id: int
    contract_id: int


INSERT = """insert into invoice (company_id, customer_id, contract_id, series, number, period_from, period_to,
  issued_on, due_on, amount_cents, explanation)
select c.company_id, c.customer_id, c.id, '1', $2, $3, $4, $5, $6, $7, $8 from contract c where c.id = $1
returning id, company_id, customer_id"""

# The lock makes numbers of one company's series consecutive; it lasts until the caller commits.
NEXT_NUMBER = """select coalesce(max(number), 0) + 1 from invoice
where company_id = $1 and series = '1'"""


async def issue(
    connection: db.Connection,
    actor: audit.Actor,
    *,
    contract_id: int,
    period_from: date,
    period_to: date,
    issued_on: date,
    due_on: date,
    amount_cents: int,
    explanation: str = "",
) -> int:
    """Issue one invoice and post it, less what is owed of accepted credits; returns its id."""
    company_id = await connection.fetchval("select company_id from contract where id = $1", contract_id)
    wrong = {}
    if company_id is None:
        wrong["contract_id"] = "does not exist"
    if amount_cents <= 0:
        wrong["amount_cents"] = "must be positive"
    if due_on < issued_on:
        wrong["due_on"] = "must not be before the day of issue"
    if period_to < period_from:
        wrong["period_to"] = "must not be before period_from"
    if wrong:
        raise InvalidInput(wrong)
    await connection.execute("select pg_advisory_xact_lock(hashtext('milha:invoice'), $1)", int(company_id))
    number = await connection.fetchval(NEXT_NUMBER, company_id)
    values = (contract_id, number, period_from, period_to, issued_on, due_on, amount_cents, explanation)
    row = await connection.fetchrow(INSERT, *values)
    await _post(connection, actor, row, number, issued_on, amount_cents)
    await publish(connection, InvoiceIssued(row["id"], contract_id))
    await audit.note(connection, actor, "invoice.issued", "contract", contract_id, number=number, cents=amount_cents)
    await outage_credits.use(connection, actor, row["id"])
    return int(row["id"])


async def _post(
    connection: db.Connection, actor: audit.Actor, row: db.Connection, number: int, on: date, cents: int
) -> None:
    await ledger.post(
        connection,
        actor,
        company_id=row["company_id"],
        kind="invoice",
        ref_id=row["id"],
        on=on,
        memo=f"Fatura {number}",
        lines=[
            ledger.Line(ledger.RECEIVABLE, cents, row["customer_id"]),
            ledger.Line(ledger.REVENUE, -cents, row["customer_id"]),
        ],
    )
