"""Which processes run, with which roles and figures: a row each, refreshed every second."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from oss.base import clock, db
from oss.base.supervisor import Health

REPORT = """insert into node (name, roles, pid, version, started_at, seen_at, stats)
values ($1, $2, $3, $4, $5, now(), $6::jsonb)
on conflict (name) do update set roles = excluded.roles, pid = excluded.pid, version = excluded.version,
  started_at = excluded.started_at, seen_at = now(), stats = excluded.stats"""


async def report(
    name: str, roles: Sequence[str], version: str, stats: Callable[[], dict[str, Any]], health: Health
) -> None:
    """Tell the database once a second that this process lives, and how it is."""
    started = clock.now()
    while True:
        text = json.dumps(stats(), default=str)
        await db.execute(REPORT, name, list(roles), os.getpid(), version, started, text)
        health.beat()
        await asyncio.sleep(1.0)
