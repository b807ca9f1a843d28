"""Reads for the API: tokens (never their secrets)."""

from __future__ import annotations

from typing import Any

from oss.base import db, keyset
from oss.base.problems import NotFound

TOKENS = """select t.id, t.name, t.role, t.permissions, t.networks::text[] as networks, t.cities, t.made_by,
  t.created_at, t.expires_at, t.last_used_at, t.revoked_at from api_token t"""


async def tokens(
    connection: db.Connection, after: tuple[int] | None, limit: int, *, role: str | None = None
) -> keyset.Found:
    """Tokens in the order they were made."""
    return await keyset.page(connection, TOKENS, key=["t.id"], where={"t.role = ?": role}, after=after, limit=limit)


async def token(connection: db.Connection, token_id: int) -> Any:
    """One token."""
    row = await connection.fetchrow(TOKENS + " where t.id = $1", token_id)
    if row is None:
        raise NotFound(thing="token")
    return row
