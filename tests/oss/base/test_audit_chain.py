"""The chain shows what was changed, taken out, put elsewhere, cut off or forged afterwards, and where."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import asyncpg
import pytest

from oss.base import audit, audit_chain, db, request_id
from oss.base.supervisor import Health, keep_running
from tests.conftest import TESTER
from tests.waiting import eventually

HEAD_HASH = "select hash from audit order by seq desc nulls last limit 1"
NEWEST = "select at from audit order by id desc limit 1"
REORDERED = """update audit set seq = 99 where seq = 2; update audit set seq = 2 where seq = 3;
update audit set seq = 3 where seq = 99"""


async def write(connection: db.Connection, count: int) -> None:
    for number in range(count):
        await audit.note(connection, TESTER, "thing.changed", "thing", number, price=number)


async def tamper(connection: db.Connection, sql: str) -> None:
    """What somebody with the database's own powers could do."""
    await connection.execute("alter table audit disable trigger all")
    await connection.execute(sql)
    await connection.execute("alter table audit enable trigger all")


async def test_rows_are_chained_in_order_and_the_chain_is_whole(undone: db.Connection) -> None:
    await write(undone, 3)
    assert (await audit_chain.seal(undone))[0] == 3
    await write(undone, 2)
    assert (await audit_chain.seal(undone))[0] == 5
    assert [row["seq"] for row in await undone.fetch("select seq from audit order by id")] == [1, 2, 3, 4, 5]
    assert isinstance(await audit_chain.verify(undone), audit_chain.Place)


async def test_a_round_seals_at_most_a_thousand_rows(undone: db.Connection) -> None:
    await undone.execute("insert into audit (actor, action, object) select 'x', 'y', 'z' from generate_series(1, 1005)")
    assert (await audit_chain.seal(undone))[0] == 1000
    assert (await audit_chain.seal(undone))[0] == 1005


async def test_nothing_to_seal_leaves_the_head_as_it_was(undone: db.Connection) -> None:
    assert await audit_chain.seal(undone) == (0, b"")
    await write(undone, 1)
    assert await audit_chain.seal(undone) == await audit_chain.seal(undone)


@pytest.mark.parametrize(
    ("sql", "first_wrong"),
    [
        ("update audit set actor = 'somebody else' where seq = 2", (2, "changed")),
        ("update audit set at = at + interval '1 second' where seq = 3", (3, "changed")),
        ("""update audit set detail = '{"price": 9}' where seq = 1""", (1, "changed")),
        ("delete from audit where seq = 2", (2, "missing")),
        (REORDERED, (2, "changed")),
        ("update audit set request_id = 'somebody-elses' where seq = 3", (3, "changed")),
        ("update audit set hash = 'x' where seq = 4", (4, "changed")),
    ],
)
async def test_a_change_after_the_fact_is_found(undone: db.Connection, sql: str, first_wrong: tuple[int, str]) -> None:
    await write(undone, 4)
    await audit_chain.seal(undone)
    await tamper(undone, sql)
    found = await audit_chain.verify(undone)
    assert isinstance(found, audit_chain.Break) and (found.seq, found.what) == first_wrong


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
    await audit_chain.seal(undone)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        async with undone.transaction():
            await undone.execute(sql)


async def test_a_row_cannot_be_changed_while_it_is_sealed(undone: db.Connection) -> None:
    await write(undone, 1)
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        async with undone.transaction():
            await undone.execute("update audit set seq = 1, hash = 'x', actor = 'somebody else'")


async def test_rows_sealed_before_requests_had_ids_still_fit(undone: db.Connection) -> None:
    """The hash as it was made then: over eight columns, written out here and not taken from the code."""
    await write(undone, 2)
    previous = b""
    for seq, row in enumerate(await undone.fetch("select * from audit order by id"), 1):
        names = ("id", "at", "actor", "action", "object", "object_id", "detail", "ip")
        text = json.dumps({name: row[name] for name in names}, sort_keys=True, default=str, ensure_ascii=False)
        previous = hashlib.sha256(previous + text.encode()).digest()
        await undone.execute("update audit set seq = $2, hash = $3 where id = $1", row["id"], seq, previous)
    with request_id.serving("a1b2c3d4e5f6"):
        await write(undone, 1)
    await audit_chain.seal(undone)
    assert [row["request_id"] for row in await undone.fetch("select * from audit order by id")] == [
        *(None, None, "a1b2c3d4e5f6"),
    ]
    assert await audit_chain.verify(undone) == audit_chain.Place(3, await undone.fetchval(HEAD_HASH))
    await tamper(undone, "update audit set request_id = null where seq = 3")
    assert await audit_chain.verify(undone) == audit_chain.Break(3, "changed", await undone.fetchval(NEWEST))


