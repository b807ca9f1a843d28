"""How PostgreSQL would run what was asked of it: whether a statement goes through the history instead of into it.

Plans are made with sequential scans switched off, so that a small test table is judged as a large one: a scan that
is still there is one for which there is no index. An index read without its first column is a scan as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from oss.base import db

HISTORY = re.compile(r"(session_history|auth_log)(_\d{4}_\d{2}|_rest)?")
NAMED = re.compile(r"\b(session_history|auth_log)\b")
FIRST_COLUMNS = """select i.relname as name, a.attname as first from pg_index x
join pg_class i on i.oid = x.indexrelid join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]"""

Asked = dict[str, tuple[Any, ...]]


@asynccontextmanager
async def listened(size: int = 6) -> AsyncIterator[Asked]:
    """Every statement of the pool's connections that names the history, with the arguments of its last call."""
    asked: Asked = {}

    def note(one: Any) -> None:
        if NAMED.search(one.query) and not one.query.lstrip().lower().startswith("explain"):
            asked[one.query] = tuple(one.args or ())

    async with AsyncExitStack() as stack:
        for _ in range(size):  # all at once, so that each is another
            connection = await stack.enter_async_context(db.pool().acquire())
            connection.add_query_logger(note)
    yield asked


async def scans(asked: Asked) -> list[str]:
    """What goes through a month, or the default partition, from end to end: statement and node."""
    async with db.pool().acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        first = {row["name"]: row["first"] for row in await connection.fetch(FIRST_COLUMNS)}
        found = []
        for query, args in asked.items():
            (plan,) = json.loads(await connection.fetchval(f"explain (format json) {query}", *args))
            found += [f"{said}: {' '.join(query.split())}" for said in _scans(plan["Plan"], first, None)]
    return found


def _scans(node: dict[str, Any], first: dict[str, str], table: str | None) -> Iterator[str]:
    table, kind = node.get("Relation Name", table), node["Node Type"]
    ours = table is not None and HISTORY.fullmatch(table)
    if ours and kind == "Seq Scan":
        yield f"Seq Scan on {table}"
    if ours and "Index Name" in node and not _begins(node.get("Index Cond", ""), first[node["Index Name"]]):
        yield f"{kind} without its first column on {table}"
    for below in node.get("Plans", []):
        yield from _scans(below, first, table if kind == "Bitmap Heap Scan" else None)


def _begins(condition: str, column: str) -> bool:
    return re.search(rf"\b{column}\b", condition) is not None
