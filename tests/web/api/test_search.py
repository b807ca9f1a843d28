"""The search by the API: what the token may see, grouped, personal values left out."""

from __future__ import annotations

from typing import Any

from oss.base import db
from oss.staff import tokens, users
from tests.conftest import TESTER, Seed


async def test_a_customer_is_found_with_the_reason(api: Any, seed: Seed) -> None:
    await db.execute("update customer set document = '12348291709' where id = $1", seed.customers[1])
    async with api.get("/api/v1/search", params={"q": "numero 2"}) as answer:
        found = await answer.json()
    assert [(one["kind"], [hit["id"] for hit in one["hits"]]) for one in found["groups"]] == [
        ("customer.name", [seed.customers[1]])
    ]
    assert found["milliseconds"] > 0
    async with api.get("/api/v1/search", params={"q": "482917"}) as answer:
        (group,) = (await answer.json())["groups"]
    assert (group["kind"], group["hits"][0]["match"]) == ("customer.document", "")


async def test_a_token_finds_only_what_it_may_see(web_app: Any, aiohttp_client: Any, seed: Seed) -> None:
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "small", "reader")
        await users.add(connection, TESTER, "ana", "Prova", "ana-password-1", "admin")
    client = await aiohttp_client(web_app, headers={"Authorization": f"Bearer {token}"})
    async with client.get("/api/v1/search", params={"q": "prova"}) as answer:
        assert [one["kind"] for one in (await answer.json())["groups"]] == []


async def test_too_much_text_and_none_are_refused(api: Any, seed: Seed) -> None:
    for params in ({"q": "x" * 101}, {}, {"q": "a\x00"}):
        async with api.get("/api/v1/search", params=params) as answer:
            assert answer.status in (400, 422)
