"""What people type as values: each reader takes what its writer shows, in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import form_values as values

LANGUAGES = st.sampled_from(["pt-BR", "en"])


@given(st.integers(0, 10**12), LANGUAGES)
def test_an_amount_as_it_is_shown_is_read_back(cents: int, language: str) -> None:
    assert values.cents(values.show_cents(cents, language), language) == cents


@given(st.integers(1, 400_000_000), LANGUAGES)
def test_a_rate_as_it_is_shown_is_read_back(kbps: int, language: str) -> None:
    assert values.kbps(values.show_kbps(kbps, language), language) == kbps


@given(st.from_regex(r"[1-9]{2}[2-5][0-9]{7}|[1-9]{2}9[0-9]{8}", fullmatch=True), LANGUAGES)
def test_a_telephone_as_it_is_shown_is_read_back(phone: str, language: str) -> None:
    assert values.phone(values.show_phone(phone, language), language) == phone


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("1.000", "pt-BR", "1000"),
        ("1.000", "en", "1.000"),
        ("1,000", "en", "1000"),
        ("1,000", "pt-BR", "1.000"),
        ("1.109,90", "pt-BR", "1109.90"),
        ("1.109,90", "en", "1109.90"),
        ("1,109.90", "pt-BR", "1109.90"),
        ("R$ 7", "pt-BR", "7"),
        ("109.90", "pt-BR", "109.90"),
        ("1.000.000", "en", "1000000"),
        ("\u221212", "en", "-12"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(text: str, language: str, number: str) -> None:
    assert values.decimal(text, language) == Decimal(number)


@pytest.mark.parametrize("text", ["", "abc", "--5", "1.2.3,4,5", "1,2,3", "9" * 30, "1e9", "٣"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        values.decimal(text, "pt-BR")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+55 (35) 9 9999-0417", "35999990417"),
        ("035 3821-4455", "3538214455"),
        ("5535999990417", "35999990417"),
        ("+351 912 345 678", "351912345678"),
        ("35 3821-4455", "3538214455"),
    ],
)
def test_a_telephone_is_kept_as_digits(typed: str, kept: str) -> None:
    assert values.phone(typed, "pt-BR") == kept


@given(st.text(max_size=40), LANGUAGES)
def test_no_text_raises_anything_else(text: str, language: str) -> None:
    readers = (values.cents, values.kbps, values.whole, values.day, values.phone, values.postcode, values.document)
    for read in readers:
        try:
            found = read(text, language)
        except ValueError as error:
            found = str(error)
        assert found is not None
