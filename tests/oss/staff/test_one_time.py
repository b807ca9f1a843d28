"""One-time codes: the standard's own numbers, one step of drift, and never twice."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.staff import one_time
from oss.staff.one_time import STEP_S, codes, step_of, was_used

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924")]
)
def test_rfc6238_appendix_b_the_last_six_digits_of_its_table(at: int, code: str) -> None:
    assert step_of(RFC_SECRET, code, at, 0) == at // STEP_S


@given(at=st.integers(10**9, 2 * 10**9), away=st.integers(-4, 4))
def test_rfc6238_5_2_one_step_of_drift_is_forgiven_and_no_more(at: int, away: int) -> None:
    code = dict(codes(RFC_SECRET, at + away * STEP_S, 0))[at // STEP_S + away]
    around = {found for _, found in codes(RFC_SECRET, at, 0)}
    assert (step_of(RFC_SECRET, code, at, 0) is not None) == (code in around)
    if abs(away) <= 1:
        assert code in around


@given(at=st.integers(10**9, 2 * 10**9))
def test_rfc6238_5_2_a_code_is_good_once_and_so_is_every_one_before_it(at: int) -> None:
    every = codes(RFC_SECRET, at, 0)
    (before, old), (step, code), (_, newer) = every
    assert len(every) == 3 and step_of(RFC_SECRET, code, at, before) is not None
    if len({old, code, newer}) == 3:
        assert step_of(RFC_SECRET, code, at, step) is None and was_used(RFC_SECRET, code, at, step)
        assert step_of(RFC_SECRET, old, at, step) is None
        assert step_of(RFC_SECRET, newer, at, step) == step + 1


@pytest.mark.parametrize("typed", ["", "0", "abcdef", "2870822", "\u00e9\u00e9\u00e9", "28708\u0662"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert step_of(RFC_SECRET, typed, 59, 0) is None and not was_used(RFC_SECRET, typed, 59, 0)


def test_an_app_is_told_whose_codes_they_are() -> None:
    assert one_time.address(RFC_SECRET, "ana") == f"otpauth://totp/Milha:ana?secret={RFC_SECRET}&issuer=Milha"
