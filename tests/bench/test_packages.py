"""What is missing is named with the command that brings it."""

from __future__ import annotations

from bench.packages import Needed, complaint, missing

THERE, GONE = Needed("gcc", True, "builds"), Needed("freeradius", False, "to compare with")


def test_only_what_is_missing_is_named() -> None:
    assert missing([THERE, GONE]) == [GONE]
    assert complaint([THERE, GONE]) == "missing: freeradius (as root on Debian or Ubuntu: apt-get install freeradius)"


def test_nothing_missing_is_no_complaint() -> None:
    assert complaint([THERE]) == ""
