"""The encrypted archive gives back what was put in, and notices every change, cut and addition."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oss.base import archive
from oss.base.archive import ArchiveReader, ArchiveWriter

PASSPHRASE = b"frase secreta do cofre"


def small(entries: list[tuple[str, list[bytes]]], chunk: int) -> bytes:
    file = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "LOG2_N", 1)
        patch.setattr(archive, "CHUNK", chunk)
        writer = ArchiveWriter(file, PASSPHRASE)
        for name, blocks in entries:
            writer.add(name, blocks)
        writer.close()
    return file.getvalue()


def contents(raw: bytes) -> list[tuple[str, bytes]]:
    return [(name, b"".join(blocks)) for name, blocks in ArchiveReader(io.BytesIO(raw), PASSPHRASE).entries()]


NAMES = st.text(min_size=1, max_size=20)


@given(st.lists(st.tuples(NAMES, st.lists(st.binary(max_size=90), max_size=5)), max_size=5), st.integers(1, 70))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_whatever_the_lengths(entries: list[tuple[str, list[bytes]]], chunk: int) -> None:
    assert contents(small(entries, chunk)) == [(name, b"".join(blocks)) for name, blocks in entries]


def test_entries_that_are_not_read_are_passed_over() -> None:
    raw = small([("a", [b"x" * 500]), ("b", [b"y"])], 64)
    assert [name for name, _ in ArchiveReader(io.BytesIO(raw), PASSPHRASE).entries()] == ["a", "b"]


def test_every_flipped_byte_every_cut_and_every_addition_is_noticed() -> None:
    raw = small([("a", [b"x" * 100]), ("b", [b"y" * 60])], 64)
    broken = [raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :] for at in range(len(raw))]
    broken += [raw[:at] for at in range(len(raw))] + [raw + b"\0", raw + raw]
    noticed = 0
    for each in broken:
        with pytest.raises((archive.NotABackup, archive.BackupTooNew, archive.WrongPassphrase, archive.BackupDamaged)):
            contents(each)
        noticed += 1
    assert noticed == 2 * len(raw) + 2


def test_chunks_cannot_change_places_or_be_dropped() -> None:
    raw = small([("a", [b"x" * 600])], 64)
    start, size = archive.HEADER.size + archive.CHECK_BYTES, 64 + archive.TAG
    first, second = raw[start : start + size], raw[start + size : start + 2 * size]
    for middle in (second + first, first + first, second):
        with pytest.raises(archive.BackupDamaged):
            contents(raw[:start] + middle + raw[start + 2 * size :])


def test_a_file_cannot_ask_for_a_dear_key() -> None:
    raw = bytearray(small([], 64))
    raw[10] = 40  # 2 ** 40 blocks of memory
    with pytest.raises(archive.BackupDamaged):
        contents(bytes(raw))
