"""The journal: what was acknowledged can be read again, in order, whatever happened to the process or the disk."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from oss.access import journal
from oss.access.journal import LAZY_S, Journal, JournalLocked
from oss.access.journal_reader import LOGIN, PACKET, Position, frame, parse
from tests.oss.access.writing import writing
from tests.waiting import eventually

START = Position(1, 0)


async def write(one: Journal, *payloads: bytes) -> None:
    """Append and wait until all are durable."""
    acknowledged: list[bytes] = []
    for number, payload in enumerate(payloads):
        assert one.append(PACKET, 7, number, payload, lambda payload=payload: acknowledged.append(payload))
    await eventually(lambda: len(acknowledged) == len(payloads))
    assert acknowledged == list(payloads)  # in order


def read_all(one: Journal, position: Position = START, limit: int = 1 << 16) -> list[bytes]:
    found: list[bytes] = []
    while True:
        records, position = one.read(position, limit)
        if not records:
            return found
        found += [record.payload for record in records]


# ------------------------------------------------------------ writing


async def test_what_is_acknowledged_can_be_read_and_survives_the_process(tmp_path: Path) -> None:
    async with writing(tmp_path / "j") as one:
        assert one.read(START) == ([], START)
        await write(one, b"a", b"b", b"c")
        assert read_all(one) == [b"a", b"b", b"c"] and (one.appended, one.synced, one.backlog) == (3, 3, 0)
        assert one.began == START
        end = one.durable
    async with writing(tmp_path / "j") as two:
        assert two.durable == two.began == end and read_all(two) == [b"a", b"b", b"c"]
        assert (two.appended, two.synced) == (0, 0)
        await write(two, b"d")
        assert read_all(two, end) == [b"d"] and two.began == end


async def test_nothing_is_acknowledged_before_it_is_on_stable_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (sync(file), order.append("synced")))
    async with writing(tmp_path) as one:
        one.append(PACKET, 1, 1, b"x", lambda: order.append("acknowledged"))
        await eventually(lambda: "acknowledged" in order)
    assert order == ["synced", "acknowledged"]


async def test_a_record_keeps_who_said_it_when_and_from_where(tmp_path: Path) -> None:
    async with writing(tmp_path) as one:
        one.append(PACKET, 77, 1_795_000_000_000_000, b"x", source=bytes([192, 0, 2, 1]))
        await eventually(lambda: one.synced == 1)
        ((kind, nas_id, at_us, source, payload),) = one.read(START)[0]
    assert (kind, nas_id, at_us, source, payload) == (PACKET, 77, 1_795_000_000_000_000, bytes([192, 0, 2, 1]), b"x")


async def test_many_records_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (syncs.append(file), sync(file)))
    async with writing(tmp_path) as one:
        await write(one, *(bytes([number]) for number in range(250)))
    assert len(syncs) < 10


async def test_a_herd_of_acknowledgements_lets_other_work_have_its_turn(tmp_path: Path) -> None:
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with writing(tmp_path) as one:
        seen: list[int] = []
        for _ in range(4 * journal.SLICE):
            one.append(PACKET, 1, 1, b"x", lambda: seen.append(turns))
        task = asyncio.create_task(other_work())
        await eventually(lambda: len(seen) == 4 * journal.SLICE)
        task.cancel()
    assert len(set(seen)) >= 4


async def test_who_asked_is_told_when_something_became_durable(tmp_path: Path) -> None:
    async with writing(tmp_path) as one:
        told: list[Position] = []
        one.moved = lambda: told.append(one.durable)
        one.append(PACKET, 1, 1, b"x")
        await eventually(lambda: told)
        assert told == [Position(1, len(frame(PACKET, 1, 1, b"x")))] and read_all(one) == [b"x"]


async def test_what_nobody_waits_for_is_written_soon_all_the_same(tmp_path: Path) -> None:
    async with writing(tmp_path) as one:
        began = time.monotonic()
        for number in range(3):
            one.append(LOGIN, 1, number, b"x")
        await eventually(lambda: one.synced == 3)
        assert time.monotonic() - began < LAZY_S + 1.0
        assert [record.kind for record in one.read(START)[0]] == [LOGIN] * 3


async def test_what_nobody_waits_for_goes_with_the_next_that_is_waited_for_and_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LAZY_S", 3600.0)
    async with writing(tmp_path) as one:
        one.append(LOGIN, 1, 1, b"lazy")
        for _ in range(100):
            await asyncio.sleep(0)
        assert (one.synced, one.backlog) == (0, 1)
        await write(one, b"waited for")
        assert read_all(one) == [b"lazy", b"waited for"]


async def test_segments_follow_each_other_and_are_forgotten_when_applied(tmp_path: Path) -> None:
    payloads = [bytes([number]) * 100 for number in range(40)]
    async with writing(tmp_path, segment_octets=300) as one:
        for payload in payloads:
            await write(one, payload)
        assert len(list(tmp_path.glob("*.log"))) > 5 and one.durable.segment > 5
        assert read_all(one) == read_all(one, limit=1) == payloads
        records, position = one.read(Position(4, 0))
        one.forget(position)
        assert min(int(path.stem) for path in tmp_path.glob("*.log")) == 4
        rest = payloads[payloads.index(records[0].payload) :]
        assert read_all(one) == read_all(one, Position(2, 77)) == rest  # from what is there on
        one.forget(Position(99, 0))
        assert [int(path.stem) for path in tmp_path.glob("*.log")] == [one.durable.segment]
    async with writing(tmp_path) as two:
        assert two.durable == one.durable


# ------------------------------------------------------------ starting


async def test_a_torn_tail_is_cut_and_written_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with writing(tmp_path) as one:
        await write(one, b"whole")
    path = tmp_path / "00000001.log"
    with path.open("ab") as file:
        file.write(frame(PACKET, 7, 9, b"half")[:-2])
    async with writing(tmp_path) as two:
        assert read_all(two) == [b"whole"] and [r.getMessage() for r in caplog.records] == ["journal tail cut"]
        await write(two, b"next")
    assert [r.payload for r in parse(path.read_bytes())[0]] == [b"whole", b"next"]


async def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    async with writing(tmp_path):
        with pytest.raises(JournalLocked):
            Journal(tmp_path).open()
    async with writing(tmp_path) as again:
        assert again.durable == START


async def test_a_folder_has_an_identity_of_its_own(tmp_path: Path) -> None:
    async with writing(tmp_path / "a") as one, writing(tmp_path / "b") as two:
        first = one.identity
        assert len(first) == 16 and two.identity != first
    async with writing(tmp_path / "a") as again:
        assert again.identity == first
    (tmp_path / "a" / "identity").write_text("")  # the power went while it was written
    async with writing(tmp_path / "a") as anew:
        assert len(anew.identity) == 16


def test_a_file_in_the_folders_place_keeps_a_node_from_starting(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("not a folder")
    with pytest.raises(OSError, match="exists"):
        Journal(tmp_path / "journal").open()


@pytest.mark.parametrize("call", ["fsync", "write"])
def test_a_folder_that_cannot_be_written_to_keeps_a_node_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A disk that is full or read-only is found before a router is promised anything."""
    first = Journal(tmp_path)
    first.open()
    first.close()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", fails)
    else:
        (tmp_path / "probe").mkdir()  # opening it to write fails, also for root
    with pytest.raises(OSError, match=r"No space|directory"):
        Journal(tmp_path).open()


