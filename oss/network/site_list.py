"""Sites for screens: the list, one of them, the choices of a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.typed import anywhere, plain
from oss.network.sites import KINDS

COLUMNS = """s.id, s.name, s.kind, s.company_id, s.parent_id, s.address, s.city, s.latitude_e6, s.longitude_e6, s.note,
  s.version, s.created_at, u.name as parent, co.name as company,
  (select count(*) from device d where d.site_id = s.id) as devices,
  (select count(*) from device d where d.site_id = s.id and d.role = 'olt') as olts,
  (select count(*) from onu o join pon_port p on p.id = o.pon_id join device d on d.id = p.device_id
    where d.site_id = s.id) as onus,
  (select count(*) from site f where f.parent_id = s.id) as fed"""
TABLES = "site s left join site u on u.id = s.parent_id left join company co on co.id = s.company_id"
ORDERS = {
    "name": Order("s.name", "text"),
    "kind": Order("s.kind", "text"),
    "city": Order('s.city collate "C"', "text", optional=True),
    "added": Order("s.id", "bigint"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by."""

    text: str = ""
    kind: str = ""
    city: str = ""
    sort: str = "name"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "name")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "s.id")
    if wanted.kind in KINDS:
        found.where("s.kind = {}", wanted.kind)
    if wanted.city:
        found.where("s.city = {}", wanted.city)
    if wanted.text:
        text = anywhere(wanted.text)
        found.where("(s.name ilike {} or s.address ilike {} or s.city ilike {})", text, text, text)
    return found


async def one(site_id: int) -> Any:
    """One site with what stands in it, counted."""
    row = await db.fetchrow(f"select {COLUMNS} from {TABLES} where s.id = $1", site_id)
    if row is None:
        raise NotFound(thing="site")
    return row


async def every() -> Sequence[Any]:
    """All sites, by city and name: for the overview, where an operator has some hundred at most."""
    return await db.fetch(f"select {COLUMNS} from {TABLES} order by s.city nulls last, s.name limit 2000")


async def names() -> list[tuple[int, str]]:
    """Ids and names, for a choice."""
    return [(row["id"], row["name"]) for row in await db.fetch("select id, name from site order by name")]


async def cities() -> list[str]:
    """The cities sites stand in."""
    sql = "select city from site where city is not null group by city"
    return sorted((row["city"] for row in await db.fetch(sql)), key=plain)


async def counts() -> dict[str, int]:
    """How many there are of each kind, and in all (``every``)."""
    found = {row["kind"]: row["n"] for row in await db.fetch("select kind, count(*) as n from site group by kind")}
    return {"every": sum(found.values()), **{kind: found.get(kind, 0) for kind in KINDS}}
