"""API tokens: shown once, kept as SHA-256, with role, expiry, last use and revocation."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from oss.base import audit, audit_names, clock, db
from oss.base.problems import InvalidInput, NotFound
from oss.staff import roles
from oss.staff.permissions import known
from oss.staff.roles import HELD, Held, granted
from oss.staff.scopes import Kind

audit_names.called("api_token", "select id, name, id as inside from api_token where id = any($1::bigint[])")
PREFIX = "mil_"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


FIND = f"""select t.id, t.name, t.last_used_at, t.expires_at, t.permissions, t.networks, t.cities, t.user_id, {HELD}
from api_token t join role r on r.key = t.role where t.token_hash = $1 and t.revoked_at is null"""
INSERT = """insert into api_token (name, token_hash, role, expires_at, permissions, networks, cities, user_id, made_by)
values ($1, $2, $3, $4, $5, $6::text[]::cidr[], $7, $8, $9) returning id"""
MOST_NETWORKS = 50


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
        if len(self.networks or ()) > MOST_NETWORKS:
            return {"networks": f"at most {MOST_NETWORKS}"}
        try:
            for one in self.networks or ():
                ipaddress.ip_network(one)
        except ValueError:
            return {"networks": "is not a network, such as 192.0.2.0/24"}
        return {}


@dataclass(frozen=True, slots=True)
class Made:
    """A token that was just made: the only time it can be read."""

    id: int
    token: str = field(repr=False)


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
    """Create a token as the house itself may (command line, tests) and return it: it is never shown again."""
    return (await make(connection, actor, name, role, days, limits)).token


async def make(
    connection: db.Connection,
    actor: audit.Actor,
    name: str,
    role: str,
    days: int | None = None,
    limits: Limits = FREE,
    maker: Held | None = None,
) -> Made:
    """Create a token. ``days`` limits its life; ``maker``: what who makes it may do, more than which it never gets."""
    wrong = limits.wrong()
    if not 1 <= len(name.strip()) <= 80:
        wrong["name"] = "1 to 80 characters"
    if not await roles.exists(connection, role):
        wrong["role"] = "one of " + ", ".join(await roles.keys(connection))
    if days is not None and not 1 <= days <= 36_500:
        wrong["days"] = "must be between 1 and 36500"
    if wrong:
        raise InvalidInput(wrong)
    limits = _kept_to((await roles.one(connection, role)).grants, limits, maker)
    token = PREFIX + secrets.token_urlsafe(32)
    expires = clock.now() + timedelta(days=days) if days is not None else None
    part = None if limits.permissions is None else sorted(limits.permissions)
    kept_to = (part, limits.networks, list(limits.cities), limits.user_id)
    token_id = await connection.fetchval(INSERT, name.strip(), _hash(token), role, expires, *kept_to, actor.name)
    detail = {"permissions": part, "networks": limits.networks, "cities": list(limits.cities) or None, "days": days}
    given = {key: value for key, value in detail.items() if value is not None}
    await audit.note(connection, actor, "token.added", "api_token", token_id, name=name, role=role, **given)
    return Made(token_id, token)


def _kept_to(grants: Mapping[str, Kind], limits: Limits, maker: Held | None) -> Limits:
    """The limits as they are kept, or InvalidInput where they name what the role or the maker has not.

    A role may be given more one day: a token made by who has not everything is kept to what its role has now.
    """
    if maker is None:
        return limits
    wanted = frozenset(grants if limits.permissions is None else limits.permissions)
    if not wanted <= frozenset(grants):
        raise InvalidInput({"permissions": "is more than the role may do"})
    limits = replace(limits, cities=limits.cities or maker.cities, user_id=maker.user_id)
    above = any(not _within(grants[name], maker.kinds.get(name), limits, maker) for name in wanted)
    if above:
        raise InvalidInput({"permissions": "is more than you may do yourself"})
    whole = limits.permissions is None and frozenset(known()) <= maker.permissions and not maker.partial
    return limits if whole else replace(limits, permissions=sorted(wanted))


def _within(wanted: Kind, own: Kind | None, limits: Limits, maker: Held) -> bool:
    """Whether a scope lies within the maker's own."""
    if own == "city":
        return wanted == "city" and set(limits.cities) <= set(maker.cities)
    return own == "all" or (own == "own" and wanted == "own")


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
