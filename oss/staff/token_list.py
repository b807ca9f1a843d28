"""API tokens as a screen lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oss.base import db
from oss.base.problems import NotFound

# Those in force first, then the ended ones of the last months; nobody has so many that they would be paged.
LIST = """select t.id, t.name, t.role, r.name as role_name, t.permissions, t.networks::text[] as networks, t.cities,
  t.made_by, t.created_at, t.expires_at, t.last_used_at, t.revoked_at,
  t.revoked_at is null and (t.expires_at is null or t.expires_at > now()) as active
from api_token t join role r on r.key = t.role
where ($1::bigint is null or t.id = $1) order by active desc, t.id desc limit 500"""


async def every() -> Sequence[Any]:
    """All of them, those in force first, the newest of them first."""
    return await db.fetch(LIST, None)


async def one(token_id: int) -> Any:
    """One of them."""
    rows = await db.fetch(LIST, token_id)
    if not rows:
        raise NotFound(thing="token")
    return rows[0]
