"""What is older than its policy goes and nothing else; nobody waits for it, and it can be stopped anywhere."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from oss.app import register_features
from oss.base import clock, db, partitions, purge, retention
from oss.base.jobs import run_job
from oss.base.places import places
from oss.base.problems import NotFound
from oss.base.retention import SUBJECTS
from oss.staff import exports, saved_views  # noqa: F401 what they keep
from tests.conftest import TESTER, Seed

register_features()
SESSION = """insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, input_octets,
  output_octets, session_s, terminate_cause)
select gen_random_uuid(), 1, $3, 'x', $1, $2, 0, 0, 0, 'x' from generate_series(1, $4)"""
DEVICE = """with s as (insert into site (name, kind) values ('of ' || {n}, 'pop') returning id),
d as (insert into device (name, site_id, role) select {n}, id, 'router' from s returning id) """
OLD = {
    "session_address": "insert into session_address values (gen_random_uuid(), 1, {n}, 'framed_ip', '1.1.1.1', "
    "now() - interval '{age}', now() - interval '{age}')",
    "auth_log": "insert into auth_log values (now() - interval '{age}', 1, {n}, '', '', '')",
    "staff_session": "insert into staff_session values "
    "(gen_random_uuid(), 1, {n}, 'x', '', now() - interval '{age}', now())",
    "auth_minute": "insert into auth_minute values ({n}, now() - interval '{age}', 1, 1, 1, 1)",
    "auth_reject": "insert into auth_reject values (now() - interval '{age}', 1, {n}, 'x', '', null, 1, now(), now())",
    "device_event": DEVICE + "insert into device_event (device_id, at, last_at, kind, name) "
    "select id, now() - interval '{age}', now(), 'other', {n} from d",
    "device_search": "insert into device_search (network, snmp_version, total, started_by, started_at, finished_at) "
    "values ('127.0.0.1/32', '2c', 1, {n}, now() - interval '{age}', now())",
    "device_transcript": DEVICE + "insert into device_transcript (device_id, at, act, what, via, command) "
    "select id, now() - interval '{age}', {n}, 'x', 'ssh', 'x' from d",
    "device_configuration": DEVICE + "insert into device_configuration "
    "(device_id, seen_at, why, driver, text_sealed, print, lines) "
    "select id, now() - interval '{age}', 'night', 'x', 'x', {n}, 1 from d",
    "interface_change": DEVICE
    + ", i as (insert into device_interface (device_id, name) select id, {n} from d returning id) "
    "insert into interface_change (interface_id, at, what, after) "
    "select id, now() - interval '{age}', 'new', jsonb_build_object('n', {n}) from i",
    "nas_knock": "insert into nas_knock values ({n}, 1, now(), now() - interval '{age}')",
    "enforcement": "insert into enforcement (contract_id, login, nas_id, session_uid, cause, wanted, asked_at, "
    "ended_at, outcome, attempts) "
    "values (1, {n}, 1, gen_random_uuid(), 'x', 'x', now(), now() - interval '{age}', 'x', 1)",
    "session_history": "insert into session_history (uid, nas_id, acct_session_id, login, started_at, ended_at, "
    "input_octets, output_octets, session_s, terminate_cause) values (gen_random_uuid(), 1, '1', {n}, "
    "now() - interval '{age}', now() - interval '{age}', 0, 0, 0, 'x')",
    "sample_raw": "insert into sample_raw values (now() - interval '{age}', 1, ascii({n}), '{{}}', '{{}}')",
    "sample_5m": "insert into sample_5m values (now() - interval '{age}', 1, ascii({n}), '{{}}', '{{}}')",
    "sample_1h": "insert into sample_1h values (now() - interval '{age}', 1, ascii({n}), '{{}}', '{{}}', '{{}}')",
    "notice": "with one as (insert into staff_user (login, name, password_hash, role) values ({n}, 'x', 'x', 'noc') "
    "returning id) insert into notice (user_id, kind, at) select id, {n}, now() - interval '{age}' from one",
}
YOUNG = re.compile(r"young|kind=121\b")  # 121 is y: tables without words keep the first letter as a number
EXPIRED = {
    "web_session": "insert into web_session (sid_hash, data, expires_at) "
    "values ({n}, '{{}}', now() - interval '{age}')",
    "setup_link": "insert into setup_link values ({n}, now() - interval '{age}')",
    "idempotency": "insert into idempotency (token_id, key, body_hash, created_at) "
    "values ({token}, {n}, '', now() - interval '{age}')",
    "form_answer": "insert into form_answer (user_id, key, body_hash, created_at) "
    "values ({user}, {n}, '', now() - interval '{age}')",
    "list_export": "insert into list_export (user_id, list, columns, format, language, total, scope, created_at) "
    "values ({user}, {n}, '{{}}', 'csv', 'en', 1, 'all', now() - interval '{age}')",
    "saved_view": "insert into saved_view (user_id, list, name, deleted_at) "
    "values ({user}, 'x', {n}, now() - interval '{age}')",
    "staff_link": "insert into staff_link (token_hash, user_id, kind, expires_at) "
    "select {n}, id, 'invite', now() - interval '{age}' from staff_user",
    "staff_device": "insert into staff_device (token_hash, user_id, expires_at) "
    "select {n}, id, now() - interval '{age}' from staff_user",
    "mail": "insert into mail (recipient, template, language, created_at) "
    "values ({n}, 'invite', 'en', now() - interval '{age}')",
    "customer_reading": "insert into customer_reading select {n}, min(id), now() - interval '{age}' from customer",
    "nas_watch": "insert into nas_watch select id, {n}, now(), now() - interval '{age}', 0, '[]' from nas",
    "nas_tally": "insert into nas_tally values (1, now() - interval '{age}', {n}, 1, now(), now())",
    "nas_state": "insert into nas_state values (1, {n}, now() - interval '{age}', 0)",
    "device_call": "insert into device_call (asker, question_sealed, at) values ({n}, 'x', now() - interval '{age}')",
    "session_limit": "insert into session_limit (uid, nas_id, login, read_at, wanted, state) "
    "select gen_random_uuid(), id, {n}, now() - interval '{age}', '', 'same' from nas",
    "sample_object": "insert into sample_object values (ascii({n}), 1, 1, now() - interval '{age}')",
    "sample_roll": "insert into sample_roll values ('day', now() - interval '{age}', 1, ascii({n}))",
    "node": "insert into node (name, roles, pid, version, started_at, seen_at) "
    "values ({n}, '{{}}', 1, '', now(), now() - interval '{age}')",
}


@pytest_asyncio.fixture(loop_scope="session")
async def line(database: str) -> AsyncIterator[db.Connection]:
    """A connection outside any transaction, that holds the purge's lock."""
    async with purge.alone() as connection:
        yield connection


