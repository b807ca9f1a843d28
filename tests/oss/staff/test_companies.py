"""A company is known by a CNPJ whose check digits fit, old or new form."""

from __future__ import annotations

import pytest

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import companies
from tests.conftest import TESTER


async def test_a_company_is_kept_without_punctuation(undone: db.Connection) -> None:
    new = companies.NewCompany(" Prova ", "Prova Ltda", "12.abc.345/01de-35", "America/Sao_Paulo")
    company = await companies.add(undone, TESTER, new)
    row = await undone.fetchrow("select name, cnpj from company where id = $1", company)
    assert tuple(row) == ("Prova", "12ABC34501DE35")


async def test_everything_wrong_with_a_company_is_told_at_once(undone: db.Connection) -> None:
    with pytest.raises(InvalidInput) as problem:
        await companies.add(undone, TESTER, companies.NewCompany(" ", "", "123", "Mars/Olympus"))
    assert set(problem.value.fields) == {"name", "legal_name", "cnpj", "zone"}
