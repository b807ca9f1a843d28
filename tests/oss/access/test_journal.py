"""The journal: what was acknowledged can be read again, in order, whatever happened to the process or the disk."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import journal
from oss.access.journal import HEAD, LOST, MAX_PAYLOAD, PACKET, Journal, JournalLocked, Position, Record, frame, parse
from tests.waiting import eventually

ENTRIES = st.tuples(
    st.sampled_from([PACKET, LOST]),
    st.integers(0, 2**64 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=300),
)
Entry = tuple[int, int, int, bytes]
START = Position(1, 0)


def plain(records: list[Record]) -> list[Entry]:
    return [(one.kind, one.nas_id, one.at_us, one.payload) for one in records]


def frames(entries: list[Entry]) -> bytes:
    return b"".join(frame(*entry) for entry in entries)


# ------------------------------------------------------------ octets


@given(st.lists(ENTRIES), st.integers(1, 9), st.integers(0, 10**6))
def test_what_is_framed_is_parsed(entries: list[Entry], segment: int, offset: int) -> None:
    data = frames(entries)
    records, behind = parse(data, segment, offset)
    assert plain(records) == entries and behind == offset + len(data)
    ends = [record.end for record in records]
    assert ends == sorted(set(ends)) and all(end.segment == segment for end in ends)


@given(st.lists(ENTRIES, min_size=1), st.data())
def test_a_truncated_journal_yields_a_prefix(entries: list[Entry], data: st.DataObject) -> None:
    whole = frames(entries)
    cut = data.draw(st.integers(0, len(whole) - 1))
    records, behind = parse(whole[:cut], 1, 0)
    assert plain(records) == entries[: len(records)] and len(records) < len(entries)
    assert behind == len(frames(entries[: len(records)])) <= cut


@given(st.lists(ENTRIES, min_size=1), st.data())
def test_any_flipped_bit_ends_the_journal_before_it(entries: list[Entry], data: st.DataObject) -> None:
    whole = bytearray(frames(entries))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    records, behind = parse(bytes(whole), 1, 0)
    assert plain(records) == entries[: len(records)]
    assert behind <= place < len(frames(entries[: len(records) + 1]))


@given(st.binary(max_size=500))
def test_random_octets_are_no_record(noise: bytes) -> None:
    records, behind = parse(noise, 1, 0)
    assert records == [] and behind == 0


def test_a_record_too_large_to_be_read_is_not_written() -> None:
    assert parse(frame(PACKET, 1, 2, bytes(MAX_PAYLOAD)), 1, 0)[0]
    with pytest.raises(ValueError, match="at most"):
        frame(PACKET, 1, 2, bytes(MAX_PAYLOAD + 1))


@given(st.lists(ENTRIES, min_size=1, max_size=4), st.binary(min_size=1, max_size=60))
def test_behind_damage_the_next_sound_record_is_found(entries: list[Entry], noise: bytes) -> None:
    found = journal.next_sound(b"\0" + noise + frames(entries))
    assert found is not None and plain(parse((b"\0" + noise + frames(entries))[found:], 1, 0)[0]) == entries
    assert journal.next_sound(noise) is None


# ------------------------------------------------------------ files


@asynccontextmanager
async def writing(folder: Path, segment_octets: int = 1 << 20) -> AsyncIterator[Journal]:
    """An open journal whose writer runs."""
    one = Journal(folder, segment_octets)
    one.open()
    task = asyncio.create_task(one.flush_for_ever())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        one.close()


async def write(one: Journal, *payloads: bytes) -> None:
    """Append and wait until all are durable."""
    acknowledged: list[bytes] = []
    for number, payload in enumerate(payloads):
        one.append(PACKET, 7, number, payload, lambda payload=payload: acknowledged.append(payload))
    await eventually(lambda: len(acknowledged) == len(payloads))
    assert acknowledged == list(payloads)  # in order


def read_all(one: Journal, position: Position = START, limit: int = 1 << 16) -> list[bytes]:
    found: list[bytes] = []
    while True:
        records, position = one.read(position, limit)
        if not records:
            return found
        assert records[-1].end == position
        found += [record.payload for record in records]


async def test_what_is_acknowledged_can_be_read_and_survives_the_process(tmp_path: Path) -> None:
    async with writing(tmp_path / "j") as one:
        assert one.read(Position(1, 0)) == ([], Position(1, 0))
        await write(one, b"a", b"b", b"c")
        assert read_all(one) == [b"a", b"b", b"c"] and (one.appended, one.synced, one.backlog) == (3, 3, 0)
        end = one.durable
    async with writing(tmp_path / "j") as two:
        assert two.durable == end and read_all(two) == [b"a", b"b", b"c"]
        await write(two, b"d")
        assert read_all(two, end) == [b"d"]


async def test_many_records_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (syncs.append(file), sync(file)))
    async with writing(tmp_path) as one:
        await write(one, *(bytes([number]) for number in range(250)))
    assert len(syncs) < 10


async def test_the_bell_rings_when_something_became_durable(tmp_path: Path) -> None:
    async with writing(tmp_path) as one:
        one.append(PACKET, 1, 1, b"x")
        await asyncio.wait_for(one.moved.wait(), 5)
        assert read_all(one) == [b"x"]


async def test_a_torn_tail_is_cut_and_written_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with writing(tmp_path) as one:
        await write(one, b"whole")
    path = tmp_path / "00000001.log"
    with path.open("ab") as file:
        file.write(frame(PACKET, 7, 9, b"half")[:-2])
    async with writing(tmp_path) as two:
        assert read_all(two) == [b"whole"] and [r.getMessage() for r in caplog.records] == ["journal tail cut"]
        await write(two, b"next")
    assert [r.payload for r in parse(path.read_bytes(), 1, 0)[0]] == [b"whole", b"next"]


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


async def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    async with writing(tmp_path):
        with pytest.raises(JournalLocked):
            Journal(tmp_path).open()
    async with writing(tmp_path) as again:
        assert again.durable == Position(1, 0)


async def test_a_disk_that_fails_acknowledges_nothing_until_it_writes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    write_once, failures = os.pwrite, []

    def pwrite(file: int, data: bytes, at: int) -> int:
        if len(failures) < 4:
            failures.append(write_once(file, bytes(data)[:5], at))  # a part of it reaches the disk
            raise OSError(28, "No space left on device")
        return write_once(file, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    async with writing(tmp_path) as one:
        acknowledged: list[int] = []
        one.append(PACKET, 1, 1, b"first", lambda: acknowledged.append(1))
        await eventually(lambda: one.failing)
        assert one.backlog == 1 and acknowledged == [] and one.read(Position(1, 0))[0] == []
        one.append(PACKET, 1, 2, b"second", lambda: acknowledged.append(2))
        await eventually(lambda: acknowledged == [1, 2])
        assert one.failing is None and read_all(one) == [b"first", b"second"]
    told = [record.getMessage() for record in caplog.records]
    assert told == ["journal cannot write: nothing is acknowledged", "journal writes again"]  # the edges


async def test_rot_in_the_middle_costs_what_it_touches_and_nothing_behind_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    payloads = [bytes([number]) * 50 for number in range(1, 31)]
    async with writing(tmp_path) as one:
        await write(one, *payloads)
        size = HEAD.size + 50
        with (tmp_path / "00000001.log").open("r+b") as file:
            for number in (4, 20, 29):  # the last one, too
                file.seek(number * size + 30)
                file.write(b"rot")
        left = [payload for number, payload in enumerate(payloads) if number not in (4, 20, 29)]
        assert read_all(one) == read_all(one, limit=1) == left
    assert {record.getMessage() for record in caplog.records} == {"journal damaged: octets skipped"}


async def test_a_great_hole_is_skipped_too(tmp_path: Path) -> None:
    async with writing(tmp_path) as one:
        await write(one, b"first", *(bytes([7]) * 4000 for _ in range(30)), b"last")
        size = one.durable.offset
        with (tmp_path / "00000001.log").open("r+b") as file:
            file.seek(100)
            file.write(bytes(size - 100 - len(frame(PACKET, 7, 31, b"last"))))
        assert read_all(one) == [b"first", b"last"]


async def test_a_position_beyond_the_end_begins_the_segment_again(tmp_path: Path) -> None:
    """To apply a record twice does no harm; to pass one over would."""
    async with writing(tmp_path) as one:
        await write(one, b"a")
        assert read_all(one, Position(1, 10**6)) == [b"a"]
        assert read_all(one, Position(77, 5)) == [b"a"]


async def test_a_folder_has_an_identity_of_its_own(tmp_path: Path) -> None:
    async with writing(tmp_path / "a") as one, writing(tmp_path / "b") as two:
        first = one.identity
        assert len(first) == 16 and two.identity != first
    async with writing(tmp_path / "a") as again:
        assert again.identity == first
    (tmp_path / "a" / "identity").write_text("")  # the power went while it was written
    async with writing(tmp_path / "a") as anew:
        assert len(anew.identity) == 16


def test_a_frame_is_what_the_documentation_says() -> None:
    made = frame(LOST, 7, -1, b"xy")
    assert struct.unpack("<IBxxxQq", made[4:28]) == (2, LOST, 7, -1) and made[28:] == b"xy"
