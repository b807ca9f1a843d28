"""The dry run tells what is kept and what would go, changes nothing, and reads a bounded amount."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oss.app import register_features
from oss.base import clock, db, partitions, places, purge, retention, retention_survey
from oss.base.retention_survey import look, survey
from tests.conftest import TESTER

register_features()
KNOCKS = "insert into nas_knock select $1 || n::text, 1, now(), now() - $2::interval from generate_series(1, $3) n"
SESSIONS = """insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, input_octets,
  output_octets, session_s, terminate_cause)
select gen_random_uuid(), 1, 'x', 'x', $1, $1, 0, 0, 0, 'x' from generate_series(1, $2)"""


async def test_rows_of_a_small_table_are_counted_exactly(undone: db.Connection) -> None:
    await undone.execute(KNOCKS, "old", timedelta(days=40), 30)
    await undone.execute(KNOCKS, "young", timedelta(days=1), 10)
    kept = await look(undone, retention.subject("nas_knock"), 30)
    assert (kept.rows, kept.exact, kept.going.rows, kept.going.partitions) == (40, True, 30, [])
    assert 0 < kept.going.octets < kept.octets
    assert kept.oldest is not None and kept.newest is not None
    assert (kept.newest - kept.oldest).days == 39


async def test_another_policy_is_tried_without_being_kept(undone: db.Connection) -> None:
    await undone.execute(KNOCKS, "x", timedelta(days=40), 30)
    one = retention.subject("nas_knock")
    assert [(await look(undone, one, days)).going.rows for days in (30, 60, None)] == [30, 0, 0]
    assert await retention.days_of(undone, one) == 30
    assert await undone.fetchval("select count(*) from nas_knock") == 30


async def test_a_month_that_would_go_is_named_with_its_rows_and_size(undone: db.Connection) -> None:
    old, at = date(2020, 1, 1), datetime(2020, 1, 15, tzinfo=UTC)
    await partitions.ensure_months(undone, "session_history", old, old)
    await undone.execute(SESSIONS, at, 500)
    await undone.execute(SESSIONS, clock.now(), 100)
    await undone.execute(SESSIONS, datetime(2010, 1, 1, tzinfo=UTC), 7)
    kept = await look(undone, retention.subject("session_history"), 400)
    assert (kept.rows, kept.exact) == (607, True)
    assert (kept.going.rows, kept.going.partitions) == (507, ["session_history_2020_01"])
    assert kept.going.octets > await undone.fetchval("select pg_total_relation_size('session_history_2020_01')")
    assert kept.oldest == datetime(2010, 1, 1, tzinfo=UTC)


async def test_a_large_month_is_told_by_the_servers_statistics(
    undone: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_survey, "SURE_OCTETS", 0)
    old, at = date(2020, 1, 1), datetime(2020, 1, 15, tzinfo=UTC)
    await partitions.ensure_months(undone, "session_history", old, old)
    await undone.execute(SESSIONS, at, 500)
    await undone.execute("analyze session_history_2020_01")
    await undone.execute(SESSIONS, at, 5)  # the statistics do not know of these
    kept = await look(undone, retention.subject("session_history"), 400)
    assert (kept.rows, kept.exact, kept.going.rows) == (500, False, 500)


async def test_a_large_table_is_estimated_from_a_part_of_its_pages(
    undone: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await undone.execute(KNOCKS, "old", timedelta(days=40), 6000)
    await undone.execute(KNOCKS, "young", timedelta(days=1), 6000)
    monkeypatch.setattr(places, "SAMPLE_OCTETS", 200_000)
    (first,) = await survey(undone, [retention.subject("nas_knock")])
    assert not first.exact and 9_000 < first.rows < 15_000 and 3_000 < first.going.rows < 9_000
    (again,) = await survey(undone, [retention.subject("nas_knock")])
    assert again.rows == first.rows
    assert first.oldest == await undone.fetchval("select min(last_at) from nas_knock")


async def test_a_dry_run_tells_what_the_purge_then_does(database: str) -> None:
    await db.execute(KNOCKS, "old", timedelta(days=40), 30)
    async with purge.alone() as connection:
        old = date(2020, 1, 1)
        await partitions.ensure_months(connection, "session_history", old, old)
        await connection.execute(SESSIONS, datetime(2020, 1, 15, tzinfo=UTC), 50)
        told = {one.subject.name: one.going for one in await survey(connection, retention.policies())}
        assert await connection.fetchval("select count(*) from audit where object = 'retention'") == 0
        done = await purge.purge(connection, TESTER, retention.policies())
    assert {one.subject: one.partitions for one in done} == {name: going.partitions for name, going in told.items()}
    assert {one.subject: one.rows for one in done} == {
        name: going.rows - (50 if name == "session_history" else 0) for name, going in told.items()
    }


async def test_audit_and_ledger_have_a_size(undone: db.Connection) -> None:
    assert await retention_survey.never_purged(undone) > 100_000
