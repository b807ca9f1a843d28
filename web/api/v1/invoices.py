"""API: invoices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from billing import invoices, records
from billing.permissions import InvoicePermission
from web.api.fields import Body, Cents, Day, Document, Id, Instant, Resource, Text, left_out
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("invoices", "What customers owe: issued once, posted to the ledger, paid by payments.")


class Invoice(Resource):
    """An invoice as kept."""

    id: int
    company_id: int
    customer_id: int
    contract_id: int
    series: str
    number: int
    period_from: date
    period_to: date
    issued_on: date
    due_on: date
    amount_cents: int
    paid_cents: int
    open_cents: int = Field(description="What is still to pay")
    status: Literal["open", "paid", "void"]
    overdue: bool = Field(description="Open, and past its day in the company's zone")
    paid_at: datetime | None
    explanation: str
    created_at: datetime


class NewInvoice(Body):
    """What an invoice is issued from."""

    contract_id: Id
    amount_cents: Cents
    period_from: Day
    period_to: Day
    due_on: Day
    issued_on: Day = left_out(description="Today if left out")
    explanation: Annotated[str, Text(240, least=0)] = ""


class InvoiceQuery(ById):
    """Filters of the list of invoices."""

    status: Literal["open", "paid", "void", "overdue"] | None = None
    contract_id: Id | None = None
    customer_id: Id | None = None
    number: Id | None = None
    document: Document | None = Field(default=None, description="The customer's CPF or CNPJ")
    due_from: Day | None = None
    due_to: Day | None = None
    since: Instant | None = Field(default=None, description="Issued at or after")


@routes.read("/invoices", InvoicePermission.READ)
async def list_invoices(call: Call, query: InvoiceQuery) -> Page[Invoice]:
    """List invoices, in the order they were issued."""
    return page(
        Invoice, await records.invoices(call.connection, query.cursor, query.limit, scope=call.scope, **query.filters())
    )


@routes.read("/invoices/{invoice_id}", InvoicePermission.READ)
async def get_invoice(call: Call, invoice_id: Id) -> Invoice:
    """Read one invoice."""
    return await _invoice(call, invoice_id)


@routes.create("/invoices", InvoicePermission.WRITE, location="/invoices/{id}")
async def issue_invoice(call: Call, body: NewInvoice) -> Invoice:
    """Issue an invoice and post it to the ledger."""
    invoice_id = await invoices.issue(
        call.connection,
        call.actor,
        contract_id=body.contract_id,
        period_from=body.period_from,
        period_to=body.period_to,
        issued_on=body.issued_on or await records.today_of(call.connection, body.contract_id),
        due_on=body.due_on,
        amount_cents=body.amount_cents,
        explanation=body.explanation,
    )
    return await _invoice(call, invoice_id)


async def _invoice(call: Call, invoice_id: int) -> Invoice:
    return Invoice.model_validate(dict(await records.invoice(call.connection, invoice_id)))
