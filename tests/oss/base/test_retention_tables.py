"""The tables of the command line say rows, sizes and limits as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oss.base.purge import Purged
from oss.base.retention import Subject
from oss.base.retention_survey import Going, Kept
from oss.base.retention_tables import done, dry_run, size

AT = datetime(2026, 11, 1, tzinfo=UTC)
ONE = Subject("auth_log", "logins", "at", 180, partitions="month")


def test_a_dry_run_is_a_table_with_its_estimates_marked() -> None:
    going = Going(AT, 1_200_000, 3_100_000_000, ["auth_log_2026_01", "auth_log_2026_02"])
    first = Kept(ONE, 180, going, 9_000_000, 24_000_000_000, False, AT)
    second = Kept(ONE, None, Going(None), 12, 8192)
    head, one, two = dry_run([first, second]).splitlines()
    assert head.split("  ")[0] == "subject"
    assert " ".join(one.split()) == (
        "auth_log ~9,000,000 24.0 GB 2026-11-01 180 days 1,200,000 rows, 2 months 3.1 GB 2026-11-01"
    )
    assert two.split() == ["auth_log", "12", "8", "kB", "for", "ever", "nothing"]
    assert head.index("would go") == one.index("1,200,000")


def test_what_was_left_is_named() -> None:
    lines = done([Purged("auth_log", AT, 10, ["auth_log_2026_01"], ["auth_log_2026_02"])]).splitlines()
    assert lines[1].split() == ["auth_log", "2026-11-01", "10", "auth_log_2026_01", "auth_log_2026_02"]


@pytest.mark.parametrize(
    ("octets", "words"), [(0, "0 octets"), (8192, "8 kB"), (1_500_000, "1.5 MB"), (250_000_000_000, "250 GB")]
)
def test_a_size_has_its_unit(octets: int, words: str) -> None:
    assert size(octets) == words
