"""Samples are written as they are, by the day, in one COPY; what has no room is counted."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime

import asyncpg
import pytest

from oss.base import clock, db
from oss.base.supervisor import HealthBoard
from oss.monitoring.kinds import INTERFACE, PING, SENSOR
from oss.monitoring.samples import NAN, Known, Sample, write
from oss.monitoring.writer import Writer, writing
from tests.waiting import eventually

from .conftest import DAY, NOON, steady, take

OBJECTS = "select kind, object_id, owner_id, seen_at from sample_object order by 1, 2"


async def test_a_sample_comes_back_as_it_was(database: str) -> None:
    async with db.pool().acquire() as connection:
        await take(connection, [Sample(NOON + 0.25, 7, PING, (4, 9), (1.5, NAN, math.inf, -0.0))])
        row = await connection.fetchrow("select *, tableoid::regclass::text as lies from sample_raw")
    assert (row["at"], row["owner_id"], row["kind"]) == (datetime.fromtimestamp(NOON + 0.25, UTC), 7, 5)
    assert row["objects"] == [4, 9] and row["lies"] == f"sample_raw_{DAY:%Y_%m_%d}"
    assert str(row["metrics"]) == "[1.5, nan, inf, -0.0]"


async def test_an_owner_without_objects_is_written_too(database: str) -> None:
    async with db.pool().acquire() as connection:
        await take(connection, [Sample(NOON, 7, PING, (), ())])
        assert await connection.fetchval("select metrics from sample_raw") == []


async def test_metrics_that_do_not_fit_their_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="interface: 8 metrics where 9 are due"):
        Writer().put(Sample(NOON, 1, INTERFACE, (1,), [0.0] * 8))


async def test_whose_poll_tells_of_an_object_is_remembered_once_a_day(database: str) -> None:
    known = Known()
    async with db.pool().acquire() as connection:
        await write(connection, steady(SENSOR, 3, (1, 2), (5,), NOON, 3), known)
        assert known.fresh(steady(SENSOR, 3, (1, 2), (5,), NOON + 600, 1)) == []
        assert known.fresh(steady(SENSOR, 3, (1, 2, 8), (5,), NOON, 1)) == [(3, 8, 3)]
        await write(connection, steady(SENSOR, 3, (1, 2), (5,), NOON + 86_400, 1), known)
        rows = [tuple(row) for row in await connection.fetch(OBJECTS)]
    tomorrow = datetime.fromtimestamp(NOON + 86_400, UTC)
    assert rows == [(3, 1, 3, tomorrow), (3, 2, 3, tomorrow)]


async def test_a_write_that_failed_remembers_nothing(database: str) -> None:
    known, one = Known(), steady(SENSOR, 3, (1,), (5,), NOON, 1)
    async with db.pool().acquire() as connection:
        await connection.execute("alter table sample_object rename to elsewhere")
        with pytest.raises(asyncpg.UndefinedTableError):
            await write(connection, one, known)
        await connection.execute("alter table elsewhere rename to sample_object")
        assert await connection.fetchval("select count(*) from sample_raw") == 0
        await write(connection, one, known)
        assert await connection.fetchval("select count(*) from sample_object") == 1


async def test_what_is_put_is_written_and_what_is_left_at_the_end_too(database: str) -> None:
    writer, board, now = Writer(), HealthBoard(), clock.now().timestamp()
    async with writing(writer, board.part):
        for one in steady(INTERFACE, 1, range(50), [1.0] * 9, now, 20, 1):
            assert writer.put(one)
        await eventually(lambda: writer.written == 9_000 and board.part("samples").state == "up")
        writer.put(steady(SENSOR, 1, (1,), (1,), now, 1)[0])
    assert await db.fetchval("select count(*) from sample_raw") == 21
    assert writer.stats() == {"waiting": 0, "written": 9_001, "dropped": 0}
    assert board.part("samples").state == "starting"  # nobody writes any more


async def test_what_has_no_room_is_counted_and_the_rest_is_kept(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(most_values=100)
    taken = [writer.put(one) for one in steady(SENSOR, 1, range(30), (1,), NOON, 5)]
    assert taken == [True] * 3 + [False] * 2
    assert writer.stats() == {"waiting": 90, "written": 0, "dropped": 60}
    assert caplog.text.count("samples dropped") == 1
    await writer.flush()
    assert await db.fetchval("select count(*) from sample_raw") == 3
    assert writer.put(steady(SENSOR, 1, range(30), (1,), NOON, 1)[0])


async def test_while_the_database_is_away_samples_wait(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer()
    writer.put(steady(SENSOR, 1, (1,), (1,), NOON, 1)[0])

    class Gone:
        def acquire(self) -> object:
            raise ConnectionRefusedError

    real = db.pool
    monkeypatch.setattr(db, "pool", Gone)
    with pytest.raises(ConnectionRefusedError):
        await writer.flush()
    assert writer.values == 1
    monkeypatch.setattr(db, "pool", real)
    await asyncio.gather(writer.flush())
    assert (writer.values, await db.fetchval("select count(*) from sample_raw")) == (0, 1)
