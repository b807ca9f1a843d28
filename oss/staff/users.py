"""Staff users: argon2id hashes, checked off the loop and a few at a time (each check takes 64 MiB)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

import argon2

from oss.base import audit, audit_names, db
from oss.base.problems import InvalidInput, NotFound
from oss.staff import roles
from oss.staff.models import User
from oss.staff.roles import LEVELS

audit_names.called("staff_user", "select id, name, id as inside from staff_user where id = any($1::bigint[])")
MINIMUM_PASSWORD = 10
# RFC 5321 section 4.5.3.1: 64 octets before the @, 254 in all; no quoted local parts.
EMAIL_FORM = re.compile(r"(?=.{3,254}\Z)[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)*")
FIND = "select id from staff_user where (login = $1 or email = $1) and active order by login = $1 desc limit 1"
TAKEN = "select 1 from staff_user where id <> $1 and (email = $2 or login = $2)"
EMAIL = "update staff_user set email = $2 where id = $1"
PRESENT = """select u.name, u.email, u.role, u.active, u.cities, r.routers from staff_user u
left join staff_radius r on r.id = u.id
where u.id = $1 for update of u"""
MOST_CITIES = 100
CHANGE = """update staff_user set name = $2, role = $3, active = $4, cities = coalesce($5, cities), email = $6
where id = $1"""
ROUTERS = """insert into staff_radius (id, routers) values ($1, $2)
on conflict (id) do update set routers = excluded.routers where staff_radius.routers is distinct from $2"""
_hasher = argon2.PasswordHasher()
# A login that does not exist costs the same time as one that does.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$Xa0EuJHWbVSfWjXcwqmVkcPZKXMX2bVG3Gb0c6PT9dM"
_at_once = asyncio.Semaphore(2)


def hash_password(password: str) -> str:
    """argon2id with the library's present parameters (150 ms, 64 MiB)."""
    return _hasher.hash(password)


def matches(password_hash: str, password: str | bytes) -> bool:
    """Whether a hash is this password's. Takes the time of a hash; other threads go on meanwhile."""
    try:
        return _hasher.verify(password_hash, password)
    except argon2.exceptions.Argon2Error:
        return False
    except argon2.exceptions.InvalidHashError:
        return False


async def find(login: str) -> User | None:
    """The active user with this login, or else with this e-mail address."""
    user_id = await db.fetchval(FIND, login.strip().lower()[:254])
    return await User.get_or_none(id=user_id) if user_id is not None else None


async def check(login: str, password: str) -> User | None:
    """The active user with this login (or e-mail) and password, or None; always takes the time of one hash."""
    user = await find(login)
    async with _at_once:
        fits = await asyncio.to_thread(matches, user.password_hash if user else NOBODY, password)
    return user if user and fits else None


async def add(connection: db.Connection, actor: audit.Actor, login: str, name: str, password: str, role: str) -> int:
    """Create a user; returns its id."""
    wrong = {}
    login = login.strip().lower()
    if not login or len(login) > 64:
        wrong["login"] = "1 to 64 characters"
    if len(password) < MINIMUM_PASSWORD:
        wrong["password"] = f"at least {MINIMUM_PASSWORD} characters"
    if not await roles.exists(connection, role):
        wrong["role"] = "one of " + ", ".join(await roles.keys(connection))
    if login and await connection.fetchval("select 1 from staff_user where login = $1 or email = $1", login):
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


def plain_email(text: str) -> str | None:
    """An address in small letters, None where nothing was typed; raises InvalidInput for what is none."""
    typed = text.strip().lower()
    if typed and not EMAIL_FORM.fullmatch(typed):
        raise InvalidInput({"email": "must be an e-mail address"})
    return typed or None


async def set_email(connection: db.Connection, user_id: int, email: str | None) -> None:
    """A user's address, where invitations and new passwords go; one that names somebody else is refused."""
    await _free_email(connection, user_id, email)
    await connection.execute(EMAIL, user_id, email)


async def _free_email(connection: db.Connection, user_id: int, email: str | None) -> None:
    if email and await connection.fetchval(TAKEN, user_id, email):
        raise InvalidInput({"email": "already taken"})


@dataclass(frozen=True, slots=True)
class UserValues:
    """What a form changes. ``cities`` None keeps the present; ``routers`` None is what the role gives.

    ``cities``, as they are written with customers, are what a role's "own cities" means for this person.
    """

    name: str
    role: str
    active: bool
    routers: str | None = None
    cities: Sequence[str] | None = None
    email: str | None = None


def check_values(values: UserValues) -> None:
    """Raise InvalidInput for what no user may be."""
    wrong = {}
    if not 1 <= len(values.name.strip()) <= 120:
        wrong["name"] = "1 to 120 characters"
    if values.routers is not None and values.routers not in LEVELS:
        wrong["routers"] = "one of " + ", ".join(LEVELS)
    if values.cities and (len(values.cities) > MOST_CITIES or any(len(city) > 80 for city in values.cities)):
        wrong["cities"] = f"at most {MOST_CITIES}"
    if wrong:
        raise InvalidInput(wrong)


async def change(connection: db.Connection, actor: audit.Actor, user_id: int, values: UserValues) -> None:
    """Change a user; AAA nodes know it within the second, and a user switched off is signed out of the console."""
    check_values(values)
    await roles.lock(connection)
    known = await connection.fetchrow(PRESENT, user_id)
    if known is None:
        raise NotFound(thing="user")
    if not await roles.exists(connection, values.role):
        raise InvalidInput({"role": "one of " + ", ".join(await roles.keys(connection))})
    cities = None if values.cities is None else sorted({city.strip() for city in values.cities if city.strip()})
    email = plain_email(values.email or "")
    await _free_email(connection, user_id, email)
    async with roles.editors_stay(connection):
        written = (values.name.strip(), values.role, values.active, cities, email)
        await connection.execute(CHANGE, user_id, *written)
    if known["routers"] != values.routers:  # kept beside the row, and edited with it
        await connection.execute(ROUTERS, user_id, values.routers)
        await connection.execute("update staff_user set version = version + 1 where id = $1", user_id)
    if not values.active:
        await connection.execute("delete from web_session where user_id = $1", user_id)
    after = {"name": values.name.strip(), "role": values.role, "active": values.active, "routers": values.routers}
    after["email"] = email
    if cities is not None:
        after["cities"] = cities
    detail = {**after, **audit.changed(known, after)}
    await audit.note(connection, actor, "user.changed", "staff_user", user_id, **detail)
