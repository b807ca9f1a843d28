"""Which device of the inventory a NAS is: one box, known to RADIUS by its address, to the network by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oss.base import audit, db
from oss.base.problems import InvalidInput, NotFound


async def of_device(connection: db.Connection, device_id: int) -> Sequence[Any]:
    """The NAS that a device is, with their sessions now."""
    found: Sequence[Any] = await connection.fetch(
        "select n.id, n.name, n.active, (select count(*) from session_open s where s.nas_id = n.id) as sessions "
        "from nas n where n.device_id = $1 order by n.name",
        device_id,
    )
    return found


async def free(connection: db.Connection) -> Sequence[Any]:
    """NAS that are no device yet, for a choice."""
    found: Sequence[Any] = await connection.fetch("select id, name from nas where device_id is null order by name")
    return found


async def tie(connection: db.Connection, actor: audit.Actor, nas_id: int, device_id: int | None) -> None:
    """Say which device a NAS is; None: that nobody knows. Raises NotFound, InvalidInput."""
    row = await connection.fetchrow("select name, device_id from nas where id = $1 for update", nas_id)
    if row is None:
        raise NotFound(thing="router")
    if device_id is not None and not await connection.fetchval("select 1 from device where id = $1", device_id):
        raise InvalidInput({"device_id": "does not exist"})
    if row["device_id"] == device_id:
        return
    await connection.execute("update nas set device_id = $2 where id = $1", nas_id, device_id)
    changes = audit.changed(row, {"device_id": device_id})
    await audit.note(connection, actor, "nas.device_set", "nas", nas_id, name=row["name"], **changes)
