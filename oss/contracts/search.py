"""Plans found by a part of their name: there are few, and all are read."""

from __future__ import annotations

from oss.base import db
from oss.base.providers import Hit, Narrowing, searches
from oss.base.typed import Typed, plain
from oss.contracts.permissions import PlanPermission


@searches("plan", PlanPermission.READ, wants=lambda typed: len(typed.key) > 1, rank=70)
async def plans(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Plans with this in their name, those on sale first."""
    rows = await connection.fetch("select id, name from plan order by active desc, name limit 2000")
    return [Hit("plan", row["id"], row["name"]) for row in rows if typed.key in plain(row["name"])][:most]
