"""Payments: money received for an invoice, posted as cash against receivable; what is too much becomes credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing import ledger
from oss.base import audit, clock, db
from oss.base.events import publish
from oss.base.problems import Conflict, InvalidInput, Problem

METHODS = ("pix", "boleto", "card", "cash", "transfer")


class AlreadyPaid(Problem):
    """Invoice {number} is paid already."""

    status = 409


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """Money came in for a contract: look again at what it owes."""

    payment_id: int
    invoice_id: int
    contract_id: int
    paid: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a payment did: its id, and the invoice's state after it."""

    payment_id: int
    invoice_id: int
    contract_id: int
    paid: bool
    open_cents: int


INSERT = """insert into payment
  (company_id, invoice_id, customer_id, amount_cents, method, reference, received_at, registered_by)
values ($1, $2, $3, $4, $5, $6, $7, $8) returning id"""

LOCK = "select i.*, co.zone from invoice i join company co on co.id = i.company_id where i.id = $1 for update of i"

SETTLE = """update invoice set paid_cents = paid_cents + $2,
  status = case when paid_cents + $2 >= amount_cents then 'paid' else status end,
  paid_at = case when paid_cents + $2 >= amount_cents then $3 else paid_at end
where id = $1 returning status, greatest(amount_cents - paid_cents, 0) as open_cents"""


async def register(
    connection: db.Connection,
    actor: audit.Actor,
    *,
    invoice_id: int,
    amount_cents: int,
    method: str,
    reference: str | None = None,
    received_at: datetime | None = None,
) -> Receipt:
    """Register one payment in the caller's transaction; the network follows by itself."""
    invoice = await _locked(connection, invoice_id, amount_cents, method)
    received_at = received_at or clock.now()
    if reference and await connection.fetchval(
        "select 1 from payment where company_id = $1 and method = $2 and reference = $3",
        invoice["company_id"],
        method,
        reference,
    ):
        raise Conflict(thing="reference", value=reference)
    keys = (invoice["company_id"], invoice_id, invoice["customer_id"])
    payment_id = await connection.fetchval(INSERT, *keys, amount_cents, method, reference, received_at, actor.name)
    settled = await connection.fetchrow(SETTLE, invoice_id, amount_cents, received_at)
    await _post(connection, actor, invoice, payment_id, amount_cents, received_at)
    paid = settled["status"] == "paid"
    contract_id = invoice["contract_id"]
    await publish(connection, PaymentReceived(payment_id, invoice_id, contract_id, paid))
    detail = {"invoice": invoice["number"], "cents": amount_cents, "method": method}
    await audit.note(connection, actor, "payment.registered", "contract", contract_id, **detail)
    return Receipt(payment_id, invoice_id, contract_id, paid, settled["open_cents"])


async def _locked(connection: db.Connection, invoice_id: int, amount_cents: int, method: str) -> Any:
    wrong = {}
    if amount_cents <= 0:
        wrong["amount_cents"] = "must be positive"
    if method not in METHODS:
        wrong["method"] = "must be one of " + ", ".join(METHODS)
    invoice = await connection.fetchrow(LOCK, invoice_id)
    if invoice is None:
        wrong["invoice_id"] = "does not exist"
    if wrong:
        raise InvalidInput(wrong)
    if invoice["status"] != "open":
        raise AlreadyPaid(number=invoice["number"])
    return invoice


async def _post(
    connection: db.Connection, actor: audit.Actor, invoice: Any, payment_id: int, cents: int, at: datetime
) -> None:
    owed = invoice["amount_cents"] - invoice["paid_cents"]
    settled, customer = min(cents, owed), invoice["customer_id"]
    await ledger.post(
        connection,
        actor,
        company_id=invoice["company_id"],
        kind="payment",
        ref_id=payment_id,
        on=at.astimezone(ZoneInfo(invoice["zone"])).date(),  # the books know the company's days
        memo=f"Pagamento da fatura {invoice['number']}",
        lines=[
            ledger.Line(ledger.CASH, cents),
            ledger.Line(ledger.RECEIVABLE, -settled, customer),
            ledger.Line(ledger.CREDIT, settled - cents, customer),
        ],
    )
