"""The passive plant: PON ports of OLTs, and the splitter boxes (CTO) that each of them feeds."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput
from oss.network import rows
from oss.staff.permissions import N_

MOST_PORTS = 128
MOST_ONUS = 256
PON_TITLE = "d.name || ' ' || p.name"
PON_USED: Final = {
    N_("boxes"): "select count(*) from splitter_box where pon_id = $1",
    N_("ONUs"): "select count(*) from onu where pon_id = $1",
}
BOX_USED: Final = {
    N_("boxes fed from it"): "select count(*) from splitter_box where parent_id = $1",
    N_("ONUs"): "select count(*) from onu where box_id = $1",
}

audit_names.called(
    "pon",
    f"""select p.id, {PON_TITLE} as name, p.id as inside from pon_port p join device d on d.id = p.device_id
    where p.id = any($1::bigint[])""",
)
audit_names.called("box", "select id, name, id as inside from splitter_box where id = any($1::bigint[])")


@dataclass(frozen=True, slots=True)
class PonValues:
    """A PON port: ``name`` as the OLT's people say it (``0/3/7``), ``capacity`` the ONUs it may carry."""

    device_id: int
    name: str
    interface_id: int | None = None
    capacity: int = 64
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoxValues:
    """A box in the street. ``parent_id``: the box whose output feeds it; of the same PON.

    ``latitude_e6``, ``longitude_e6``: millionths of a degree.
    """

    name: str
    pon_id: int
    ports: int = 16
    parent_id: int | None = None
    site_id: int | None = None
    address: str = ""
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    note: str = ""


def place_of(name: str) -> str:
    """Where a PON is in its OLT, as command lines say it: ``0/1/3`` of SNMP's ``GPON 0/1/3`` (column ``place``)."""
    found = re.search(r"[0-9]+(?:/[0-9]+)+$", name)
    return found[0] if found else name


async def save_pon(connection: db.Connection, actor: audit.Actor, values: PonValues, pon_id: int | None = None) -> int:
    """Make a PON port, or change it; returns its id."""
    wrong = {}
    if not 1 <= len(values.name.strip()) <= 40:
        wrong["name"] = "1 to 40 characters"
    if not 1 <= values.capacity <= MOST_ONUS:
        wrong["capacity"] = f"must be between 1 and {MOST_ONUS}"
    if not await connection.fetchval("select 1 from device where id = $1 and role = 'olt'", values.device_id):
        wrong["device_id"] = "must be an OLT"
    if values.interface_id is not None and not await connection.fetchval(
        "select 1 from device_interface where id = $1 and device_id = $2", values.interface_id, values.device_id
    ):
        wrong["interface_id"] = "is not of this device"
    if wrong:
        raise InvalidInput(wrong)
    columns: dict[str, Any] = asdict(values) | {"name": values.name.strip(), "sort_key": rows.natural(values.name)}
    sql = "select 1 from pon_port where device_id = $1 and name = $2 and id is distinct from $3"
    if await connection.fetchval(sql, values.device_id, columns["name"], pon_id):
        raise Conflict(thing="name", value=columns["name"])
    saved, changes = await rows.put(connection, "pon_port", "PON port", columns, pon_id)
    await audit.note(connection, actor, "pon.saved", "pon", saved, **_told(changes))
    return saved


def _told(changes: dict[str, Any]) -> dict[str, Any]:
    """What differs, without the key that only sorts."""
    for side in ("before", "after"):
        if side in changes:
            changes[side].pop("sort_key", None)
    return changes


async def remove_pon(connection: db.Connection, actor: audit.Actor, pon_id: int) -> None:
    """Delete a PON port that feeds nothing. Raises NotFound, StillUsed."""
    row = await rows.remove(connection, "pon_port", "PON port", pon_id, PON_USED)
    await audit.note(connection, actor, "pon.removed", "pon", pon_id, name=row["name"])


def _wrong_box(values: BoxValues) -> dict[str, str]:
    wrong = rows.wrong_place(values.latitude_e6, values.longitude_e6)
    if not 1 <= len(values.name.strip()) <= 60:
        wrong["name"] = "1 to 60 characters"
    if not 1 <= values.ports <= MOST_PORTS:
        wrong["ports"] = f"must be between 1 and {MOST_PORTS}"
    return wrong


async def _wrong_feed(connection: db.Connection, values: BoxValues, box_id: int | None) -> dict[str, str]:
    """What is wrong with what feeds a box, or with what hangs on it already."""
    wrong = {}
    if not await rows.exists(connection, "pon_port", values.pon_id):
        wrong["pon_id"] = "does not exist"
    if not await rows.exists(connection, "site", values.site_id):
        wrong["site_id"] = "does not exist"
    if values.parent_id is not None:
        pon = await connection.fetchval("select pon_id from splitter_box where id = $1", values.parent_id)
        if pon is None:
            wrong["parent_id"] = "does not exist"
        elif pon != values.pon_id:
            wrong["parent_id"] = "hangs on another PON"
        elif box_id is not None and values.parent_id in await fed_by(connection, box_id):
            wrong["parent_id"] = "is fed from this one itself"
    if box_id is not None:
        highest = await connection.fetchval("select max(box_port) from onu where box_id = $1", box_id)
        if highest is not None and values.ports < highest:
            wrong["ports"] = f"port {highest} is in use"
    return wrong


async def fed_by(connection: db.Connection, box_id: int) -> set[int]:
    """A box and all that it feeds, over however many others."""
    sql = """with recursive fed as (select id from splitter_box where id = $1
      union select b.id from splitter_box b join fed on b.parent_id = fed.id) select id from fed"""
    return {row["id"] for row in await connection.fetch(sql, box_id)}


async def save_box(connection: db.Connection, actor: audit.Actor, values: BoxValues, box_id: int | None = None) -> int:
    """Make a box, or change it; returns its id. One that moves to another PON takes what hangs on it along."""
    await connection.execute("select pg_advisory_xact_lock(hashtext('milha:plant'))")
    wrong = _wrong_box(values) or await _wrong_feed(connection, values, box_id)
    if wrong:
        raise InvalidInput(wrong)
    columns: dict[str, Any] = asdict(values) | {"name": values.name.strip()}
    if await rows.taken(connection, "splitter_box", columns["name"], box_id):
        raise Conflict(thing="name", value=columns["name"])
    saved, changes = await rows.put(connection, "splitter_box", "box", columns, box_id)
    if "pon_id" in changes.get("after", {}):
        fed = sorted(await fed_by(connection, saved))
        await connection.execute("update splitter_box set pon_id = $2 where id = any($1::bigint[])", fed, values.pon_id)
        await connection.execute(
            "update onu set pon_id = $2, number = null where box_id = any($1::bigint[])", fed, values.pon_id
        )
    await audit.note(connection, actor, "box.saved", "box", saved, **{"name": columns["name"], **changes})
    return saved


async def remove_box(connection: db.Connection, actor: audit.Actor, box_id: int) -> None:
    """Delete a box on which nothing hangs. Raises NotFound, StillUsed."""
    row = await rows.remove(connection, "splitter_box", "box", box_id, BOX_USED)
    await audit.note(connection, actor, "box.removed", "box", box_id, name=row["name"])
