"""Pages of a list by key, not by number: complete and stable while rows are inserted and deleted.

A page begins behind the key of the last row of the page before; the key is unique and never changes. Counting
rows off (OFFSET) would skip and repeat rows as others come and go, and cost more with every page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oss.base.db import Connection


@dataclass(frozen=True, slots=True)
class Found:
    """One page: its rows, and the key to go on behind, None on the last page."""

    rows: Sequence[Any]
    after: tuple[Any, ...] | None


async def page(
    connection: Connection,
    select: str,
    *,
    key: Sequence[str],
    where: Mapping[str, object],
    after: Sequence[object] | None,
    limit: int,
    newest_first: bool = False,
) -> Found:
    """At most ``limit`` rows of ``select`` behind the key ``after``.

    ``key`` names unique columns as ``alias.column``; the rows have them as ``column``. ``where`` maps conditions
    with one ``?`` to their value; a condition whose value is None does not apply. All text is ours, never input.
    """
    asked = {condition: value for condition, value in where.items() if value is not None}
    conditions = [text.replace("?", f"${n}") for n, text in enumerate(asked, 1)]
    values = list(asked.values())
    if after is not None:
        marks = ", ".join(f"${n}" for n in range(len(values) + 1, len(values) + len(key) + 1))
        conditions.append(f"({', '.join(key)}) {'<' if newest_first else '>'} ({marks})")
        values += after
    order = ", ".join(f"{column} desc" if newest_first else column for column in key)
    sql = f"{select}{' where ' if conditions else ''}{' and '.join(conditions)} order by {order} limit {limit + 1:d}"
    rows = await connection.fetch(sql, *values)
    if len(rows) <= limit:
        return Found(rows, None)
    names = [column.rpartition(".")[2] for column in key]
    return Found(rows[:limit], tuple(rows[limit - 1][name] for name in names))
