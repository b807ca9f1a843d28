"""Is the limit really applied? What a router does to a session, read from it after it acknowledged a change.

A CoA that was acknowledged is a promise; the queue is the fact (invariant 3). It is read behind everything else that
the router is asked, and by a button at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from oss.access import router_sessions
from oss.base import db
from oss.base.problems import Problem
from oss.base.supervisor import Health
from oss.crm import within
from oss.drivers.links import Link
from oss.drivers.problems import NotOffered
from oss.drivers.registry import Driver
from oss.drivers.router import Limit
from oss.network import device_links
from oss.network.device_links import Priority
from oss.staff.scopes import ALL, Scope

log = logging.getLogger(__name__)
State = Literal["same", "differs", "gone", "unread"]
ROUNDING: Final = 0.02  # makers round to what their shapers can
LOOK_S: Final = 2.0
SETTLE_S: Final = 1.0
AT_ONCE: Final = 16
DEADLINE_S: Final = 30.0
KEY: Final = re.compile(r"[a-z_]+:(\d+)/(\d+)(?::.*)?")
PUT: Final = """insert into session_limit
  (uid, nas_id, login, wanted, state, down_bps, up_bps, by_queue, problem, facts)
select $1, n.id, $3, $4, $5, $6, $7, $8, $9, $10::jsonb from nas n where n.id = $2
on conflict (uid) do update set read_at = now(), wanted = excluded.wanted, state = excluded.state,
  down_bps = excluded.down_bps, up_bps = excluded.up_bps, by_queue = excluded.by_queue, problem = excluded.problem,
  facts = excluded.facts"""
# What ended since the last look; with a session where that was applied, is open, and on a router we may log in to.
NEWLY: Final = """select e.id, s.uid, s.login, s.nas_id, s.applied, d.id as device_id
from (select id, session_uid, outcome from enforcement
  where id > $1 and ended_at < now() - make_interval(secs => $2) order by id limit $3) e
left join (session_open s join nas n on n.id = s.nas_id
  join device d on d.id = n.device_id and d.enabled and d.cli_protocol <> 'off')
  on s.uid = e.session_uid and e.outcome = 'applied' and s.applied is not null
order by e.id"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a router does to a session. ``problem``: why that could not be read."""

    state: State
    limit: Limit | None = None
    problem: str = ""
    facts: Mapping[str, str] | None = None


def wanted_bps(key: str) -> tuple[int, int] | None:
    """Down and up in a profile's key, ``reduced:1024/512``; None: it has no speed (``reject``)."""
    found = KEY.fullmatch(key)
    return (1000 * int(found[1]), 1000 * int(found[2])) if found else None


def judged(key: str, present: bool, limit: Limit | None) -> Seen:
    """Whether what the router does is what the profile wants; a wish of 0 is a wish for no limit."""
    if not present:
        return Seen("gone")
    speeds = wanted_bps(key)
    if speeds is None:
        return Seen("differs", limit)
    have = (limit.down_bps or 0, limit.up_bps or 0) if limit is not None else (0, 0)
    same = all(abs(seen - wish) <= ROUNDING * wish for wish, seen in zip(speeds, have, strict=True))
    return Seen("same" if same else "differs", limit)


async def read(row: Any, priority: Priority, asked_by: str) -> Seen:
    """Of one live session (uid, login, nas_id, applied, device_id); the finding is kept. Never raises a Problem."""
    login, key = row["login"], row["applied"] or row["desired"] or ""

    async def look(driver: Driver, link: Link) -> Seen:
        router = router_sessions.router_of(driver)
        session = await router.session(link, login)
        return judged(key, session is not None, await router.limit(link, session) if session is not None else None)

    try:
        if row["device_id"] is None:
            raise NotOffered(name=row["nas"])
        what = "the limit of a session"
        seen = await device_links.do(
            row["device_id"], look, priority=priority, deadline_s=DEADLINE_S, what=what, asked_by=asked_by
        )
    except Problem as problem:
        seen = Seen("unread", problem=problem.code, facts={name: str(one) for name, one in problem.facts.items()})
    await keep(row["uid"], row["nas_id"], login, key, seen)
    return seen


async def keep(uid: uuid.UUID, nas_id: int, login: str, key: str, seen: Seen) -> None:
    """The newest finding of a session."""
    limit = seen.limit or Limit(None, None)
    facts = json.dumps(dict(seen.facts or {}))
    await db.execute(
        PUT, uid, nas_id, login, key, seen.state, limit.down_bps, limit.up_bps, limit.by, seen.problem, facts
    )


async def by_button(uid: uuid.UUID, asked_by: str, scope: Scope = ALL) -> Seen:
    """Now, before everything else. Raises NotFound."""
    return await read(await router_sessions.of_session(uid, scope), Priority.PERSON, asked_by)


async def of_sessions(uids: list[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """What was read of some sessions, by their uid."""
    return {row["uid"]: row for row in await db.fetch("select * from session_limit where uid = any($1)", uids)}


async def differing(most: int = 100, scope: Scope = ALL) -> list[Any]:
    """Sessions whose router said yes and does something else; who should be at full speed first."""
    inside, values = within.numbered(scope, "k.customer_id", 2)
    sql = f"""select l.*, n.name as nas, n.device_id, s.contract_id, c.id as customer_id, c.name as customer
      from session_limit l join session_open s on s.uid = l.uid and s.applied = l.wanted
      join nas n on n.id = l.nas_id left join contract k on k.id = s.contract_id
      left join customer c on c.id = k.customer_id
      where l.state = 'differs' and {inside} order by l.wanted not like 'full%', l.read_at limit $1"""
    return list(await db.fetch(sql, most, *values))


# ---------------------------------------------------------------- behind each change


class ReadBack:
    """Follows what the nodes applied. ``last``: the newest change that was looked at."""

    def __init__(self, last: int = 0) -> None:
        self.last = last

    async def look(self) -> int:
        """Read back what was applied since the last look; returns how many changes were looked at."""
        rows = await db.fetch(NEWLY, self.last, SETTLE_S, AT_ONCE)
        newest = {row["uid"]: row for row in rows if row["uid"] is not None}
        await asyncio.gather(*(read(row, Priority.READ_BACK, "system:read-back") for row in newest.values()))
        if rows:
            self.last = rows[-1]["id"]
        return len(rows)

    async def run(self, health: Health) -> None:
        """Until cancelled. What was applied before it began is old."""
        self.last = int(await db.fetchval("select coalesce(max(id), 0) from enforcement"))
        while True:
            try:
                while await self.look():
                    health.beat()
                health.beat()
            except db.AWAY as problem:
                health.fail(problem)
            await asyncio.sleep(LOOK_S)