async def test_a_chain_longer_than_a_piece_is_walked_to_its_end(undone: db.Connection) -> None:
    count = 2 * audit_chain.PIECE + 7
    sql = "insert into audit (actor, action, object) select 'x', 'y', 'z' from generate_series(1, $1::int)"
    await undone.execute(sql, count)
    await audit_chain.seal(undone)
    walked = [place.seq async for place in audit_chain.walk(undone) if isinstance(place, audit_chain.Place)]
    assert walked == [audit_chain.PIECE, 2 * audit_chain.PIECE, count]
    await tamper(undone, f"update audit set actor = 'other' where seq = {count - 1}")
    found = await audit_chain.verify(undone)
    assert isinstance(found, audit_chain.Break) and found.seq == count - 1


async def test_of_two_sealers_one_waits_for_the_next_round(database: str) -> None:
    async with db.transaction() as first:
        await write(first, 1)
        assert await audit_chain.seal(first) is not None
        other = await db.connect(database)
        async with other.transaction():
            assert await audit_chain.seal(other) is None
        await other.close()


async def test_the_head_is_kept_outside_and_tells_that_the_tail_was_cut(database: str, tmp_path: Path) -> None:
    head, health = tmp_path / "new folder" / "audit.head", Health("audit")
    async with db.transaction() as connection:
        await write(connection, 3)
    task = asyncio.create_task(keep_running(health, lambda: audit_chain.sealing(head, health)))
    await eventually(lambda: head.exists() and head.read_text().startswith("3 ") and health.good)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with db.transaction() as connection:
        assert await audit_chain.tail_is_whole(connection, head)
        await tamper(connection, "delete from audit where seq = 3")
        assert isinstance(await audit_chain.verify(connection), audit_chain.Place)  # what is left is a whole chain
        assert not await audit_chain.tail_is_whole(connection, head)
        assert await audit_chain.kept_tails_are_whole(connection)  # it is no longer this process that keeps it


@pytest.mark.parametrize("kept", [None, "", "not a head", "x y"])
async def test_without_a_kept_head_nothing_is_said_of_the_tail(
    undone: db.Connection, tmp_path: Path, kept: str | None
) -> None:
    head = tmp_path / "audit.head"
    if kept is not None:
        head.write_text(kept)
    assert await audit_chain.tail_is_whole(undone, head)


async def test_a_chain_that_was_forged_anew_does_not_replace_the_kept_head(database: str, tmp_path: Path) -> None:
    """Whoever rewrites a row and all hashes after it makes a chain that fits in itself; the head outside tells."""
    head, health = tmp_path / "audit.head", Health("audit")
    async with db.transaction() as connection:
        await write(connection, 3)
        seq, digest = await audit_chain.seal(connection) or (0, b"")
        head.write_text(f"{seq} {digest.hex()}\n")
        await tamper(connection, "update audit set seq = null, hash = null")
        await tamper(connection, "update audit set actor = 'somebody else' where object_id = '1'")
        await audit_chain.seal(connection)
        assert isinstance(await audit_chain.verify(connection), audit_chain.Place)  # it fits in itself
        await write(connection, 1)
    task = asyncio.create_task(keep_running(health, lambda: audit_chain.sealing(head, health)))
    await eventually(lambda: health.state == "down")
    task.cancel()
    assert "ChainCut" in (health.error or "") and head.read_text() == f"{seq} {digest.hex()}\n"
    async with db.transaction() as connection:
        assert await audit_chain.verify(connection, head) == audit_chain.Break(5, "cut")
