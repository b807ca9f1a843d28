"""API: customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from oss.base.keyset import Found
from oss.crm import customers, reading, records
from oss.crm.permissions import CustomerPermission
from web import formats
from web.api.fields import Document, Id, Instant, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.auth import sees_personal
from web.inputs.customers import CustomerChange, Name, NewCustomer
from web.inputs.kinds import Email, Phone

routes = Operations("customers", "People and companies that buy.")


PERSONAL = "masked where the token may not see personal data (personal.read); lists of it are noted in the audit"


class Customer(Resource):
    """A customer as kept."""

    id: int
    name: str
    document: str | None = Field(description=f"CPF or CNPJ, without punctuation; {PERSONAL}")
    email: str | None = Field(description=PERSONAL.capitalize())
    phone: str | None = Field(description=PERSONAL.capitalize())
    postcode: str | None = Field(description="CEP")
    street: str | None
    number: str | None
    complement: str | None
    district: str | None
    city: str | None
    state: str | None
    created_at: datetime
    version: int


class CustomerQuery(ById):
    """Filters of the list of customers."""

    name: Name | None = Field(default=None, description="How the name begins, in any spelling")
    document: Document | None = None
    email: Email | None = None
    phone: Phone | None = None
    since: Instant | None = Field(default=None, description="Created at or after")


def _shown(call: Call, row: Any) -> dict[str, Any]:
    """A row as who asks may see it: without ``personal.read`` its personal data are masked."""
    if sees_personal(call.request):
        return dict(row)
    masks = {"document": formats.tax_id, "phone": formats.phone, "email": formats.email}
    return {**row} | {name: mask(row[name]) for name, mask in masks.items() if row[name]}


@routes.read("/customers", CustomerPermission.READ)
async def list_customers(call: Call, query: CustomerQuery) -> Page[Customer]:
    """List customers, in the order they came."""
    found = await records.customers(call.connection, query.cursor, query.limit, scope=call.scope, **query.filters())
    if sees_personal(call.request):
        await reading.listed(call.actor, len(found.rows), **query.filters())
    return page(Customer, Found([_shown(call, row) for row in found.rows], found.after))


@routes.read("/customers/{customer_id}", CustomerPermission.READ)
async def get_customer(call: Call, customer_id: Id) -> Customer:
    """Read one customer."""
    row = await records.customer(call.connection, customer_id)
    if sees_personal(call.request):
        await reading.opened(call.actor, customer_id)
    return Customer.model_validate(_shown(call, row))


@routes.create("/customers", CustomerPermission.WRITE, location="/customers/{id}")
async def create_customer(call: Call, body: NewCustomer) -> Customer:
    """Create a customer."""
    new = customers.NewCustomer(**body.model_dump())
    customer_id = await customers.add(call.connection, call.actor, new, call.scope)
    return Customer.model_validate(dict(await records.customer(call.connection, customer_id)))


@routes.change("/customers/{customer_id}", CustomerPermission.WRITE, row="customer")
async def change_customer(call: Call, customer_id: Id, body: CustomerChange) -> Customer:
    """Change a customer; what is left out stays."""
    await customers.change(call.connection, call.actor, customer_id, body.named(), call.scope)
    return Customer.model_validate(_shown(call, await records.customer(call.connection, customer_id)))
