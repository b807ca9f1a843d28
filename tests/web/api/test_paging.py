"""Pages by key: complete, without repeats, in order, while rows come and go."""

from __future__ import annotations

import uuid
from typing import Any

from oss.base import db
from oss.crm import customers
from tests.conftest import TESTER, Seed

from .conftest import Caller

SESSIONS = """insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at)
select gen_random_uuid(), $1, n::text, 'user' || n % 3, now(), now() from generate_series(1, 25) n"""
REJECTS = """insert into auth_reject (minute, nas_id, login, reason, detail, count, first_at, last_at)
select date_trunc('minute', now()) - make_interval(mins => n / 5), $1, 'l''ógin \U0001f600 ' || n, 'manual', '', 1,
  now(), now() from generate_series(1, 25) n"""


async def walk(ask: Caller, path: str, limit: int, between: Any = None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await ask("GET", path, params={"limit": limit, **({"cursor": cursor} if cursor else {})})
        assert page.status == 200, page.body
        assert len(page.body["items"]) <= limit
        items += page.body["items"]
        cursor = page.body["next"]
        assert cursor is None or len(page.body["items"]) == limit
        if between is not None:
            await between()
    return items


async def add_customer() -> None:
    async with db.transaction() as connection:
        await customers.add(connection, TESTER, customers.NewCustomer("Newcomer"))


async def test_customers_are_complete_and_in_order_whatever_the_page(ask: Caller, seed: Seed) -> None:
    for limit in (1, 2, 3, 500):
        assert [one["id"] for one in await walk(ask, "/customers", limit)] == seed.customers


async def test_rows_inserted_and_deleted_meanwhile_cause_neither_gaps_nor_repeats(ask: Caller, seed: Seed) -> None:
    doomed = (await ask("POST", "/customers", {"name": "Doomed"})).body["id"]
    left = [8]

    async def between() -> None:
        await db.execute("delete from customer where id = $1", doomed)
        if left[0]:
            left[0] -= 1
            await add_customer()

    found = [one["id"] for one in await walk(ask, "/customers", 2, between)]
    assert found == sorted(set(found)) and found[: len(seed.customers)] == seed.customers
    kept = [row["id"] for row in await db.fetch("select id from customer where id <= $1 order by id", found[-1])]
    assert [one for one in found if one != doomed] == kept and len(found) > len(seed.customers) + 2


async def test_sessions_are_complete_by_uid_and_keep_their_filter(ask: Caller, seed: Seed) -> None:
    await db.execute(SESSIONS, seed.nas)
    found = [uuid.UUID(one["uid"]) for one in await walk(ask, "/sessions", 4)]
    assert len(found) == 25 and found == sorted(found)
    assert len(await walk(ask, "/sessions?login=user1", 2)) == 9


async def test_rejects_are_complete_newest_first_whatever_a_login_is_made_of(ask: Caller, seed: Seed) -> None:
    await db.execute(REJECTS, seed.nas)
    found = await walk(ask, "/rejects", 4)
    minutes = [one["minute"] for one in found]
    assert len({one["login"] for one in found}) == len(found) == 25
    assert minutes == sorted(minutes, reverse=True)


async def test_a_page_that_ends_the_list_exactly_has_no_next(ask: Caller, seed: Seed) -> None:
    page = await ask("GET", f"/customers?limit={len(seed.customers)}")
    assert len(page.body["items"]) == len(seed.customers) and page.body["next"] is None
