"""Reads for the API: holds, NAS, live sessions, refused logins."""

from __future__ import annotations

import json
import uuid
from dataclasses import fields
from datetime import datetime
from typing import Any

from oss.access import reasons
from oss.access.nas import NasValues
from oss.base import db, keyset
from oss.base.problems import NotFound
from oss.crm import within
from oss.staff.scopes import ALL, Scope

HOLDS = """select h.id, h.contract_id, h.reason, h.owner, h.effect, h.note, h.masked_until, h.placed_by, h.placed_at,
  h.lifted_by, h.lifted_at from hold h"""

NAS = """select n.id, n.name, n.network, n.nas_identifier, n.vendor, n.ma_policy, n.signs_since, n.coa_host, n.coa_port,
  n.coa_enabled, n.interim_s, n.requests_per_s, n.active, n.created_at, n.version
from nas n"""

SESSIONS = """select s.uid, s.nas_id, s.acct_session_id, s.login, s.account_id, s.contract_id, s.started_at,
  s.last_seen_at, host(s.framed_ip) as framed_ip, s.framed_ipv6_prefix, s.delegated_ipv6_prefix,
  s.calling_station_id, s.nas_port_id, s.input_octets, s.output_octets, s.input_bps, s.output_bps, s.session_s,
  s.desired, s.applied, s.drift_since, s.drift_cause, s.attempts, s.next_try_at from session_open s"""

REJECTS = """select r.minute, r.nas_id, r.login, r.reason, r.detail, r.facts, r.contract_id, r.count,
  r.first_at, r.last_at from auth_reject r"""


async def holds(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    contract_id: int | None = None,
    reason: str | None = None,
    owner: str | None = None,
    effect: str | None = None,
    lifted: bool | None = False,
) -> keyset.Found:
    """Holds in the order they were placed; ``lifted`` None shows those that stand and those that do not."""
    where: dict[str, object] = {
        "h.contract_id = ?": contract_id,
        "h.reason = ?": reason,
        "h.owner = ?": owner,
        "h.effect = ?": effect,
        "(h.lifted_at is not null) = ?": lifted,
    }
    return await keyset.page(
        connection,
        HOLDS,
        key=["h.id"],
        where=where | within.asked(scope, within.OF_CONTRACT.format("h.contract_id")),
        after=after,
        limit=limit,
    )


async def hold(connection: db.Connection, contract_id: int, reason: str) -> Any:
    """A contract's standing hold of one reason."""
    sql = HOLDS + " where h.contract_id = $1 and h.reason = $2 and h.lifted_at is null"
    row = await connection.fetchrow(sql, contract_id, reason)
    if row is None:
        raise NotFound(thing="hold")
    return row


async def nas_list(
    connection: db.Connection,
    after: tuple[int] | None,
    limit: int,
    *,
    name: str | None = None,
    network: str | None = None,
    vendor: str | None = None,
    active: bool | None = None,
) -> keyset.Found:
    """NAS in the order they were made."""
    where: dict[str, object] = {
        "n.name = ?": name,
        "n.network = ?": network,
        "n.vendor = ?": vendor,
        "n.active = ?": active,
    }
    return await keyset.page(connection, NAS, key=["n.id"], where=where, after=after, limit=limit)


async def nas(connection: db.Connection, nas_id: int) -> Any:
    """One NAS, without its secret."""
    row = await connection.fetchrow(NAS + " where n.id = $1", nas_id)
    if row is None:
        raise NotFound(thing="nas")
    return row


async def nas_to_change(connection: db.Connection, nas_id: int) -> NasValues:
    """A NAS's present values, secret None (it stays); its row is locked until the caller commits."""
    row = await connection.fetchrow(NAS + " where n.id = $1 for update", nas_id)
    if row is None:
        raise NotFound(thing="nas")
    names = [one.name for one in fields(NasValues) if one.name != "secret"]
    return NasValues(**{name: row[name] for name in names})


async def sessions(
    connection: db.Connection,
    after: tuple[uuid.UUID] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    login: str | None = None,
    nas_id: int | None = None,
    contract_id: int | None = None,
    acct_session_id: str | None = None,
    framed_ip: str | None = None,
    drifting: bool | None = None,
) -> keyset.Found:
    """Open sessions; ``drifting`` are those whose NAS does not do what is wanted (invariant 3)."""
    where: dict[str, object] = {
        "s.login = ?": login.lower() if login else None,
        "s.nas_id = ?": nas_id,
        "s.contract_id = ?": contract_id,
        "s.acct_session_id = ?": acct_session_id,
        "s.framed_ip = ?::text::inet": framed_ip,
        "(s.drift_since is not null) = ?": drifting,
    }
    return await keyset.page(
        connection,
        SESSIONS,
        key=["s.uid"],
        where=where | within.asked(scope, within.OF_CONTRACT.format("s.contract_id")),
        after=after,
        limit=limit,
    )


async def session(connection: db.Connection, uid: uuid.UUID) -> Any:
    """One open session."""
    row = await connection.fetchrow(SESSIONS + " where s.uid = $1", uid)
    if row is None:
        raise NotFound(thing="open session")
    return row


async def rejects(
    connection: db.Connection,
    after: tuple[datetime, int, str, str] | None,
    limit: int,
    *,
    scope: Scope = ALL,
    login: str | None = None,
    nas_id: int | None = None,
    reason: str | None = None,
    contract_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> keyset.Found:
    """Refused logins, folded by minute, newest minute first."""
    where: dict[str, object] = {
        "r.login = ?": login.lower() if login else None,
        "r.nas_id = ?": nas_id,
        "r.reason = ?": reason,
        "r.contract_id = ?": contract_id,
        "r.minute >= date_trunc('minute', ?::timestamptz)": since,
        "r.minute < ?": until,
    }
    key = ["r.minute", "r.nas_id", "r.login", "r.reason"]
    found = await keyset.page(
        connection,
        REJECTS,
        key=key,
        where=where | within.asked(scope, within.OF_CONTRACT.format("r.contract_id")),
        after=after,
        limit=limit,
        newest_first=True,
    )
    return keyset.Found([_told(row) for row in found.rows], found.after)


def _told(row: Any) -> dict[str, Any]:
    """A refusal with its facts as an object, and its reason as a sentence."""
    facts = json.loads(row["facts"])
    return {**row, "facts": facts, "words": reasons.words(row["reason"], {"note": row["detail"], **facts})}
