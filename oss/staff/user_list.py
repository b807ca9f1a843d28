"""Members of staff for a screen: who there is, what each may do on routers, and what they have for it."""

from __future__ import annotations

from typing import Any

from oss.base import db, settings
from oss.base.audit import Actor
from oss.base.problems import NotFound

NEEDS_CODE = "staff.routers_need_code"
SQL = """select u.id, u.login, u.name, u.role, o.name as role_name, u.cities, u.active, u.last_login_at,
  u.created_at, u.version, u.email, o.routers as role_level, r.routers, r.totp_since,
  r.password_sealed is not null as has_router_password,
  (select count(*) from staff_passkey k where k.user_id = u.id) as passkeys,
  (select max(l.expires_at) from staff_link l where l.user_id = u.id and l.kind = 'invite' and l.expires_at > now())
    as invited_until
from staff_user u join role o on o.key = u.role left join staff_radius r on r.id = u.id"""


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
