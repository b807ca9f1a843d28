"""From what a device told to the inventory: what is new, changed, gone and back, once however often it is told.

    changes = await discovery.look(connection, facts)            # what would change, nothing is written
    changes = await discovery.discovered(connection, actor, facts)   # the same, done

An interface is known again by its name, because a restart may number all anew; where two have one name, by its number.
What is gone is kept with the day it went. An ONU that an OLT lists is put on that PON; in which box it is, only people
know. A neighbour that is one of our devices becomes a link, unless there is one between the two already.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from oss.base import audit, db
from oss.base.problems import NotFound
from oss.network import catalogue, dependencies, rows
from oss.network.facts import Facts, Interface, Neighbour, SeenOnu, System
from oss.network.onus import STATES, spelled
from oss.network.plant import place_of

LEARNED: Final = ("name", "alias", "kind", "speed_bps", "mac", "admin", "oper")
MOST = 8192  # interfaces, neighbours or ONUs of one device that are looked at
INTERFACES: Final = """select id, if_index, name, alias, kind, speed_bps, mac, admin, oper, gone_at
from device_interface where device_id = $1 order by id for update"""
ADD: Final = """insert into device_interface (device_id, if_index, name, alias, kind, speed_bps, mac, admin, oper,
  first_seen_at, last_seen_at) select $1, f.*, $10, $10 from unnest($2::bigint[], $3::text[], $4::text[], $5::int[],
  $6::bigint[], $7::text[], $8::text[], $9::text[]) f returning id"""
SEEN: Final = """update device_interface i set if_index = f.if_index, name = f.name, alias = f.alias, kind = f.kind,
  speed_bps = f.speed_bps, mac = f.mac, admin = f.admin, oper = f.oper, last_seen_at = $10, gone_at = null,
  changed_at = case when f.changed then $10 else i.changed_at end
from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[], $8::text[],
  $9::text[], $11::boolean[]) f(id, if_index, name, alias, kind, speed_bps, mac, admin, oper, changed)
where i.id = f.id"""
GONE: Final = "update device_interface set gone_at = $2, if_index = null where id = any($1::bigint[])"
HISTORY: Final = """insert into interface_change (interface_id, at, what, before, after)
select f.id, $5, f.what, f.before::jsonb, f.after::jsonb
from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) f(id, what, before, after)"""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. ``thing``: system, interface, link, onu, pon; ``what``: new, changed, gone, back,
    moved."""

    thing: str
    what: str
    name: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A known interface and what was told of it; ``renumbered``: it has another number since."""

    id: int
    told: Interface
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    was_gone: bool
    renumbered: bool

    @property
    def what(self) -> str:
        """What became of it; empty where nothing differs."""
        return "back" if self.was_gone else "changed" if self.after else ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be written of the interfaces."""

    new: list[Interface]
    seen: list[_Seen]
    gone: list[Any]


def _known_as(one: Interface, by_name: Mapping[str, Any], by_index: Mapping[int, Any], names: Counter[str]) -> Any:
    """The row an interface is known by, None for a new one."""
    if names[one.name] == 1 and (row := by_name.get(one.name)) is not None:
        return row
    row = by_index.get(one.if_index)
    renamed = row is not None and (row["name"] == one.name or row["name"] not in names)
    return row if renamed else None


def _matched(known: Sequence[Any], told: Sequence[Interface]) -> _Plan:
    """Which known interface each told one is; pure."""
    names = Counter(one.name for one in told)
    here = [row for row in known if row["gone_at"] is None and row["if_index"] is not None]
    by_index = {row["if_index"]: row for row in here}
    # one that is there goes before one that is gone
    by_name = {row["name"]: row for row in sorted(known, key=lambda row: (row["gone_at"] is None, row["id"]))}
    plan, met = _Plan([], [], []), set[int]()
    for one in told:
        row = _known_as(one, by_name, by_index, names)
        if row is None or row["id"] in met:
            plan.new.append(one)
            continue
        met.add(row["id"])
        differs = [name for name in LEARNED if row[name] != getattr(one, name)]
        before, after = {name: row[name] for name in differs}, {name: getattr(one, name) for name in differs}
        renumbered = row["if_index"] != one.if_index
        plan.seen.append(_Seen(row["id"], one, before, after, row["gone_at"] is not None, renumbered))
    plan.gone.extend(row for row in here if row["id"] not in met)
    return plan


