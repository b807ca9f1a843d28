"""Members of staff for a screen: who there is, what each may do on routers, and what they have for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oss.base import db, settings
from oss.base.audit import Actor
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.typed import anywhere

NEEDS_CODE = "staff.routers_need_code"
COLUMNS = """u.id, u.login, u.name, u.role, o.name as role_name, u.cities, u.active, u.last_login_at,
  u.created_at, u.version, u.email, o.routers as role_level, r.routers, r.totp_since,
  r.password_sealed is not null as has_router_password,
  (select count(*) from staff_passkey k where k.user_id = u.id) as passkeys,
  (select max(l.expires_at) from staff_link l where l.user_id = u.id and l.kind = 'invite' and l.expires_at > now())
    as invited_until"""
TABLES = "staff_user u join role o on o.key = u.role left join staff_radius r on r.id = u.id"
SQL = f"select {COLUMNS} from {TABLES}"
ORDERS = {
    "use": Order("(not u.active)", "bool", then="u.name", of_key="(select o.name from staff_user o where o.id = {})"),
    "name": Order("u.name", "text"),
    "login": Order("u.login", "text"),
    "role": Order('u.role collate "C"', "text"),
    "seen": Order("u.last_login_at", "timestamptz", optional=True),
    "added": Order("u.id", "bigint"),
}
STATES = {
    "active": "u.active",
    "off": "not u.active",
    "bare": "u.active and r.totp_since is null and not exists (select from staff_passkey k where k.user_id = u.id)",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; ``state`` one of STATES, ``level`` of `oss.staff.roles.LEVELS`."""

    text: str = ""
    state: str = ""
    role: str = ""
    level: str = ""
    sort: str = "use"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "use")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "u.id")
    if wanted.state in STATES:
        found.where(STATES[wanted.state])
    if wanted.role:
        found.where("u.role = {}", wanted.role)
    if wanted.level:
        found.where("coalesce(r.routers, o.routers) = {}", wanted.level)
    if wanted.text:
        like = anywhere(wanted.text)
        found.where("(u.name ilike {} or u.login ilike {} or u.email ilike {})", like, like, like)
    return found


async def counts() -> Mapping[str, int]:
    """How many there are, and in each state."""
    parts = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, condition in STATES.items())
    return dict(await db.fetchrow(f"select count(*) as every, {parts} from {TABLES}"))


async def every() -> list[Any]:
    """All of them, those who may sign in first."""
    return list(await db.fetch(SQL + " order by u.active desc, u.name, u.id"))


async def one(user_id: int) -> Any:
    """One of them."""
    row = await db.fetchrow(SQL + " where u.id = $1", user_id)
    if row is None:
        raise NotFound(thing="user")
    return row


async def needs_code(connection: db.Connection) -> bool:
    """Whether routers are closed to who has no one-time codes."""
    return bool(await settings.read(connection, NEEDS_CODE, False))


async def set_needs_code(connection: db.Connection, actor: Actor, wanted: bool) -> None:
    """Change that; AAA nodes know it within the second."""
    await settings.write(connection, actor, NEEDS_CODE, wanted)
