"""Who answered a search, beside what the inventory knows; those that are chosen become devices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from oss.base import audit, db
from oss.base.problems import InvalidInput, NotFound
from oss.base.secrets import Sealer
from oss.monitoring import scan
from oss.monitoring.scan import Found
from oss.network import catalogue, devices
from oss.network.devices import DeviceValues

MOST_AT_ONCE: Final = 256
"""Devices put into the inventory in one go: each works out anew what hangs on what."""
SAME_BOOT_S: Final = 5.0
FOUND = """select f.key as address, f.value::text as told from device_search s cross join jsonb_each(s.found) f
where s.id = $1 order by f.key::inet limit $2"""
KNOWN = """select id, name, sys_name, serial, host(management) as management from device
where host(management) = any($1::text[]) or serial = any($2::text[]) or name = any($3::text[])
  or sys_name = any($3::text[]) order by id"""
ADDED = """select d.id, d.name, d.role, host(d.management) as management, d.discovered_at, m.maker, m.name as model
from device d left join device_model m on m.id = d.model_id where d.id = any($1::bigint[]) order by d.name"""


@dataclass(frozen=True, slots=True)
class Find:
    """One that answered. ``state``: new; known (by ``why``: address or serial); namesake (a device bears its name);
    twin (of the address ``twin``, found too); refused (the credentials are not taken). ``device``: the known one or
    the namesake. ``model``: a row of the catalogue, guessed unless ``is_sure``."""

    found: Found
    state: str
    why: str = ""
    device: Any = None
    twin: str = ""
    model: Any = None
    is_sure: bool = False

    @property
    def may_be_added(self) -> bool:
        return self.state in ("new", "namesake", "twin")

    @property
    def name(self) -> str:
        """What it would be called: by its own name, but for that of another device."""
        one = self.found
        if not one.name:
            return one.address
        return one.name if self.state == "new" else f"{one.name[:60]} ({one.address})"[:80]

    @property
    def role(self) -> str:
        return self.model["role"] if self.model else "olt" if self.found.has_onus else "router"


@dataclass(frozen=True, slots=True)
class Choice:
    """One to put into the inventory. ``role`` None: role and model are as the catalogue says."""

    address: str
    role: str | None = None
    model_id: int | None = None


@dataclass(slots=True)
class Inventory:
    """Devices that may be among those found, and those found before, by what tells one."""

    addresses: dict[str, Any] = field(default_factory=dict)
    serials: dict[str, Any] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)

    def add(self, row: Any) -> None:
        """A device's row; the first that bears something keeps it."""
        for known, key in ((self.addresses, "management"), (self.serials, "serial"), (self.names, "name")):
            if row[key]:
                known.setdefault(row[key], row)
        if row["sys_name"]:
            self.names.setdefault(row["sys_name"], row)


def model_of(models: Sequence[Any], found: Found) -> tuple[Any, bool]:
    """Its model of the catalogue, and whether it tells that model's name itself. Else it is guessed by how its
    sysObjectID begins, which often tells no more than the maker: the longest beginning counts, and an OLT is no router.
    """
    own = f"{found.object_id}."
    fitting = [one for one in models if one["sys_object_id"] and own.startswith(one["sys_object_id"] + ".")]
    makers, told = {one["maker"] for one in fitting}, f"{found.model} {found.description}".casefold()
    named = [one for one in models if one["maker"] in makers and one["name"].casefold() in told]
    if named:
        return max(named, key=lambda one: len(one["name"])), True
    guesses = [one for one in fitting if (one["role"] == "olt") == found.has_onus]
    return max(guesses, key=lambda one: (len(one["sys_object_id"]), -one["id"]), default=None), False


def compared(every: Sequence[Found], inventory: Inventory, models: Sequence[Any]) -> list[Find]:
    """Each of them, in its order, with what is known of it."""
    finds: list[Find] = []
    told: dict[tuple[Any, ...], tuple[Any, bool]] = {}  # a network is made of few models
    before: dict[tuple[Any, ...], str] = {}
    for one in every:
        kind = (one.object_id, one.model, one.description, one.has_onus)
        if kind not in told:
            told[kind] = model_of(models, one)
        twin = next((before[mark] for mark in _marks(one, near=True) if mark in before), "")
        state, why, device = _standing(one, inventory, twin)
        finds.append(Find(one, state, why, device, twin if state == "twin" else "", *told[kind]))
        before |= {mark: one.address for mark in _marks(one) if mark not in before}
    return finds


