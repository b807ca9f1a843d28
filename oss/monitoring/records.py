"""Reads for the API: incidents with what is away and whom they touch, alert rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from oss.base import db, keyset
from oss.base.problems import NotFound
from oss.crm import within
from oss.monitoring import rule_forms
from oss.monitoring.telling import cost_an_hour
from oss.staff.scopes import Scope

INCIDENTS: Final = """select i.id, i.why, i.at_kind, i.at_id, i.at_name, i.rule_id, i.rule_name, i.severity, i.value,
  i.began_at, i.opened_at, i.ended_at, i.merged_into, i.in_maintenance, i.acknowledged_at, u.name as acknowledged_by,
  i.lines, i.customers, i.monthly_cents, i.note_to_customers, i.expected_at, i.version
from incident i left join staff_user u on u.id = i.acknowledged_by"""
MEMBERS: Final = """select kind, object_id, began_at, ended_at from incident_member where incident_id = $1
order by kind, object_id limit 1000"""
LINES: Final = """select l.account_id, l.contract_id, k.customer_id, c.name as customer, a.login, l.from_at, l.until_at
from incident_line l join contract k on k.id = l.contract_id join customer c on c.id = k.customer_id
join access_account a on a.id = l.account_id"""


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "cents_an_hour": cost_an_hour(row["monthly_cents"])}


async def incidents(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    is_open: bool | None,
    acknowledged: bool | None,
    **where: object,
) -> keyset.Found:
    """A page of incidents, the newest first; ``where``: columns and their values."""
    asked: dict[str, object] = {f"i.{name} = ?": value for name, value in where.items()}
    asked |= {"(i.ended_at is null) = ?": is_open, "(i.acknowledged_at is not null) = ?": acknowledged}
    found = await keyset.page(
        connection, INCIDENTS, key=["i.id"], where=asked, after=after, limit=limit, newest_first=True
    )
    return keyset.Found([_told(row) for row in found.rows], found.after)


async def incident(connection: db.Connection, incident_id: int) -> dict[str, Any]:
    """One incident. Raises NotFound."""
    row = await connection.fetchrow(INCIDENTS + " where i.id = $1", incident_id)
    if row is None:
        raise NotFound(thing="incident")
    return _told(row)


async def members(connection: db.Connection, incident_id: int) -> Sequence[Any]:
    """What is away with an incident, by kind and id."""
    found: Sequence[Any] = await connection.fetch(MEMBERS, incident_id)
    return found


async def lines(
    connection: db.Connection, incident_id: int, scope: Scope, after: tuple[int] | None, limit: int
) -> keyset.Found:
    """A page of the lines an incident touches, of customers that a scope holds, by login's id."""
    asked = {"l.incident_id = ?": incident_id, **within.asked(scope, "k.customer_id")}
    return await keyset.page(connection, LINES, key=["l.account_id"], where=asked, after=after, limit=limit)


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with its condition and narrowing as fields."""
    facts, narrowing = json.loads(row["condition"]), json.loads(row["narrowing"])
    told = {"kind": facts["kind"], "limit": facts.get("limit"), "side": facts.get("side")}
    told |= {"window_s": facts.get("window_s"), "margin": facts.get("margin")}
    where = {
        "site_id": narrowing.get("site"),
        "device_id": narrowing.get("device"),
        "role": narrowing.get("role"),
        "linked": bool(narrowing.get("linked")),
    }
    return {**row, **told, **where, "open_incidents": row["open"]}


async def rules(connection: db.Connection, after: tuple[int] | None, limit: int, **where: object) -> keyset.Found:
    """A page of alert rules, in the order they were made."""
    asked = {f"r.{name} = ?": value for name, value in where.items()}
    found = await keyset.page(connection, rule_forms.SELECT, key=["r.id"], where=asked, after=after, limit=limit)
    return keyset.Found([_rule(row) for row in found.rows], found.after)


async def rule(connection: db.Connection, rule_id: int) -> dict[str, Any]:
    """One alert rule. Raises NotFound."""
    return _rule(await rule_forms.one(connection, rule_id))
