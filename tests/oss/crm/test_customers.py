"""A customer is found in any spelling of the name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base.db import Connection
from oss.base.problems import InvalidInput
from oss.crm import customers
from oss.crm.customers import NewCustomer, search_key
from tests.conftest import TESTER


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Íris  Mourão", "iris mourao"),
        ("JOÃO D'ÁVILA", "joao d'avila"),
        ("  Straße ", "strasse"),
        ("I\u0301ris", "iris"),
        ("ﬁbra", "fibra"),
    ],
)
def test_a_key_has_neither_accents_nor_capitals(name: str, key: str) -> None:
    assert search_key(name) == key


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(name: str) -> None:
    """What is stored is found by what is typed, even if somebody types a key."""
    assert search_key(search_key(name)) == search_key(name)


async def test_a_customer_is_kept_with_the_key(undone: Connection) -> None:
    new = NewCustomer(" Íris Mourão ", "52998224725", "iris@example.com", "11987654321", "Rua A, 1", "Santos", "SP")
    customer = await customers.add(undone, TESTER, new)
    row = await undone.fetchrow("select * from customer where id = $1", customer)
    assert (row["name"], row["search_key"], row["document"], row["state"]) == (
        *("Íris Mourão", "iris mourao", "52998224725", "SP"),
    )
    assert await undone.fetchval("select object_id from audit where action = 'customer.added'") == str(customer)


async def test_a_customer_has_a_name(undone: Connection) -> None:
    with pytest.raises(InvalidInput) as problem:
        await customers.add(undone, TESTER, NewCustomer(" "))
    assert problem.value.fields == {"name": "must not be empty"}


async def test_many_customers_come_at_once_in_order(undone: Connection) -> None:
    people = [NewCustomer("Íris Mourão", state="SP"), NewCustomer("Caio", "52998224725")]
    ids = await customers.add_all(undone, people)
    rows = await undone.fetch(
        "select name, search_key, document, state from customer where id = any($1) order by id", ids
    )
    assert [tuple(row) for row in rows] == [
        ("Íris Mourão", "iris mourao", None, "SP"),
        ("Caio", "caio", "52998224725", None),
    ]
    assert ids == sorted(ids)
