"""Signing in to the console: who tried is noted, what was typed never is (invariant 9)."""

from __future__ import annotations

from oss.base import audit, db
from oss.staff import users
from oss.staff.models import User


async def sign_in(login: str, password: str, ip: str) -> User | None:
    """The user, and the note that they came; None, and the note that somebody was refused.

    A login that does not exist is not kept: people type their password into the wrong field.
    """
    user = await users.check(login, password)
    known = user or await User.get_or_none(login=login.strip().lower())
    async with db.transaction() as connection:
        if user is not None:
            await connection.execute("update staff_user set last_login_at = now() where id = $1", user.id)
        action = "user.signed_in" if user else "user.refused"
        actor = audit.Actor(known.login if known else "nobody", ip)
        await audit.note(connection, actor, action, "staff_user", known.id if known else "")
    return user


async def sign_out(actor: audit.Actor, user_id: int) -> None:
    """The note that somebody left."""
    async with db.transaction() as connection:
        await audit.note(connection, actor, "user.signed_out", "staff_user", user_id)
