"""Examinations of a NAS: asked for by a person or a program, answered by the AAA nodes, the last twenty kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oss.access.doctor import Check, State, judge, worst
from oss.base import audit, clock, db
from oss.base.problems import NotFound
from oss.base.retention import Subject, keep

KEPT = 20
PATIENCE_S = 8.0  # a probe of a silent router takes 2.5 s; a node that says nothing for so long is not there
WATCH_S = 60
POLL_S = 0.1

keep(Subject("nas_watch", "what watched routers said", "until_at", days=1, fixed=True))

NAS = """select n.id, n.name, n.active, n.ma_policy, n.interim_s,
  extract(epoch from n.signs_since)::float8 as signs_since, extract(epoch from now())::float8 as at,
  (select count(*) from session_open s where s.nas_id = n.id) as sessions,
  (select extract(epoch from max(s.last_seen_at))::float8 from session_open s where s.nas_id = n.id) as heard_at
from nas n where n.id = $1"""
REASONS = """select reason, sum(count)::int as count from auth_reject
where minute > now() - interval '10 minutes' and nas_id = $1 group by reason order by 2 desc limit 3"""
KNOCKS = """select k.ip from nas_knock k where k.last_at > now() - interval '1 hour'
  and not exists (select 1 from nas n where n.active and n.network::inet >>= k.ip::inet)
order by k.last_at desc limit 5"""
ALIVE = "select name from node where seen_at > now() - interval '10 seconds' and 'aaa' = any(roles)"
EXAMS = """select e.id, e.nas_id, e.asked_at, e.asked_by, e.facts, coalesce(f.found, '[]'::jsonb) as found
from nas_exam e left join lateral (select jsonb_agg(f.facts || jsonb_build_object('node', f.node,
  'at', extract(epoch from f.at)::float8) order by f.node) as found from nas_finding f where f.exam_id = e.id) f on true
where e.nas_id = $1 order by e.id desc limit $2"""
OLD = """delete from nas_exam where nas_id = $1
  and id not in (select id from nas_exam where nas_id = $1 order by id desc limit $2)"""
BEGUN = """insert into nas_watch (nas_id, node, at, until_at, count, lines)
values ($1, '', now(), now() + make_interval(secs => $2), 0, '[]')"""  # stands until a node tells
LINES = (
    "select node, at, until_at, count, lines from nas_watch where nas_id = $1 and until_at > now() - interval '1 hour'"
)


@dataclass(frozen=True, slots=True)
class Exam:
    """One examination, and what it found; ``done``: every node that lives has answered, or had its time."""

    id: int
    nas_id: int
    asked_at: datetime
    asked_by: str
    done: bool
    checks: tuple[Check, ...]

    @property
    def state(self) -> State:
        return worst(self.checks)

    @property
    def wrong(self) -> list[Check]:
        return [one for one in self.checks if one.state == "wrong"]


@dataclass(frozen=True, slots=True)
class Line:
    """What came from a watched NAS: see `oss.access.nas_ears.Line`."""

    at: datetime
    kind: str
    login: str
    why: str
    many: int


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch shows: until when, how many lines there were in all, and the newest of them, newest first."""

    until: datetime
    count: int
    lines: list[Line]

    @property
    def running(self) -> bool:
        return clock.now() < self.until


async def ask(connection: db.Connection, actor: audit.Actor, nas_id: int) -> int:
    """Have a NAS examined; the nodes answer within seconds. Returns the examination's id."""
    row = await connection.fetchrow(NAS, nas_id)
    if row is None:
        raise NotFound(thing="router")
    facts = {
        name: row[name] for name in ("active", "ma_policy", "interim_s", "signs_since", "at", "sessions", "heard_at")
    }
    facts["knocks"] = [one["ip"] for one in await connection.fetch(KNOCKS)]
    facts["reasons"] = [[one["reason"], one["count"]] for one in await connection.fetch(REASONS, nas_id)]
    facts["nodes"] = [one["name"] for one in await connection.fetch(ALIVE)]
    exam_id = int(
        await connection.fetchval(
            "insert into nas_exam (nas_id, asked_by, facts) values ($1, $2, $3::jsonb) returning id",
            *(nas_id, actor.name, json.dumps(facts)),
        )
    )
    await connection.execute(OLD, nas_id, KEPT)
    await connection.execute("select pg_notify('milha_access', $1)", f"doctor:exam:{exam_id}:{nas_id}")
    await audit.note(connection, actor, "nas.examined", "nas", nas_id, name=row["name"])
    return exam_id


async def history(connection: db.Connection, nas_id: int, most: int = KEPT) -> list[Exam]:
    """The examinations of a NAS, newest first."""
    return [_exam(row) for row in await connection.fetch(EXAMS, nas_id, most)]


async def newest(connection: db.Connection, nas_id: int) -> Exam | None:
    """The last one, None where there was none."""
    return next(iter(await history(connection, nas_id, 1)), None)


async def finished(exam_id: int, nas_id: int) -> Exam:
    """Wait until it is done."""
    give_up = time.monotonic() + PATIENCE_S + 1
    while True:
        found = next((one for one in await history(db.pool(), nas_id) if one.id == exam_id), None)
        if found is None:
            raise NotFound(thing="examination")
        if found.done or time.monotonic() > give_up:
            return found
        await asyncio.sleep(POLL_S)


def _exam(row: Any) -> Exam:
    facts, found = json.loads(row["facts"]), json.loads(row["found"])
    waiting = set(facts.get("nodes", ())) - {one["node"] for one in found}
    late = clock.now() - row["asked_at"] > timedelta(seconds=PATIENCE_S)
    done = late or bool(found and not waiting)
    checks = judge(facts, found)
    return Exam(row["id"], row["nas_id"], row["asked_at"], row["asked_by"], done, tuple(checks))


# ------------------------------------------------------------ watching


async def watch(connection: db.Connection, actor: audit.Actor, nas_id: int) -> None:
    """Have the nodes tell what comes from a NAS, for a minute."""
    name = await connection.fetchval("select name from nas where id = $1", nas_id)
    if name is None:
        raise NotFound(thing="router")
    await connection.execute("delete from nas_watch where nas_id = $1", nas_id)
    await connection.execute(BEGUN, nas_id, WATCH_S)
    await connection.execute("select pg_notify('milha_access', $1)", f"doctor:watch:{nas_id}:{WATCH_S}")
    await audit.note(connection, actor, "nas.watched", "nas", nas_id, name=name, seconds=WATCH_S)


async def watched(nas_id: int) -> Watched | None:
    """What came since somebody began to watch; None where nobody does or did of late."""
    rows: Sequence[Any] = await db.fetch(LINES, nas_id)
    if not rows:
        return None
    lines = [
        Line(clock.from_timestamp(at_us / 1e6), kind, login, why, many)
        for row in rows
        for at_us, kind, login, why, many in json.loads(row["lines"])
    ]
    lines.sort(key=lambda one: one.at, reverse=True)
    return Watched(max(row["until_at"] for row in rows), sum(row["count"] for row in rows), lines)
