"""Certificates as screens tell of them: from what each running node says in its row, whoever's disk they lie on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.access.certificates import alarm
from oss.base import clock, db

NODES = """select name, stats->'certificates' as told from node
where seen_at > now() - interval '10 seconds' and stats ? 'certificates' order by name"""
DAMAGED = "damaged"
LOUD = (DAMAGED, "expired", "last_days")


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate of a node. ``use``: server or clients; ``state``: soon, pressing, last_days, expired, damaged
    (then ``words`` say how, and the rest is empty), None while all is well; ``cure``: the command that helps."""

    node: str
    state: str | None
    use: str = ""
    subject: str = ""
    expires_at: datetime | None = None
    cure: str = ""
    words: str = ""


async def every() -> list[Shown]:
    """The certificates of each node that runs and serves with some, the server's first."""
    rows, now = await db.fetch(NODES), clock.now()
    return [one for row in rows for one in _of(row["name"], json.loads(row["told"]), now)]


def _of(node: str, told: dict[str, Any], now: datetime) -> list[Shown]:
    if told["error"]:
        return [Shown(node, DAMAGED, words=told["error"])]
    found = []
    for one in told["held"]:
        expires_at = datetime.fromisoformat(one["expires_at"])
        found.append(Shown(node, alarm(expires_at, now), one["use"], one["subject"], expires_at, one["cure"]))
    return found


async def endings() -> list[Shown]:
    """Those that end, have ended or cannot be used, the most urgent first; what nodes share is told once."""
    found: dict[object, Shown] = {}
    for one in await every():
        if one.state is not None:
            found.setdefault((one.use, one.subject, one.expires_at, one.words), one)
    return sorted(found.values(), key=lambda one: one.expires_at.timestamp() if one.expires_at else 0.0)
