"""Members of staff found by name or login: there are few, and all are read."""

from __future__ import annotations

from oss.base import db
from oss.base.providers import Hit, Narrowing, searches
from oss.base.typed import Typed, plain
from oss.staff.permissions import StaffPermission


@searches("staff", StaffPermission.WRITE, wants=lambda typed: len(typed.key) > 1, rank=80)
async def people(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Who has all the words as beginnings in name or login, those who may sign in first."""
    rows = await connection.fetch("select id, name, login from staff_user order by active desc, name limit 5000")
    found = [row for row in rows if _fits(row["name"], typed) or typed.key in row["login"].lower()]
    return [Hit("staff", row["id"], row["name"], row["login"]) for row in found[:most]]


def _fits(name: str, typed: Typed) -> bool:
    parts = plain(name).split()
    return bool(typed.words) and all(any(part.startswith(word) for part in parts) for word in typed.words)