def _once(told: Sequence[Interface]) -> list[Interface]:
    """Cut to what columns hold, each number once: what a device tells is not to be trusted."""
    found: dict[int, Interface] = {}
    for one in told[:MOST]:
        if 0 < one.if_index < 2**32 and (name := _clean(one.name, 120)):
            admin = one.admin if one.admin in ("up", "down", "testing") else "unknown"
            oper = one.oper if one.oper in ("up", "down", "testing", "dormant", "absent", "lower-down") else "unknown"
            speed = one.speed_bps if one.speed_bps is not None and 0 < one.speed_bps < 10**15 else None
            kind = one.kind if 0 <= one.kind < 2**31 else 0
            texts = _clean(one.alias, 255), kind, speed, _clean(one.mac, 17).upper()
            found.setdefault(one.if_index, Interface(one.if_index, name, *texts, admin, oper))
    return list(found.values())


def _clean(text: str, most: int) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:most]


def _told(plan: _Plan) -> list[Change]:
    found = [Change("interface", "new", one.name) for one in plan.new]
    found += [Change("interface", one.what, one.told.name, one.before, one.after) for one in plan.seen if one.what]
    return found + [Change("interface", "gone", row["name"]) for row in plan.gone]


def _columns(told: Sequence[Interface]) -> list[list[Any]]:
    return [[getattr(one, name) for one in told] for name in ("if_index", *LEARNED)]


async def _write(connection: db.Connection, facts: Facts, plan: _Plan) -> None:
    """Numbers are unique among what is there: what is gone and what changes places lets go of them first."""
    notes = [(row["id"], "gone", "{}", "{}") for row in plan.gone]
    await connection.execute(GONE, [row["id"] for row in plan.gone], facts.at)
    moved = [one.id for one in plan.seen if one.renumbered]
    await connection.execute("update device_interface set if_index = null where id = any($1::bigint[])", moved)
    changed = [bool(one.what) for one in plan.seen]
    told = _columns([one.told for one in plan.seen])
    await connection.execute(SEEN, [one.id for one in plan.seen], *told, facts.at, changed)
    notes += [(one.id, one.what, json.dumps(one.before), json.dumps(one.after)) for one in plan.seen if one.what]
    made = await connection.fetch(ADD, facts.device_id, *_columns(plan.new), facts.at)
    notes += [(row["id"], "new", "{}", "{}") for row in made]
    if notes:
        await connection.execute(HISTORY, *map(list, zip(*notes, strict=True)), facts.at)


# ------------------------------------------------------------ the device itself


async def _system(connection: db.Connection, row: Any, system: System) -> dict[str, Any]:
    """Columns of the device that differ. A model that nobody chose is known by the sysObjectID."""
    wanted: dict[str, Any] = {
        "sys_name": _clean(system.name, 255),
        "sys_descr": _clean(system.descr, 2000),
        "sys_object_id": _clean(system.object_id, 120),
    }
    for name in ("serial", "software"):
        if value := _clean(getattr(system, name), 80):
            wanted[name] = value
    told = (wanted["sys_object_id"], wanted["sys_descr"])
    if row["model_id"] is None and (model := await catalogue.of_agent(connection, *told)):
        wanted["model_id"] = model["id"]
    return {name: value for name, value in wanted.items() if row[name] != value}


# ------------------------------------------------------------ neighbours


