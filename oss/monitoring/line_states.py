"""Customers' lines as the sessions tell of them: whether one is open, what it carries, what its plan allows.

Looked at only while a rule asks, and only at the lines it asks for; a line that we hold back on purpose tells nothing.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from oss.base import db

METRICS: Final = ("", "in_bps", "out_bps")
"""What a rule on lines may look at: 1 while a session is open, what it receives, what it sends."""
AT_ONCE: Final = 2_000

# A page of active lines behind $1, of those in $2 if it is given.
LINES: Final = f"""select a.id, s.uid is not null as online, coalesce(s.output_bps, 0)::float8 as into,
  coalesce(s.input_bps, 0)::float8 as out, 1000.0 * p.down_kbps as allowed, h.held
from access_account a join contract k on k.id = a.contract_id and k.status = 'active' join plan p on p.id = k.plan_id
left join lateral (select uid, input_bps, output_bps from session_open where login = a.login limit 1) s on true
left join lateral (select exists (select 1 from hold where contract_id = k.id and lifted_at is null) as held) h on true
where a.id > $1 and ($2::bigint[] is null or a.id = any($2)) order by a.id limit {AT_ONCE}"""


@dataclass(slots=True)
class Lines:
    """A page of lines: ids, and of each metric the values in their order; ``allowed``: bit/s of the plan."""

    ids: list[int] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in METRICS})
    allowed: dict[int, float] = field(default_factory=dict)


async def pages(connection: db.Connection, only: Collection[int] | None) -> AsyncIterator[Lines]:
    """All lines, or these, some thousands at a time; others have the loop in between."""
    last = 0
    while True:
        rows = await connection.fetch(LINES, last, None if only is None else list(only))
        if not rows:
            return
        yield _page(rows)
        last = rows[-1]["id"]
        await asyncio.sleep(0)


def _page(rows: Sequence[Mapping[str, Any]]) -> Lines:
    found = Lines()
    for row in rows:
        if row["held"] and not row["online"]:
            continue
        told = (1.0, row["into"], row["out"]) if row["online"] else (math.nan,) * 3
        found.ids.append(row["id"])
        found.allowed[row["id"]] = row["allowed"]
        for name, value in zip(METRICS, told, strict=True):
            found.metrics[name].append(value)
    return found
