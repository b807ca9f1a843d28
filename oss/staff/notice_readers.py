"""Who is told what a permission is about: the active members of staff whose role has it."""

from __future__ import annotations

from collections.abc import Sequence

from oss.base import db
from oss.notify.notices import holders
from oss.staff.roles import permissions_of


@holders
async def readers(connection: db.Connection, permission: str) -> Sequence[int]:
    """The ids of everybody active who holds a permission."""
    rows = await connection.fetch("select id, role from staff_user where active order by id")
    return [row["id"] for row in rows if permission in permissions_of(row["role"])]
