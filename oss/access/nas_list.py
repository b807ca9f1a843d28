"""The routers and OLTs that ask us, for a screen: what each carries, when it was last heard, and what ails it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oss.access.nas_troubles import Tally, Trouble, troubles
from oss.base import clock, db
from oss.base.problems import NotFound
from oss.base.remembered import MANY, Remembered

# A router is silent when its sessions have not been heard for three of its interims (their lease runs out then).
# A node's rate is of the present only while that node goes on writing it.
LIST = """select n.id, n.name, n.network, n.nas_identifier, n.vendor, n.ma_policy, n.signs_since, n.coa_host,
  n.coa_port, n.coa_enabled, n.interim_s, n.requests_per_s, n.active, n.created_at, n.version, n.staff_logins,
  n.next_secret_at, n.next_heard_at, coalesce(o.sessions, 0) as sessions,
  greatest(o.heard_at, s.heard_at) as heard_at, coalesce(o.drifting, 0) as drifting, coalesce(r.rejects, 0) as rejects,
  coalesce(s.per_second, 0) as per_second, s.skew_ms, s.skew_at,
  coalesce(o.heard_at < now() - make_interval(secs => 3 * n.interim_s), false) as silent
from nas n
left join unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[])
  o(nas_id, sessions, heard_at, drifting) on o.nas_id = n.id
left join (select nas_id, sum(count)::bigint as rejects from auth_reject where minute > now() - interval '1 hour'
  group by nas_id) r on r.nas_id = n.id
left join (select nas_id, max(heard_at) as heard_at,
  coalesce(sum(per_second) filter (where heard_at > now() - interval '15 seconds'), 0)::bigint as per_second,
  (array_agg(skew_ms order by skew_at desc) filter (where skew_at is not null))[1] as skew_ms, max(skew_at) as skew_at
  from nas_state group by nas_id) s on s.nas_id = n.id
where $1::bigint is null or n.id = $1
order by n.active desc, n.name"""
SESSIONS = """select nas_id, count(*) as sessions, max(last_seen_at) as heard_at,
  count(*) filter (where drift_since < now() - interval '3 seconds') as drifting from session_open
where $1::bigint is null or nas_id = $1 group by nas_id"""
TALLIES = """select nas_id, what, sum(count)::bigint as day,
  coalesce(sum(count) filter (where last_at > now() - interval '1 hour'), 0)::bigint as hour,
  min(first_at) as first_at, max(last_at) as last_at
from nas_tally where slot > now() - interval '24 hours' and ($1::bigint is null or nas_id = $1) group by nas_id, what"""

Router = Mapping[str, Any]
"""A row of LIST with ``tallies`` (what -> Tally, of the last day) and ``troubles``, the worst first."""


async def every() -> list[Router]:
    """All of them, those in use first."""
    return await _read(None)


async def one(nas_id: int) -> Router:
    """One router, without its secret."""
    found = await _read(nas_id)
    if not found:
        raise NotFound(thing="router")
    return found[0]


async def _carried(nas_id: int | None) -> Sequence[Any]:
    """Sessions by router: how many, when heard, how many drift."""
    return await db.fetch(SESSIONS, nas_id)


carried_by_each = Remembered(_carried, lambda rows: sum(row["sessions"] for row in rows) >= MANY)


async def _read(nas_id: int | None) -> list[Router]:
    tallies: dict[int, dict[str, Tally]] = {}
    for row in await db.fetch(TALLIES, nas_id):
        told = Tally(row["hour"], row["day"], row["first_at"], row["last_at"])
        tallies.setdefault(row["nas_id"], {})[row["what"]] = told
    now, carried = clock.now(), await (_carried(nas_id) if nas_id else carried_by_each(nas_id))
    columns = [[row[name] for row in carried] for name in ("nas_id", "sessions", "heard_at", "drifting")]
    found: list[Router] = []
    for row in await db.fetch(LIST, nas_id, *columns):
        router = dict(row) | {"tallies": tallies.get(row["id"], {})}
        found.append(router | {"troubles": troubles(router, now)})
    return found


async def names() -> list[tuple[int, str]]:
    """Ids and names, for a filter."""
    return [(row["id"], row["name"]) for row in await db.fetch("select id, name from nas order by name")]


def ailing(routers: Sequence[Router]) -> list[tuple[Router, Trouble]]:
    """Every trouble of these routers, the worst first."""
    found = [(router, trouble) for router in routers for trouble in router["troubles"]]
    return sorted(found, key=lambda pair: (not pair[1].urgent, -pair[1].count))
