"""CPF and CNPJ are known by their check digits, the CNPJ with letters too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import tax_ids

# The published example of the form with letters (Nota Técnica Cocad 49/2024) and one with digits alone.
CNPJS = ("12ABC34501DE35", "11222333000181")
CPFS = ("52998224725", "11144477735")


@pytest.mark.parametrize("cnpj", CNPJS)
def test_a_right_cnpj_is_known(cnpj: str) -> None:
    assert tax_ids.is_cnpj(cnpj) and tax_ids.wrong(cnpj) is None


@pytest.mark.parametrize("cpf", CPFS)
def test_a_right_cpf_is_known(cpf: str) -> None:
    assert tax_ids.is_cpf(cpf) and tax_ids.wrong(cpf) is None


@given(st.sampled_from(CNPJS), st.integers(0, 13), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_a_cnpj_is_found(cnpj: str, place: int, digit: str) -> None:
    changed = cnpj[:place] + digit + cnpj[place + 1 :]
    # 11 - rest and 0 share a check digit, so that a change of the digits before may pass unseen; not of these two.
    if place >= 12:
        assert tax_ids.is_cnpj(changed) == (changed == cnpj)
    else:
        assert not tax_ids.is_cnpj(changed) or changed[12:] == cnpj[12:]


@given(st.sampled_from(CPFS), st.integers(9, 10), st.sampled_from("0123456789"))
def test_a_wrong_check_digit_of_a_cpf_is_found(cpf: str, place: int, digit: str) -> None:
    changed = cpf[:place] + digit + cpf[place + 1 :]
    assert tax_ids.is_cpf(changed) == (changed == cpf)


@pytest.mark.parametrize("cnpj", ["", "1122233300018", "00000000000000", "1122233300018X", "11222333000191"])
def test_a_wrong_cnpj_is_refused(cnpj: str) -> None:
    assert not tax_ids.is_cnpj(cnpj) and tax_ids.wrong(cnpj)


@pytest.mark.parametrize("cpf", ["", "00000000000", "5299822472", "52998224724", "5299822472A", "٥٢٩٩٨٢٢٤٧٢٥"])
def test_a_wrong_cpf_is_refused(cpf: str) -> None:
    assert not tax_ids.is_cpf(cpf) and tax_ids.wrong(cpf)


@pytest.mark.parametrize(("typed", "kept"), [("529.982.247-25", CPFS[0]), ("12.abc.345/01de-35", CNPJS[0])])
def test_punctuation_goes_and_letters_are_large(typed: str, kept: str) -> None:
    assert tax_ids.plain(typed) == kept
