"""The routers and OLTs that ask us, for a screen: what each carries, when it was last heard, and who knocks unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oss.base import audit, db
from oss.base.problems import NotFound

# A router is silent when its sessions have not been heard for three of its interims (their lease runs out then).
LIST = """select n.id, n.name, n.network, n.vendor, n.ma_policy, n.signs_since, n.coa_host, n.coa_port, n.coa_enabled,
  n.interim_s, n.active, coalesce(o.sessions, 0) as sessions, o.heard_at, coalesce(o.drifting, 0) as drifting,
  coalesce(r.rejects, 0) as rejects,
  coalesce(o.heard_at < now() - make_interval(secs => 3 * n.interim_s), false) as silent
from nas n
left join (select nas_id, count(*) as sessions, max(last_seen_at) as heard_at,
  count(*) filter (where drift_since < now() - interval '3 seconds') as drifting from session_open group by nas_id) o
  on o.nas_id = n.id
left join (select nas_id, sum(count)::bigint as rejects from auth_reject where minute > now() - interval '1 hour'
  group by nas_id) r on r.nas_id = n.id
order by n.active desc, n.name"""
ONE = """select id, name, network, vendor, ma_policy, signs_since, coa_host, coa_port, coa_enabled, interim_s, active,
  created_at, staff_logins, next_secret_at, next_heard_at,
  (select count(*) from session_open s where s.nas_id = nas.id) as sessions from nas where id = $1"""
KNOCKS = """select k.ip, k.count, k.first_at, k.last_at from nas_knock k
where k.last_at > now() - interval '1 day' and not exists (select 1 from nas n where n.active
  and n.network::inet >>= k.ip::inet)
order by k.last_at desc limit 20"""


async def every() -> list[Any]:
    """All of them, those in use first."""
    return list(await db.fetch(LIST))


async def one(nas_id: int) -> Any:
    """One router's row, without its secret."""
    row = await db.fetchrow(ONE, nas_id)
    if row is None:
        raise NotFound(thing="router")
    return row


async def names() -> list[tuple[int, str]]:
    """Ids and names, for a filter."""
    return [(row["id"], row["name"]) for row in await db.fetch("select id, name from nas order by name")]


async def knocks() -> Sequence[Any]:
    """Addresses that asked during the last day and belong to no router in use."""
    return await db.fetch(KNOCKS)


async def forget_knock(actor: audit.Actor, ip: str) -> None:
    """Somebody looked at an unknown address and wants to hear no more of it."""
    async with db.transaction() as connection:
        if await connection.execute("delete from nas_knock where ip = $1", ip) == "DELETE 1":
            await audit.note(connection, actor, "nas.knock_forgotten", "nas_knock", ip)
