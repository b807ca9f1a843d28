"""The scribe writes each thing once, in journal order, and loses nothing when the database goes away."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from oss.access import accounting, scribe
from oss.access.enforce import Done
from oss.access.journal import PACKET, Journal, Position
from oss.access.scribe import Scribe
from oss.access.sessions import Live, Sessions, session_uid
from oss.access.tallies import Tallies
from oss.base import db
from oss.base.supervisor import Health
from radius import attributes as a
from radius.integrity import Secret
from radius.packet import build
from radius.server import Knocks, Peer
from tests.conftest import Seed
from tests.waiting import eventually


class Enforcer:
    """Only what the scribe takes from it."""

    def __init__(self) -> None:
        self.done: list[Done] = []


class Desk:
    """A scribe with its journal and all it writes down."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.sessions, self.enforcer = Journal(folder), Sessions(), Enforcer()
        self.tallies, self.knocks = Tallies(), Knocks()
        self.scribe = Scribe(self.journal, self.sessions, self.enforcer, self.tallies, self.knocks, "node")  # type: ignore[arg-type]

    async def open(self, connection: db.Connection | None = None) -> Desk:
        self.journal.open()
        self.flushing = asyncio.create_task(self.journal.flush_for_ever())
        if connection is not None:
            await self.scribe._resume(connection)
        return self

    async def close(self) -> None:
        self.flushing.cancel()
        await asyncio.gather(self.flushing, return_exceptions=True)
        self.journal.close()

    async def heard(self, *sids: str, status: int = a.ACCT_START, nas: int = 1) -> None:
        """Accounting records, durable when this returns."""
        done: list[str] = []
        for sid in sids:
            body = a.attr(a.ACCT_STATUS_TYPE, status) + a.attr(a.ACCT_SESSION_ID, sid) + a.attr(a.USER_NAME, "cli1")
            raw = build(a.ACCOUNTING_REQUEST, 1, bytes(16), body)
            self.journal.append(PACKET, nas, 1_795_000_000_000_000, raw, lambda sid=sid: done.append(sid))
        await eventually(lambda: len(done) == len(sids))

    async def rounds(self, connection: db.Connection) -> int:
        """Write until nothing waits; how many rounds it took."""
        number = 1
        while await self.scribe.round(connection):
            number += 1
        return number


@pytest_asyncio.fixture(loop_scope="session")
async def nas(undone: db.Connection, provider: Seed) -> int:
    """The small provider's NAS is number 1, as in the packets."""
    await undone.execute("update nas set id = 1")
    return 1


@pytest_asyncio.fixture(loop_scope="session")
async def desk(undone: db.Connection, nas: int, tmp_path: Path) -> AsyncIterator[Desk]:
    one = await Desk(tmp_path / "journal").open(undone)
    yield one
    await one.close()


def live(sid: str = "8000", nas: int = 1) -> Live:
    peer = Peer(nas, "BNG-1", Secret(b"s"))
    return Live(session_uid(nas, sid, "cli1", None), peer, sid, "cli1", "10.0.0.1", applied="full", desired="full")


def change(one: Live) -> Done:
    return Done(one, 7, 8, "overdue", "reduced", 1.7e9, "applied", None, "full", 2, 1.7e9 + 1)


async def sids(connection: db.Connection) -> list[str]:
    return [row[0] for row in await connection.fetch("select acct_session_id from session_open order by 1")]


async def count(connection: db.Connection, table: str) -> int:
    return int(await connection.fetchval(f"select count(*) from {table}"))


# ------------------------------------------------------------ the journal


async def test_records_become_sessions_and_the_position_moves_with_them(undone: db.Connection, desk: Desk) -> None:
    await desk.heard("1", "2", "3")
    assert desk.scribe.lag == 3
    await desk.rounds(undone)
    row = await undone.fetchrow("select * from journal_position")
    assert (row["segment"], row["position"], row["records"]) == (1, desk.journal.durable.offset, 3)
    assert await sids(undone) == ["1", "2", "3"] and desk.scribe.lag == 0