async def run(connection: db.Connection, name: str, budget_s: float = 30) -> purge.Purged:
    (done,) = await purge.purge(connection, TESTER, [retention.subject(name)], budget_s)
    return done


async def count(connection: db.Connection, table: str) -> int:
    return int(await connection.fetchval(f"select count(*) from {table}"))


async def notes(connection: db.Connection) -> list[tuple[str, str, dict[str, Any]]]:
    rows = await connection.fetch("select action, object_id, detail from audit where object = 'retention' order by id")
    return [(row["action"], row["object_id"], json.loads(row["detail"])) for row in rows]


async def month(connection: db.Connection, table: str, days_ago: int) -> tuple[str, datetime]:
    """A partition of long ago, and an instant in its middle."""
    day = (clock.now() - timedelta(days=days_ago)).date()
    (name,) = await partitions.ensure_months(connection, table, day, day)
    return name, datetime(day.year, day.month, 15, tzinfo=UTC)


def test_every_subject_is_tried() -> None:
    assert set(OLD) | set(EXPIRED) == set(SUBJECTS)


@pytest.mark.parametrize("table", sorted(OLD))
async def test_only_rows_older_than_the_policy_go_with_a_note(line: db.Connection, table: str) -> None:
    days = retention.subject(table).days
    for name, age in (("'old'", f"{days} days 1 hour"), ("'young'", f"{days} days -1 hour")):
        await line.execute(OLD[table].format(n=name, age=age))
    done = await run(line, table)
    assert (done.rows, done.partitions, done.left) == (1, [], [])
    assert YOUNG.search(str(rows := await line.fetch(f"select * from {table}"))) and len(rows) == 1
    day = (clock.now() - timedelta(days=days)).date().isoformat()
    assert await notes(line) == [("retention.purged", table, {"before": day, "rows": 1})]
    assert (await run(line, table)).rows == 0
    assert len(await notes(line)) == 1


