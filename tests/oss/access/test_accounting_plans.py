"""How PostgreSQL carries out a batch: by index, and in the partitions of its day alone, whatever the history holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from oss.access import accounting
from oss.access.fold import fold
from oss.access.journal_reader import Record
from oss.base import copying, db, partitions
from tests.conftest import Seed
from tests.oss.access.said import BEGIN, INTERIM, NAS, START, STOP, record, uid
from tests.undone import copied

MONTHS, A_MONTH, OPEN = 14, 2_000, 5_000
LARGE = ("session_open", "access_account")
NAS_ROWS = 10
DAY = timedelta(days=1)
FILL = """insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, input_octets,
  output_octets, session_s, terminate_cause)
select gen_random_uuid(), $1, n::text, 'cli' || n, $2, $2, 0, 0, 0, 'Lease-Expired' from generate_series(1, $3) n"""
FILL_OPEN = """insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at)
select gen_random_uuid(), $1, n::text, 'cli' || n, $2, $2 from generate_series(1, $3) n"""

# What a batch runs, with what it takes ($1: the node), in its order.
STATEMENTS: list[tuple[str, bool]] = [
    ("PAST", False),
    ("LATE", False),
    ("REOPEN", True),
    ("TAKEN", False),
    ("MOVED", False),
    ("CLOSE", False),
    ("OPEN", True),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(server: str, template: str) -> AsyncIterator[db.Connection]:
    """A database of its own: what ANALYZE notes of a table stays when the transaction is rolled back."""
    async with copied(server, template) as dsn:
        connection = await db.connect(dsn)
        yield connection
        await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def history(undone: db.Connection, provider: Seed) -> db.Connection:
    """Months of history and thousands of open sessions, on an applier's connection."""
    # Nobody else's ANALYZE: to it, what this transaction has put in is not there.
    await undone.execute("lock table session_history, session_open, access_account in share update exclusive mode")
    await undone.execute("update nas set id = $1", NAS)
    first = (BEGIN - timedelta(days=30 * (MONTHS - 3))).date()
    for begin, end in partitions.months(first, MONTHS):
        await partitions.ensure_months(undone, "session_history", begin, begin)
        middle = datetime.combine(begin, BEGIN.timetz()) + (end - begin) / 2
        await undone.execute(FILL, NAS, middle, A_MONTH)
    await undone.execute(FILL_OPEN, NAS, BEGIN, OPEN)
    await undone.execute(accounting.PREPARE)
    return undone


def batch(count: int) -> list[Record]:
    """Of ``count`` sessions each: new, gone on with, ended, heard again."""
    new = [record(START, 0, f"new{number}") for number in range(count)]
    known = [record(INTERIM, 300, f"known{number}") for number in range(count)]
    over = [record(STOP, 400, f"over{number}") for number in range(count)]
    back = [record(INTERIM, 500, f"back{number}") for number in range(count)]
    return [*new, *known, *over, *back]


async def there(connection: db.Connection, count: int) -> None:
    """The sessions that the batch goes on with."""
    await connection.executemany(
        "insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at) "
        "values ($1, $2, 'x', 'cli1', $3, $3)",
        [(uid(f"{kind}{number}"), NAS, BEGIN) for kind in ("known", "over") for number in range(count)],
    )
    await connection.executemany(
        "insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, input_octets, "
        "output_octets, session_s, terminate_cause) values ($1, $2, 'x', 'cli1', $3, $3, 0, 0, 0, 'Lease-Expired')",
        [(uid(f"back{number}"), NAS, BEGIN) for number in range(count)],
    )


async def plans(connection: db.Connection, records: list[Record]) -> dict[str, Any]:
    """Each statement's plan, as it was carried out on this batch."""
    (folds,) = fold(records).parts
    assert isinstance(folds, list)
    await copying.copy(connection, "said", accounting.COLUMNS, map(accounting.row, folds))
    found = {}
    for name, takes_node in STATEMENTS:
        text = f"explain (analyze, format json) {getattr(accounting, name)}"
        answer = await connection.fetchval(text, *(["node"] if takes_node else []))
        found[name] = json.loads(answer)[0]["Plan"]
    await connection.execute("delete from said; delete from past")
    return found


def carried_out(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes of a plan that ran."""
    if plan.get("Actual Loops", 0) > 0:
        yield plan
        for below in plan.get("Plans", ()):
            yield from carried_out(below)


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Which table was read, and by what; None: as a whole."""
    for node in carried_out(plan):
        if node["Node Type"] == "Bitmap Heap Scan":
            yield node["Relation Name"], node["Recheck Cond"]
        elif node["Node Type"].endswith("Scan") and "Relation Name" in node:
            yield node["Relation Name"], node.get("Index Cond")


def seen(plan: dict[str, Any]) -> list[float]:
    """Rows that went through each node of a plan, also those that a join threw away: a hundred times a hundred if each
    is compared with each."""
    thrown = [(node, node.get("Rows Removed by Join Filter", 0)) for node in carried_out(plan)]
    return [(node["Actual Rows"] + removed) * node["Actual Loops"] for node, removed in thrown]


def of_the_day() -> set[str]:
    return {f"session_history_{BEGIN + step:%Y_%m}" for step in (-DAY, timedelta(0), DAY)}


async def truth(connection: db.Connection) -> None:
    """The planner knows how large the tables are."""
    await connection.execute("analyze session_history; analyze session_open; analyze access_account")


async def empty(connection: db.Connection) -> None:
    """It looked last when no session was open, and believes so still."""
    await connection.execute("delete from session_open; analyze session_open; analyze access_account")
    await connection.execute(FILL_OPEN, NAS, BEGIN, OPEN)


@pytest.mark.parametrize("belief", [truth, empty])
@pytest.mark.parametrize("count", [1, 50, 1000])
async def test_a_batch_reads_by_index_and_only_the_partitions_of_its_day(
    history: db.Connection, count: int, belief: Callable[[db.Connection], Awaitable[None]]
) -> None:
    await belief(history)
    await there(history, count)
    found = await plans(history, batch(count))
    for name, plan in found.items():
        read = list(scans(plan))
        large = [(table, how) for table, how in read if table in LARGE or table.startswith("session_history")]
        assert [table for table, how in large if how is None] == [], name
        months = {table for table, _ in read if table.startswith("session_history")}
        assert months <= of_the_day(), name
        assert max(seen(plan)) <= 4 * count + NAS_ROWS, f"{name} compares each with each"
    assert {table for table, _ in scans(found["PAST"]) if table.startswith("session_history")}  # it did look there
    assert await history.fetchval("select count(*) from session_open") == OPEN + 3 * count  # new, known, back
