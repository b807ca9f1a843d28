"""Reads for the API: contracts and logins, each with what the one rule decides about it now (invariant 2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oss.access import reasons
from oss.access.decide import Facts, HoldFact, Speeds, decide
from oss.access.passwords import METHODS
from oss.base import clock, db, keyset
from oss.base.problems import NotFound
from oss.crm import within
from oss.staff.scopes import ALL, Scope

HOLDS = """coalesce((select jsonb_agg(jsonb_build_array(h.reason, h.effect, extract(epoch from h.placed_at), h.note,
    extract(epoch from h.masked_until)) order by h.id) from hold h where h.contract_id = c.id and h.lifted_at is null),
    '[]'::jsonb)::text as facts"""
SPEEDS = "p.down_kbps, p.up_kbps, p.reduced_down_kbps, p.reduced_up_kbps, p.pool"

CONTRACTS = f"""select c.id, c.company_id, c.customer_id, c.plan_id, c.status, c.due_day, c.started_on, c.ended_on,
  c.end_reason, c.created_at, c.version, c.status = 'active' as running, true as enabled, {SPEEDS}, {HOLDS}
from contract c join plan p on p.id = c.plan_id"""

ACCOUNTS = f"""select a.id, a.contract_id, a.login, a.password_kind, a.enabled, a.max_sessions, a.when_full,
  a.created_at, a.version, a.kind, a.binding, a.binding_keys, a.bound::text as bound, a.bound_at,
  c.status = 'active' as running, {SPEEDS},
  exists (select from session_open s where s.login = a.login offset 0) as online, {HOLDS}
from access_account a join contract c on c.id = a.contract_id join plan p on p.id = c.plan_id"""


async def contracts(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    customer_id: int | None = None,
    plan_id: int | None = None,
    company_id: int | None = None,
    status: str | None = None,
    hold: str | None = None,
    login: str | None = None,
    document: str | None = None,
) -> keyset.Found:
    """Contracts in the order they were made; ``hold`` is the reason of a hold that stands."""
    where: dict[str, object] = {
        "c.customer_id = ?": customer_id,
        "c.plan_id = ?": plan_id,
        "c.company_id = ?": company_id,
        "c.status = ?": status,
        "exists (select from hold x where x.contract_id = c.id and x.lifted_at is null and x.reason = ?)": hold,
        "c.id in (select contract_id from access_account where login = ?)": login,
        "c.customer_id in (select id from customer where document = ?)": document,
    }
    found = await keyset.page(
        connection,
        CONTRACTS,
        key=["c.id"],
        where=where | within.asked(scope, "c.customer_id"),
        after=after,
        limit=limit,
    )
    return keyset.Found(decided(found.rows), found.after)


async def contract(connection: db.Connection, contract_id: int) -> dict[str, Any]:
    """One contract."""
    rows = await connection.fetch(CONTRACTS + " where c.id = $1", contract_id)
    if not rows:
        raise NotFound(thing="contract")
    return decided(rows)[0]


async def accounts(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    login: str | None = None,
    contract_id: int | None = None,
    customer_id: int | None = None,
    enabled: bool | None = None,
) -> keyset.Found:
    """Logins in the order they were made."""
    where: dict[str, object] = {
        "a.login = ?": login.lower() if login else None,
        "a.contract_id = ?": contract_id,
        "c.customer_id = ?": customer_id,
        "a.enabled = ?": enabled,
    }
    found = await keyset.page(
        connection, ACCOUNTS, key=["a.id"], where=where | within.asked(scope, "c.customer_id"), after=after, limit=limit
    )
    return keyset.Found([_shown(one) for one in decided(found.rows)], found.after)


async def account(connection: db.Connection, account_id: int) -> dict[str, Any]:
    """One login."""
    rows = await connection.fetch(ACCOUNTS + " where a.id = $1", account_id)
    if not rows:
        raise NotFound(thing="account")
    return _shown(decided(rows)[0])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A login with the methods that what is kept of its password allows; one that is its line needs none."""
    methods = list(METHODS[row["password_kind"]]) if row["kind"] == "password" else []
    return {**row, "methods": methods, "bound": json.loads(row["bound"])}


def decided(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows with ``access``: what is decided now, why, and until when by itself."""
    now = clock.now()
    return [{**row, "access": _access(row, now)} for row in rows]


def _access(row: Any, now: datetime) -> dict[str, Any]:
    holds = tuple(_hold(*fact) for fact in json.loads(row["facts"]))
    speeds = Speeds(*(row[name.removeprefix("p.")] for name in SPEEDS.split(", ")))
    decision = decide(Facts(row["enabled"], row["running"], speeds, holds), now)
    return {
        "decision": decision.access,
        "reason": decision.reason.code,
        "words": reasons.words(decision.reason.code, decision.reason.facts),
        "until": decision.until,
        "down_kbps": decision.down_kbps,
        "up_kbps": decision.up_kbps,
    }


def _hold(reason: str, effect: str, since: float, note: str, masked: float | None) -> HoldFact:
    until = clock.from_timestamp(masked) if masked is not None else None
    return HoldFact(reason, effect, clock.from_timestamp(since), note, until)
