"""Customers: creation, and the search key that makes names found in any spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oss.base import audit, audit_names, db
from oss.base.problems import InvalidInput
from oss.base.typed import plain
from oss.staff.scopes import ALL, Scope


def search_key(text: str) -> str:
    """A name as it is searched: `oss.base.typed.plain`."""
    return plain(text)


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What a customer is created from; document is a CPF or CNPJ without punctuation."""

    name: str
    document: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None


audit_names.called("customer", "select id, name, id as inside from customer where id = any($1::bigint[])")
INSERT = """insert into customer (name, document, email, phone, street, city, state, search_key, owner_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id"""


async def add(connection: db.Connection, actor: audit.Actor, new: NewCustomer, scope: Scope = ALL) -> int:
    """Create a customer; returns its id. Who makes it owns it; who works for some cities makes them there."""
    wrong = {} if new.name.strip() else {"name": "must not be empty"}
    if scope.kind == "city" and new.city not in scope.cities:
        wrong["city"] = "must be one of your cities"
    if wrong:
        raise InvalidInput(wrong)
    values = (new.document, new.email, new.phone, new.street, new.city, new.state)
    made = (new.name.strip(), *values, search_key(new.name), scope.user_id)
    customer_id: int = await connection.fetchval(INSERT, *made)
    await audit.note(connection, actor, "customer.added", "customer", customer_id, name=new.name)
    return customer_id


COLUMNS = ("id", "name", "document", "email", "phone", "street", "city", "state", "search_key")


async def add_all(connection: db.Connection, people: Sequence[NewCustomer]) -> list[int]:
    """Create many at once; returns their ids in order. The caller leaves one audit row for them all."""
    sql = "select nextval(pg_get_serial_sequence('customer', 'id')) from generate_series(1, $1)"
    ids = [int(row[0]) for row in await connection.fetch(sql, len(people))]
    rows = [
        (key, p.name, p.document, p.email, p.phone, p.street, p.city, p.state, search_key(p.name))
        for key, p in zip(ids, people, strict=True)
    ]
    await connection.copy_records_to_table("customer", records=rows, columns=COLUMNS)
    return ids
