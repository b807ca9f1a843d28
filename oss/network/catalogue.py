"""What makers sell: rows that an installation adds to, so that a new model needs no new version of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.network import rows

ROLES = ("router", "switch", "olt", "radio", "server", "ups")
MODELS = """select m.id, m.maker, m.name, m.role, m.pon_ports, m.sys_object_id, m.version,
  (select count(*) from device d where d.model_id = m.id) as devices from device_model m"""

audit_names.called(
    "device_model",
    "select id, maker || ' ' || name as name, id as inside from device_model where id = any($1::bigint[])",
)


@dataclass(frozen=True, slots=True)
class ModelValues:
    """A model. ``sys_object_id``: how the sysObjectID (SNMPv2-MIB) of its agents begins, None where nobody knows."""

    maker: str
    name: str
    role: str = "router"
    pon_ports: int | None = None
    sys_object_id: str | None = None


def _check(values: ModelValues) -> None:
    wrong = {}
    if not 1 <= len(values.maker.strip()) <= 60:
        wrong["maker"] = "1 to 60 characters"
    if not 1 <= len(values.name.strip()) <= 80:
        wrong["name"] = "1 to 80 characters"
    if values.role not in ROLES:
        wrong["role"] = "one of " + ", ".join(ROLES)
    if values.pon_ports is not None and not 1 <= values.pon_ports <= 1024:
        wrong["pon_ports"] = "must be between 1 and 1024"
    if wrong:
        raise InvalidInput(wrong)


async def save(connection: db.Connection, actor: audit.Actor, values: ModelValues, model_id: int | None = None) -> int:
    """Make a model, or change it; returns its id."""
    _check(values)
    columns = asdict(values) | {"maker": values.maker.strip(), "name": values.name.strip()}
    sql = "select 1 from device_model where maker = $1 and name = $2 and id is distinct from $3"
    if await connection.fetchval(sql, columns["maker"], columns["name"], model_id):
        raise Conflict(thing="name", value=columns["name"])
    model_id, changes = await rows.put(connection, "device_model", "model", columns, model_id)
    named = {"name": f"{columns['maker']} {columns['name']}", **changes}
    await audit.note(connection, actor, "device_model.saved", "device_model", model_id, **named)
    return model_id


async def every(connection: db.Connection | None = None) -> Sequence[Any]:
    """All models with how many devices are of each, by maker and name."""
    rows_found: Sequence[Any] = await (connection or db.pool()).fetch(MODELS + " order by m.maker, m.name")
    return rows_found


async def one(connection: db.Connection, model_id: int) -> Any:
    """One model. Raises NotFound."""
    row = await connection.fetchrow(MODELS + " where m.id = $1", model_id)
    if row is None:
        raise NotFound(thing="model")
    return row


async def of_agent(connection: db.Connection, sys_object_id: str, descr: str = "") -> Any:
    """The model whose agents introduce themselves so, by its own sysObjectID or by its name in sysDescr; else None.

    A prefix of the maker's tells the maker alone: any model of his would be a guess.
    """
    sql = """select m.id, m.maker, m.name, m.role from device_model m
    where m.sys_object_id = $1 or (strpos(lower($2), lower(m.name)) > 0 and exists (select 1 from device_model o
      where o.maker = m.maker and ($1 = o.sys_object_id or $1 like o.sys_object_id || '.%')))
    order by m.sys_object_id = $1 desc nulls last, length(m.name) desc, m.id limit 1"""
    return await connection.fetchrow(sql, sys_object_id, descr)
