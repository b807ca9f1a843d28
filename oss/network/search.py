"""What stands in the network, found: sites and devices by name, address or serial number, ONUs by their serial."""

from __future__ import annotations

import re

from oss.base import db
from oss.base.providers import Hit, Narrowing, searches
from oss.base.typed import Typed, anywhere
from oss.network.onus import spelled
from oss.network.permissions import NetworkPermission

SITES = "select id, name, city from site where name ilike $1 or address ilike $1 order by name limit $2"
DEVICES = """select d.id, d.name, s.name as site, host(d.management) as management, d.serial from device d
join site s on s.id = d.site_id where d.name ilike $1 or d.serial ilike $1 or d.sys_name ilike $1
  or host(d.management) like $2 order by d.name limit $3"""
ONUS = """select o.id, o.serial, d.name || ' ' || p.name as pon from onu o left join pon_port p on p.id = o.pon_id
left join device d on d.id = p.device_id where o.serial like $1 order by o.serial limit $2"""


@searches("site", NetworkPermission.READ, wants=lambda typed: len(typed.text) > 1, rank=62)
async def sites_by_name(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """The name or the address has it inside."""
    rows = await connection.fetch(SITES, anywhere(typed.text), most)
    return [Hit("site", row["id"], row["name"], beside=row["city"] or "") for row in rows]


@searches("device", NetworkPermission.READ, wants=lambda typed: len(typed.text) > 1, rank=60)
async def devices_by_name(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """Name, serial number or what it calls itself has it inside; or the management address begins so."""
    rows = await connection.fetch(DEVICES, anywhere(typed.text), anywhere(typed.text)[1:], most)
    wanted = typed.text.casefold()
    found = []
    for row in rows:
        match = next((row[name] for name in ("management", "serial") if wanted in (row[name] or "").casefold()), "")
        found.append(Hit("device", row["id"], row["name"], match, row["site"]))
    return found


def _is_serial(typed: Typed) -> bool:
    """Digits, or letters with digits: a name of a person is no serial, and a telephone number may be one."""
    bare = re.sub(r"[\s:.\-]", "", typed.text)
    return 4 <= len(bare) <= 24 and bare.isascii() and bare.isalnum() and any(c.isdigit() for c in bare)


@searches("onu", NetworkPermission.READ, wants=_is_serial, rank=42)
async def onus_by_serial(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
    """The serial has it inside, in letters or in hex."""
    rows = await connection.fetch(ONUS, anywhere(spelled(typed.text)), most)
    return [Hit("onu", row["id"], row["serial"], row["serial"], row["pon"] or "") for row in rows]
