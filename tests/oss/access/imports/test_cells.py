"""Cells in whatever shape another system keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address
from zoneinfo import ZoneInfo

import pytest

from oss.access.imports import cells

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-30 12:00:00",
        "2026-11-30 15:00:00+00",
        "2026-11-30T12:00:00-03:00",
        datetime(2026, 11, 30, 12, 0, tzinfo=SAO_PAULO),
        datetime.fromisoformat("2026-11-30 12:00:00"),
    ],
)
def test_a_time_without_a_zone_is_the_companys(value: object) -> None:
    assert cells.time({"at": value}, "at", SAO_PAULO) == NOON


@pytest.mark.parametrize("value", [None, "", "0000-00-00 00:00:00", "soon"])
def test_no_time_is_none(value: object) -> None:
    assert cells.time({"at": value}, "at", SAO_PAULO) is None and cells.time({}, "at", SAO_PAULO) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30 Nov 2026 12:00:00", NOON),
        ("Nov 30 2026 12:00", NOON),
        ("November 30, 2026 12:00:00", NOON),
        ("2026-11-30 12:00:00", NOON),
        ("1 Nov 2026", datetime(2026, 11, 1, 3, 0, tzinfo=UTC)),
        ("31 Feb 2026", None),
        ("30 Nov", None),
        ("never", None),
        ("", None),
    ],
)
def test_an_expiration_is_read(value: str, expected: datetime | None) -> None:
    assert cells.day(value, SAO_PAULO) == expected


def test_quotes_around_a_whole_value_are_not_part_of_it() -> None:
    assert [cells.unquoted(v) for v in ('"a b"', "'x'", '"', '"a', "a'b'", "")] == ["a b", "x", '"', '"a', "a'b'", ""]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("12", "number"),
        ("10.0.0.1", "address"),
        ("2001:db8::/56", "prefix"),
        ("%{User-Name}", "expression"),
        ("`date`", "expression"),
        ("hunter2", "text"),
    ],
)
def test_a_values_kind_tells_nothing_more_of_it(value: str, kind: str) -> None:
    assert cells.kind(value) == kind


def test_addresses_that_say_there_was_none_are_none() -> None:
    assert cells.address("10.0.0.1/32") == IPv4Address("10.0.0.1")
    assert [cells.address(v) for v in ("", "0.0.0.0", "::", "router-1")] == [None] * 4
    assert cells.prefix("2001:db8:0::1/56") == "2001:db8::/56"
    assert [cells.prefix(v) for v in ("", "::/0", "10.0.0.0/8")] == [None] * 3
