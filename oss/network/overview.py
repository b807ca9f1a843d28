"""The network at a glance: sites by city, and what nobody has put in its place yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.network import plant_list, site_list

LOOSE = """select
  (select count(*) from device where parent_device_id is null and not is_core) as hanging_on_nothing,
  (select count(*) from device where enabled and snmp_version = 'off') as not_asked,
  (select count(*) from device where enabled and management is null) as without_address,
  (select count(*) from onu where box_id is null) as onus_in_no_box,
  (select count(*) from onu where pon_id is null) as onus_on_no_pon,
  (select count(*) from site where latitude_e6 is null) as off_the_map,
  (select count(*) from device where is_core) as cores"""


@dataclass(frozen=True, slots=True)
class City:
    """Sites of one city, with what stands in them all; ``name`` is empty for those whose city nobody gave."""

    name: str
    sites: list[Any]

    @property
    def devices(self) -> int:
        return sum(one["devices"] for one in self.sites)

    @property
    def onus(self) -> int:
        return sum(one["onus"] for one in self.sites)


async def by_city() -> list[City]:
    """All sites, by city."""
    cities: dict[str, City] = {}
    for row in await site_list.every():
        name = row["city"] or ""
        cities.setdefault(name, City(name, [])).sites.append(row)
    return list(cities.values())


async def olts() -> list[tuple[Any, list[Any]]]:
    """The OLTs, each with its PON ports: a row an OLT, a cell a PON."""
    found: dict[int, tuple[Any, list[Any]]] = {}
    for row in await db.fetch(plant_list.PONS + " order by d.name, p.sort_key limit 4000"):
        found.setdefault(row["device_id"], (row, []))[1].append(row)
    return list(found.values())


async def loose_ends() -> dict[str, int]:
    """What is not in its place yet, counted by name."""
    return dict(await db.fetchrow(LOOSE))


async def devices() -> list[Any]:
    """Every device with what it hangs on: for drawings."""
    sql = """select d.id, d.name, d.role, d.site_id, s.name as site, d.is_core, d.enabled, d.discovered_at,
      d.parent_device_id, d.parent_link_id, m.maker, m.name as model from device d join site s on s.id = d.site_id
      left join device_model m on m.id = d.model_id order by d.name limit 5000"""
    return list(await db.fetch(sql))


def around(every: list[Any], site_id: int) -> list[Any]:
    """The devices of a site, all that hang on them, and what these hang on up to the top."""
    by_id = {one["id"]: one for one in every}
    wanted = {one["id"] for one in every if one["site_id"] == site_id}
    below = set(wanted)
    while more := {one["id"] for one in every if one["parent_device_id"] in below} - below:
        below |= more
    for key in wanted:
        at = by_id[key]["parent_device_id"]
        while at is not None and at in by_id and at not in below:
            below.add(at)
            at = by_id[at]["parent_device_id"]
    return [one for one in every if one["id"] in below]
