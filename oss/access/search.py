"""What the network knows, found: logins, MACs, addresses, routers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from oss.access.address_list import prefixes
from oss.access.permissions import NasPermission
from oss.base import db
from oss.base.providers import Hit, Narrowing, searches
from oss.base.typed import Typed, after, anywhere, plain
from oss.crm import within
from oss.crm.permissions import CustomerPermission
from oss.crm.within import sifted

WHOSE = """join contract k on k.id = f.contract_id join customer c on c.id = k.customer_id"""
LOGIN = f"""select c.id, c.name, f.login as match from access_account f {WHOSE}
where f.login >= $1 and f.login < $2 and {{inside}} order by f.login limit $3"""
# The inner select reads nothing but the index.
LOGIN_INSIDE = f"""select c.id, c.name, f.login as match from access_account f {WHOSE}
where f.login = any(array(select login from access_account where login like $1 limit $3)) and {{inside}}
order by f.login limit $2"""

LIVE_MAC = """upper(translate(calling_station_id collate "C", ':-. ', ''))"""
LIVE_MAC_END = """right(translate(upper(calling_station_id collate "C"), ':-. ', ''), 6)"""
BOUND_MAC = """upper(translate((bound ->> 'mac') collate "C", ':', ''))"""
MAC = f"""select distinct on (f.mac, c.id) c.id, c.name, f.mac as match from (
  (select contract_id, calling_station_id as mac from session_open
   where calling_station_id is not null and {LIVE_MAC} >= $1 and {LIVE_MAC} < $2 limit $5)
  union all (select contract_id, bound ->> 'mac' from access_account
   where bound ? 'mac' and {BOUND_MAC} >= $1 and {BOUND_MAC} < $2 limit $5)
  union all (select contract_id, calling_station_id from session_open where $3 <> ''
   and calling_station_id is not null and {LIVE_MAC_END} >= $3 and {LIVE_MAC_END} < $4 limit $5)
  union all (select contract_id, login from access_account
   where kind = 'mac' and login >= $6 and login < $7 limit $5)) f
{WHOSE} where {{inside}} order by f.mac, c.id limit $8"""
IPV4 = f"""select c.id, c.name, host(f.framed_ip) as match from session_open f {WHOSE}
where f.framed_ip >= $1::inet and f.framed_ip <= $2::inet and {{inside}} order by f.framed_ip limit $3"""
IPV6 = f"""select c.id, c.name, f.prefix as match from (
  (select contract_id, framed_ipv6_prefix as prefix from session_open
   where framed_ipv6_prefix = any($1::text[]) limit $3)
  union all (select contract_id, delegated_ipv6_prefix from session_open
   where delegated_ipv6_prefix = any($1::text[]) limit $3)) f {WHOSE} where {{inside}} limit $2"""
ROUTERS = "select id, name, network, nas_identifier, vendor from nas order by active desc, name"


def _people(rows: Sequence[Any]) -> list[Hit]:
    """Customers by what was found of them, each once for each value, however it is spelled."""
    seen = {(row["id"], re.sub(r"[^0-9a-z@]", "", row["match"].lower())): row for row in rows}
    return [Hit("customer", row["id"], row["name"], row["match"]) for row in seen.values()]


@searches("customer.login", CustomerPermission.READ, wants=lambda typed: bool(typed.login), rank=50)
async def by_login(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Logins that begin so; from three letters on, or have it inside, where it is plainly nothing else."""
    rows = list(
        await connection.fetch(*within.narrowed(LOGIN, narrowing, "c.id", typed.login, after(typed.login), most))
    )
    if len(rows) < most and len(typed.login) >= 3 and not _plainly_another(typed):
        found = await connection.fetch(
            *within.narrowed(LOGIN_INSIDE, narrowing, "c.id", anywhere(typed.login), most, sifted(most, narrowing))
        )
        rows += [row for row in found if row["match"] not in {r["match"] for r in rows}]
    return _people(rows)[:most]


def _plainly_another(typed: Typed) -> bool:
    """A telephone number, a document, an address, a MAC in pairs: no login has these inside."""
    spelled = typed.mac and not typed.text.isalnum()
    return bool(typed.phone or typed.part_of_ipv4 or typed.address or spelled or len(typed.document) > 8)


@searches("customer.mac", CustomerPermission.READ, wants=lambda typed: bool(typed.mac), rank=30)
async def by_mac(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Live sessions, bound lines and MACs that are logins that begin so; live ones that end so: people read labels."""
    end = typed.mac if len(typed.mac) <= 6 else ""
    login = ":".join(typed.mac[at : at + 2] for at in range(0, len(typed.mac), 2)).lower()
    bounds = (typed.mac, after(typed.mac), end, after(end), sifted(most, narrowing), login, after(login), most)
    return _people(await connection.fetch(*within.narrowed(MAC, narrowing, "c.id", *bounds)))


@searches(
    "customer.address", CustomerPermission.READ, wants=lambda typed: _prefixes(typed) != [] or bool(typed.part_of_ipv4)
)
async def by_address(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Who has an address now. Who had it earlier is asked on a page of its own, where the question is noted."""
    part = typed.part_of_ipv4
    if part is not None:
        rows = await connection.fetch(
            *within.narrowed(IPV4, narrowing, "c.id", str(part.network_address), str(part.broadcast_address), most)
        )
    else:
        rows = await connection.fetch(
            *within.narrowed(IPV6, narrowing, "c.id", _prefixes(typed), most, sifted(most, narrowing))
        )
    return _people(rows)[:most]


def _prefixes(typed: Typed) -> list[str]:
    """The IPv6 prefixes that a typed address lies in, or the prefix that was typed."""
    if isinstance(typed.network, ipaddress.IPv6Network):
        return [str(typed.network)]
    return prefixes(typed.address) if isinstance(typed.address, ipaddress.IPv6Address) else []


@searches("nas", NasPermission.READ, wants=lambda typed: len(typed.key) > 1, rank=40)
async def routers(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Routers by a part of their name or identifier, or by an address in their network."""
    found = []
    for row in await connection.fetch(ROUTERS):
        match = _router_match(row, typed)
        if match is not None:
            found.append(Hit("nas", row["id"], row["name"], match, row["network"] if match == "" else ""))
    return found[:most]


def _router_match(row: Any, typed: Typed) -> str | None:
    if typed.key in plain(row["name"]):
        return ""
    if row["nas_identifier"] and typed.key in plain(row["nas_identifier"]):
        return str(row["nas_identifier"])
    if typed.address is not None and typed.address in ipaddress.ip_network(row["network"], strict=False):
        return str(row["network"])
    return str(row["network"]) if typed.part_of_ipv4 is not None and row["network"].startswith(typed.text) else None