async def test_a_process_goes_on_where_the_one_before_it_stopped(
    undone: db.Connection, nas: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scribe, "BATCH_OCTETS", 1)
    applied: list[Any] = []
    apply = accounting.apply

    async def counted(connection: db.Connection, records: list[Any], node: str) -> None:
        applied.extend(records)
        await apply(connection, records, node)

    monkeypatch.setattr(accounting, "apply", counted)
    first = await Desk(tmp_path / "journal").open(undone)
    await first.heard("1", "2")
    await first.rounds(undone)
    await first.heard("3", "4")
    await first.close()
    second = await Desk(tmp_path / "journal").open(undone)
    assert await sids(undone) == ["1", "2", "3", "4"] and len(applied) == 4
    assert second.scribe.lag == second.scribe.applied == 0  # the leftovers were another process's
    await second.heard("5")
    assert second.scribe.lag == 1
    await second.rounds(undone)
    assert second.scribe.lag == 0 and len(applied) == 5
    await second.close()


async def test_another_folder_begins_at_its_beginning(undone: db.Connection, nas: int, tmp_path: Path) -> None:
    """The data directory was lost, the database was not: an old position must not skip new records."""
    old = await Desk(tmp_path / "lost").open(undone)
    await old.heard(*(str(number) for number in range(20)))
    await old.rounds(undone)
    await old.close()
    new = await Desk(tmp_path / "new").open(undone)
    await new.heard("new")
    await new.rounds(undone)
    assert "new" in await sids(undone)
    await new.close()


async def test_segments_are_forgotten_once_they_are_written(undone: db.Connection, nas: int, tmp_path: Path) -> None:
    one = Desk(tmp_path / "journal")
    one.journal.segment_octets = 300
    await one.open(undone)
    for number in range(30):
        await one.heard(str(number))
    assert len(list(one.journal.folder.glob("*.log"))) > 3
    await one.rounds(undone)
    assert len(list(one.journal.folder.glob("*.log"))) == 1 and len(await sids(undone)) == 30
    await one.close()


async def test_acknowledged_after_the_commit_where_that_is_asked_for(undone: db.Connection, desk: Desk) -> None:
    acknowledged: list[str] = []
    await desk.heard("1")
    desk.scribe.acks.append((desk.journal.durable, lambda: acknowledged.append("1")))
    desk.scribe.acks.append((Position(1, 10**6), lambda: acknowledged.append("later")))
    assert acknowledged == []
    await desk.rounds(undone)
    assert acknowledged == ["1"] and len(desk.scribe.acks) == 1


async def test_what_was_applied_after_an_outage_is_acknowledged_and_counted(undone: db.Connection, desk: Desk) -> None:
    acknowledged: list[str] = []
    await desk.heard("1", "2")
    desk.scribe.acks.append((desk.journal.durable, lambda: acknowledged.append("2")))
    await desk.scribe._resume(undone)  # what happens first when the connection is there again
    assert desk.scribe.lag == 0 and acknowledged == ["2"] and await sids(undone) == ["1", "2"]


# ------------------------------------------------------------ what else a round writes


async def test_states_are_written_when_the_sessions_row_is_there(undone: db.Connection, desk: Desk) -> None:
    one = live()
    one.drift_cause, one.asked_at, one.attempts, one.next_try = "silent", 1.7e9, 3, 5.0
    desk.sessions.add(one)
    desk.sessions.dirty.add(one)
    await desk.scribe.round(undone)
    assert desk.sessions.dirty == {one}  # its Start is still on its way to the disk
    await desk.heard("8000")
    await desk.rounds(undone)
    row = await undone.fetchrow("select * from session_open")
    assert (row["desired"], row["applied"], row["drift_cause"], row["attempts"]) == ("full", "full", "silent", 3)
    assert row["drift_since"].timestamp() == 1.7e9 and row["next_try_at"] is not None and not desk.sessions.dirty


async def test_a_session_that_ended_is_not_written_for_ever(undone: db.Connection, desk: Desk) -> None:
    one = live()
    desk.sessions.add(one)
    desk.sessions.dirty.add(one)
    desk.sessions.by_uid.clear()
    await desk.scribe.round(undone)
    assert not desk.sessions.dirty


async def test_what_the_network_did_is_written_once(undone: db.Connection, desk: Desk) -> None:
    desk.enforcer.done = [change(live()) for _ in range(scribe.AT_ONCE + 5)]
    assert await desk.rounds(undone) > 1
    assert await count(undone, "enforcement") == scribe.AT_ONCE + 5 and desk.enforcer.done == []
    row = await undone.fetchrow("select * from enforcement limit 1")
    assert (row["contract_id"], row["was"], row["wanted"], row["outcome"], row["attempts"]) == (
        *(7, "full", "reduced", "applied", 2),
    )


