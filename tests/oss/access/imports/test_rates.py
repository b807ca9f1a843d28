"""Speeds in the makers' own words; expected values from the MikroTik manual's examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access.imports.rates import MOST_KBPS, Speed, mikrotik, speed


@pytest.mark.parametrize(
    ("value", "down", "up", "more"),
    [
        ("10M/20M", 20_000, 10_000, False),
        ("128k", 128, 128, False),
        ("64k/128M", 128_000, 64, False),
        ("64k 256k", 64, 64, True),
        ("64k/64k 256k/256k 128k/128k 10/10", 64, 64, True),
        ("5m/10m 0/0 0/0 0/0 8 1m/2m", 10_000, 5_000, True),
        ("1048576/2097152", 2_097, 1_048, False),
        ("1G/1G", 1_000_000, 1_000_000, False),
    ],
)
def test_the_first_number_is_the_customers_upload(value: str, down: int, up: int, more: bool) -> None:
    assert mikrotik(value) == (Speed(down, up), more)


@pytest.mark.parametrize("value", ["", "0/0", "10M/0", "x", "10M/20M/30M", "1.5M", "-1M", "10 M/20M", "999/999"])
def test_what_is_no_speed_both_ways_is_none(value: str) -> None:
    assert mikrotik(value)[0] is None


def test_units_are_bits_unless_said_otherwise() -> None:
    assert speed("2000000", "1000000") == Speed(2000, 1000)
    assert speed("2000", "1000", 1000) == Speed(2000, 1000)
    assert speed("500G", "1M") is None


@given(st.integers(1, MOST_KBPS), st.integers(1, MOST_KBPS))
def test_a_speed_is_read_as_it_was_written(down: int, up: int) -> None:
    said = str(Speed(down, up))
    assert speed(*said.split("/")) == Speed(down, up)
    assert mikrotik("/".join(reversed(said.split("/"))))[0] == Speed(down, up)
