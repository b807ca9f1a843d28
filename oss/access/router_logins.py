"""Administrators' logins on routers, for a screen: the audit's rows of them, their sessions, and a router's switch."""

from __future__ import annotations

import json
from typing import Any

from oss.base import audit, db
from oss.base.problems import NotFound

PAGE = 50
LOGINS = """select a.id, a.at, a.actor, a.action = 'router.accepted' as accepted, a.object_id, a.detail,
  u.id as user_id, u.name from audit a left join staff_user u on u.id::text = a.object_id and a.object = 'staff_user'
where a.action in ('router.accepted', 'router.refused') and ($1::bigint is null or a.id < $1)
  and ($2::bigint is null or (a.object = 'staff_user' and a.object_id = $2::bigint::text))
order by a.id desc limit $3"""
SESSIONS = """select s.uid, s.login, s.calling_station_id, s.started_at, s.last_seen_at, s.ended_at, s.terminate_cause,
  coalesce(n.name, '') as nas, u.id as user_id, u.name from staff_session s left join nas n on n.id = s.nas_id
  left join staff_user u on u.login = s.login
where ($1::text is null or s.login = $1) order by s.started_at desc, s.uid limit $2"""
SWITCH = "update nas set staff_logins = $2 where id = $1 returning name"


async def logins(before: int | None = None, user_id: int | None = None, most: int = PAGE) -> list[dict[str, Any]]:
    """The newest first, or those before one; each with its facts: nas, from, reason and tries, or level and code."""
    rows = await db.fetch(LOGINS, before, user_id, most)
    return [{**row, "facts": json.loads(row["detail"])} for row in rows]


async def sessions(login: str | None = None, most: int = 20) -> list[Any]:
    """Sessions on routers, the newest first."""
    return list(await db.fetch(SESSIONS, login, most))


async def switch(connection: db.Connection, actor: audit.Actor, nas_id: int, on: bool) -> str:
    """Whether administrators of this router log in through us; returns its name."""
    before = await connection.fetchrow("select staff_logins from nas where id = $1 for update", nas_id)
    if before is None:
        raise NotFound(thing="nas")
    name = await connection.fetchval(SWITCH, nas_id, on)
    diff = audit.changed(before, {"staff_logins": on})
    await audit.note(connection, actor, "nas.staff_logins", "nas", nas_id, name=name, on=on, **diff)
    return str(name)
