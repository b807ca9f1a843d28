"""Signing in to the console: who tried is noted, what was typed never is (invariant 9)."""

from __future__ import annotations

from oss.base import audit, db
from oss.base.problems import Problem
from oss.staff import devices, users
from oss.staff.models import User
from oss.staff.people import Person


async def prove_password(login: str, password: str, ip: str) -> User | None:
    """The user; None, and the note that somebody was refused.

    A login that does not exist is not kept: people type their password into the wrong field.
    """
    user = await users.check(login, password)
    if user is None:
        known = await User.get_or_none(login=login.strip().lower())
        await refused(known, ip, "password")
    return user


async def refused(user: User | Person | None, ip: str, why: str) -> None:
    """The note that somebody was not let in: ``why`` is password, code, or the problem that stood against it."""
    async with db.transaction() as connection:
        actor = audit.Actor(user.login if user else "nobody", ip)
        await audit.note(connection, actor, "user.refused", "staff_user", user.id if user else "", why=why)


async def refused_for(user: User, ip: str, problem: Problem) -> None:
    """The same for a rule of the role."""
    await refused(user, ip, problem.code)


async def entered(user: User, ip: str, way: str, device: str | None) -> str | None:
    """The note that they came, and by which way (password, code, passkey); a token for a browser not known yet."""
    async with db.transaction() as connection:
        await connection.execute("update staff_user set last_login_at = now() where id = $1", user.id)
        await audit.note(connection, audit.Actor(user.login, ip), "user.signed_in", "staff_user", user.id, way=way)
        return await devices.remember(connection, device, user.id)


async def sign_out(actor: audit.Actor, user_id: int) -> None:
    """The note that somebody left."""
    async with db.transaction() as connection:
        await audit.note(connection, actor, "user.signed_out", "staff_user", user_id)
