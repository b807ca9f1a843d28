"""Realms and their home servers for a screen, and how each home server does as the AAA nodes tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.base import clock, db
from oss.base.problems import NotFound

REALMS = """select id, name, kind, strip, when_silent, accounting, allow::text as allow, active, created_at,
  version
from realm r where $1::bigint is null or id = $1 order by active desc, kind, name"""
HOMES = """select id, realm_id, position, transport, host, auth_port, acct_port, certificate_name, signs, active,
  version
from home_server where $1::bigint is null or realm_id = $1 order by realm_id, position, id"""
# A node that has not reported for ten seconds tells nothing of the present.
STANDINGS = """select s::text as told from node n, jsonb_array_elements(n.stats->'aaa'->'home_servers') s
where n.seen_at > now() - interval '10 seconds' and jsonb_typeof(n.stats->'aaa'->'home_servers') = 'array'"""
WORST_LAST = ("unknown", "alive", "dead")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a home server does: state (unknown, alive, dead) as the node says that fares worst with it, since when, what
    it answered and left unanswered in all, how long the last answer took (microseconds), and what is wrong."""

    state: str = "unknown"
    since: datetime | None = None
    answers: int = 0
    silences: int = 0
    took_us: int = 0
    error: str = ""


async def every() -> list[dict[str, Any]]:
    """All realms with their ``homes``, each with its ``standing``."""
    return await _read(None)


async def one(realm_id: int) -> dict[str, Any]:
    """One realm with its home servers."""
    found = await _read(realm_id)
    if not found:
        raise NotFound(thing="realm")
    return found[0]


async def home(realm_id: int, home_id: int) -> Mapping[str, Any]:
    """One home server of a realm, without its secret."""
    for row in (await one(realm_id))["homes"]:
        if row["id"] == home_id:
            return dict(row)
    raise NotFound(thing="home server")


async def _read(realm_id: int | None) -> list[dict[str, Any]]:
    standings, homes = await _standings(), dict[int, list[dict[str, Any]]]()
    for row in await db.fetch(HOMES, realm_id):
        one = dict(row) | {"standing": standings.get(row["id"], Standing())}
        homes.setdefault(row["realm_id"], []).append(one)
    return [
        dict(row) | {"allow": json.loads(row["allow"]), "homes": homes.get(row["id"], [])}
        for row in await db.fetch(REALMS, realm_id)
    ]


async def _standings() -> dict[int, Standing]:
    found: dict[int, Standing] = {}
    for row in await db.fetch(STANDINGS):
        key, state, since, answers, silences, took_us, error = json.loads(row["told"])
        before = found.get(key, Standing())
        worse = WORST_LAST.index(state) >= WORST_LAST.index(before.state)
        at = clock.from_timestamp(since) if since else None
        shown = (state, at, took_us, error) if worse else (before.state, before.since, before.took_us, before.error)
        found[key] = Standing(shown[0], shown[1], before.answers + answers, before.silences + silences, *shown[2:])
    return found
