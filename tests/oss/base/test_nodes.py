"""A process tells the database once a second that it lives."""

from __future__ import annotations

import asyncio
import json
import os

from oss.base import db, nodes
from oss.base.supervisor import Health
from tests.waiting import eventually


async def test_a_node_tells_its_roles_and_figures(database: str) -> None:
    health, figures = Health("node"), {"online": 1}
    task = asyncio.create_task(nodes.report("pop-1", ("aaa", "web"), "0.1", lambda: figures, health))
    await eventually(lambda: health.good)
    row = await db.fetchrow("select * from node")
    assert (row["name"], row["roles"], row["pid"], row["version"]) == ("pop-1", ["aaa", "web"], os.getpid(), "0.1")
    figures["online"] = 2
    seen = await eventually(
        lambda: db.fetchrow("select * from node where seen_at > $1 and stats->>'online' = '2'", row["seen_at"])
    )
    assert json.loads(seen["stats"]) == {"online": 2} and seen["started_at"] == row["started_at"]
    task.cancel()