async def _neighbours(connection: db.Connection, device_id: int, told: Sequence[Neighbour]) -> list[dict[str, Any]]:
    """Links that are not drawn yet, to those of our devices that a neighbour's name or chassis means."""
    names = [one.name for one in told[:MOST] if one.name]
    known = {}
    for row in await connection.fetch(
        "select id, name, sys_name from device where name = any($1::text[]) or sys_name = any($1::text[])", names
    ):
        known[row["sys_name"]] = known[row["name"]] = row["id"]
    drawn = {
        row["other"]
        for row in await connection.fetch(
            "select case when a_device_id = $1 then b_device_id else a_device_id end as other from network_link "
            "where $1 in (a_device_id, b_device_id)",
            device_id,
        )
    }
    found: dict[int, dict[str, Any]] = {}
    for one in told[:MOST]:
        other = known.get(one.name)
        if other is not None and other != device_id and other not in drawn and other not in found:
            found[other] = {"other": other, "name": one.name, "if_index": one.if_index, "port": _clean(one.port, 120)}
    return list(found.values())


async def _draw(connection: db.Connection, facts: Facts, links: Sequence[Mapping[str, Any]]) -> None:
    sql = """insert into network_link (medium, capacity_bps, a_device_id, a_interface_id, b_device_id, b_interface_id,
      found_by, seen_at) select 'fibre', a.speed_bps, $1, a.id, $2, b.id, 'lldp', $5 from (select 1) one
    left join device_interface a on a.device_id = $1 and a.if_index = $3 and a.gone_at is null
    left join lateral (select id from device_interface where device_id = $2 and name = $4 and gone_at is null limit 1) b
      on true"""
    for one in links:
        await connection.execute(sql, facts.device_id, one["other"], one["if_index"], one["port"], facts.at)
    if links:
        await dependencies.renew(connection)


# ------------------------------------------------------------ ONUs


@dataclass(frozen=True, slots=True)
class _Lit:
    """ONUs as they are to stand: by serial the PON's name, number, model and state; and those no longer listed."""

    new_pons: list[str]
    seen: dict[str, SeenOnu]
    known: dict[str, Any]
    missing: list[Any]

    def changes(self) -> list[Change]:
        found = [Change("pon", "new", name) for name in self.new_pons]
        for serial, one in self.seen.items():
            row = self.known.get(serial)
            if row is None:
                found.append(Change("onu", "new", serial, {}, {"pon": one.pon}))
            elif row["pon"] != one.pon or row["device_id"] != row["here"]:
                found.append(Change("onu", "moved", serial, {"pon": row["pon"]}, {"pon": one.pon}))
            elif row["state"] != one.state and one.state != "unknown":
                found.append(Change("onu", "changed", serial, {"state": row["state"]}, {"state": one.state}))
        return found + [Change("onu", "gone", row["serial"]) for row in self.missing]


async def _lit(connection: db.Connection, device_id: int, told: Sequence[SeenOnu]) -> _Lit:
    pons = {row["name"] for row in await connection.fetch("select name from pon_port where device_id = $1", device_id)}
    by_place = {place_of(name): name for name in pons}
    seen: dict[str, SeenOnu] = {}
    for one in told[: MOST * 4]:
        serial, pon = spelled(one.serial), _clean(one.pon, 40)
        if serial and pon:
            state = one.state if one.state in STATES else "unknown"
            number = one.number if one.number is not None and 0 <= one.number <= 1023 else None
            pon = by_place.get(place_of(pon), pon)  # a PON made by hand or by a command line has its name already
            seen[serial] = SeenOnu(serial, pon, number, _clean(one.model, 60), state)
    sql = """select o.id, o.serial, o.state, p.name as pon, p.device_id, $2::bigint as here from onu o
      left join pon_port p on p.id = o.pon_id where o.serial = any($1::text[]) or p.device_id = $2"""
    found = {row["serial"]: row for row in await connection.fetch(sql, list(seen), device_id)}
    missing = [
        row
        for serial, row in found.items()
        if serial not in seen and row["device_id"] == device_id and row["state"] not in ("unknown", "offline")
    ]
    return _Lit(sorted({one.pon for one in seen.values()} - pons, key=rows.natural), seen, found, missing)


