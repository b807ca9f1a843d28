"""A company is known by a CNPJ whose check digits fit, old or new form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import companies
from tests.conftest import TESTER

# The published example of the form with letters (Nota Técnica Cocad 49/2024) and one with digits alone.
GOOD = ("12ABC34501DE35", "11222333000181")


@pytest.mark.parametrize("cnpj", GOOD)
def test_a_right_number_is_known(cnpj: str) -> None:
    assert companies.is_cnpj(cnpj)


@given(st.sampled_from(GOOD), st.integers(0, 13), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_found(cnpj: str, place: int, digit: str) -> None:
    changed = cnpj[:place] + digit + cnpj[place + 1 :]
    # 11 - rest and 0 share a check digit, so that a change of the digits before may pass unseen; not of these two.
    if place >= 12:
        assert companies.is_cnpj(changed) == (changed == cnpj)
    else:
        assert not companies.is_cnpj(changed) or changed[12:] == cnpj[12:]


@pytest.mark.parametrize("cnpj", ["", "1122233300018", "00000000000000", "1122233300018X", "11222333000191"])
def test_a_wrong_number_is_refused(cnpj: str) -> None:
    assert not companies.is_cnpj(cnpj)


async def test_a_company_is_kept_without_punctuation(undone: db.Connection) -> None:
    new = companies.NewCompany(" Prova ", "Prova Ltda", "12.abc.345/01de-35", "America/Sao_Paulo")
    company = await companies.add(undone, TESTER, new)
    row = await undone.fetchrow("select name, cnpj from company where id = $1", company)
    assert tuple(row) == ("Prova", "12ABC34501DE35")


async def test_everything_wrong_with_a_company_is_told_at_once(undone: db.Connection) -> None:
    with pytest.raises(InvalidInput) as problem:
        await companies.add(undone, TESTER, companies.NewCompany(" ", "", "123", "Mars/Olympus"))
    assert set(problem.value.fields) == {"name", "legal_name", "cnpj", "zone"}
