"""Customers: creation, changes, and the search key that makes names found in any spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from oss.base import audit, audit_names, db
from oss.base.problems import InvalidInput, NotFound
from oss.base.typed import Typed, all_of, plain
from oss.staff.scopes import ALL, Scope


def search_key(text: str) -> str:
    """A name as it is searched: `oss.base.typed.plain`."""
    return plain(text)


def by_words(text: str, key: str = "search_key") -> tuple[str, list[str]]:
    """SQL that finds by index who has all the words of a text, as beginnings of words (``{}`` for each value)."""
    words = Typed.of(text).words
    return (f"search_words({key}) @@ {{}}::tsquery", [all_of(words)]) if words else ("false", [])


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What a customer is created from; document is a CPF or CNPJ without punctuation, phone and postcode digits."""

    name: str
    document: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    number: str | None = None
    complement: str | None = None
    district: str | None = None
    postcode: str | None = None


KEPT = tuple(NewCustomer.__dataclass_fields__)
INSERT = f"""insert into customer ({", ".join(KEPT)}, search_key, owner_id)
values ({", ".join(f"${n}" for n in range(1, len(KEPT) + 3))}) returning id"""
PRESENT = f"select {', '.join(KEPT)} from customer where id = $1 for update"
COLUMNS = ("id", *KEPT, "search_key")
audit_names.called("customer", "select id, name, id as inside from customer where id = any($1::bigint[])")


def wrong_city(city: str | None, scope: Scope) -> dict[str, str]:
    """What is wrong with a customer's city for who works for some cities only: nothing where it is one of them."""
    outside = scope.kind == "city" and city not in scope.cities
    return {"city": "must be one of your cities"} if outside else {}


async def add(connection: db.Connection, actor: audit.Actor, new: NewCustomer, scope: Scope = ALL) -> int:
    """Create a customer; returns its id. Who makes it owns it; who works for some cities makes them there."""
    wrong = {} if new.name.strip() else {"name": "must not be empty"}
    if wrong := wrong | wrong_city(new.city, scope):
        raise InvalidInput(wrong)
    values = asdict(new) | {"name": new.name.strip()}
    made = (*values.values(), search_key(new.name), scope.user_id)
    customer_id: int = await connection.fetchval(INSERT, *made)
    await audit.note(connection, actor, "customer.added", "customer", customer_id, name=new.name)
    return customer_id


async def same_document(connection: db.Connection, document: str, customer_id: int | None) -> str | None:
    """The name of another customer with this document, None where there is none: one person is not made twice."""
    sql = "select name from customer where document = $1 and id is distinct from $2 order by id limit 1"
    found = await connection.fetchval(sql, document, customer_id)
    return None if found is None else str(found)


async def change(
    connection: db.Connection,
    actor: audit.Actor,
    customer_id: int,
    named: Mapping[str, str | None],
    scope: Scope = ALL,
) -> None:
    """Change what is named of a customer; nothing is written where nothing differs, and nobody moves one out of
    their own cities."""
    row = await connection.fetchrow(PRESENT, customer_id)
    if row is None:
        raise NotFound(thing="customer")
    wanted = {name: value for name, value in named.items() if name in KEPT and value != row[name]}
    if not (wanted.get("name", row["name"]) or "").strip():
        raise InvalidInput({"name": "must not be empty"})
    if "city" in wanted and (wrong := wrong_city(wanted["city"], scope)):
        raise InvalidInput(wrong)
    if not wanted:
        return
    columns = wanted | ({"search_key": search_key(wanted["name"] or "")} if "name" in wanted else {})
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
    await connection.execute(f"update customer set {sets} where id = $1", customer_id, *columns.values())
    detail = audit.changed(row, wanted)
    await audit.note(connection, actor, "customer.changed", "customer", customer_id, **detail)


async def add_all(connection: db.Connection, people: Sequence[NewCustomer]) -> list[int]:
    """Create many at once; returns their ids in order. The caller leaves one audit row for them all."""
    sql = "select nextval(pg_get_serial_sequence('customer', 'id')) from generate_series(1, $1)"
    ids = [int(row[0]) for row in await connection.fetch(sql, len(people))]
    rows = [(key, *(getattr(p, name) for name in KEPT), search_key(p.name)) for key, p in zip(ids, people, strict=True)]
    await connection.copy_records_to_table("customer", records=rows, columns=COLUMNS)
    return ids
