"""Links that are good once: an invitation, the recovery of a password. Only the SHA-256 of their token is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from oss.base import clock, db
from oss.base.problems import Problem

LIVES = {"invite": timedelta(hours=72), "recovery": timedelta(minutes=30)}
PATHS = {"invite": "/invite/", "recovery": "/recover/"}
MOST_TOKEN = 128
READ = """select l.user_id, l.kind, u.login, u.name, u.email from staff_link l
join staff_user u on u.id = l.user_id and u.active where l.token_hash = $1 and l.kind = $2 and l.expires_at > now()"""


class LinkGone(Problem):
    """This link was used already or is too old. Ask for a new one."""

    status = 410


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose link it is."""

    user_id: int
    kind: str
    login: str
    name: str
    email: str


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def make(connection: db.Connection, kind: str, user_id: int) -> str:
    """A token in the place of all others of this kind."""
    token = secrets.token_urlsafe(32)
    await connection.execute("delete from staff_link where user_id = $1 and kind = $2", user_id, kind)
    await connection.execute(
        "insert into staff_link (token_hash, user_id, kind, expires_at) values ($1, $2, $3, $4)",
        *(_hash(token), user_id, kind, clock.now() + LIVES[kind]),
    )
    return token


def address(public_url: str, kind: str, token: str) -> str:
    """The link; its host is what is configured, never what a request says."""
    return f"{public_url}{PATHS[kind]}{token}"


async def look(kind: str, token: str) -> Holder:
    """Whose it is, without using it; raises LinkGone."""
    row = await db.fetchrow(READ, _hash(token), kind) if len(token) <= MOST_TOKEN else None
    if row is None:
        raise LinkGone()
    return Holder(row["user_id"], row["kind"], row["login"], row["name"], row["email"] or "")


async def spend(connection: db.Connection, kind: str, token: str) -> None:
    """Use it up; raises LinkGone for the second of two that come at once."""
    sql = "delete from staff_link where token_hash = $1 and kind = $2 and expires_at > now()"
    if await connection.execute(sql, _hash(token), kind) != "DELETE 1":
        raise LinkGone()


async def cancel(connection: db.Connection, user_id: int) -> None:
    """None of a user's links is good any more."""
    await connection.execute("delete from staff_link where user_id = $1", user_id)
