"""The part of a NAS's row that says it comes by TLS, and by which name of its certificate it is known."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import replace
from typing import Any

from oss.access.nas import NasValues
from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput
from radius.radsec import spelled

TRANSPORTS = ("udp", "radsec")
NOWHERE = ipaddress.IPv6Network("100::/64")
"""Addresses that nobody has (RFC 6666): one stands for a NAS whose address may be any, and no datagram matches it."""

ONE = "select transport, coalesce(certificate_name, '') as certificate_name from nas where id = $1"
# A node that has not reported for ten seconds tells nothing of the present.
CONNECTED = """select (c->>0)::bigint as nas_id, to_timestamp((c->>1)::float8) as since, c->>2 as address, c->>3 as tls,
  n.name as node
from node n, jsonb_array_elements(n.stats->'aaa'->'radsec') c
where n.seen_at > now() - interval '10 seconds' and jsonb_typeof(n.stats->'aaa'->'radsec') = 'array'
order by 2 desc"""


def is_nowhere(network: str) -> bool:
    """Whether a NAS's network stands for one that comes by TLS."""
    try:
        found = ipaddress.ip_network(network)
    except ValueError:
        return False
    return isinstance(found, ipaddress.IPv6Network) and found.subnet_of(NOWHERE)


def prepared(values: NasValues, transport: str, present: str | None) -> NasValues:
    """The values to save. By TLS a NAS needs neither network nor secret: it gets an address that nobody has, and a
    secret that nobody knows. ``present``: the network it has now, None for a new one."""
    if transport != "radsec":
        return replace(values, network="" if is_nowhere(values.network) else values.network)
    if present is not None and is_nowhere(present):
        return replace(values, network=present, secret=None)
    fresh = str(NOWHERE.network_address + secrets.randbits(64))
    return replace(values, network=fresh, secret=secrets.token_hex(32))


def check(transport: str, certificate_name: str) -> None:
    """Raise InvalidInput if a NAS cannot be known by this."""
    wrong = {}
    if transport not in TRANSPORTS:
        wrong["transport"] = "must be one of " + ", ".join(TRANSPORTS)
    if transport == "radsec" and not certificate_name.strip():
        wrong["certificate_name"] = "must not be empty"
    if len(certificate_name.strip()) > 253 or not certificate_name.isprintable():
        wrong["certificate_name"] = "at most 253 characters"
    if wrong:
        raise InvalidInput(wrong)


async def save(
    connection: db.Connection, actor: audit.Actor, nas_id: int, transport: str, certificate_name: str
) -> None:
    """How a saved NAS comes; raises InvalidInput, Conflict where another one is known by that name."""
    check(transport, certificate_name)
    name = spelled(certificate_name) or None
    taken = await connection.fetchval("select 1 from nas where certificate_name = $1 and id <> $2", name, nas_id)
    if taken:
        raise Conflict(thing="certificate_name", value=name)
    row = await connection.fetchrow(ONE, nas_id)
    if row is None or (row["transport"], row["certificate_name"] or None) == (transport, name):
        return
    sql = "update nas set transport = $2, certificate_name = $3 where id = $1"
    await connection.execute(sql, nas_id, transport, name)
    diff = audit.changed(row, {"transport": transport, "certificate_name": name})
    detail = {"transport": transport, "certificate": name, **diff}
    await audit.note(connection, actor, "nas.transport_saved", "nas", nas_id, **detail)


async def one(nas_id: int) -> Any:
    """How a NAS comes, for its form."""
    return await db.fetchrow(ONE, nas_id)


async def connected(nas_id: int | None = None) -> list[Any]:
    """Which NAS are connected by TLS now, and to which node; of all, or of one."""
    return [row for row in await db.fetch(CONNECTED) if nas_id in (None, row["nas_id"])]
