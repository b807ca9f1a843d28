"""Staff users: argon2id hashes, checked off the loop and a few at a time (each check takes 64 MiB)."""

from __future__ import annotations

import asyncio

import argon2

from oss.base import audit, db
from oss.base.problems import InvalidInput
from oss.staff.models import User
from oss.staff.roles import ROLES

MINIMUM_PASSWORD = 10
_hasher = argon2.PasswordHasher()
# A login that does not exist costs the same time as one that does.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$Xa0EuJHWbVSfWjXcwqmVkcPZKXMX2bVG3Gb0c6PT9dM"
_at_once = asyncio.Semaphore(2)


def hash_password(password: str) -> str:
    """argon2id with the library's present parameters (150 ms, 64 MiB)."""
    return _hasher.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except argon2.exceptions.Argon2Error:
        return False
    except argon2.exceptions.InvalidHashError:
        return False


async def check(login: str, password: str) -> User | None:
    """The active user with this login and password, or None; always takes the time of one hash."""
    user = await User.get_or_none(login=login.strip().lower(), active=True)
    async with _at_once:
        fits = await asyncio.to_thread(_matches, user.password_hash if user else _NOBODY, password)
    return user if user and fits else None


async def add(connection: db.Connection, actor: audit.Actor, login: str, name: str, password: str, role: str) -> int:
    """Create a user; returns its id."""
    wrong = {}
    login = login.strip().lower()
    if not login or len(login) > 64:
        wrong["login"] = "1 to 64 characters"
    if len(password) < MINIMUM_PASSWORD:
        wrong["password"] = f"at least {MINIMUM_PASSWORD} characters"
    if role not in ROLES:
        wrong["role"] = "one of " + ", ".join(ROLES)
    if login and await connection.fetchval("select 1 from staff_user where login = $1", login):
        wrong["login"] = "already taken"
    if wrong:
        raise InvalidInput(wrong)
    hashed = await asyncio.to_thread(hash_password, password)
    user_id: int = await connection.fetchval(
        "insert into staff_user (login, name, password_hash, role) values ($1, $2, $3, $4) returning id",
        login,
        name.strip() or login,
        hashed,
        role,
    )
    await audit.note(connection, actor, "user.added", "staff_user", user_id, login=login, role=role)
    return user_id
