"""Operator settings: rows of ``setting``, read where they are used, changed while Milha runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from oss.base import audit, db


async def read(connection: db.Connection, key: str, default: Any) -> Any:
    """The value of a setting, or the default."""
    value = await connection.fetchval("select value from setting where key = $1", key)
    return default if value is None else json.loads(value)


async def read_all(connection: db.Connection, keys: Sequence[str]) -> dict[str, Any]:
    """The values of those settings that have one."""
    rows = await connection.fetch("select key, value from setting where key = any($1::text[])", list(keys))
    return {row["key"]: json.loads(row["value"]) for row in rows}


async def number(connection: db.Connection, key: str, default: float) -> float:
    """A numeric setting."""
    return float(await read(connection, key, default))


async def write(connection: db.Connection, actor: audit.Actor, key: str, value: Any) -> None:
    """Change a setting; a note of old and new is kept."""
    old = await read(connection, key, None)
    await connection.execute(
        "insert into setting (key, value, updated_at) values ($1, $2::jsonb, now()) "
        "on conflict (key) do update set value = excluded.value, updated_at = now()",
        key,
        json.dumps(value),
    )
    diff = audit.changed({"value": old}, {"value": value})
    await audit.note(connection, actor, "setting.changed", "setting", key, **diff)
