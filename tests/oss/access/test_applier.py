"""The applier: batch by batch, each with the journal's position in its transaction; and journals that were left."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from oss.access import accounting, applier, login_log
from oss.access.applier import Applier, Overtaken, adopt
from oss.access.journal import Journal
from oss.access.journal_reader import LOGIN, LOST, PACKET, Position, Record, frame
from oss.access.login_log import accepted, refused
from oss.base import db
from tests.conftest import Seed
from tests.oss.access.said import NAS, OFF, START, STOP, at, at_us, closed, ending, opened, record
from tests.oss.access.writing import writing
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("one_nas")


async def write(one: Journal, records: Iterable[Record]) -> None:
    """Durable when this returns."""
    for each in records:
        assert one.append(each.kind, each.nas_id, each.at_us, each.payload, source=each.source)
    await eventually(lambda: one.synced == one.appended)


async def left(folder: Path, *records: Record) -> None:
    """A journal whose process is gone."""
    async with writing(folder) as one:
        await write(one, records)


def starts(*sids: str) -> list[Record]:
    return [record(START, 0, sid, told_s=0) for sid in sids]


async def apply_all(connection: db.Connection, one: Journal) -> Applier:
    """As a process does that begins now."""
    applying = Applier(connection, one.folder, "node")
    await applying.resume()
    while await applying.step(one.durable):
        pass
    return applying


async def sids(connection: db.Connection) -> list[str]:
    return [row["acct_session_id"] for row in await opened(connection)]


async def position(connection: db.Connection, one: Journal) -> tuple[int, int, int]:
    row = await connection.fetchrow(
        "select segment, position, records from journal_position where journal = $1",
        f"{one.folder.name}:{one.identity}",
    )
    return tuple(row)


# ------------------------------------------------------------ one journal


async def test_records_become_rows_and_the_position_moves_with_them(undone: db.Connection, tmp_path: Path) -> None:
    async with writing(tmp_path / "node") as one:
        await write(one, [*starts("1", "2"), record(STOP, 5, "1")])
        applying = await apply_all(undone, one)
        assert await position(undone, one) == (1, one.durable.offset, 3) and applying.position == one.durable
        assert await sids(undone) == ["2"] and [row["acct_session_id"] for row in await closed(undone)] == ["1"]


async def test_only_what_is_on_stable_storage_is_applied(undone: db.Connection, tmp_path: Path) -> None:
    async with writing(tmp_path / "node") as one:
        await write(one, starts("1"))
        durable = one.durable
        await write(one, starts("2"))
        applying = Applier(undone, one.folder, "node")
        await applying.resume()
        assert await applying.step(durable) == 1 and await applying.step(durable) == 0
        assert await sids(undone) == ["1"]


async def test_a_process_goes_on_where_the_one_before_it_stopped(
    undone: db.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applier, "BATCH_OCTETS", 1)  # a few at a time
    count = 400
    async with writing(tmp_path / "node") as one:
        await write(one, starts(*(f"{number:03}" for number in range(count))))
        first = Applier(undone, one.folder, "node")
        await first.resume()
        done = await first.step(one.durable)
        assert 0 < done < count and len(await sids(undone)) == done
        second = Applier(undone, one.folder, "node")
        await second.resume()
        assert second.position == first.position
        assert sum([await second.step(one.durable) for _ in range(20)]) == count - done
        assert len(await sids(undone)) == count and (await position(undone, one))[2] == count


async def test_another_folder_begins_at_its_beginning(undone: db.Connection, tmp_path: Path) -> None:
    """The data directory was lost, the database was not: an old position must not skip new records."""
    async with writing(tmp_path / "node") as old:
        await write(old, starts(*map(str, range(20))))
        await apply_all(undone, old)
    shutil.rmtree(tmp_path / "node")
    async with writing(tmp_path / "node") as new:
        await write(new, starts("new"))
        await apply_all(undone, new)
        assert "new" in await sids(undone)


async def test_a_journal_cut_shorter_than_its_position_is_read_again(undone: db.Connection, tmp_path: Path) -> None:
    """A backup of the folder was put back: to apply twice does no harm."""
    async with writing(tmp_path / "node") as one:
        await write(one, starts("1"))
        shutil.copytree(one.folder, tmp_path / "backup")
        await write(one, starts("2", "3"))
        await apply_all(undone, one)
    shutil.rmtree(tmp_path / "node")
    shutil.move(tmp_path / "backup", tmp_path / "node")
    async with writing(tmp_path / "node") as again:
        await apply_all(undone, again)
        await write(again, starts("4"))
        await apply_all(undone, again)
        assert await sids(undone) == ["1", "2", "3", "4"]


async def test_segments_are_forgotten_once_they_are_rows(undone: db.Connection, tmp_path: Path) -> None:
    async with writing(tmp_path / "node", segment_octets=100) as one:
        for number in range(12):
            await write(one, starts(f"{number:02}"))
        assert len(list(one.folder.glob("*.log"))) > 3
        await apply_all(undone, one)
        assert len(list(one.folder.glob("*.log"))) == 1 and len(await sids(undone)) == 12


async def test_of_two_that_apply_one_journal_the_slower_gives_way_and_nothing_is_twice(
    undone: db.Connection, tmp_path: Path
) -> None:
    async with writing(tmp_path / "node") as one:
        await write(one, [record(START, 0, "1", told_s=0), refusal(0)])
        first, second = Applier(undone, one.folder, "node"), Applier(undone, one.folder, "node")
        await first.resume()
        await second.resume()
        assert await first.step(one.durable) == 2
        with pytest.raises(Overtaken):
            await second.step(one.durable)
        assert await undone.fetchval("select count(*) from auth_log") == 1
        assert await undone.fetchval("select count from auth_reject") == 1
        assert await position(undone, one) == (1, one.durable.offset, 2)


async def test_two_that_apply_one_journal_at_the_same_time_write_it_once(
    seed: Seed, database: str, tmp_path: Path
) -> None:
    async with writing(tmp_path / "node") as one, AsyncExitStack() as stack:
        await write(one, [record(START, 0, str(number), nas=seed.nas) for number in range(50)])
        await write(one, [accept(number) for number in range(50)])
        both = []
        for _ in range(2):
            connection = await db.connect(database)
            stack.push_async_callback(connection.close)
            await connection.execute(accounting.PREPARE)
            both.append(Applier(connection, one.folder, "node"))
            await both[-1].resume()
        outcomes = await asyncio.gather(*(each.step(one.durable) for each in both), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {Overtaken, int}
        assert await db.fetchval("select count(*) from auth_log") == 50
        assert await db.fetchval("select count(*) from session_open") == 50
        assert await db.fetchval("select records from journal_position") == 100


async def test_rotten_octets_are_passed_over_with_the_position(undone: db.Connection, tmp_path: Path) -> None:
    async with writing(tmp_path / "node") as one:
        await write(one, starts("1", "2"))
        with (one.folder / "00000001.log").open("r+b") as file:
            file.seek(one.durable.offset - 5)
            file.write(b"rot")
        applying = await apply_all(undone, one)
        assert applying.position == one.durable and await sids(undone) == ["1"]
        await write(one, starts("3"))
        await apply_all(undone, one)
        assert await sids(undone) == ["1", "3"] and (await position(undone, one))[2] == 2


# ------------------------------------------------------------ logins


def refusal(after_s: float, login: str = "cli1", reason: str = "overdue", **facts: Any) -> Record:
    payload = refused(at_us(after_s), NAS, login, reason, b"AA:BB", b"ether1", 7, facts)
    return Record(LOGIN, 0, 0, b"", payload)


def accept(after_s: float, login: str = "cli1") -> Record:
    return Record(LOGIN, 0, 0, b"", accepted(at_us(after_s), NAS, login, b"AA:BB", b"ether1"))


async def test_every_login_is_a_row(undone: db.Connection, tmp_path: Path) -> None:
    async with writing(tmp_path / "node") as one:
        await write(one, [accept(1), refusal(2, "cli2"), refusal(2, "cli2")])
        await apply_all(undone, one)
    rows = await undone.fetch("select * from auth_log order by at")
    assert [tuple(row) for row in rows] == [
        (at(1), NAS, "cli1", "", "AA:BB", "ether1"),
        (at(2), NAS, "cli2", "overdue", "AA:BB", "ether1"),
        (at(2), NAS, "cli2", "overdue", "AA:BB", "ether1"),
    ]


async def test_refusals_of_a_minute_add_up_over_batches(undone: db.Connection, tmp_path: Path) -> None:
    minute = -(at_us(0) // 1_000_000 % 60) + 60  # seconds from the test's beginning to a whole minute
    async with writing(tmp_path / "node") as one:
        await write(one, [refusal(minute + 1, note="first"), refusal(minute + 2, note="second"), accept(minute + 3)])
        await apply_all(undone, one)
        await write(one, [refusal(minute + 9, note="third", invoice="1-123"), refusal(minute + 70)])
        await apply_all(undone, one)
    first, second = await undone.fetch("select *, facts ->> 'invoice' as invoice from auth_reject order by minute")
    assert (first["minute"], first["login"], first["reason"], first["contract_id"]) == (
        *(at(minute), "cli1", "overdue", 7),
    )
    assert (first["count"], first["first_at"], first["last_at"]) == (3, at(minute + 1), at(minute + 9))
    assert (first["detail"], first["invoice"]) == ("third", "1-123")
    assert (second["minute"], second["count"], second["detail"]) == (at(minute + 60), 1, "")


async def test_a_flood_of_invented_logins_becomes_one_row_of_refusals(
    undone: db.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_log, "MOST_LOGINS", 2)
    async with writing(tmp_path / "node") as one:
        applying = Applier(undone, one.folder, "node")
        await applying.resume()
        for number in range(6):  # in batches of their own: what the minute has seen is remembered
            await write(one, [refusal(0, f"x{number}", "unknown_login")])
            await applying.step(one.durable)
    rows = await undone.fetch("select login, count from auth_reject order by login")
    assert [tuple(row) for row in rows] == [("*", 4), ("x0", 1), ("x1", 1)]
    assert await undone.fetchval("select count(distinct login) from auth_log") == 6


async def test_what_a_router_sends_does_not_stop_the_journal(undone: db.Connection, tmp_path: Path) -> None:
    login = "cli\0\udcff".encode("utf-8", "replace").decode()
    odd = refused(at_us(0), NAS, login, "overdue", b"\0\xff", b"\xfe", 7, {"note": "a\0b"})
    padded = accepted(at_us(0), NAS, "cli1", b"AA:BB\0", b"ether1")
    foreign = b"\0".join([b"\xff"] * 8)
    async with writing(tmp_path / "node") as one:
        await write(one, [Record(LOGIN, 0, 0, b"", payload) for payload in (odd, padded, foreign)])
        await write(one, starts("1"))
        await apply_all(undone, one)
    assert await undone.fetchval("select count(*) from auth_log") == 2 and await sids(undone) == ["1"]
    assert await undone.fetchval("select detail from auth_reject where reason = 'overdue'") == "ab"


# ------------------------------------------------------------ journals that were left


async def test_a_journal_that_was_left_is_applied_and_removed(
    undone: db.Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await left(tmp_path / "old", *starts("1", "2"), accept(0))
    async with writing(tmp_path / "new") as own:
        await adopt(undone, own.folder, "new")
        assert {path.name for path in tmp_path.iterdir()} == {"new"} and (own.folder / "identity").exists()
    rows = await opened(undone)
    assert [(row["acct_session_id"], row["node"]) for row in rows] == [("1", "new"), ("2", "new")]
    assert await undone.fetchval("select count(*) from auth_log") == 1
    assert await undone.fetchval("select count(*) from journal_position") == 0
    (told,) = [one for one in caplog.records if one.getMessage() == "adopted a journal that was left"]
    assert told.__dict__["facts"]["records"] == 3


async def test_what_its_node_had_applied_is_not_applied_again(undone: db.Connection, tmp_path: Path) -> None:
    async with writing(tmp_path / "old") as one:
        await write(one, [accept(0), *starts("1")])
        await apply_all(undone, one)
        await write(one, [accept(1)])
    await adopt(undone, tmp_path / "new", "new")
    assert await undone.fetchval("select count(*) from auth_log") == 2


async def test_the_sessions_of_a_node_that_is_gone_are_taken_over(undone: db.Connection, tmp_path: Path) -> None:
    """Somebody must give up those that fall silent; a third node's are none of ours."""
    for node, sid in (("old", "1"), ("third", "2")):
        await left(tmp_path / node, *starts(sid))
        applying = Applier(undone, tmp_path / node, node)
        await applying.resume()
        await applying.step(applying.reader.sound_end())
    shutil.rmtree(tmp_path / "third")
    await adopt(undone, tmp_path / "new", "new")
    assert {row["acct_session_id"]: row["node"] for row in await opened(undone)} == {"1": "new", "2": "third"}