async def _light(connection: db.Connection, facts: Facts, lit: _Lit) -> None:
    """Put the ONUs on their PONs; one in a box of another PON leaves the box: it was moved, nobody said to which."""
    for name in lit.new_pons:
        await connection.execute(
            "insert into pon_port (device_id, name, sort_key) values ($1, $2, $3)",
            *(facts.device_id, name, rows.natural(name)),
        )
    every = list(lit.seen.values())
    columns = [[getattr(one, name) for one in every] for name in ("serial", "pon", "number", "model", "state")]
    await connection.execute(
        """insert into onu (serial, pon_id, number, model, state, state_at, seen_at)
        select f.serial, p.id, f.number, f.model, f.state, $7, $7
        from unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::text[]) f(serial, pon, number, model, state)
        join pon_port p on p.device_id = $1 and p.name = f.pon
        on conflict (serial) do update set pon_id = excluded.pon_id, number = excluded.number,
          model = case when excluded.model <> '' then excluded.model else onu.model end, seen_at = excluded.seen_at,
          state_at = case when onu.state <> excluded.state then excluded.seen_at else onu.state_at end,
          state = excluded.state,
          box_id = case when onu.pon_id is not distinct from excluded.pon_id then onu.box_id end,
          box_port = case when onu.pon_id is not distinct from excluded.pon_id then onu.box_port end""",
        facts.device_id,
        *columns,
        facts.at,
    )
    gone = [row["id"] for row in lit.missing]
    await connection.execute(
        "update onu set state = 'offline', state_at = $2 where id = any($1::bigint[])", gone, facts.at
    )


# ------------------------------------------------------------ all of it


async def look(connection: db.Connection, facts: Facts) -> list[Change]:
    """What these facts would change; nothing is written. Raises NotFound."""
    return await _work(connection, facts, None)


async def discovered(connection: db.Connection, actor: audit.Actor, facts: Facts) -> list[Change]:
    """Bring the inventory to what a device told; the same facts again change nothing. Raises NotFound."""
    return await _work(connection, facts, actor)


async def _work(connection: db.Connection, facts: Facts, actor: audit.Actor | None) -> list[Change]:
    row = await connection.fetchrow("select * from device where id = $1 for update", facts.device_id)
    if row is None:
        raise NotFound(thing="device")
    changes: list[Change] = []
    if facts.system is not None:
        columns = await _system(connection, row, facts.system)
        if columns:
            changes.append(Change("system", "changed", row["name"], {name: row[name] for name in columns}, columns))
        if actor is not None and columns:
            await rows.put(connection, "device", "device", columns, facts.device_id)
    if facts.interfaces is not None:
        plan = _matched(await connection.fetch(INTERFACES, facts.device_id), _once(facts.interfaces))
        changes += _told(plan)
        if actor is not None:
            await _write(connection, facts, plan)
    if facts.neighbours is not None:
        links = await _neighbours(connection, facts.device_id, facts.neighbours)
        changes += [Change("link", "new", f"{row['name']} – {one['name']}") for one in links]
        if actor is not None:
            await _draw(connection, facts, links)
    if facts.onus is not None:
        lit = await _lit(connection, facts.device_id, facts.onus)
        changes += lit.changes()
        if actor is not None:
            await _light(connection, facts, lit)
    if actor is not None:
        await connection.execute("update device set discovered_at = $2 where id = $1", facts.device_id, facts.at)
        await _note(connection, actor, row, changes)
    return changes


# What comes and goes by itself has a history of its own, and must not flood the audit.
QUIET: Final = {("onu", "changed"), ("onu", "gone")}


async def _note(connection: db.Connection, actor: audit.Actor, row: Any, changes: Sequence[Change]) -> None:
    """One audit row a reading, with how many of each; none where only states came and went."""
    loud = [one for one in changes if (one.thing, one.what) not in QUIET and set(one.after) != {"oper"}]
    if loud:
        counted = Counter(f"{one.thing} {one.what}" for one in loud)
        told = [f"{name}: {count}" for name, count in sorted(counted.items())]
        await audit.note(connection, actor, "device.discovered", "device", row["id"], name=row["name"], found=told)
