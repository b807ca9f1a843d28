"""The plans, for a screen: what each sells, to how many, and what that brings in a month."""

from __future__ import annotations

from typing import Any

from oss.base import db
from oss.base.problems import NotFound

COLUMNS = """p.id, p.name, p.down_kbps, p.up_kbps, p.reduced_down_kbps, p.reduced_up_kbps, p.pool, p.price_cents,
  p.binding, p.binding_keys, p.active, p.version,
  coalesce(k.contracts, 0) as contracts, coalesce(k.contracts, 0) * p.price_cents as monthly_cents"""
TABLES = """plan p left join (select plan_id, count(*) as contracts from contract where status = 'active'
  group by plan_id) k on k.plan_id = p.id"""


async def every() -> list[Any]:
    """All plans, those on sale first, the slowest first."""
    return list(await db.fetch(f"select {COLUMNS} from {TABLES} order by p.active desc, p.down_kbps, p.name"))


async def names() -> list[tuple[int, str]]:
    """Ids and names in the same order, for a filter."""
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
