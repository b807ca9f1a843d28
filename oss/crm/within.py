"""Which customers a scope holds, in SQL: the one place that says it (`oss.staff.scopes` tells how a query takes it).

* a screen's list: ``listing.where(*within.condition(scope, "k.customer_id"))``
* an API list: ``where | within.asked(scope, "k.customer_id")``
* a statement written out: ``sql, values = within.numbered(scope, "k.customer_id", 3)``: its values begin at ``$3``
* a statement that is the same but for its scope: ``connection.fetch(*within.narrowed(SQL, scope, "k.customer_id", 7))``
* ids out of a form: ``await within.only(connection, scope, thing, ids)``: those it holds, the others do not exist

The second argument is an SQL expression of our own that gives the customer's id; what has only a contract gives
``within.OF_CONTRACT.format("h.contract_id")``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from oss.base import db
from oss.staff.roles import Held
from oss.staff.scopes import ALL, KINDS, Scope

Key = TypeVar("Key")
OF_CONTRACT = "(select z.customer_id from contract z where z.id = {})"


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of record that is some customer's: ``owners`` selects ``key`` (of type ``kind``) and ``customer_id``."""

    name: str
    owners: str
    kind: str = "bigint"


CUSTOMER = Thing("customer", "select id as key, id as customer_id from customer")


def condition(scope: Scope, customer: str) -> tuple[Any, ...]:
    """SQL with ``{}`` for each value, then the values."""
    if scope.kind == "all":
        return ("true",)
    if scope.kind == "city":
        return (f"{customer} in (select x.id from customer x where x.city = any({{}}::text[]))", list(scope.cities))
    if scope.kind == "own":  # no row is nobody's: user 0 does not exist
        return (f"{customer} in (select x.id from customer x where x.owner_id = {{}}::bigint)", scope.user_id or 0)
    if scope.kind == "both":
        own = "x.city = any({}::text[]) and x.owner_id = {}::bigint"
        found = f"{customer} in (select x.id from customer x where {own})"
        return (found, list(scope.cities), scope.user_id or 0)
    return ("false",)


def asked(scope: Scope, customer: str) -> dict[str, object]:
    """The condition as `oss.base.keyset` takes it."""
    if scope.is_all:
        return {}
    if scope.kind == "both":
        parts = [asked(replace(scope, kind=kind), customer) for kind in KINDS if kind != "all"]
        return {condition: value for part in parts for condition, value in part.items()}
    sql, *values = condition(scope, customer)
    return {sql.format("?"): values[0]} if values else {"?::boolean": False}


def numbered(scope: Scope, customer: str, place: int) -> tuple[str, list[Any]]:
    """The condition with its values from ``$place`` on, and those values."""
    sql, *values = condition(scope, customer)
    return sql.format(*(f"${place + n}" for n in range(len(values)))), values


def narrowed(sql: str, scope: Scope | None, customer: str, *values: object) -> tuple[Any, ...]:
    """A statement with ``{inside}`` where its rows are chosen, filled for a scope (None: all), and its values."""
    inside, more = numbered(scope or ALL, customer, len(values) + 1)
    return (sql.replace("{inside}", inside), *values, *more)


def sifted(most: int, scope: Scope | None) -> int:
    """How many rows an inner select finds before the scope sifts them: who sees a part of the customers needs more."""
    return most if scope is None or scope.is_all else 100 * most


async def only(connection: db.Connection, scope: Scope, thing: Thing, keys: Sequence[Key]) -> list[Key]:
    """The keys whose customer the scope holds, in their order."""
    if scope.is_all or not keys:
        return list(keys)
    sql, values = numbered(scope, "t.customer_id", 2)
    rows = await connection.fetch(
        f"select t.key from ({thing.owners}) t where t.key = any($1::{thing.kind}[]) and {sql}", list(keys), *values
    )
    found = {row["key"] for row in rows}
    return [key for key in keys if key in found]


async def kinds(connection: db.Connection, held: Held, thing: Thing, key: object) -> frozenset[str]:
    """Which kinds of scope of this person hold a record: ``all`` where it exists, with city, own, both."""
    sql = f"""select coalesce(x.city = any($2::text[]), false) as city, coalesce(x.owner_id = $3::bigint, false) as own
    from ({thing.owners}) t join customer x on x.id = t.customer_id where t.key = $1"""
    row = await connection.fetchrow(sql, key, list(held.cities), held.user_id)
    if row is None:
        return frozenset()
    narrow = {kind for kind in ("city", "own") if row[kind]}
    return frozenset({"all"} | narrow | ({"both"} if len(narrow) == 2 else set()))


async def cities(connection: db.Connection, most: int = 500) -> list[str]:
    """The cities customers live in, by name."""
    sql = "select city from customer where city is not null group by city order by city limit $1"
    return [row["city"] for row in await connection.fetch(sql, most)]
