"""Incidents as rows: opened, changed, merged, closed; with the things and the lines they touch and what was said."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from oss.access import affected
from oss.base import db
from oss.base.events import publish
from oss.monitoring.causes import Cause, Thing, Why
from oss.monitoring.matching import Held
from oss.monitoring.symptom_rows import instant

OPEN = """select i.id, i.why, i.at_kind, i.at_id, i.rule_id, i.severity, i.in_maintenance,
  coalesce(array_agg(m.kind)
    filter (where m.incident_id is not null), '{}') as kinds, coalesce(array_agg(m.object_id)
    filter (where m.incident_id is not null), '{}') as objects
from incident i left join incident_member m on m.incident_id = i.id and m.ended_at is null
where i.ended_at is null group by i.id order by i.id"""
INSERT = """insert into incident
  (why, at_kind, at_id, at_name, rule_id, rule_name, severity, value, began_at, in_maintenance, maintained)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, $10,
  case when $10 then tstzmultirange(tstzrange($9::timestamptz, null)) else '{}' end) returning id"""
MOVE = """update incident set why = $2, at_kind = $3, at_id = $4, at_name = $5, severity = $6,
  began_at = least(began_at, $7) where id = $1"""
MAINTAINED = """update incident set in_maintenance = $2, maintained = case
  when $2 then maintained + tstzmultirange(tstzrange(greatest(began_at, $3::timestamptz), null))
  else maintained * tstzmultirange(tstzrange(null, $3::timestamptz)) end where id = $1"""
MEMBERS = """insert into incident_member (incident_id, kind, object_id, began_at)
select $1, k.kind, k.object_id, k.began_at from unnest($2::text[], $3::bigint[], $4::timestamptz[])
  k(kind, object_id, began_at)