def _standing(one: Found, inventory: Inventory, twin: str) -> tuple[str, str, Any]:
    """The state of a find, why it is known, and the device that it is or whose name it bears."""
    if one.refused:
        return "refused", "", inventory.addresses.get(one.address)
    if device := inventory.addresses.get(one.address):
        return "known", "address", device
    if one.serial and (device := inventory.serials.get(one.serial)):
        return "known", "serial", device
    if twin:
        return "twin", "", None
    device = inventory.names.get(one.name)
    return ("namesake", "", device) if device else ("new", "", None)


def _marks(one: Found, *, near: bool = False) -> list[tuple[Any, ...]]:
    """What one device shows at each of its addresses: its serial number; else name, words and moment of its start.

    ``near``: the moments beside that one too.
    """
    if one.refused:
        return []
    if one.serial:
        return [("serial", one.serial)]
    if not one.name:
        return []
    moment = int(one.booted_at // SAME_BOOT_S)
    moments = (moment, moment - 1, moment + 1) if near else (moment,)
    return [("words", one.name, one.description, one.object_id, at) for at in moments]


async def of(connection: db.Connection, search_id: int, most: int | None = None) -> list[Find]:
    """Who answered a search, by address; the first ``most`` of them."""
    rows = await connection.fetch(FOUND, search_id, most)
    every = [Found(row["address"], **json.loads(row["told"])) for row in rows]
    told = ([getattr(one, name) for one in every if getattr(one, name)] for name in ("address", "serial", "name"))
    inventory = Inventory()
    for row in await connection.fetch(KNOWN, *told):
        inventory.add(row)
    return compared(every, inventory, await catalogue.every(connection))


async def added(connection: db.Connection, device_ids: Sequence[int]) -> Sequence[Any]:
    """The devices that a search brought, by name; those deleted since are missing."""
    rows: Sequence[Any] = await connection.fetch(ADDED, list(device_ids))
    return rows


async def add(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    search_id: int,
    choices: Sequence[Choice],
    site_id: int,
) -> list[int]:
    """Make devices of those chosen, asked as they were found; returns their ids. What became known meanwhile is left.

    Raises NotFound, InvalidInput.
    """
    row = await connection.fetchrow(scan.WITH_SECRETS + " for update", search_id)
    if row is None:
        raise NotFound(thing="search")
    if not 1 <= len(choices) <= MOST_AT_ONCE:
        raise InvalidInput({"chosen": "choose at least one" if not choices else f"at most {MOST_AT_ONCE}"})
    reached = scan.reached(sealer, row)
    finds = {one.found.address: one for one in await of(connection, search_id)}
    made = []
    for choice in choices:
        find = finds.get(choice.address)
        if find is None or find.state == "refused":
            raise InvalidInput({"chosen": "is not one of the choices"})
        if find.may_be_added:
            values = await _values(connection, find, choice, site_id, reached)
            made.append(await devices.save(connection, sealer, actor, values))
    sql = "update device_search set device_ids = device_ids || $2::bigint[] where id = $1"
    await connection.execute(sql, search_id, made)
    facts = {"name": row["network"], "count": len(made)}
    await audit.note(connection, actor, "device_search.taken", "device_search", search_id, **facts)
    return made


async def _values(
    connection: db.Connection, find: Find, choice: Choice, site_id: int, reached: Mapping[str, Any]
) -> DeviceValues:
    """A device's fields; its name with its address behind it where another device has that name."""
    one, name = find.found, find.name
    if await devices.taken(connection, name, None):
        name = f"{name[:60]} ({one.address})"[:80]
    role, model_id = choice.role or find.role, choice.model_id
    if choice.role is None and find.model:
        model_id = find.model["id"]
    return DeviceValues(name, site_id, role, model_id, one.serial, one.version, one.address, **reached)