async def test_refusals_of_a_minute_add_up(undone: db.Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oss.access.tallies.time.time", lambda: 1.7e9)
    for _ in range(2):
        for _ in range(3):
            desk.tallies.reject(1, "cli\x001", "wrong_password", "", 7, 100)
        await desk.scribe.round(undone)
    row = await undone.fetchrow("select * from auth_reject")
    assert (row["login"], row["reason"], row["count"], row["contract_id"]) == ("cli1", "wrong_password", 6, 7)


async def test_knocks_are_counted_once(undone: db.Connection, desk: Desk) -> None:
    for _ in range(3):
        desk.scribe._minutes_at = 0.0
        desk.knocks.note("192.0.2.1", 1.7e9)
        await desk.scribe.round(undone)
    desk.scribe._minutes_at = 0.0
    await desk.scribe.round(undone)
    assert await undone.fetchval("select count from nas_knock") == 3


async def test_a_minutes_figures_are_kept(undone: db.Connection, desk: Desk) -> None:
    desk.sessions.add(live())
    desk.tallies.accept(700)
    await desk.scribe.round(undone)
    row = await undone.fetchrow("select * from auth_minute")
    assert (row["node"], row["accepts"], row["rejects"], row["p99_us"], row["online"]) == ("node", 1, 0, 700, 1)


async def test_a_nas_proven_to_sign_stays_so(undone: db.Connection, desk: Desk) -> None:
    desk.scribe.signed.add(1)
    await desk.scribe.round(undone)
    since = await undone.fetchval("select signs_since from nas")
    desk.scribe.signed.add(1)
    await desk.scribe.round(undone)
    assert since is not None and await undone.fetchval("select signs_since from nas") == since


async def test_a_round_without_anything_to_write_asks_the_database_nothing(undone: db.Connection, desk: Desk) -> None:
    await desk.scribe.round(undone)
    assert not await desk.scribe.round(None)


# ------------------------------------------------------------ the database goes away


async def test_a_round_that_fails_is_made_again_in_full(
    undone: db.Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = live()
    desk.sessions.add(one)
    desk.sessions.dirty.add(one)
    desk.enforcer.done = [change(one)]
    desk.tallies.reject(1, "cli1", "overdue", "", 7, 100)
    desk.scribe.signed.add(1)
    await desk.heard("8000")
    small = Scribe._small

    async def cut(*_: object) -> None:
        raise ConnectionResetError("the database went away")

    monkeypatch.setattr(Scribe, "_small", cut)  # after everything else was written
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            await desk.scribe.round(undone)
    assert await sids(undone) == [] and await count(undone, "enforcement") == 0 and desk.scribe.lag == 1
    desk.tallies.reject(1, "cli1", "overdue", "", 7, 100)  # life goes on
    monkeypatch.setattr(Scribe, "_small", small)
    await desk.rounds(undone)
    await desk.rounds(undone)
    assert await sids(undone) == ["8000"] and await count(undone, "enforcement") == 1
    assert await undone.fetchval("select sum(count) from auth_reject") == 2
    assert await undone.fetchval("select applied from session_open") == "full"
    assert await undone.fetchval("select signs_since is not null from nas") and desk.scribe.lag == 0


async def test_the_scribe_comes_back_by_itself(seed: Seed, database: str, tmp_path: Path) -> None:
    one = await Desk(tmp_path / "journal").open()
    health, started = Health("scribe"), []

    async def restore(connection: db.Connection) -> None:
        started.append(1)

    task = asyncio.create_task(one.scribe.write_for_ever(database, health, restore))
    await one.heard("1", nas=seed.nas)
    await eventually(lambda: db.fetchval("select count(*) = 1 from session_open"))
    await db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'milha-scribe' and datname = current_database()"
    )
    with pytest.raises(db.AWAY):
        await asyncio.wait_for(task, 10)
    await one.heard("2", nas=seed.nas)
    task = asyncio.create_task(one.scribe.write_for_ever(database, health, restore))
    await eventually(lambda: db.fetchval("select count(*) = 2 from session_open"))
    await eventually(lambda: one.scribe.lag == 0)
    assert started == [1, 1] and health.good
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await one.close()


def test_a_session_has_one_identity_here_and_in_the_rows() -> None:
    assert live().uid == session_uid(1, "8000", "cli1", None) and isinstance(live().uid, uuid.UUID)