@pytest.mark.parametrize("table", sorted(EXPIRED))
async def test_what_expires_goes_every_ten_minutes_without_a_note(
    undone: db.Connection, provider: Seed, table: str
) -> None:
    token = await undone.fetchval(
        "insert into api_token (name, token_hash, role) values ('x', 'x', 'admin') returning id"
    )
    user = await undone.fetchval(
        "insert into staff_user (login, name, password_hash, role) values ('x', 'x', 'x', 'noc') returning id"
    )
    for name, age in (("'old'", "1 hour"), ("'young'", "-1 hour")):
        given = {"n": name, "age": f"{SUBJECTS[table].days} days {age}", "token": token, "user": user}
        await undone.execute(EXPIRED[table].format(**given))
    await purge.tidy(undone)
    assert YOUNG.search(str(rows := await undone.fetch(f"select * from {table}"))) and len(rows) == 1
    assert await notes(undone) == []


async def test_a_policy_for_ever_lets_nothing_go(line: db.Connection) -> None:
    await retention.set_days(line, TESTER, "nas_knock", None)
    await line.execute(OLD["nas_knock"].format(n="'old'", age="9 years"))
    done = await run(line, "nas_knock")
    assert (done.before, done.rows, await count(line, "nas_knock")) == (None, 0, 1)


