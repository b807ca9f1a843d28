"""No scope ever holds a customer outside it, whatever the cities and owners are; and every way of asking agrees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.base import db
from oss.base.listing import Listing
from oss.base.problems import InvalidInput
from oss.crm import customers, records, within
from oss.crm.within import CUSTOMER
from oss.staff.roles import Held
from oss.staff.scopes import ALL, NONE, Scope
from tests.conftest import TESTER

CITIES = ["Serra", "Vila", "serra", "Serra d'Água", 'a"b{}', "São João"]
places = st.sampled_from([None, *CITIES])
people = st.lists(st.tuples(places, st.sampled_from([None, 0, 1])), max_size=12)
scopes = st.builds(
    Scope,
    st.sampled_from(["all", "city", "own", "both", "none"]),
    st.lists(st.sampled_from(CITIES), max_size=3).map(tuple),
    st.sampled_from([None, 0, 1]),
)


def belongs(scope: Scope, city: str | None, owner: int | None) -> bool:
    """The rule, said once more in plain words."""
    if scope.kind == "both":
        return all(belongs(Scope(kind, scope.cities, scope.user_id), city, owner) for kind in ("city", "own"))
    if scope.kind == "city":
        return city is not None and city in scope.cities
    if scope.kind == "own":
        return scope.user_id is not None and owner == scope.user_id
    return scope.kind == "all"


async def _ask(connection: db.Connection, scope: Scope) -> list[set[int]]:
    """The customers of a scope, by each way there is."""
    every = [row["id"] for row in await connection.fetch("select id from customer")]
    sql, values = within.numbered(scope, "c.id", 1)
    listed: Listing = Listing("c.id", "customer c", "c.id").where(*within.condition(scope, "c.id"))
    found: list[Any] = await connection.fetch(f"select {listed.columns} from {listed._filter()}", *listed.values)
    return [
        {row["id"] for row in await connection.fetch(f"select c.id from customer c where {sql}", *values)},
        {row["id"] for row in (await records.customers(connection, None, 100, scope=scope)).rows},
        set(await within.only(connection, scope, CUSTOMER, every)),
        {row["id"] for row in found},
        {
            one
            for one in every
            if scope.kind in await within.kinds(connection, Held({}, scope.cities, scope.user_id), CUSTOMER, one)
        },
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=people, scope=scopes)
async def test_a_scope_holds_its_customers_and_no_others(database: str, rows: Any, scope: Scope) -> None:
    connection: db.Connection
    async with db.pool().acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        try:
            ids = [await _staff(connection, number) for number in (0, 1)]
            mine = Scope(scope.kind, scope.cities, None if scope.user_id is None else ids[scope.user_id])
            expected = set()
            for number, (city, owner) in enumerate(rows):
                owner_id = None if owner is None else ids[owner]
                key = await connection.fetchval(
                    "insert into customer (name, city, owner_id, search_key) values ($1, $2, $3, '') returning id",
                    f"c{number}",
                    city,
                    owner_id,
                )
                if belongs(mine, city, owner_id):
                    expected.add(key)
            for found in await _ask(connection, mine):
                assert found == expected
        finally:
            await undone.rollback()


async def _staff(connection: db.Connection, number: int) -> int:
    sql = "insert into staff_user (login, name, password_hash, role) values ($1, 'S', 'x', 'seller') returning id"
    return int(await connection.fetchval(sql, f"s{number}"))


async def test_what_is_of_no_customer_belongs_to_all_alone(database: str) -> None:
    async with db.transaction() as connection:
        for scope, count in ((ALL, 1), (NONE, 0), (Scope("city", ("Serra",)), 0), (Scope("own", (), 7), 0)):
            sql, values = within.numbered(scope, "t.customer_id", 1)
            found = await connection.fetch(f"select 1 from (select null::bigint as customer_id) t where {sql}", *values)
            assert len(found) == count


async def test_who_makes_a_customer_owns_it_and_makes_it_in_their_cities(database: str) -> None:
    async with db.transaction() as connection:
        key = await _staff(connection, 1)
        made = await customers.add(connection, TESTER, customers.NewCustomer("Íris"), Scope("own", (), key))
        assert await connection.fetchval("select owner_id from customer where id = $1", made) == key
        city = Scope("city", ("Serra",), key)
        await customers.add(connection, TESTER, customers.NewCustomer("Rui", city="Serra"), city)
        for elsewhere in ("Vila", None):
            with pytest.raises(InvalidInput):
                await customers.add(connection, TESTER, customers.NewCustomer("Rui", city=elsewhere), city)


async def test_the_cities_are_those_customers_live_in(database: str) -> None:
    async with db.transaction() as connection:
        for city in ("Vila", "Serra", "Serra", None):
            await customers.add(connection, TESTER, customers.NewCustomer("X", city=city))
        assert await within.cities(connection) == ["Serra", "Vila"]
