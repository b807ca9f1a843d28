"""Reads for the API: plans, and the company a contract belongs to when none is named."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from oss.base import clock, db, keyset
from oss.base.problems import InvalidInput, NotFound
from oss.contracts.plans import PlanValues

PLANS = """select p.id, p.name, p.down_kbps, p.up_kbps, p.reduced_down_kbps, p.reduced_up_kbps, p.pool,
  p.price_cents, p.active, p.binding, p.binding_keys, p.created_at, p.version from plan p"""


async def plans(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    name: str | None = None,
    active: bool | None = None,
) -> keyset.Found:
    """Plans in the order they were made."""
    where: dict[str, object] = {"p.name = ?": name, "p.active = ?": active}
    return await keyset.page(connection, PLANS, key=["p.id"], where=where, after=after, limit=limit)


async def plan(connection: db.Connection, plan_id: int) -> Any:
    """One plan."""
    row = await connection.fetchrow(PLANS + " where p.id = $1", plan_id)
    if row is None:
        raise NotFound(thing="plan")
    return row


async def plan_to_change(connection: db.Connection, plan_id: int) -> PlanValues:
    """A plan's present values; its row is locked until the caller commits."""
    row = await connection.fetchrow(PLANS + " where p.id = $1 for update", plan_id)
    if row is None:
        raise NotFound(thing="plan")
    return PlanValues(**{one.name: row[one.name] for one in fields(PlanValues)})


async def company(connection: db.Connection, company_id: int | None) -> tuple[int, date]:
    """A company and its calendar day today; None names the only one there is."""
    rows = await connection.fetch(
        "select id, zone from company where $1::bigint is null or id = $1 order by id limit 2", company_id
    )
    if not rows:
        raise InvalidInput({"company_id": "does not exist"})
    if len(rows) > 1:
        raise InvalidInput({"company_id": "is required: there are several companies"})
    return rows[0]["id"], clock.today(rows[0]["zone"])


async def first_plan() -> int | None:
    """The plan that most running contracts have, of those on sale: what a new contract is proposed."""
    sql = """select p.id from plan p where p.active
      order by (select count(*) from contract c where c.plan_id = p.id and c.status = 'active') desc, p.id limit 1"""
    found = await db.fetchval(sql)
    return None if found is None else int(found)