async def test_rows_go_in_bounded_pieces_until_none_is_left(
    line: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []
    piece = purge.delete_piece

    async def counted(*arguments: Any) -> int:
        assert not line.is_in_transaction()
        pieces.append(await piece(*arguments))
        return pieces[-1]

    monkeypatch.setattr(purge, "delete_piece", counted)
    await line.execute("insert into nas_knock select n::text, 1, now(), '2020-01-01' from generate_series(1, 12000) n")
    assert (await run(line, "nas_knock")).rows == 12_000
    assert pieces == [5_000, 5_000, 2_000]


async def test_a_purge_whose_time_is_up_says_what_it_left(line: db.Connection) -> None:
    await line.execute(OLD["nas_knock"].format(n="'old'", age="1 year"))
    done = await run(line, "nas_knock", budget_s=0)
    assert (done.rows, done.left) == (0, ["nas_knock"])


async def test_a_month_goes_as_a_whole_when_all_of_it_is_old(line: db.Connection) -> None:
    old, at = await month(line, "auth_log", 400)
    kept, later = await month(line, "auth_log", 100)
    for instant in (at, later):
        await line.execute("insert into auth_log select $1, 1, 'x', '', '', '' from generate_series(1, 100)", instant)
    done = await run(line, "auth_log")
    assert (done.partitions, done.rows) == ([old], 0)
    assert await line.fetchval("select to_regclass($1)", old) is None
    assert await count(line, "auth_log") == await count(line, kept) == 100
    ((action, subject, detail),) = await notes(line)
    assert (action, subject, detail["partition"]) == ("retention.dropped", "auth_log", old)


async def test_a_month_of_which_one_day_is_young_stays(line: db.Connection) -> None:
    now = clock.now()
    await month(line, "auth_log", (now - datetime(now.year, now.month, 1, tzinfo=UTC)).days + 8)
    await retention.set_days(line, TESTER, "auth_log", (now - datetime(now.year, now.month, 1, tzinfo=UTC)).days + 7)
    assert (await run(line, "auth_log")).partitions == []


async def test_a_long_session_is_kept_a_year_from_its_end_though_its_month_goes(line: db.Connection) -> None:
    old, at = await month(line, "session_history", 900)
    await line.execute(SESSION, at, at + timedelta(hours=1), "short", 10)
    await line.execute(SESSION, at, clock.now() - timedelta(days=30), "long", 3)
    done = await run(line, "session_history")
    assert done.partitions == [old]
    rows = await line.fetch("select tableoid::regclass::text as lies, acct_session_id as sid from session_history")
    assert {tuple(row) for row in rows} == {("session_history_rest", "long")} and len(rows) == 3


async def test_a_month_with_too_many_long_sessions_waits(line: db.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "PIECE", 5)
    old, at = await month(line, "session_history", 900)
    await line.execute(SESSION, at, clock.now(), "long", 6)
    done = await run(line, "session_history")
    assert (done.partitions, done.left, await count(line, old)) == ([], [old], 6)


async def test_a_purge_that_died_with_a_month_in_its_hands_is_finished(line: db.Connection) -> None:
    old, at = await month(line, "session_history", 900)
    await line.execute(SESSION, at, at, "short", 10)
    await line.execute(SESSION, at, clock.now(), "long", 2)
    await line.execute(f"alter table session_history detach partition {old}")
    assert (await run(line, "session_history")).partitions == [old]
    assert await count(line, "session_history") == 2


async def test_a_month_taken_out_comes_back_if_it_is_now_kept_for_ever(line: db.Connection) -> None:
    old, at = await month(line, "auth_log", 400)
    await line.execute("insert into auth_log values ($1, 1, 'x', '', '', '')", at)
    await line.execute(f"alter table auth_log detach partition {old}")
    await retention.set_days(line, TESTER, "auth_log", None)
    await run(line, "auth_log")
    assert await count(line, "auth_log") == 1


async def test_a_month_that_is_in_use_is_left_and_writers_do_not_wait(
    line: db.Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "PAUSE_S", 0.01)
    old, _ = await month(line, "auth_log", 400)
    reader, writer = await db.connect(database), await db.connect(database)
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("select 1 from auth_log limit 1")  # a backup: it holds its lock to its end
    purging = asyncio.create_task(run(line, "auth_log"))
    while not purging.done():
        await asyncio.wait_for(writer.execute("insert into auth_log values (now(), 1, 'x', '', '', '')"), 2)
    assert (purging.result().left, purging.result().partitions) == ([old], [])
    await reading.rollback()
    assert (await run(line, "auth_log")).partitions == [old]
    await reader.close()
    await writer.close()


async def test_two_purges_never_run_at_once(line: db.Connection) -> None:
    with pytest.raises(purge.PurgeRunning):
        async with purge.alone():
            pass


async def test_the_daily_purge_that_finds_another_at_work_comes_again_in_an_hour(line: db.Connection) -> None:
    name = "oss.base.purge.daily"
    await line.execute("insert into periodic values ($1, 'bulk', 86400, now() + interval '1 day', now())", name)
    await purge.daily(line)
    left = await line.fetchval("select next_at - now() from periodic where name = $1", name)
    assert timedelta(minutes=59) < left < timedelta(minutes=61)


async def test_the_daily_purge_takes_every_policy(database: str) -> None:
    await db.execute(OLD["nas_knock"].format(n="'old'", age="1 year"))
    await db.execute(OLD["enforcement"].format(n="'old'", age="1 year"))
    async with db.transaction() as connection:
        await run_job(connection, "oss.base.purge.daily", {})
    assert await db.fetchval("select (select count(*) from nas_knock) + (select count(*) from enforcement)") == 0


async def test_a_purge_that_was_asked_for_waits_once_and_is_done_in_the_name_of_who_asked(database: str) -> None:
    await db.execute(OLD["nas_knock"].format(n="'old'", age="1 year"))
    async with db.transaction() as connection:
        assert await purge.waits_since(connection) is None
        await purge.ask(connection, TESTER)
        await purge.ask(connection, TESTER)
        assert await purge.waits_since(connection) is not None
    (job,) = await db.fetch("select listener, lane, payload from job")
    assert (job["listener"], job["lane"]) == ("oss.base.purge.purge_asked", "bulk")
    async with db.transaction() as connection:
        await run_job(connection, job["listener"], json.loads(job["payload"]))
    assert await db.fetchval("select actor from audit where action = 'retention.purged'") == "test"


async def test_what_a_purge_does_is_seen_while_it_runs_and_gone_afterwards(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.execute(OLD["nas_knock"].format(n="'old'", age="1 year"))
    seen: list[purge.Progress | None] = []
    piece = purge.delete_piece

    async def looked(*arguments: Any) -> int:
        async with db.pool().acquire() as other:
            seen.append(await purge.progress(other))
        return await piece(*arguments)

    monkeypatch.setattr(purge, "delete_piece", looked)
    async with purge.alone() as connection:
        await run(connection, "nas_knock")
    assert seen == [purge.Progress("nas_knock", 0)]
    async with db.pool().acquire() as connection:
        assert await purge.progress(connection) is None


async def test_a_subject_nobody_registered_is_not_purged() -> None:
    with pytest.raises(NotFound):
        retention.subject("customer")


async def test_the_places_of_a_table_tell_their_months(undone: db.Connection) -> None:
    found = await places(undone, "session_history")
    today = clock.now().date()
    assert found[0].name == f"session_history_{today:%Y_%m}"
    assert found[0].begins is not None and found[0].begins.date() == date(today.year, today.month, 1)
    assert (found[-1].name, found[-1].ends) == ("session_history_rest", None)
    (plain,) = await places(undone, "nas_knock")
    assert (plain.name, plain.begins) == ("nas_knock", None)
