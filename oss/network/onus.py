"""ONUs: the customers' end of a PON, known by their serial; in which port of which box each is put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput
from oss.drivers.serials import spelled
from oss.network import rows
from oss.staff.permissions import N_

STATES: Final = ("online", "offline", "los", "dying-gasp", "unknown")
__all__ = ["STATES", "OnuValues", "put_states", "remove", "save", "spelled", "taken"]
USED_BY: Final = {N_("customers' lines"): "select count(*) from account_drop where onu_id = $1"}

audit_names.called("onu", "select id, serial as name, id as inside from onu where id = any($1::bigint[])")


@dataclass(frozen=True, slots=True)
class OnuValues:
    """The fields of an ONU. ``number``: its place on the PON, ``box_port``: the socket of the box, from 1.

    In a box it is on the box's PON; without one ``pon_id`` says where it was seen (None: not yet).
    """

    serial: str
    pon_id: int | None = None
    number: int | None = None
    box_id: int | None = None
    box_port: int | None = None
    model: str = ""
    note: str = ""


async def _completed(connection: db.Connection, values: OnuValues, onu_id: int | None) -> dict[str, Any]:
    """Its columns; raises InvalidInput, Conflict."""
    columns: dict[str, Any] = asdict(values) | {"serial": spelled(values.serial), "model": values.model.strip()}
    wrong = {}
    if not columns["serial"]:
        wrong["serial"] = "must be 4 to 24 letters and digits"
    if values.box_port is not None and values.box_id is None:
        wrong["box_id"] = "must not be empty"
    if values.number is not None and not 0 <= values.number <= 1023:
        wrong["number"] = "must be between 0 and 1023"
    if values.box_id is not None:
        box = await connection.fetchrow("select pon_id, ports from splitter_box where id = $1", values.box_id)
        if box is None:
            wrong["box_id"] = "does not exist"
        elif values.box_port is not None and not 1 <= values.box_port <= box["ports"]:
            wrong["box_port"] = f"this box has the ports 1 to {box['ports']}"
        else:
            columns["pon_id"] = box["pon_id"]
    elif not await rows.exists(connection, "pon_port", values.pon_id):
        wrong["pon_id"] = "does not exist"
    if wrong:
        raise InvalidInput(wrong)
    await _refuse_taken(connection, columns, onu_id)
    return columns


async def _refuse_taken(connection: db.Connection, columns: dict[str, Any], onu_id: int | None) -> None:
    sql = "select 1 from onu where serial = $1 and id is distinct from $2"
    if await connection.fetchval(sql, columns["serial"], onu_id):
        raise Conflict(thing="serial", value=columns["serial"])
    sql = "select serial from onu where box_id = $1 and box_port = $2 and id is distinct from $3"
    if await connection.fetchval(sql, columns["box_id"], columns["box_port"], onu_id):
        raise Conflict(thing="box_port", value=columns["box_port"])


async def save(connection: db.Connection, actor: audit.Actor, values: OnuValues, onu_id: int | None = None) -> int:
    """Make an ONU, or change it; returns its id."""
    columns = await _completed(connection, values, onu_id)
    saved, changes = await rows.put(connection, "onu", "ONU", columns, onu_id)
    await audit.note(connection, actor, "onu.saved", "onu", saved, **{"name": columns["serial"], **changes})
    return saved


async def taken(connection: db.Connection, serial: str, onu_id: int | None) -> str | None:
    """What is wrong with a serial that another ONU has."""
    sql = "select 1 from onu where serial = $1 and id is distinct from $2"
    return "already taken" if await connection.fetchval(sql, spelled(serial), onu_id) else None


STATE = """update onu o set state = f.state, state_at = $3, seen_at = greatest(o.seen_at, $3)
from unnest($1::bigint[], $2::text[]) f(id, state) where o.id = f.id and o.state <> f.state"""


async def put_states(connection: db.Connection, states: Mapping[int, str], at: datetime) -> None:
    """What a poll saw between two discoveries: ONU -> one of `STATES`. What comes and goes is not the audit's."""
    await connection.execute(STATE, list(states), list(states.values()), at)


async def remove(connection: db.Connection, actor: audit.Actor, onu_id: int) -> None:
    """Delete an ONU that carries no line. Raises NotFound, StillUsed."""
    row = await rows.remove(connection, "onu", "ONU", onu_id, USED_BY)
    await audit.note(connection, actor, "onu.removed", "onu", onu_id, name=row["serial"])
