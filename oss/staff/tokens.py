"""API tokens: shown once, kept as SHA-256, with role, expiry, last use and revocation."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from oss.base import audit, audit_names, clock, db
from oss.base.problems import InvalidInput, NotFound
from oss.staff.roles import ROLES, permissions_of

audit_names.called("api_token", "select id, name, id as inside from api_token where id = any($1::bigint[])")
PREFIX = "mil_"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is and what it may do."""

    token_id: int
    name: str
    permissions: frozenset[str]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def add(connection: db.Connection, actor: audit.Actor, name: str, role: str, days: int | None = None) -> str:
    """Create a token and return it: it is never shown again. ``days`` limits its life."""
    wrong = {}
    if not 1 <= len(name.strip()) <= 80:
        wrong["name"] = "1 to 80 characters"
    if role not in ROLES:
        wrong["role"] = "one of " + ", ".join(ROLES)
    if days is not None and not 1 <= days <= 36_500:
        wrong["days"] = "must be between 1 and 36500"
    if wrong:
        raise InvalidInput(wrong)
    token = PREFIX + secrets.token_urlsafe(32)
    expires = clock.now() + timedelta(days=days) if days is not None else None
    token_id = await connection.fetchval(
        "insert into api_token (name, token_hash, role, expires_at) values ($1, $2, $3, $4) returning id",
        name,
        _hash(token),
        role,
        expires,
    )
    await audit.note(connection, actor, "token.added", "api_token", token_id, name=name, role=role)
    return token


async def find(token: str) -> Identity | None:
    """Who a bearer token belongs to, None if unknown, expired or revoked; notes its last use by the minute."""
    row = await db.fetchrow(
        "select id, name, role, last_used_at, expires_at from api_token where token_hash = $1 and revoked_at is null",
        _hash(token),
    )
    if row is None or (row["expires_at"] and row["expires_at"] <= clock.now()):
        return None
    if row["last_used_at"] is None or stale(row["last_used_at"]):
        await db.execute("update api_token set last_used_at = now() where id = $1", row["id"])
    return Identity(row["id"], row["name"], permissions_of(row["role"]))


def stale(used_at: datetime) -> bool:
    """A last use older than a minute is written again; more often would be a write for every request."""
    return clock.now() - used_at > timedelta(minutes=1)


async def revoke(connection: db.Connection, actor: audit.Actor, token_id: int) -> None:
    """End a token at once."""
    row = await connection.fetchrow(
        "update api_token set revoked_at = now() where id = $1 and revoked_at is null returning name, revoked_at",
        token_id,
    )
    if row is None:
        raise NotFound(thing="token")
    diff = audit.changed({"revoked_at": None}, {"revoked_at": row["revoked_at"]})
    await audit.note(connection, actor, "token.revoked", "api_token", token_id, name=row["name"], **diff)
