"""Who is signed in, read with each request: the person, and what their role may do at this moment, in one query."""

from __future__ import annotations

from dataclasses import dataclass

from oss.base import db
from oss.staff.roles import HELD, Held, granted

SQL = f"""select u.id, u.login, u.name, u.role, r.name as role_name, u.language, u.theme, u.density, u.zone, u.cities,
  {HELD}
from staff_user u join role r on r.key = u.role where u.id = $1 and u.active"""


@dataclass(frozen=True, slots=True)
class Person:
    """An active member of staff. ``role_name`` is None where the house names the role."""

    id: int
    login: str
    name: str
    role: str
    role_name: str | None
    language: str
    theme: str
    density: str
    zone: str | None
    held: Held


async def find(user_id: int) -> Person | None:
    """The active member of staff with this id."""
    row = await db.fetchrow(SQL, user_id)
    if row is None:
        return None
    facts = {name: row[name] for name in Person.__slots__ if name != "held"}
    return Person(**facts, held=Held(granted(row), tuple(row["cities"]), row["id"]))
