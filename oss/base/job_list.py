"""Queues, dead jobs, periodic jobs, nodes and the database's size, for the health screen; and what a person may do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.base import audit, db
from oss.base.events import LANES, ring
from oss.base.problems import NotFound

LANES_NOW = """select lane, count(*) filter (where state = 'ready' and attempts = 0) as waiting,
  count(*) filter (where state = 'ready' and attempts > 0 and leased_until is null) as failing,
  count(*) filter (where leased_until > now()) as running, count(*) filter (where state = 'dead') as dead,
  min(run_at) filter (where state = 'ready' and leased_until is null and run_at <= now()) as oldest
from job group by lane"""
DEAD = """select id, lane, listener, payload::text as payload, attempts, last_error, failed_at, created_at from job
where state = 'dead' order by failed_at desc, id desc limit $1"""
FAILING = """select id, lane, listener, attempts, last_error, failed_at, run_at from job
where state = 'ready' and attempts > 0 and last_error is not null order by failed_at desc limit $1"""
NODES = """select name, roles, pid, version, started_at, seen_at, stats::text as stats,
  seen_at > now() - interval '10 seconds' as alive from node order by name"""
SIZE = """select pg_database_size(current_database()) as octets, current_setting('server_version') as version,
  (select count(*) from pg_stat_activity where datname = current_database()) as connections,
  current_setting('max_connections')::int as most"""
TABLES = """select relname as name, pg_total_relation_size(oid) as octets, greatest(reltuples, 0)::bigint as rows
from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 2 desc limit 6"""

# The key goes: an equal job may wait meanwhile, and two with one key may not.
AGAIN = """update job set state = 'ready', attempts = 0, run_at = clock_timestamp(), lease = null, leased_until = null,
  dedupe_key = null"""


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane's queue; ``oldest``: since when its next job has been due."""

    name: str
    waiting: int = 0
    failing: int = 0
    running: int = 0
    dead: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One process; ``parts``: name, state (up, down, stale, starting), error, restarts."""

    name: str
    roles: list[str]
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
    alive: bool
    main_lag_s: float
    parts: list[tuple[str, str, str | None, int]]
    aaa: dict[str, Any]


async def lanes() -> list[Lane]:
    """All lanes, also the empty ones."""
    known = {row["lane"]: Lane(*row) for row in await db.fetch(LANES_NOW)}
    return [known.get(name, Lane(name)) for name in LANES]


async def dead(most: int = 50) -> Sequence[Any]:
    """Jobs that were given up, the newest first."""
    return await db.fetch(DEAD, most)


async def failing(most: int = 10) -> Sequence[Any]:
    """Jobs that failed and will be tried again."""
    return await db.fetch(FAILING, most)


async def periodic() -> Sequence[Any]:
    """Work that comes again and again, and when it comes next."""
    return await db.fetch("select name, lane, every_s, next_at, last_at from periodic order by next_at, name")


async def nodes() -> list[Node]:
    """Every process that reported during the last days."""
    found = []
    for row in await db.fetch(NODES):
        stats = json.loads(row["stats"])
        parts = [
            (name, part["state"], part.get("error"), part.get("restarts", 0))
            for name, part in sorted(stats.get("parts", {}).items())
        ]
        head = (row["name"], list(row["roles"]), row["pid"], row["version"], row["started_at"], row["seen_at"])
        lag = float(stats.get("main_lag_s", 0.0))
        found.append(Node(*head, row["alive"], lag, parts, stats.get("aaa") or {}))
    return found


async def database() -> Any:
    """Size in octets, version, connections."""
    return await db.fetchrow(SIZE)


async def tables() -> Sequence[Any]:
    """The largest tables with their size in octets."""
    return await db.fetch(TABLES)


async def retry(actor: audit.Actor, job_id: int) -> None:
    """Give a dead job its turns back."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(
            f"{AGAIN} where id = $1 and state = 'dead' returning lane, listener",
            job_id,
        )
        if row is None:
            raise NotFound(thing="job")
        await ring(connection, [row["lane"]])
        await audit.note(connection, actor, "job.retried", "job", job_id, listener=row["listener"])


async def drop(actor: audit.Actor, job_id: int) -> None:
    """Give a dead job up for good; what it was stays in the audit."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(
            "delete from job where id = $1 and state = 'dead' returning listener, payload::text as payload, last_error",
            job_id,
        )
        if row is None:
            raise NotFound(thing="job")
        detail = {"listener": row["listener"], "payload": row["payload"], "error": row["last_error"]}
        await audit.note(connection, actor, "job.dropped", "job", job_id, **detail)


async def retry_all(actor: audit.Actor) -> int:
    """Give every dead job its turns back; returns how many."""
    async with db.transaction() as connection:
        rows = await connection.fetch(
            f"{AGAIN} where id in (select id from job where state = 'dead' order by id limit 1000) returning id, lane"
        )
        if rows:
            await ring(connection, sorted({row["lane"] for row in rows}))
            await audit.note(connection, actor, "job.retried", "jobs", "", jobs=[row["id"] for row in rows])
    return len(rows)