def test_the_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    one = Journal(tmp_path)
    one.open()
    one.close()
    assert {path.name for path in tmp_path.iterdir()} == {"00000001.log", "identity", "lock"}


async def test_a_node_that_could_not_start_does_not_keep_the_folder_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Journal(tmp_path)
    (tmp_path / "probe").mkdir()
    with pytest.raises(OSError, match="directory"):
        kept.open()
    (tmp_path / "probe").rmdir()
    async with writing(tmp_path) as one:
        await write(one, b"x")


# ------------------------------------------------------------ a disk that fails


def failing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The next writes reach the disk in part and fail."""
    write_once, failures = os.pwrite, []

    def pwrite(file: int, data: bytes, at: int) -> int:
        if len(failures) < times:
            failures.append(write_once(file, bytes(data)[:5], at))
            raise OSError(28, "No space left on device")
        return write_once(file, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)


async def test_a_disk_that_fails_acknowledges_nothing_until_it_writes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    failing(monkeypatch, times=4)
    async with writing(tmp_path) as one:
        acknowledged: list[int] = []
        one.append(PACKET, 1, 1, b"first", lambda: acknowledged.append(1))
        await eventually(lambda: one.failing)
        assert one.backlog == 1 and acknowledged == [] and one.read(START)[0] == []
        one.append(PACKET, 1, 2, b"second", lambda: acknowledged.append(2))
        await eventually(lambda: acknowledged == [1, 2])
        assert one.failing is None and read_all(one) == [b"first", b"second"]
    told = [record.getMessage() for record in caplog.records]
    assert told == ["journal cannot write: nothing is acknowledged", "journal writes again"]  # the edges


async def test_a_disk_that_takes_a_part_at_a_time_gets_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_once = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: write_once(file, bytes(data)[:7], at))
    async with writing(tmp_path) as one:
        await write(one, b"a" * 50, b"b" * 50)
        assert read_all(one) == [b"a" * 50, b"b" * 50]


async def test_while_the_disk_fails_no_more_is_taken_than_memory_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_WAITING", 3)
    failing(monkeypatch, times=1)
    async with writing(tmp_path) as one:
        acknowledged: list[int] = []
        taken = [one.append(PACKET, 1, 1, b"x", lambda at=at: acknowledged.append(at)) for at in range(5)]
        assert taken == [True, True, True, False, False] and one.backlog == 3 and one.appended == 3
        await eventually(lambda: len(acknowledged) == 3)
        assert acknowledged == [0, 1, 2] and one.append(PACKET, 1, 1, b"again")
        await eventually(lambda: one.synced == 4)
        assert read_all(one) == [b"x"] * 3 + [b"again"]
