"""Browsers a member of staff has signed in with: known by a cookie of which only the SHA-256 is kept.

Whoever types wrong passwords elsewhere uses up the tries of a login; a known browser has tries of its own, so that
its owner is never locked out by others.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from oss.base import clock, db

LIFE = timedelta(days=180)
MOST = 20
KNOWN = """select 1 from staff_device d join staff_user u on u.id = d.user_id
where d.token_hash = $1 and d.expires_at > now() and (u.login = $2 or u.email = $2)"""
FORGET = """delete from staff_device where user_id = $1 and token_hash not in
  (select token_hash from staff_device where user_id = $1 order by created_at desc limit $2)"""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def known(token: str | None, login: str) -> bool:
    """Whether this browser's cookie is of the user with this login (or e-mail)."""
    return bool(token and len(token) < 128 and await db.fetchval(KNOWN, _hash(token), login))


async def remember(connection: db.Connection, token: str | None, user_id: int) -> str | None:
    """A token for the cookie of a browser that was not known as the user's yet."""
    sql = "select 1 from staff_device where token_hash = $1 and user_id = $2 and expires_at > now()"
    if token and len(token) < 128 and await connection.fetchval(sql, _hash(token), user_id):
        return None
    made = secrets.token_urlsafe(32)
    await connection.execute(
        "insert into staff_device (token_hash, user_id, expires_at) values ($1, $2, $3)",
        *(_hash(made), user_id, clock.now() + LIFE),
    )
    await connection.execute(FORGET, user_id, MOST)
    return made
