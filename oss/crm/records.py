"""Reads for the API: customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oss.base import db, keyset
from oss.base.problems import NotFound
from oss.crm import within
from oss.crm.customers import search_key
from oss.staff.scopes import ALL, Scope

CUSTOMERS = """select c.id, c.name, c.document, c.email, c.phone, c.postcode, c.street, c.number,
  c.complement, c.district, c.city, c.state, c.created_at, c.version from customer c"""


async def customers(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    name: str | None = None,
    document: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    since: datetime | None = None,
) -> keyset.Found:
    """Customers in the order they came; ``name`` is how a name begins, in any spelling."""
    where: dict[str, object] = {
        "c.search_key ^@ ?": search_key(name) if name else None,
        "c.document = ?": document,
        "c.email = ?": email,
        "c.phone = ?": phone,
        "c.created_at >= ?": since,
    }
    return await keyset.page(
        connection, CUSTOMERS, key=["c.id"], where=where | within.asked(scope, "c.id"), after=after, limit=limit
    )


async def customer(connection: db.Connection, customer_id: int) -> Any:
    """One customer."""
    row = await connection.fetchrow(CUSTOMERS + " where c.id = $1", customer_id)
    if row is None:
        raise NotFound(thing="customer")
    return row
