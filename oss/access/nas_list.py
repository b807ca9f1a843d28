"""The routers and OLTs that ask us, for a screen: what each carries, when it was last heard, and what ails it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oss.access.nas_troubles import AILING, Tally, Trouble, troubles
from oss.base import clock, db
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.remembered import MANY, Remembered
from oss.base.typed import anywhere

COLUMNS = """n.id, n.name, n.network, n.nas_identifier, n.vendor, n.ma_policy, n.signs_since, n.coa_host, n.coa_port,
  n.coa_enabled, n.interim_s, n.requests_per_s, n.active, n.created_at, n.version, n.staff_logins, n.next_secret_at,
  n.next_heard_at"""
# A node's rate is of the present only while that node goes on writing it.
PER_SECOND = "coalesce(sum(per_second) filter (where heard_at > now() - interval '15 seconds'), 0)::bigint"
TABLES = f"""nas n left join (select nas_id, {PER_SECOND} as per_second from nas_state group by nas_id) a
on a.nas_id = n.id"""
# A router is silent when its sessions have not been heard for three of its interims (their lease runs out then).
NOW = f"""select n.id, coalesce(o.sessions, 0) as sessions, greatest(o.heard_at, s.heard_at) as heard_at,
  coalesce(o.drifting, 0) as drifting, coalesce(r.rejects, 0) as rejects, coalesce(s.per_second, 0) as per_second,
  s.skew_ms, s.skew_at,
  coalesce(o.heard_at < now() - make_interval(secs => 3 * n.interim_s), false) as silent
from nas n
left join unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[])
  o(nas_id, sessions, heard_at, drifting) on o.nas_id = n.id
left join (select nas_id, sum(count)::bigint as rejects from auth_reject where minute > now() - interval '1 hour'
  group by nas_id) r on r.nas_id = n.id
left join (select nas_id, max(heard_at) as heard_at, {PER_SECOND} as per_second,
  (array_agg(skew_ms order by skew_at desc) filter (where skew_at is not null))[1] as skew_ms, max(skew_at) as skew_at
  from nas_state group by nas_id) s on s.nas_id = n.id
where n.id = any($1::bigint[])"""
SESSIONS = """select nas_id, count(*) as sessions, max(last_seen_at) as heard_at,
  count(*) filter (where drift_since < now() - interval '3 seconds') as drifting from session_open
where $1::bigint is null or nas_id = $1 group by nas_id"""
TALLIES = """select nas_id, what, sum(count)::bigint as day,
  coalesce(sum(count) filter (where last_at > now() - interval '1 hour'), 0)::bigint as hour,
  min(first_at) as first_at, max(last_at) as last_at
from nas_tally where slot > now() - interval '24 hours' and nas_id = any($1::bigint[]) group by nas_id, what"""
ORDERS = {
    "use": Order("(not n.active)", "bool", then="n.name", of_key="(select o.name from nas o where o.id = {})"),
    "name": Order("n.name", "text"),
    "network": Order("n.network::inet", "inet"),
    "maker": Order("n.vendor", "text"),
    "asks": Order("coalesce(a.per_second, 0)", "bigint"),
    "added": Order("n.id", "bigint"),
}
VIEWS = {
    "trouble": AILING,
    "unsigned": "n.active and n.ma_policy <> 'required' and n.signs_since is null",
    "off": "not n.active",
}

Router = Mapping[str, Any]
"""A row of COLUMNS and NOW with ``tallies`` (what -> Tally, of the last day) and ``troubles``, the worst first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; ``view`` one of VIEWS, empty: all of them."""

    text: str = ""
    view: str = ""
    maker: str = ""
    sort: str = "use"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "use")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish; `told` adds what is of the present."""
    found = Listing(COLUMNS, TABLES, "n.id")
    if wanted.view in VIEWS:
        found.where(VIEWS[wanted.view])
    if wanted.maker:
        found.where("n.vendor = {}", wanted.maker)
    if wanted.text:
        like = anywhere(wanted.text)
        found.where("(n.name ilike {} or n.network ilike {} or n.nas_identifier ilike {})", like, like, like)
    return found


async def counts() -> Mapping[str, int]:
    """How many there are, and in each view."""
    parts = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, condition in VIEWS.items())
    return dict(await db.fetchrow(f"select count(*) as every, {parts} from nas n"))


async def makers() -> list[str]:
    """The makers of which there are some."""
    return [row["vendor"] for row in await db.fetch("select distinct vendor from nas order by 1")]


async def every() -> list[Router]:
    """All of them, those in use first."""
    return await told(await db.fetch(f"select {COLUMNS} from nas n order by n.active desc, n.name"))


async def one(nas_id: int) -> Router:
    """One router, without its secret."""
    row = await db.fetchrow(f"select {COLUMNS} from nas n where n.id = $1", nas_id)
    if row is None:
        raise NotFound(thing="router")
    return (await told([row], await _carried(nas_id)))[0]


async def _carried(nas_id: int | None) -> Sequence[Any]:
    """Sessions by router: how many, when heard, how many drift."""
    return await db.fetch(SESSIONS, nas_id)


carried_by_each = Remembered(_carried, lambda rows: sum(row["sessions"] for row in rows) >= MANY)


async def told(rows: Sequence[Any], carried: Sequence[Any] | None = None) -> list[Router]:
    """Rows of COLUMNS with what each router carries, when it was heard, and what ails it."""
    carried = await carried_by_each(None) if carried is None else carried
    columns = [[row[name] for row in carried] for name in ("nas_id", "sessions", "heard_at", "drifting")]
    ids = [row["id"] for row in rows]
    now, tallies = clock.now(), await _tallies(ids)
    lately = {row["id"]: dict(row) for row in await db.fetch(NOW, ids, *columns)}
    found = [{**row, **lately[row["id"]], "tallies": tallies.get(row["id"], {})} for row in rows if row["id"] in lately]
    return [router | {"troubles": troubles(router, now)} for router in found]


async def _tallies(ids: Sequence[int]) -> dict[int, dict[str, Tally]]:
    """What came of each router during the last day, by its kind."""
    found: dict[int, dict[str, Tally]] = {}
    for row in await db.fetch(TALLIES, ids):
        found.setdefault(row["nas_id"], {})[row["what"]] = Tally(
            row["hour"], row["day"], row["first_at"], row["last_at"]
        )
    return found


async def names() -> list[tuple[int, str]]:
    """Ids and names, for a filter."""
    return [(row["id"], row["name"]) for row in await db.fetch("select id, name from nas order by name")]


def ailing(routers: Sequence[Router]) -> list[tuple[Router, Trouble]]:
    """Every trouble of these routers, the worst first."""
    found = [(router, trouble) for router in routers for trouble in router["troubles"]]
    return sorted(found, key=lambda pair: (not pair[1].urgent, -pair[1].count))
