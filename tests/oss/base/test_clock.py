"""Time is aware UTC; the day is a matter of the company's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from oss.base import clock


def test_now_is_aware_and_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


@given(st.integers(0, 4_000_000_000))
def test_an_instant_survives_the_way_through_seconds(seconds: int) -> None:
    found = clock.from_timestamp(seconds)
    assert found.tzinfo is UTC and found.timestamp() == seconds


def test_today_is_the_day_of_the_zone() -> None:
    # 26 hours apart: never the same day.
    east, west = clock.today("Pacific/Kiritimati"), clock.today("Etc/GMT+12")
    assert east - west in (timedelta(1), timedelta(2))
    assert west <= datetime.now(ZoneInfo("America/Sao_Paulo")).date() <= east
