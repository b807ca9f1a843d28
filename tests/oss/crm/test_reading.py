"""Reading the personal data of many customers leaves a row, though nothing was changed."""

from __future__ import annotations

import json
from typing import Any

from oss.base import db, settings
from oss.crm import reading
from tests.conftest import TESTER, Seed

ROWS = "select actor, detail from audit where action = $1 order by id"


async def told(action: str) -> list[dict[str, Any]]:
    return [json.loads(row["detail"]) for row in await db.fetch(ROWS, action)]


async def limit(number: int) -> None:
    async with db.transaction() as connection:
        await settings.write(connection, TESTER, reading.MANY, number)


async def test_who_opens_more_than_so_many_customers_within_an_hour_is_noted_once(seed: Seed) -> None:
    await limit(2)
    for customer in seed.customers[:2]:
        await reading.opened(TESTER, customer)
    assert await told("customers.many_read") == []
    for customer in seed.customers[2:]:
        await reading.opened(TESTER, customer)
    assert await told("customers.many_read") == [{"count": 3, "minutes": 60}]


async def test_the_same_page_again_and_again_is_one_customer(seed: Seed) -> None:
    await limit(1)
    for _ in range(5):
        await reading.opened(TESTER, seed.customers[0])
        await db.execute("update customer_reading set read_at = read_at - interval '2 minutes'")
    assert await told("customers.many_read") == []


async def test_what_was_opened_more_than_an_hour_ago_does_not_count(seed: Seed) -> None:
    await limit(2)
    for customer in seed.customers[:2]:
        await reading.opened(TESTER, customer)
    await db.execute("update customer_reading set read_at = now() - interval '61 minutes'")
    for customer in seed.customers[2:4]:
        await reading.opened(TESTER, customer)
    assert await told("customers.many_read") == []


async def test_a_customer_that_does_not_exist_is_nobodys_reading(seed: Seed) -> None:
    await reading.opened(TESTER, 10**9)
    assert await db.fetchval("select count(*) from customer_reading") == 0


async def test_a_list_is_noted_with_its_number_and_not_with_the_document_it_was_narrowed_by(seed: Seed) -> None:
    await reading.listed(TESTER, 1, document=None)
    await reading.listed(TESTER, 50, document="52998224725", name=None)
    assert await told("customers.listed") == [{"count": 50, "narrowed_by": ["document"]}]
