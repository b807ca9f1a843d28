"""Reads for the API: invoices and payments. Overdue is by the calendar of the invoice's company."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from oss.base import clock, db, keyset
from oss.base.problems import InvalidInput, NotFound
from oss.crm import within
from oss.staff.scopes import ALL, Scope

TODAY = "(now() at time zone o.zone)::date"

INVOICES = f"""select i.id, i.company_id, i.customer_id, i.contract_id, i.series, i.number, i.period_from, i.period_to,
  i.issued_on, i.due_on, i.amount_cents, i.paid_cents, i.status, i.paid_at, i.explanation, i.created_at,
  case when i.status = 'open' then greatest(i.amount_cents - i.paid_cents, 0) else 0 end as open_cents,
  i.status = 'open' and i.due_on < {TODAY} as overdue
from invoice i join company o on o.id = i.company_id"""

PAYMENTS = """select p.id, p.company_id, p.customer_id, p.invoice_id, i.contract_id, p.amount_cents, p.method,
  p.reference, p.received_at, p.registered_by, p.created_at
from payment p join invoice i on i.id = p.invoice_id"""

OVERDUE = f"i.status = 'open' and i.due_on < {TODAY} and ?::boolean"  # literal, so that invoice_open_due serves


async def invoices(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    status: str | None = None,
    contract_id: int | None = None,
    customer_id: int | None = None,
    number: int | None = None,
    document: str | None = None,
    due_from: date | None = None,
    due_to: date | None = None,
    since: datetime | None = None,
) -> keyset.Found:
    """Invoices in the order they were issued; ``status`` open, paid, void, or overdue: open and past its day."""
    where: dict[str, object] = {
        "i.status = ?": None if status == "overdue" else status,
        OVERDUE: True if status == "overdue" else None,
        "i.contract_id = ?": contract_id,
        "i.customer_id = ?": customer_id,
        "i.number = ?": number,
        "i.customer_id in (select id from customer where document = ?)": document,
        "i.due_on >= ?": due_from,
        "i.due_on <= ?": due_to,
        "i.created_at >= ?": since,
    }
    return await keyset.page(
        connection, INVOICES, key=["i.id"], where=where | within.asked(scope, "i.customer_id"), after=after, limit=limit
    )


async def invoice(connection: db.Connection, invoice_id: int) -> Any:
    """One invoice."""
    row = await connection.fetchrow(INVOICES + " where i.id = $1", invoice_id)
    if row is None:
        raise NotFound(thing="invoice")
    return row


async def payments(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    invoice_id: int | None = None,
    contract_id: int | None = None,
    customer_id: int | None = None,
    method: str | None = None,
    reference: str | None = None,
    since: datetime | None = None,
) -> keyset.Found:
    """Payments in the order they were registered; ``since`` looks at when the money came."""
    where: dict[str, object] = {
        "p.invoice_id = ?": invoice_id,
        "i.contract_id = ?": contract_id,
        "p.customer_id = ?": customer_id,
        "p.method = ?": method,
        "p.reference = ?": reference,
        "p.received_at >= ?": since,
    }
    return await keyset.page(
        connection, PAYMENTS, key=["p.id"], where=where | within.asked(scope, "p.customer_id"), after=after, limit=limit
    )


async def payment(connection: db.Connection, payment_id: int) -> Any:
    """One payment."""
    row = await connection.fetchrow(PAYMENTS + " where p.id = $1", payment_id)
    if row is None:
        raise NotFound(thing="payment")
    return row


async def today_of(connection: db.Connection, contract_id: int) -> date:
    """The calendar day it is for a contract's company."""
    zone = await connection.fetchval(
        "select o.zone from contract c join company o on o.id = c.company_id where c.id = $1", contract_id
    )
    if zone is None:
        raise InvalidInput({"contract_id": "does not exist"})
    return clock.today(zone)
