"""The tree of the inventory as causes are looked for in it: who is behind whom, what each is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oss.base import db
from oss.monitoring.causes import Thing, Tree

# A device is behind its link, a link behind the device at its far end; where nobody knows, it is behind its site.
# An ONU is behind its box, a box behind the one that feeds it; an interface is behind its device.
PARENTS = """select 'site' as kind, id, 'site' as above, parent_id as above_id from site where parent_id is not null
union all select 'device', id, case when parent_link_id is not null then 'link'
    when parent_device_id is not null then 'device' else 'site' end,
  coalesce(parent_link_id, parent_device_id, site_id) from device
union all select 'link', parent_link_id, 'device', min(parent_device_id) from device
  where parent_link_id is not null and parent_device_id is not null group by parent_link_id
union all select 'pon', id, 'device', device_id from pon_port
union all select 'box', id, case when parent_id is not null then 'box' else 'pon' end, coalesce(parent_id, pon_id)
  from splitter_box
union all select 'onu', id, case when box_id is not null then 'box' else 'pon' end, coalesce(box_id, pon_id)
  from onu where coalesce(box_id, pon_id) is not null"""
SITES = "select id, site_id from device"
FAR_ENDS = """select a_interface_id as id, b_device_id as device from network_link where a_interface_id is not null
union all select b_interface_id, a_device_id from network_link where b_interface_id is not null"""
OF_INTERFACES = "select id, device_id from device_interface where id = any($1::bigint[])"
OF_LINES = """select account_id as id, case when onu_id is not null then 'onu' else 'device' end as above,
coalesce(onu_id, device_id) as above_id from account_drop where account_id = any($1::bigint[])"""
CALLED = {
    "site": "select id, name from site where id = any($1::bigint[])",
    "device": "select id, name from device where id = any($1::bigint[])",
    "interface": """select i.id, d.name || ' ' || i.name as name from device_interface i
join device d on d.id = i.device_id where i.id = any($1::bigint[])""",
    "link": """select l.id, coalesce(nullif(l.name, ''), a.name || ' – ' || b.name) as name from network_link l
join device a on a.id = l.a_device_id join device b on b.id = l.b_device_id where l.id = any($1::bigint[])""",
    "pon": """select p.id, d.name || ' ' || p.name as name from pon_port p join device d on d.id = p.device_id
where p.id = any($1::bigint[])""",
    "box": "select id, name from splitter_box where id = any($1::bigint[])",
    "onu": "select id, serial as name from onu where id = any($1::bigint[])",
    "line": "select id, login as name from access_account where id = any($1::bigint[])",
    "nas": "select id, name from nas where id = any($1::bigint[])",
}


async def read(connection: db.Connection) -> Tree:
    """The whole inventory but interfaces and lines: those are added when one of them is looked for."""
    rows = await connection.fetch(PARENTS)
    sites = {Thing("device", row["id"]): Thing("site", row["site_id"]) for row in await connection.fetch(SITES)}
    return Tree({Thing(row["kind"], row["id"]): Thing(row["above"], row["above_id"]) for row in rows}, sites)


async def far_ends(connection: db.Connection) -> Mapping[Thing, Thing]:
    """Of the interfaces at which a link of ours ends: the device at its other end."""
    rows = await connection.fetch(FAR_ENDS)
    return {Thing("interface", row["id"]): Thing("device", row["device"]) for row in rows}


async def grown(connection: db.Connection, tree: Tree, things: Iterable[Thing]) -> Tree:
    """The tree with those interfaces and lines among some things that it does not hold yet."""
    missing = [one for one in things if one not in tree.parents]
    parents: dict[Thing, Thing] = {}
    interfaces = [one.id for one in missing if one.kind == "interface"]
    for row in await connection.fetch(OF_INTERFACES, interfaces) if interfaces else ():
        parents[Thing("interface", row["id"])] = Thing("device", row["device_id"])
    lines = [one.id for one in missing if one.kind == "line"]
    for row in await connection.fetch(OF_LINES, lines) if lines else ():
        parents[Thing("line", row["id"])] = Thing(row["above"], row["above_id"])
    return tree.with_more(parents) if parents else tree


async def called(connection: db.Connection, things: Iterable[Thing]) -> Mapping[Thing, str]:
    """What things are called; of what is gone or has no name, nothing."""
    by_kind: dict[str, list[int]] = {}
    for thing in things:
        by_kind.setdefault(thing.kind, []).append(thing.id)
    found = {}
    for kind, ids in by_kind.items():
        for row in await connection.fetch(CALLED[kind], ids) if kind in CALLED else ():
            found[Thing(kind, row["id"])] = row["name"]
    return found
