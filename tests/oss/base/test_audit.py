"""Every change leaves a row; the chain shows what was changed, taken out or cut off afterwards."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from oss.base import audit, db
from oss.base.supervisor import Health, keep_running
from tests.conftest import TESTER
from tests.waiting import eventually


async def write(connection: db.Connection, count: int) -> None:
    for number in range(count):
        await audit.note(connection, TESTER, "thing.changed", "thing", number, price=number)


async def tamper(connection: db.Connection, sql: str) -> None:
    """What somebody with the database's own powers could do."""
    await connection.execute("alter table audit disable trigger all")
    await connection.execute(sql)
    await connection.execute("alter table audit enable trigger all")


async def test_a_note_tells_who_what_and_from_where(undone: db.Connection) -> None:
    await audit.note(undone, audit.Actor("ana", "10.0.0.9"), "plan.saved", "plan", 7, price=100, day=None)
    row = await undone.fetchrow("select * from audit")
    assert (row["actor"], row["ip"], row["action"], row["object"], row["object_id"]) == (
        *("ana", "10.0.0.9", "plan.saved", "plan", "7"),
    )
    assert json.loads(row["detail"]) == {"price": 100, "day": None} and row["seq"] is None


async def test_rows_are_chained_in_order_and_the_chain_is_whole(undone: db.Connection) -> None:
    await write(undone, 3)
    assert (await audit.seal(undone))[0] == 3
    await write(undone, 2)
    assert (await audit.seal(undone))[0] == 5
    assert [row["seq"] for row in await undone.fetch("select seq from audit order by id")] == [1, 2, 3, 4, 5]
    assert await audit.verify(undone) is None


async def test_a_round_seals_at_most_a_thousand_rows(undone: db.Connection) -> None:
    await undone.execute("insert into audit (actor, action, object) select 'x', 'y', 'z' from generate_series(1, 1005)")
    assert (await audit.seal(undone))[0] == 1000
    assert (await audit.seal(undone))[0] == 1005


async def test_nothing_to_seal_leaves_the_head_as_it_was(undone: db.Connection) -> None:
    assert await audit.seal(undone) == (0, b"")
    await write(undone, 1)
    assert await audit.seal(undone) == await audit.seal(undone)


@pytest.mark.parametrize(
    ("sql", "first_wrong"),
    [
        ("update audit set actor = 'somebody else' where seq = 2", 2),
        ("update audit set at = at + interval '1 second' where seq = 3", 3),
        ("""update audit set detail = '{"price": 9}' where seq = 1""", 1),
        ("delete from audit where seq = 2", 2),
        ("update audit set hash = 'x' where seq = 4", 4),
    ],
)
async def test_a_change_after_the_fact_is_found(undone: db.Connection, sql: str, first_wrong: int) -> None:
    await write(undone, 4)
    await audit.seal(undone)
    await tamper(undone, sql)
    assert await audit.verify(undone) == first_wrong


@pytest.mark.parametrize(
    "sql",
    [
        "update audit set actor = 'x'",
        "update audit set seq = 9",
        "update audit set seq = null, hash = null",
        "delete from audit",
        "truncate audit",
    ],
)
async def test_the_database_refuses_to_change_a_sealed_row(undone: db.Connection, sql: str) -> None:
    await write(undone, 2)
    await audit.seal(undone)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        async with undone.transaction():
            await undone.execute(sql)


async def test_a_row_cannot_be_changed_while_it_is_sealed(undone: db.Connection) -> None:
    await write(undone, 1)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        async with undone.transaction():
            await undone.execute("update audit set seq = 1, hash = 'x', actor = 'somebody else'")


async def test_of_two_sealers_one_waits_for_the_next_round(database: str) -> None:
    async with db.transaction() as first:
        await write(first, 1)
        assert await audit.seal(first) is not None
        other = await db.connect(database)
        async with other.transaction():
            assert await audit.seal(other) is None
        await other.close()


async def test_the_head_is_kept_outside_and_tells_that_the_tail_was_cut(database: str, tmp_path: Path) -> None:
    head, health = tmp_path / "new folder" / "audit.head", Health("audit")
    async with db.transaction() as connection:
        await write(connection, 3)
    task = asyncio.create_task(keep_running(health, lambda: audit.sealing(head, health)))
    await eventually(lambda: head.exists() and head.read_text().startswith("3 "))
    task.cancel()
    async with db.transaction() as connection:
        assert health.good and await audit.tail_is_whole(connection, head)
        await tamper(connection, "delete from audit where seq = 3")
        assert await audit.verify(connection) is None  # what is left is a whole chain
        assert not await audit.tail_is_whole(connection, head)


@pytest.mark.parametrize("kept", [None, "", "not a head", "x y"])
async def test_without_a_kept_head_nothing_is_said_of_the_tail(
    undone: db.Connection, tmp_path: Path, kept: str | None
) -> None:
    head = tmp_path / "audit.head"
    if kept is not None:
        head.write_text(kept)
    assert await audit.tail_is_whole(undone, head)
