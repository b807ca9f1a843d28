"""The plant for screens: an OLT's PON ports with how full they are, boxes with their sockets, and the list of ONUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.typed import anywhere
from oss.network.onus import spelled

PONS = """select p.id, p.device_id, d.name as device, d.site_id, p.name, p.interface_id, p.capacity, p.note, p.version,
  (select count(*) from splitter_box b where b.pon_id = p.id) as boxes, coalesce(o.onus, 0) as onus,
  coalesce(o.online, 0) as online, coalesce(o.dark, 0) as dark
from pon_port p join device d on d.id = p.device_id left join lateral (select count(*) as onus,
  count(*) filter (where state = 'online') as online,
  count(*) filter (where state in ('offline', 'los', 'dying-gasp')) as dark from onu where pon_id = p.id) o on true"""
BOXES = """select b.id, b.name, b.pon_id, p.name as pon, p.device_id, d.name as device, b.parent_id, u.name as parent,
  b.site_id, s.name as site, b.ports, b.address, b.latitude_e6, b.longitude_e6, b.note, b.version, b.created_at,
  (select count(*) from onu o where o.box_id = b.id and o.box_port is not null) as used,
  (select count(*) from splitter_box f where f.parent_id = b.id) as fed
from splitter_box b join pon_port p on p.id = b.pon_id join device d on d.id = p.device_id
left join splitter_box u on u.id = b.parent_id left join site s on s.id = b.site_id"""
ONU_COLUMNS = """o.id, o.serial, o.pon_id, p.name as pon, p.device_id, d.name as device, o.number, o.box_id,
  b.name as box, o.box_port, o.model, o.state, o.state_at, o.seen_at, o.note, o.version, o.created_at"""
ONU_TABLES = """onu o left join pon_port p on p.id = o.pon_id left join device d on d.id = p.device_id
left join splitter_box b on b.id = o.box_id"""
ORDERS = {
    "serial": Order("o.serial", "text"),
    "pon": Order("(d.name || ' ' || p.sort_key) collate \"C\"", "text", optional=True),
    "box": Order("b.name", "text", optional=True),
    "state": Order("o.state", "text"),
    "seen": Order("o.seen_at", "timestamptz", optional=True),
    "added": Order("o.id", "bigint"),
}
VIEWS = {
    "online": "o.state = 'online'",
    "dark": "o.state in ('offline', 'los', 'dying-gasp')",
    "loose": "o.box_id is null",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list of ONUs is narrowed to and sorted by; ``view``: one of VIEWS, or all."""

    text: str = ""
    view: str = ""
    device_id: int | None = None
    pon_id: int | None = None
    sort: str = "serial"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "serial")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(ONU_COLUMNS, ONU_TABLES, "o.id")
    if wanted.view in VIEWS:
        found.where(VIEWS[wanted.view])
    if wanted.device_id:
        found.where("p.device_id = {}", wanted.device_id)
    if wanted.pon_id:
        found.where("o.pon_id = {}", wanted.pon_id)
    if wanted.text:
        serial, text = anywhere(spelled(wanted.text) or wanted.text.upper()), anywhere(wanted.text)
        found.where("(o.serial like {} or b.name ilike {} or o.model ilike {})", serial, text, text)
    return found


async def pons(device_id: int) -> Sequence[Any]:
    """The PON ports of an OLT in the order of their names."""
    return await db.fetch(PONS + " where p.device_id = $1 order by p.sort_key", device_id)


async def pon(pon_id: int) -> Any:
    """One PON port."""
    row = await db.fetchrow(PONS + " where p.id = $1", pon_id)
    if row is None:
        raise NotFound(thing="PON port")
    return row


async def pon_names() -> list[tuple[int, str]]:
    """Ids and names (``OLT-1 0/3/7``) of all PON ports, for a choice."""
    sql = """select p.id, d.name || ' ' || p.name as name from pon_port p join device d on d.id = p.device_id
    order by d.name, p.sort_key"""
    return [(row["id"], row["name"]) for row in await db.fetch(sql)]


async def boxes_of(pon_id: int) -> Sequence[Any]:
    """The boxes a PON feeds."""
    return await db.fetch(BOXES + " where b.pon_id = $1 order by b.name", pon_id)


async def boxes_placed() -> Sequence[Any]:
    """The boxes that have a place on the map."""
    return await db.fetch(BOXES + " where b.latitude_e6 is not null order by b.id limit 20000")


async def box(box_id: int) -> Any:
    """One box."""
    row = await db.fetchrow(BOXES + " where b.id = $1", box_id)
    if row is None:
        raise NotFound(thing="box")
    return row


async def box_names(pon_id: int | None = None) -> list[tuple[int, str]]:
    """Ids and names of boxes, of one PON or all, for a choice."""
    sql = "select id, name from splitter_box where $1::bigint is null or pon_id = $1 order by name"
    return [(row["id"], row["name"]) for row in await db.fetch(sql, pon_id)]


async def onus_of_box(box_id: int) -> Sequence[Any]:
    """The ONUs in a box by its sockets."""
    sql = f"select {ONU_COLUMNS} from {ONU_TABLES} where o.box_id = $1 order by o.box_port nulls last, o.serial"
    return await db.fetch(sql, box_id)


async def onu(onu_id: int) -> Any:
    """One ONU."""
    row = await db.fetchrow(f"select {ONU_COLUMNS} from {ONU_TABLES} where o.id = $1", onu_id)
    if row is None:
        raise NotFound(thing="ONU")
    return row


async def counts() -> dict[str, int]:
    """How many ONUs each view has, and in all (``every``); and of each state."""
    row = await db.fetchrow(
        "select count(*) as every, "
        + ", ".join(f"count(*) filter (where {sql}) as {name}" for name, sql in VIEWS.items())
        + " from onu o"
    )
    return dict(row)
