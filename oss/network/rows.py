"""Rows of the inventory written: made or changed by their columns, with what differs for the audit.

Tables and columns are names of our own; what comes from a person is always a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oss.base import audit, db
from oss.base.problems import Conflict, NotFound

MOST_NOTE = 2000  # characters


class StillUsed(Conflict):
    """This {thing} still has something on it: {count} of {what}. Take that away first."""


async def put(
    connection: db.Connection, table: str, thing: str, columns: Mapping[str, Any], row_id: int | None
) -> tuple[int, dict[str, Any]]:
    """Make a row, or change one; returns its id and what the audit is told. Raises NotFound."""
    if row_id is None:
        marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        sql = f"insert into {table} ({', '.join(columns)}) values ({marks}) returning id"
        return int(await connection.fetchval(sql, *columns.values())), {"made": True}
    before = await connection.fetchrow(f"select * from {table} where id = $1 for update", row_id)
    if before is None:
        raise NotFound(thing=thing)
    changes = audit.changed(before, columns)
    if changes:
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
        await connection.execute(f"update {table} set {sets} where id = $1", row_id, *columns.values())
    return row_id, changes


async def taken(connection: db.Connection, table: str, name: str, row_id: int | None) -> bool:
    """Whether another row of a table has this name."""
    sql = f"select exists (select 1 from {table} where name = $1 and id is distinct from $2)"
    return bool(await connection.fetchval(sql, name, row_id))


async def exists(connection: db.Connection, table: str, row_id: int | None) -> bool:
    """Whether there is such a row; None is none that could be missing."""
    if row_id is None:
        return True
    return bool(await connection.fetchval(f"select exists (select 1 from {table} where id = $1)", row_id))


async def remove(
    connection: db.Connection, table: str, thing: str, row_id: int, used_by: Mapping[str, str]
) -> Mapping[str, Any]:
    """Delete a row that nothing hangs on; returns it as it was.

    ``used_by``: words for what may hang on it, and SQL that counts it for ``$1``. Raises NotFound, StillUsed.
    """
    row = await connection.fetchrow(f"select * from {table} where id = $1 for update", row_id)
    if row is None:
        raise NotFound(thing=thing)
    for what, sql in used_by.items():
        if count := await connection.fetchval(sql, row_id):
            raise StillUsed(thing=thing, what=what, count=count)
    await connection.execute(f"delete from {table} where id = $1", row_id)
    found: Mapping[str, Any] = row
    return found


def natural(text: str) -> str:
    """A key that sorts names as people count: ``0/3/7`` before ``0/3/10``."""
    return re.sub(r"\d+", lambda found: found[0].zfill(10), text.casefold())


def wrong_place(latitude_e6: int | None, longitude_e6: int | None) -> dict[str, str]:
    """What is wrong with a place in millionths of a degree: it has both coordinates, or none."""
    if (latitude_e6 is None) != (longitude_e6 is None):
        return {"longitude_e6" if longitude_e6 is None else "latitude_e6": "both coordinates, or none"}
    wrong = {}
    if latitude_e6 is not None and abs(latitude_e6) > 90_000_000:
        wrong["latitude_e6"] = "must be between -90 and 90 degrees"
    if longitude_e6 is not None and abs(longitude_e6) > 180_000_000:
        wrong["longitude_e6"] = "must be between -180 and 180 degrees"
    return wrong
