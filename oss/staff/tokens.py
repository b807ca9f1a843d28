"""API tokens: shown once, kept as SHA-256, with role, expiry, last use and revocation."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oss.base import audit, audit_names, clock, db
from oss.base.problems import InvalidInput, NotFound
from oss.staff import roles
from oss.staff.roles import HELD, Held, granted

audit_names.called("api_token", "select id, name, id as inside from api_token where id = any($1::bigint[])")
PREFIX = "mil_"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


FIND = f"""select t.id, t.name, t.last_used_at, t.expires_at, t.permissions, t.networks, t.cities, t.user_id, {HELD}
from api_token t join role r on r.key = t.role where t.token_hash = $1 and t.revoked_at is null"""
INSERT = """insert into api_token (name, token_hash, role, expires_at, permissions, networks, cities, user_id)
values ($1, $2, $3, $4, $5, $6::text[]::cidr[], $7, $8) returning id"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is and what it may do: its role's grants, or the part of them it was given."""

    token_id: int
    name: str
    held: Held = field(repr=False)

    @property
    def permissions(self) -> frozenset[str]:
        return self.held.permissions


@dataclass(frozen=True, slots=True)
class Limits:
    """What a token is kept to: ``permissions`` of its role (None: all), ``networks`` it may ask from (None: anywhere).

    ``cities`` and ``user_id`` are what a role's "own cities" and "own records" mean for it.
    """

    permissions: Sequence[str] | None = None
    networks: Sequence[str] | None = None
    cities: Sequence[str] = ()
    user_id: int | None = None

    def wrong(self) -> dict[str, str]:
        """What is not so, by field."""
        try:
            for one in self.networks or ():
                ipaddress.ip_network(one)
        except ValueError:
            return {"networks": "is not a network, such as 192.0.2.0/24"}
        return {}


FREE = Limits()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def add(
    connection: db.Connection,
    actor: audit.Actor,
    name: str,
    role: str,
    days: int | None = None,
    limits: Limits = FREE,
) -> str:
    """Create a token and return it: it is never shown again. ``days`` limits its life."""
    wrong = limits.wrong()
    if not 1 <= len(name.strip()) <= 80:
        wrong["name"] = "1 to 80 characters"
    if not await roles.exists(connection, role):
        wrong["role"] = "one of " + ", ".join(await roles.keys(connection))
    if days is not None and not 1 <= days <= 36_500:
        wrong["days"] = "must be between 1 and 36500"
    if wrong:
        raise InvalidInput(wrong)
    token = PREFIX + secrets.token_urlsafe(32)
    expires = clock.now() + timedelta(days=days) if days is not None else None
    part = None if limits.permissions is None else sorted(limits.permissions)
    kept_to = (part, limits.networks, list(limits.cities), limits.user_id)
    token_id = await connection.fetchval(INSERT, name, _hash(token), role, expires, *kept_to)
    detail = {"permissions": part, "networks": limits.networks, "cities": list(limits.cities) or None}
    given = {key: value for key, value in detail.items() if value is not None}
    await audit.note(connection, actor, "token.added", "api_token", token_id, name=name, role=role, **given)
    return token


async def find(token: str, ip: str | None = None) -> Identity | None:
    """Who a bearer token belongs to; None if unknown, expired, revoked, or asked with from outside its networks.

    Its last use is noted by the minute.
    """
    row = await db.fetchrow(FIND, _hash(token))
    if row is None or (row["expires_at"] and row["expires_at"] <= clock.now()) or not _inside(row["networks"], ip):
        return None
    if row["last_used_at"] is None or stale(row["last_used_at"]):
        await db.execute("update api_token set last_used_at = now() where id = $1", row["id"])
    kinds = granted(row)
    if row["permissions"] is not None:
        kinds = {name: kind for name, kind in kinds.items() if name in row["permissions"]}
    return Identity(row["id"], row["name"], Held(kinds, tuple(row["cities"]), row["user_id"]))


def _inside(networks: Sequence[Network] | None, ip: str | None) -> bool:
    """Whether an address may use a token that is kept to some networks; an IPv4 one may come dressed as IPv6."""
    if networks is None:
        return True
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in networks)


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