on conflict (incident_id, kind, object_id) do update set ended_at = null where incident_member.ended_at is not null"""
MEMBERS_END = """update incident_member m set ended_at = greatest(k.at, m.began_at)
from unnest($2::text[], $3::bigint[], $4::timestamptz[]) k(kind, object_id, at)
where m.incident_id = $1 and m.kind = k.kind and m.object_id = k.object_id and m.ended_at is null"""
CLOSE = """update incident set ended_at = greatest(began_at, $2), merged_into = $3 where id = $1 and ended_at is null"""
CLOSE_MEMBERS = """update incident_member set ended_at = greatest(began_at, $2)
where incident_id = $1 and ended_at is null"""
CLOSE_LINES = "update incident_line set until_at = greatest(from_at, $2) where incident_id = $1 and until_at is null"
# The lines of members: those that end at an ONU or a device, and those that are members themselves.
LINES_OF = """select r.account_id, a.contract_id from account_drop r join access_account a on a.id = r.account_id
join contract k on k.id = a.contract_id
where k.status = 'active' and (r.onu_id = any($1::bigint[]) or r.device_id = any($2::bigint[])
  or r.account_id = any($3::bigint[]))"""
LINES = """insert into incident_line (incident_id, account_id, contract_id, from_at)
select $1, k.account_id, k.contract_id, $4 from unnest($2::bigint[], $3::bigint[]) k(account_id, contract_id)
on conflict (incident_id, account_id) do update set until_at = null where incident_line.until_at is not null"""
LINES_END = """update incident_line set until_at = greatest(from_at, $3)
where incident_id = $1 and until_at is null and account_id <> all($2::bigint[])"""
WEIGH = """update incident i set lines = w.lines, customers = w.customers, monthly_cents = w.cents from (
  select count(*) as lines, count(distinct k.customer_id) as customers,
    coalesce((select sum(p.price_cents) from contract c join plan p on p.id = c.plan_id
      where c.id in (select contract_id from incident_line where incident_id = $1)), 0) as cents
  from incident_line l join contract k on k.id = l.contract_id where l.incident_id = $1) w where i.id = $1"""
SAY = "insert into incident_entry (incident_id, what, actor, facts) values ($1, $2, $3, $4::jsonb)"

DOWNWARDS: Final = ("site", "device", "link")
"""Things that take along what hangs on them, whether or not it was seen to be away."""


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """Something is wrong that was not, or more than was known."""

    incident_id: int


@dataclass(frozen=True, slots=True)
class IncidentEnded:
    """It is over."""

    incident_id: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What an incident is about when it is opened or moved. Times are Unix seconds."""

    at: Thing
    why: str
    name: str
    severity: str
    began: float
    in_maintenance: bool = False
    rule_id: int | None = None
    rule_name: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An open incident as it is kept: a loss, matched by its members, or a rule at one thing."""

    held: Held | None
    rule_id: int | None
    at: Thing
    why: str
    severity: str
    in_maintenance: bool


async def read(connection: db.Connection) -> dict[int, Opened]:
    """The incidents that are open."""
    found = {}
    for row in await connection.fetch(OPEN):
        at = Thing(row["at_kind"], row["at_id"])
        members = frozenset(Thing(kind, key) for kind, key in zip(row["kinds"], row["objects"], strict=True))
        held = Held(at, Why(row["why"]), members) if row["why"] in set(Why) else None
        found[row["id"]] = Opened(held, row["rule_id"], at, row["why"], row["severity"], row["in_maintenance"])
    return found


async def open_one(connection: db.Connection, one: Opening, members: Mapping[Thing, float]) -> int:
    """Open an incident with its members (thing -> since); returns its id."""
    named = (one.name, one.rule_id, one.rule_name, one.severity, one.value)
    values = (one.why, *one.at, *named, instant(one.began), one.in_maintenance)
    key: int = await connection.fetchval(INSERT, *values)
    await _put_members(connection, key, members)
    await say(connection, key, "opened", {"at": one.name, "why": one.why, "members": len(members)})
    await _weigh(connection, key, one, members)
    await publish(connection, IncidentOpened(key))
    return key


async def move(
    connection: db.Connection, key: int, one: Opening, members: Mapping[Thing, float], gone: Mapping[Thing, float]
) -> None:
    """It is elsewhere, of another kind, has more members (thing -> since) or fewer (thing -> well again since)."""
    values = (key, one.why, *one.at, one.name, one.severity, instant(one.began))
    await connection.execute(MOVE, *values)
    await _put_members(connection, key, members)
    if gone:
        await connection.execute(MEMBERS_END, key, *_columns(gone))
    await _weigh(connection, key, one, members)
    await publish(connection, IncidentOpened(key))


async def maintained(connection: db.Connection, key: int, at_work: bool, at: float) -> None:
    """Somebody begins to work there, or has ended (Unix seconds) while it is still away."""
    await connection.execute(MAINTAINED, key, at_work, instant(at))
    await say(connection, key, "maintenance" if at_work else "maintenance-over")
    await publish(connection, IncidentOpened(key))


async def close(connection: db.Connection, key: int, at: float, into: int | None = None, why: str = "ended") -> None:
    """It is over (Unix seconds), or was another one all along."""
    ended = instant(at)
    await connection.execute(CLOSE, key, ended, into)
    await connection.execute(CLOSE_MEMBERS, key, ended)
    await connection.execute(CLOSE_LINES, key, ended)
    await say(connection, key, "merged" if into else why, {"into": into} if into else {})
    await publish(connection, IncidentEnded(key))


async def say(
    connection: db.Connection, key: int, what: str, facts: Mapping[str, Any] | None = None, actor: str = ""
) -> None:
    """One more line of its history; ``facts`` are what the sentence is made of."""
    await connection.execute(SAY, key, what, actor, json.dumps(facts or {}, default=str))


def _columns(things: Mapping[Thing, float]) -> tuple[list[str], list[int], list[datetime]]:
    return [one.kind for one in things], [one.id for one in things], [instant(at) for at in things.values()]


async def _put_members(connection: db.Connection, key: int, members: Mapping[Thing, float]) -> None:
    if members:
        await connection.execute(MEMBERS, key, *_columns(members))


async def _weigh(connection: db.Connection, key: int, one: Opening, members: Collection[Thing]) -> None:
    """Whose lines it touches from now on, and what they are worth."""
    lines = await _lines(connection, one, members)
    await connection.execute(LINES_END, key, list(lines), instant(one.began))
    await connection.execute(LINES, key, list(lines), list(lines.values()), instant(one.began))
    await connection.execute(WEIGH, key)


async def _lines(connection: db.Connection, one: Opening, members: Collection[Thing]) -> dict[int, int]:
    """Account -> contract of the lines that are away with it. A rule or a flapping thing takes nobody along."""
    if one.why in ("rule", "flapping"):
        return {}
    ids = {kind: [thing.id for thing in members if thing.kind == kind] for kind in ("onu", "device", "line")}
    found = {row["account_id"]: row["contract_id"] for row in await connection.fetch(LINES_OF, *ids.values())}
    if one.why == Why.DOWN and one.at.kind in DOWNWARDS:
        below = await affected.affected(connection, affected.Thing(one.at.kind, one.at.id))  # type: ignore[arg-type]
        found |= {row["account_id"]: row["contract_id"] for row in below}
    return found


def opening(cause: Cause, name: str, severity: str, in_maintenance: bool) -> Opening:
    """A cause as an incident is opened with."""
    return Opening(cause.at, cause.why, name, severity, cause.began, in_maintenance)
