"""Invoices found by number; and what is told of a customer in a list of things found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from billing.permissions import InvoicePermission
from oss.base import db
from oss.base.providers import Hit, Narrowing, searches, tells
from oss.base.typed import Typed
from oss.crm import within

INVOICE = """select i.id, i.customer_id, c.name, i.series || '-' || i.number as match,
  i.due_on::text as due_on from invoice i join customer c on c.id = i.customer_id
where i.number = $1 and ($2 = '' or i.series = $2) and {inside} order by i.issued_on desc, i.id desc limit $3"""
# Of each customer the contract a line speaks of: one that is held, else one that is online, else the first.
TOLD = """select distinct on (k.customer_id) k.customer_id, k.id as contract, k.status, p.name as plan,
  s.started_at as online_since, h.effect as held, h.placed_at as held_since, h.reason
from contract k join plan p on p.id = k.plan_id
left join lateral (select started_at from session_open o where o.contract_id = k.id
  order by o.started_at desc limit 1) s on true
left join lateral (select effect, placed_at, reason from hold h where h.contract_id = k.id and h.lifted_at is null
  and (h.masked_until is null or h.masked_until <= now()) order by h.id limit 1) h on true
where k.customer_id = any($1::bigint[])
order by k.customer_id, k.status = 'active' desc, h.effect is null, s.started_at is null, k.id"""


@searches("invoice", InvoicePermission.READ, wants=lambda typed: typed.number is not None, rank=15)
async def by_number(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Invoices with exactly this number, of one series where one was typed."""
    assert typed.number is not None
    series, number = typed.number
    rows = await connection.fetch(*within.narrowed(INVOICE, narrowing, "i.customer_id", number, series, most))
    return [_invoice(row) for row in rows]


def _invoice(row: Any) -> Hit:
    return Hit("invoice", row["id"], row["name"], row["match"], row["due_on"], owner=row["customer_id"])


@tells("customer")
async def customers(connection: db.Connection, ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """State (online, offline, held, ended), since when, plan and contract of some customers."""
    return {row["customer_id"]: _told(row) for row in await connection.fetch(TOLD, list(ids))}


def _told(row: Any) -> dict[str, Any]:
    told = {"contract": row["contract"], "plan": row["plan"], "online": row["online_since"] is not None}
    told["held"] = row["held"] is not None
    if row["status"] != "active":
        return told | {"state": "ended", "since": None}
    if row["held"] is not None:
        return told | {"state": "held", "since": row["held_since"]}
    return told | {"state": "online" if told["online"] else "offline", "since": row["online_since"]}
