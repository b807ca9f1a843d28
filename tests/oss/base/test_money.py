"""Cents are integers; shares are rounded half away from zero and never drift."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base.money import share

CENTS = st.integers(-(10**15), 10**15)
PARTS = st.integers(1, 10**6)


@given(CENTS, st.integers(-(10**6), 10**6), PARTS)
def test_a_share_is_within_half_a_cent_of_the_exact_value(amount: int, numerator: int, denominator: int) -> None:
    exact = Fraction(amount * numerator, denominator)
    assert abs(share(amount, numerator, denominator) - exact) <= Fraction(1, 2)


@given(CENTS, st.integers(0, 10**4))
def test_a_share_rounds_as_a_fiscal_document_does(amount: int, rate: int) -> None:
    wanted = (Decimal(amount) * rate / 10_000).quantize(Decimal(1), ROUND_HALF_UP)
    assert share(amount, rate, 10_000) == wanted


@given(CENTS, PARTS, PARTS)
def test_a_debt_and_its_reversal_cancel_out(amount: int, numerator: int, denominator: int) -> None:
    assert share(amount, numerator, denominator) == -share(-amount, numerator, denominator)


@given(CENTS, PARTS)
def test_the_whole_is_the_whole(amount: int, denominator: int) -> None:
    assert share(amount, denominator, denominator) == amount and share(amount, 0, denominator) == 0


@given(st.integers(0, 10**12), st.integers(1, 31), st.integers(1, 31))
def test_two_parts_of_a_month_miss_the_whole_by_a_cent_at_most(amount: int, first: int, second: int) -> None:
    days = first + second
    assert abs(share(amount, first, days) + share(amount, second, days) - amount) <= 1


def test_a_share_of_nothing_is_refused() -> None:
    for denominator in (0, -3):
        with pytest.raises(ValueError, match="positive"):
            share(100, 1, denominator)
