"""API: customers."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from oss.crm import customers, records
from web.api.fields import Document, Id, Instant, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.customers import CustomerChange, Name, NewCustomer
from web.inputs.kinds import Email, Phone

routes = Operations("customers", "People and companies that buy.")


class Customer(Resource):
    """A customer as kept."""

    id: int
    name: str
    document: str | None = Field(description="CPF or CNPJ, without punctuation")
    email: str | None
    phone: str | None
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


@routes.read("/customers", "customers.read")
async def list_customers(call: Call, query: CustomerQuery) -> Page[Customer]:
    """List customers, in the order they came."""
    return page(
        Customer,
        await records.customers(call.connection, query.cursor, query.limit, **query.filters()),
    )


@routes.read("/customers/{customer_id}", "customers.read")
async def get_customer(call: Call, customer_id: Id) -> Customer:
    """Read one customer."""
    return await _customer(call, customer_id)


@routes.create("/customers", "customers.write", location="/customers/{id}")
async def create_customer(call: Call, body: NewCustomer) -> Customer:
    """Create a customer."""
    new = customers.NewCustomer(**body.model_dump())
    customer_id = await customers.add(call.connection, call.actor, new)
    return await _customer(call, customer_id)


@routes.change("/customers/{customer_id}", "customers.write", row="customer")
async def change_customer(call: Call, customer_id: Id, body: CustomerChange) -> Customer:
    """Change a customer; what is left out stays."""
    await customers.change(call.connection, call.actor, customer_id, body.named())
    return await _customer(call, customer_id)


async def _customer(call: Call, customer_id: int) -> Customer:
    return Customer.model_validate(dict(await records.customer(call.connection, customer_id)))
