"""The scribe writes each thing the node has to tell once, and loses nothing when the database goes away."""

from __future__ import annotations

import asyncio
import uuid

import pytest
import pytest_asyncio

from oss.access import accounting, scribe
from oss.access.enforce import Done
from oss.access.fold import fold
from oss.access.scribe import Scribe
from oss.access.sessions import Live, Sessions, session_uid
from oss.access.tallies import Tallies
from oss.base import db
from oss.base.supervisor import Health
from radius.integrity import Secret
from radius.server import Knocks, Peer
from tests.conftest import Seed
from tests.oss.access.said import NAS, START, record, uid
from tests.waiting import eventually


class Enforcer:
    """Only what the scribe takes from it."""

    def __init__(self) -> None:
        self.done: list[Done] = []


class Desk:
    """A scribe with all it writes down."""

    def __init__(self) -> None:
        self.sessions, self.enforcer = Sessions(), Enforcer()
        self.tallies, self.knocks = Tallies(), Knocks()
        self.scribe = Scribe(self.sessions, self.enforcer, self.tallies, self.knocks, "node")  # type: ignore[arg-type]

    def changed(self, live: Live) -> Live:
        """A session whose state is to be written."""
        self.sessions.add(live)
        self.sessions.dirty.add(live)
        return live

    async def rounds(self, connection: db.Connection) -> int:
        """Write until nothing waits; how many rounds it took."""
        number = 1
        while await self.scribe.round(connection):
            number += 1
        return number


@pytest_asyncio.fixture(loop_scope="session")
async def desk(undone: db.Connection, provider: Seed) -> Desk:
    """The small provider's NAS is number NAS, as in the packets."""
    await undone.execute("update nas set id = $1", NAS)
    return Desk()


async def started(connection: db.Connection, *sids: str) -> None:
    """The applier writes the rows of sessions."""
    await connection.execute(accounting.PREPARE)
    await accounting.apply(connection, fold([record(START, 0, sid) for sid in sids]).parts, "node")


def live(sid: str = "8000", nas: int = NAS) -> Live:
    peer = Peer(nas, "BNG-1", Secret(b"s"))
    key = session_uid(nas, sid, "cli1", "AA:BB").bytes
    return Live(key, peer, sid.encode(), "cli1", bytes([10, 0, 0, 1]), b"AA:BB", applied="full", desired="full")


def change(one: Live) -> Done:
    return Done(one, 7, 8, "overdue", "reduced", 1.7e9, "applied", None, "full", 2, 1.7e9 + 1)


async def count(connection: db.Connection, table: str) -> int:
    return int(await connection.fetchval(f"select count(*) from {table}"))


# ------------------------------------------------------------ states


async def test_states_are_written_when_the_sessions_row_is_there(undone: db.Connection, desk: Desk) -> None:
    one = desk.changed(live())
    one.drift_cause, one.asked_at, one.attempts, one.next_try = "silent", 1.7e9, 3, 5.0
    await desk.scribe.round(undone)
    assert desk.sessions.dirty == {one}  # its Start is still on its way
    await started(undone, "8000")
    await desk.rounds(undone)
    row = await undone.fetchrow("select * from session_open")
    assert (row["desired"], row["applied"], row["drift_cause"], row["attempts"]) == ("full", "full", "silent", 3)
    assert row["drift_since"].timestamp() == 1.7e9 and row["next_try_at"] is not None and not desk.sessions.dirty


async def test_a_state_in_order_again_has_no_time_of_a_difference(undone: db.Connection, desk: Desk) -> None:
    await started(undone, "8000")
    one = desk.changed(live())
    one.asked_at, one.next_try = 1.7e9, 5.0
    await desk.rounds(undone)
    one.asked_at = 0.0
    desk.sessions.dirty.add(one)
    await desk.rounds(undone)
    row = await undone.fetchrow("select drift_since, next_try_at from session_open")
    assert tuple(row) == (None, None)


async def test_a_session_that_ended_is_not_written_for_ever(undone: db.Connection, desk: Desk) -> None:
    desk.changed(live())
    desk.sessions.by_uid.clear()
    await desk.scribe.round(undone)
    assert not desk.sessions.dirty


async def test_a_herd_of_states_is_written_piece_by_piece(undone: db.Connection, desk: Desk) -> None:
    sids = [str(number) for number in range(2 * scribe.AT_ONCE + 5)]
    await started(undone, *sids)
    for sid in sids:
        desk.changed(live(sid))
    assert await desk.rounds(undone) == 3 and not desk.sessions.dirty
    assert await undone.fetchval("select count(*) from session_open where applied = 'full'") == len(sids)


