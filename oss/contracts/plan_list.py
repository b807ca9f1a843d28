"""The plans, for a screen: what each sells, to how many, and what that brings in a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.typed import anywhere

COLUMNS = """p.id, p.name, p.down_kbps, p.up_kbps, p.reduced_down_kbps, p.reduced_up_kbps, p.pool, p.price_cents,
  p.binding, p.binding_keys, p.active, p.version, p.created_at,
  coalesce(k.contracts, 0) as contracts, coalesce(k.contracts, 0) * p.price_cents as monthly_cents"""
TABLES = """plan p left join (select plan_id, count(*) as contracts from contract where status = 'active'
  group by plan_id) k on k.plan_id = p.id"""
ORDERS = {
    "sale": Order(  # those on sale first, the slowest first
        "(not p.active)",
        "bool",
        then="row(p.down_kbps, p.name)",
        of_key="(select row(o.down_kbps, o.name) from plan o where o.id = {})",
    ),
    "name": Order("p.name", "text"),
    "down": Order("p.down_kbps", "int"),
    "up": Order("p.up_kbps", "int"),
    "reduced": Order("p.reduced_down_kbps", "int"),
    "pool": Order("p.pool", "text", optional=True),
    "price": Order("p.price_cents", "bigint"),
    "contracts": Order("coalesce(k.contracts, 0)", "bigint"),
    "month": Order("(coalesce(k.contracts, 0) * p.price_cents)", "bigint"),
    "added": Order("p.id", "bigint"),
}
STATES = {"sold": "p.active", "ended": "not p.active"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; ``state`` one of STATES, empty: all of them."""

    text: str = ""
    state: str = ""
    binding: str = ""
    pool: str = ""
    sort: str = "sale"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "sale")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "p.id")
    if wanted.state in STATES:
        found.where(STATES[wanted.state])
    if wanted.binding:
        found.where("p.binding = {}", wanted.binding)
    if wanted.pool:
        found.where("p.pool = {}", wanted.pool)
    if wanted.text:
        like = anywhere(wanted.text)
        found.where("(p.name ilike {} or p.pool ilike {})", like, like)
    return found


async def counts() -> Mapping[str, int]:
    """How many there are and in each state; the active ``contracts`` of all, and what those bring in a month."""
    parts = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, condition in STATES.items())
    sums = """coalesce(sum(k.contracts), 0)::bigint as contracts,
      coalesce(sum(k.contracts * p.price_cents), 0)::bigint as monthly_cents"""
    return dict(await db.fetchrow(f"select count(*) as every, {parts}, {sums} from {TABLES}"))


async def pools() -> list[str]:
    """The pools that plans name."""
    sql = "select distinct pool from plan where pool is not null order by 1"
    return [row["pool"] for row in await db.fetch(sql)]


async def names() -> list[tuple[int, str]]:
    """Ids and names, those on sale first, the slowest first, for a filter."""
    rows = await db.fetch("select id, name from plan order by active desc, down_kbps, name")
    return [(row["id"], row["name"]) for row in rows]


async def one(plan_id: int) -> Any:
    """One plan."""
    row = await db.fetchrow(f"select {COLUMNS} from {TABLES} where p.id = $1", plan_id)
    if row is None:
        raise NotFound(thing="plan")
    return row


async def on_sale() -> list[Any]:
    """The plans a contract may move to."""
    return list(
        await db.fetch("select id, name, down_kbps, price_cents from plan where active order by down_kbps, name")
    )
