"""Devices for screens: the list, one of them with everything but its secrets, and what hangs on it directly."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.typed import anywhere
from oss.network.catalogue import ROLES

COLUMNS = """d.id, d.name, d.role, d.site_id, s.name as site, s.city, d.model_id, m.maker, m.name as model, d.serial,
  d.software, host(d.management) as management, d.snmp_version, d.poll_interval_s, d.enabled, d.is_core,
  d.parent_device_id, u.name as parent, d.discovered_at, d.created_at, d.version,
  (select count(*) from device_interface i where i.device_id = d.id and i.gone_at is null) as interfaces"""
TABLES = """device d join site s on s.id = d.site_id left join device_model m on m.id = d.model_id
left join device u on u.id = d.parent_device_id"""
ORDERS = {
    "name": Order("d.name", "text"),
    "role": Order("d.role", "text"),
    "site": Order("s.name", "text"),
    "model": Order("(m.maker || ' ' || m.name) collate \"C\"", "text", optional=True),
    "software": Order('d.software collate "C"', "text"),
    "management": Order("d.management", "inet", optional=True),
    "discovered": Order("d.discovered_at", "timestamptz", optional=True),
    "added": Order("d.id", "bigint"),
}
# Of a secret a screen learns whether there is one.
ONE = f"""select {COLUMNS}, d.snmp_port, d.snmp_user, d.snmp_auth, d.snmp_priv, d.cli_protocol, d.cli_port, d.cli_user,
  d.ssh_host_key, d.ssh_port, d.ssh_legacy, d.cli_encoding, d.tls_fingerprint, d.cli_per_minute, d.cli_burst,
  d.snmp_per_minute, d.snmp_burst, d.hangs_on_device_id, d.hangs_on_link_id, d.parent_link_id, d.sys_name,
  d.sys_descr, d.sys_object_id, d.note, d.snmp_community_sealed is not null as has_snmp_community,
  d.snmp_auth_password_sealed is not null as has_snmp_auth_password,
  d.snmp_priv_password_sealed is not null as has_snmp_priv_password,
  d.cli_password_sealed is not null as has_cli_password,
  d.enable_password_sealed is not null as has_enable_password from {TABLES} where d.id = $1"""
INTERFACES = """select i.id, i.device_id, i.if_index, i.name, i.alias, i.kind, i.speed_bps, i.mac, i.admin, i.oper,
  i.first_seen_at, i.last_seen_at, i.changed_at, i.gone_at from device_interface i"""
LINKS = """select l.id, l.name, l.medium, l.capacity_bps, l.found_by, l.seen_at, l.a_device_id, l.b_device_id,
  l.a_interface_id, l.b_interface_id, l.note, l.version, l.created_at, a.name as a_device, b.name as b_device,
  ia.name as a_interface, ib.name as b_interface, ia.oper as a_oper, ib.oper as b_oper
from network_link l join device a on a.id = l.a_device_id join device b on b.id = l.b_device_id
left join device_interface ia on ia.id = l.a_interface_id left join device_interface ib on ib.id = l.b_interface_id"""
CHANGES = """select c.at, c.what, c.before, c.after, i.name from interface_change c
join device_interface i on i.id = c.interface_id where i.device_id = $1 order by c.id desc limit $2"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; ``state``: on, off (not polled) or unknown (never heard)."""

    text: str = ""
    role: str = ""
    site_id: int | None = None
    maker: str = ""
    state: str = ""
    sort: str = "name"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "name")


STATES = {
    "on": "d.enabled and d.discovered_at is not null",
    "off": "not d.enabled",
    "unheard": "d.enabled and d.discovered_at is null",
}


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "d.id")
    if wanted.role in ROLES:
        found.where("d.role = {}", wanted.role)
    if wanted.site_id:
        found.where("d.site_id = {}", wanted.site_id)
    if wanted.maker:
        found.where("m.maker = {}", wanted.maker)
    if wanted.state in STATES:
        found.where(STATES[wanted.state])
    if wanted.text:
        _search(found, wanted.text)
    return found


def _search(found: Listing, text: str) -> None:
    try:
        found.where("d.management = {}::inet", str(ipaddress.ip_address(text)))
    except ValueError:
        like = anywhere(text)
        words = ("d.name", "d.serial", "d.software", "d.sys_name", "host(d.management)", "m.name")
        found.where("(" + " or ".join(f"{word} ilike {{}}" for word in words) + ")", *[like] * len(words))


async def one(device_id: int) -> Any:
    """One device: how it is reached, without its secrets; whether it has them."""
    row = await db.fetchrow(ONE, device_id)
    if row is None:
        raise NotFound(thing="device")
    return row


async def in_site(site_id: int) -> Sequence[Any]:
    """The devices of a site."""
    return await db.fetch(f"select {COLUMNS} from {TABLES} where d.site_id = $1 order by d.role, d.name", site_id)


async def hanging_on(device_id: int) -> Sequence[Any]:
    """The devices that hang on this one directly."""
    sql = f"select {COLUMNS} from {TABLES} where d.parent_device_id = $1 order by d.name"
    return await db.fetch(sql, device_id)


async def interfaces(device_id: int) -> Sequence[Any]:
    """Its interfaces by number, those that are gone behind the others."""
    sql = INTERFACES + " where i.device_id = $1 order by i.gone_at is not null, i.if_index nulls last, i.id limit 4000"
    return await db.fetch(sql, device_id)


async def interface_changes(device_id: int, most: int = 60) -> Sequence[Any]:
    """What became of its interfaces, the newest first."""
    return await db.fetch(CHANGES, device_id, most)


async def links(device_id: int) -> Sequence[Any]:
    """The links that end at it."""
    return await db.fetch(LINKS + " where $1 in (l.a_device_id, l.b_device_id) order by l.id", device_id)


async def link(link_id: int) -> Any:
    """One link with the names of its ends."""
    row = await db.fetchrow(LINKS + " where l.id = $1", link_id)
    if row is None:
        raise NotFound(thing="link")
    return row


async def every_link() -> Sequence[Any]:
    """All links: for the map and the drawing."""
    return await db.fetch(LINKS + " order by l.id limit 10000")


async def names(role: str | None = None) -> list[tuple[int, str]]:
    """Ids and names, for a choice; of one role, or all."""
    sql = "select id, name from device where $1::text is null or role = $1 order by name"
    return [(row["id"], row["name"]) for row in await db.fetch(sql, role)]


async def makers() -> list[str]:
    """The makers of which something stands in the network."""
    sql = "select distinct m.maker from device d join device_model m on m.id = d.model_id order by 1"
    return [row["maker"] for row in await db.fetch(sql)]


async def counts() -> dict[str, int]:
    """How many there are of each role, and in all (``every``)."""
    found = {row["role"]: row["n"] for row in await db.fetch("select role, count(*) as n from device group by role")}
    return {"every": sum(found.values()), **{role: found.get(role, 0) for role in ROLES}}
