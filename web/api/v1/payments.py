"""API: payments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from billing import payments, records
from billing.permissions import InvoicePermission, PaymentPermission
from web.api.fields import Body, Cents, Id, Instant, Resource, Text, left_out
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("payments", "Money received for invoices. A payment is never changed.")

Method = Literal["pix", "boleto", "card", "cash", "transfer"]
Reference = Annotated[str, Text(120), Field(description="The bank's or gateway's own identifier")]


class Payment(Resource):
    """A payment as kept."""

    id: int
    company_id: int
    customer_id: int
    contract_id: int
    invoice_id: int
    amount_cents: int
    method: Method
    reference: str | None
    received_at: datetime
    registered_by: str
    created_at: datetime


class Receipt(Resource):
    """What a payment did."""

    id: int
    invoice_id: int
    contract_id: int
    paid: bool = Field(description="The invoice is paid in full")
    open_cents: int = Field(description="What the invoice still owes")


class NewPayment(Body):
    """What a payment is registered from."""

    invoice_id: Id
    amount_cents: Cents = Field(description="What exceeds the invoice becomes the customer's credit")
    method: Method
    reference: Reference | None = Field(default=None, description="Taken once a method: a second is refused")
    received_at: Instant = left_out(description="Now if left out")


class PaymentQuery(ById):
    """Filters of the list of payments."""

    invoice_id: Id | None = None
    contract_id: Id | None = None
    customer_id: Id | None = None
    method: Method | None = None
    reference: Reference | None = None
    since: Instant | None = Field(default=None, description="Received at or after")


@routes.read("/payments", InvoicePermission.READ)
async def list_payments(call: Call, query: PaymentQuery) -> Page[Payment]:
    """List payments, in the order they were registered."""
    return page(
        Payment, await records.payments(call.connection, query.cursor, query.limit, scope=call.scope, **query.filters())
    )


@routes.read("/payments/{payment_id}", InvoicePermission.READ)
async def get_payment(call: Call, payment_id: Id) -> Payment:
    """Read one payment."""
    return Payment.model_validate(dict(await records.payment(call.connection, payment_id)))


@routes.create("/payments", PaymentPermission.WRITE, location="/payments/{id}")
async def register_payment(call: Call, body: NewPayment) -> Receipt:
    """Register a payment.

    When nothing overdue is left, the contract's overdue hold is lifted and its live sessions get full speed back
    within a second; a hold of staff stays.
    """
    receipt = await payments.register(
        call.connection,
        call.actor,
        invoice_id=body.invoice_id,
        amount_cents=body.amount_cents,
        method=body.method,
        reference=body.reference,
        received_at=body.received_at,
    )
    return Receipt(
        id=receipt.payment_id,
        invoice_id=receipt.invoice_id,
        contract_id=receipt.contract_id,
        paid=receipt.paid,
        open_cents=receipt.open_cents,
    )
