"""The network at a glance: sites by city, and what nobody has put in its place yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.network import site_list

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


async def loose_ends() -> dict[str, int]:
    """What is not in its place yet, counted by name."""
    return dict(await db.fetchrow(LOOSE))
