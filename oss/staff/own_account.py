"""What members of staff change of their own account: password, e-mail address."""

from __future__ import annotations

import asyncio

from oss.base import audit, db
from oss.base.problems import InvalidInput
from oss.staff import passwords, recovery, users

WRONG = "is not your present password"


async def change_password(actor: audit.Actor, user_id: int, present: str, fresh: str, own_sid: str, zone: str) -> None:
    """A new password; all sessions but this one end, and a notice goes out. ``zone``: the provider's."""
    if await users.check(actor.name, present) is None:
        raise InvalidInput({"present_password": WRONG})
    async with db.pool().acquire() as connection:
        known = await passwords.known_of(connection, user_id)
    await passwords.demand(fresh, known)
    hashed = await asyncio.to_thread(users.hash_password, fresh)
    async with db.transaction() as connection:
        await recovery.replace(connection, actor, user_id, hashed, own_sid)
        at, ip = recovery.moment_words(zone), actor.ip or ""
        await recovery.notice(connection, user_id, "password_changed", at=at, ip=ip)


async def change_email(actor: audit.Actor, user_id: int, typed: str, zone: str) -> None:
    """Another address; the old one is told, since whoever reads the new one may ask for a password."""
    email = users.plain_email(typed)
    async with db.transaction() as connection:
        old = await connection.fetchval("select email from staff_user where id = $1 for update", user_id)
        if email == old:
            return
        await users.set_email(connection, user_id, email)
        await tell_old_address(connection, actor, user_id, old, email, zone)
        await audit.note(connection, actor, "user.email_changed", "staff_user", user_id)


async def tell_old_address(
    connection: db.Connection, actor: audit.Actor, user_id: int, old: str | None, email: str | None, zone: str
) -> None:
    """Whoever changed it, its owner or an administrator: who read the old address learns of it."""
    if old and old != email:
        at, ip, told = recovery.moment_words(zone), actor.ip or "", email or "–"
        await recovery.notice(connection, user_id, "email_changed", to=old, email=told, at=at, ip=ip)


async def email(user_id: int) -> str | None:
    """A user's address."""
    found: str | None = await db.fetchval("select email from staff_user where id = $1", user_id)
    return found