async def test_a_round_does_not_spin_on_states_whose_rows_are_still_on_their_way(
    undone: db.Connection, desk: Desk
) -> None:
    for number in range(scribe.AT_ONCE):
        desk.changed(live(str(number)))
    assert not await desk.scribe.round(undone) and len(desk.sessions.dirty) == scribe.AT_ONCE


# ------------------------------------------------------------ what else a round writes


async def test_what_the_network_did_is_written_once(undone: db.Connection, desk: Desk) -> None:
    desk.enforcer.done = [change(live()) for _ in range(scribe.AT_ONCE + 5)]
    assert await desk.rounds(undone) > 1
    assert await count(undone, "enforcement") == scribe.AT_ONCE + 5 and desk.enforcer.done == []
    row = await undone.fetchrow("select * from enforcement limit 1")
    assert (row["contract_id"], row["was"], row["wanted"], row["outcome"], row["attempts"]) == (
        *(7, "full", "reduced", "applied", 2),
    )


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
    await started(undone, "8000")
    one = desk.changed(live())
    desk.enforcer.done = [change(one)]
    desk.scribe.signed.add(NAS)
    small = Scribe._small

    async def cut(*_: object) -> None:
        raise ConnectionResetError("the database went away")

    monkeypatch.setattr(Scribe, "_small", cut)  # after everything else was written
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            await desk.scribe.round(undone)
    assert await count(undone, "enforcement") == 0 and desk.sessions.dirty == {one}
    desk.enforcer.done.append(change(one))  # life goes on
    monkeypatch.setattr(Scribe, "_small", small)
    await desk.rounds(undone)
    await desk.rounds(undone)
    assert await count(undone, "enforcement") == 2
    assert await undone.fetchval("select applied from session_open") == "full"
    assert await undone.fetchval("select signs_since is not null from nas")


async def test_a_session_that_ended_during_a_round_that_failed_is_forgotten(
    undone: db.Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk.changed(live())

    async def cut(*_: object) -> None:
        desk.sessions.remove(one.uid)
        raise ConnectionResetError("the database went away")

    monkeypatch.setattr(Scribe, "_small", cut)
    with pytest.raises(ConnectionResetError):
        await desk.scribe.round(undone)
    assert not desk.sessions.dirty


async def test_the_scribe_comes_back_by_itself(seed: Seed, database: str) -> None:
    desk, health, begun = Desk(), Health("scribe"), []

    async def restore(connection: db.Connection) -> None:
        begun.append(1)

    async def written(at_least: int) -> bool:
        return await db.fetchval("select count(*) from enforcement") >= at_least

    task = asyncio.create_task(desk.scribe.write_for_ever(database, health, restore))
    desk.enforcer.done.append(change(live(nas=seed.nas)))
    await eventually(lambda: written(1))
    await db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'milha-scribe' and datname = current_database()"
    )
    desk.enforcer.done.append(change(live(nas=seed.nas)))
    with pytest.raises(db.AWAY):
        await asyncio.wait_for(task, 10)
    task = asyncio.create_task(desk.scribe.write_for_ever(database, health, restore))
    await eventually(lambda: written(2))
    assert begun == [1, 1] and health.good and await db.fetchval("select count(*) from enforcement") == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_session_has_one_identity_here_and_in_the_rows() -> None:
    assert uuid.UUID(bytes=live().uid) == uid() == session_uid(NAS, "8000", "cli1", "AA:BB")


async def test_a_row_that_somebody_holds_is_not_waited_for(seed: Seed, database: str) -> None:
    """The applier holds rows in an order of its own: to wait for one while holding another would be a deadlock."""
    one, holder, writer = live(), await db.connect(database), await db.connect(database)
    await db.execute(
        "insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at) "
        "values ($1, $2, '8000', 'cli1', now(), now())",
        *(uuid.UUID(bytes=one.uid), seed.nas),
    )
    desk = Desk()
    desk.sessions.add(one)
    desk.sessions.dirty.add(one)
    holding = holder.transaction()
    await holding.start()
    await holder.execute("update session_open set session_s = 1")
    async with asyncio.timeout(5):
        await desk.scribe.round(writer)
    assert desk.sessions.dirty == {one}
    await holding.rollback()
    await desk.scribe.round(writer)
    assert not desk.sessions.dirty and await db.fetchval("select applied from session_open") == "full"
    await holder.close()
    await writer.close()
