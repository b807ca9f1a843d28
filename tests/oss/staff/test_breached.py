"""An operator's list of breached passwords: found by binary search, wherever it stands in the file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from oss.staff import breached, passwords
from oss.staff.password_rules import BREACHED


def digest(word: str) -> str:
    return hashlib.sha1(word.encode()).hexdigest().upper()


WORDS = [f"word-{n}" for n in range(500)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("digits", [40, 20])
async def test_every_password_of_the_list_is_found_and_no_other(tmp_path: Path, line_end: str, digits: int) -> None:
    path = tmp_path / "list"
    lines = sorted(f"{digest(word)[:digits]}{':' + str(len(word)) if n % 2 else ''}" for n, word in enumerate(WORDS))
    path.write_bytes(line_end.join([*lines, ""]).encode())
    assert all([await breached.holds(path, word) for word in WORDS])
    assert not any([await breached.holds(path, f"other-{n}") for n in range(200)])


async def test_a_list_without_a_last_line_feed_and_one_of_a_single_line_are_read(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(digest("alone"))
    assert await breached.holds(path, "alone") and not await breached.holds(path, "other")
    path.write_text("")
    assert not await breached.holds(path, "alone")


async def test_no_list_and_a_lost_one_refuse_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not await breached.holds(None, "alone")
    assert not await breached.holds(tmp_path / "gone", "alone")
    assert "cannot be read" in caplog.text


async def test_what_the_rules_take_is_still_refused_where_the_list_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(digest("correct horse battery") + "\n")
    passwords.look_in(path)
    try:
        assert await passwords.weakness("correct horse battery", []) == BREACHED
        assert await passwords.weakness("another horse battery", []) is None
    finally:
        passwords.look_in(None)