async def test_a_journal_in_use_is_left_alone(undone: db.Connection, tmp_path: Path) -> None:
    async with writing(tmp_path / "other") as other:
        await write(other, starts("1"))
        await adopt(undone, tmp_path / "new", "new")
        assert await opened(undone) == [] and other.folder.exists()
        assert [one.payload for one in other.read(Position(1, 0))[0]] == [starts("1")[0].payload]
        assert await undone.fetchval("select count(*) from journal_position") == 0


async def test_a_journal_of_our_own_and_what_is_none_stay(undone: db.Connection, tmp_path: Path) -> None:
    await left(tmp_path / "own", *starts("1"))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "00000001.log").write_text("of somebody else")
    (tmp_path / "file").write_text("x")
    await adopt(undone, tmp_path / "own", "own")
    assert {path.name for path in tmp_path.iterdir()} == {"own", "notes", "file"} and await opened(undone) == []


async def test_a_torn_tail_of_a_journal_that_was_left_is_cut(undone: db.Connection, tmp_path: Path) -> None:
    await left(tmp_path / "old", *starts("1"))
    with (tmp_path / "old" / "00000001.log").open("ab") as file:
        file.write(frame(PACKET, NAS, 1, b"half")[:-1])
    await adopt(undone, tmp_path / "new", "new")
    assert await sids(undone) == ["1"] and not (tmp_path / "old").exists()


async def test_ends_and_restarts_in_a_journal_that_was_left_are_applied_in_order(
    undone: db.Connection, tmp_path: Path
) -> None:
    await left(
        tmp_path / "old", *starts("1", "2"), ending(LOST, 0, "1"), record(OFF, 50), record(START, 60, "3", told_s=0)
    )
    await adopt(undone, tmp_path / "new", "new")
    assert await sids(undone) == ["3"]
    assert [row["terminate_cause"] for row in await closed(undone)] == ["Lease-Expired", "NAS-Reboot"]
