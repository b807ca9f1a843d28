"""The journal's octets: what was framed is read again, whatever was cut off, flipped or overwritten since."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access.journal_reader import (
    HEAD,
    KINDS,
    LARGEST,
    LOST,
    MAX_PAYLOAD,
    PACKET,
    Position,
    Reader,
    Record,
    frame,
    next_sound,
    parse,
)

ENTRIES = st.builds(
    Record,
    st.sampled_from(KINDS),
    st.integers(0, 2**64 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([b"", bytes([10, 0, 0, 0]), bytes(15) + b"\1"]),
    st.binary(max_size=300),
)


def octets(records: list[Record]) -> bytes:
    return b"".join(frame(one.kind, one.nas_id, one.at_us, one.payload, one.source) for one in records)


def packet(payload: bytes) -> bytes:
    return frame(PACKET, 7, 1, payload)


def segment(folder: Path, number: int, *payloads: bytes) -> int:
    """Write a whole segment; its size."""
    data = b"".join(map(packet, payloads))
    Reader(folder).path(number).write_bytes(data)
    return len(data)


def read_all(reader: Reader, position: Position, durable: Position, limit: int = 1) -> list[bytes]:
    found: list[bytes] = []
    while True:
        records, position = reader.read(position, durable, limit)
        if not records:
            return found
        found += [record.payload for record in records]


# ------------------------------------------------------------ octets


@given(st.lists(ENTRIES))
def test_what_is_framed_is_parsed(entries: list[Record]) -> None:
    data = octets(entries)
    assert parse(data) == (entries, len(data))


@given(st.lists(ENTRIES), st.integers(0, 5))
def test_no_more_is_parsed_than_was_asked_for(entries: list[Record], most: int) -> None:
    assert parse(octets(entries), most) == (entries[:most], len(octets(entries[:most])))


@given(st.lists(ENTRIES, min_size=1), st.data())
def test_a_truncated_journal_yields_a_prefix(entries: list[Record], data: st.DataObject) -> None:
    whole = octets(entries)
    cut = data.draw(st.integers(0, len(whole) - 1))
    records, behind = parse(whole[:cut])
    assert records == entries[: len(records)] and len(records) < len(entries)
    assert behind == len(octets(entries[: len(records)])) <= cut


@given(st.lists(ENTRIES, min_size=1), st.data())
def test_any_flipped_bit_ends_the_journal_before_it(entries: list[Record], data: st.DataObject) -> None:
    whole = bytearray(octets(entries))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    records, behind = parse(bytes(whole))
    assert records == entries[: len(records)]
    assert behind <= place < len(octets(entries[: len(records) + 1]))


@given(st.binary(max_size=500))
def test_random_octets_are_no_record(noise: bytes) -> None:
    assert parse(noise) == ([], 0)


def test_a_record_too_large_to_be_read_is_not_written() -> None:
    assert parse(packet(bytes(MAX_PAYLOAD)))[0]
    with pytest.raises(ValueError, match="at most"):
        packet(bytes(MAX_PAYLOAD + 1))


@given(st.lists(ENTRIES, min_size=1, max_size=4), st.binary(min_size=1, max_size=60))
def test_behind_damage_the_next_sound_record_is_found(entries: list[Record], noise: bytes) -> None:
    damaged = b"\0" + noise + octets(entries)
    found = next_sound(damaged)
    assert found is not None and parse(damaged[found:])[0] == entries
    assert next_sound(noise) is None


def test_a_frame_is_what_the_documentation_says() -> None:
    """A checksum of all that follows, then payload octets, kind, octets of the source, NAS, time, source."""
    made = frame(LOST, 7, -1, b"xy", b"\x0a\0\0\1")
    assert struct.unpack("<I", made[:4]) == (zlib.crc32(made[4:]),)
    assert struct.unpack("<IBBxxQq16s", made[4 : HEAD.size]) == (2, LOST, 4, 7, -1, b"\x0a\0\0\1" + bytes(12))
    assert made[HEAD.size :] == b"xy"


def test_an_address_that_ends_in_zeros_comes_back_whole() -> None:
    (record,), _ = parse(frame(PACKET, 1, 2, b"", bytes([10, 0, 0, 0])))
    assert record.source == bytes([10, 0, 0, 0])


# ------------------------------------------------------------ segments


def test_segments_are_read_one_after_another_up_to_what_is_durable(tmp_path: Path) -> None:
    first = segment(tmp_path, 1, b"a", b"b")
    second = segment(tmp_path, 2, b"c", b"d")
    reader, one = Reader(tmp_path), len(packet(b"a"))
    assert read_all(reader, Position(1, 0), Position(2, second)) == [b"a", b"b", b"c", b"d"]
    assert read_all(reader, Position(1, one), Position(2, one)) == [b"b", b"c"]  # d may not be on stable storage yet
    assert read_all(reader, Position(1, first), Position(2, 0)) == []
    assert reader.read(Position(1, first), Position(2, 0), 1) == ([], Position(2, 0))


def test_a_limit_cuts_what_is_read_at_once_not_what_is_read(tmp_path: Path) -> None:
    payloads = [bytes([number]) * 3000 for number in range(40)]
    end = Position(1, segment(tmp_path, 1, *payloads))
    reader = Reader(tmp_path)
    records, behind = reader.read(Position(1, 0), end, 1)
    assert 0 < len(records) < 40 and behind.offset == len(records) * len(packet(payloads[0]))
    assert read_all(reader, Position(1, 0), end) == payloads


def test_a_segment_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    end = Position(4, segment(tmp_path, 4, b"x"))
    assert read_all(Reader(tmp_path), Position(2, 77), end) == [b"x"]


def test_a_position_beyond_the_end_begins_the_segment_again(tmp_path: Path) -> None:
    """To apply a record twice does no harm; to pass one over would."""
    end = Position(1, segment(tmp_path, 1, b"a"))
    assert read_all(Reader(tmp_path), Position(1, 10**6), end) == [b"a"]
    assert read_all(Reader(tmp_path), Position(77, 5), end) == [b"a"]


def test_only_what_lies_wholly_before_the_applied_is_deleted(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        segment(tmp_path, number, b"x")
    (tmp_path / "identity").write_text("abc")
    (tmp_path / "notes.log").write_text("of somebody else")
    reader = Reader(tmp_path)
    reader.forget(Position(2, 5), Position(3, 0))
    assert reader.segments() == [2, 3]
    reader.forget(Position(99, 0), Position(3, 0))
    assert reader.segments() == [3] and (tmp_path / "identity").exists() and (tmp_path / "notes.log").exists()


def test_the_sound_end_lies_behind_the_last_whole_record(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    assert reader.sound_end() == Position(1, 0)
    size = segment(tmp_path, 3, b"whole")
    with reader.path(3).open("ab") as file:
        file.write(packet(b"half")[:-2])
    assert reader.sound_end() == Position(3, size)


def test_rot_in_the_middle_costs_what_it_touches_and_nothing_behind_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    payloads = [bytes([number]) * 50 for number in range(1, 31)]
    end = Position(1, segment(tmp_path, 1, *payloads))
    with Reader(tmp_path).path(1).open("r+b") as file:
        for number in (4, 20, 29):  # the last one, too
            file.seek(number * len(packet(payloads[0])) + 30)
            file.write(b"rot")
    left = [payload for number, payload in enumerate(payloads) if number not in (4, 20, 29)]
    assert read_all(Reader(tmp_path), Position(1, 0), end) == left
    assert {record.getMessage() for record in caplog.records} == {"journal damaged: octets skipped"}


def test_a_great_hole_is_skipped_too(tmp_path: Path) -> None:
    payloads = [b"first", *(bytes([7]) * 4000 for _ in range(30)), b"last"]
    size = segment(tmp_path, 1, *payloads)
    assert size > 4 * LARGEST
    with Reader(tmp_path).path(1).open("r+b") as file:
        file.seek(len(packet(b"first")) + 20)
        file.write(bytes(size - file.tell() - len(packet(b"last"))))
    assert read_all(Reader(tmp_path), Position(1, 0), Position(1, size)) == [b"first", b"last"]
