"""No screen and no list of the API goes through the history: what they ask of it, an index answers."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from oss.base import db
from tests.conftest import Seed
from web.keys import PERMISSIONS

from .console.conftest import Console, console
from .console.test_every_page import addresses
from .plans import Asked, listened, scans

__all__ = ["addresses", "console"]

ENDLESS = ("/console/live", "/console/wall/live", "/console/provisioning/live")
NEEDED = {"search": {"q": "cli1"}, "series": {"kind": "interface", "objects": "1", "metrics": "in_bps"}}
HISTORY = """insert into session_history (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at,
  ended_at, input_octets, output_octets, session_s, terminate_cause) select gen_random_uuid(), $1, 'x', a.login, a.id,
  a.contract_id, now() - interval '3 hours', now() - interval '2 hours', 1, 2, 3600, 'Lost-Carrier'
  from access_account a"""
BAD = [
    "select * from session_history where terminate_cause = 'x'",
    "select count(*) from auth_log",
    "select * from auth_log where at > now() - interval '1 hour'",
    "select h.login from nas n left join session_history h on h.nas_id = n.id",
    "select * from session_open o where exists (select from session_history h where h.ended_at > o.started_at)",
]
GOOD = [
    "select * from session_history where contract_id = 5 order by started_at desc limit 6",
    "select * from session_history where framed_ip = '100.64.0.1' and started_at < now()",
    "select * from auth_log where login = 'cli1' order by at desc limit 10",
    "select count(*) from auth_log_rest tablesample system (1)",
]


def plain(app: web.Application, begin: str) -> list[str]:
    """Every address without a parameter that can be read."""
    found = {
        route.resource.canonical
        for route in app[PERMISSIONS]
        if route.method == "GET" and route.resource is not None and "{" not in route.resource.canonical
    }
    found -= {"/api/v1/provisioning/plan"}  # what an OLT would be told is asked of the OLT, and of no history
    return sorted(path for path in found if path.startswith(begin) and not path.startswith(ENDLESS))


async def test_no_page_goes_through_the_history(
    console: Console, addresses: list[str], web_app: web.Application, seed: Seed
) -> None:
    await db.execute(HISTORY, seed.nas)
    walked = sorted({*addresses, *plain(web_app, "/console")})
    async with listened() as asked:
        for address in walked:
            assert (await console.get(address)).status in (200, 303), address
    assert len(walked) > 25 and any("where h.contract_id = $1" in query for query in asked), list(asked)
    assert await scans(asked) == []


async def test_no_list_of_the_api_goes_through_the_history(api: Any, web_app: web.Application, seed: Seed) -> None:
    await db.execute(HISTORY, seed.nas)
    walked = plain(web_app, "/api/v1/")
    async with listened() as asked:
        for address in walked:
            async with api.get(address, params=NEEDED.get(address.rpartition("/")[2], {})) as answer:
                assert answer.status == 200, address
    assert len(walked) > 8
    assert await scans(asked) == []


@pytest.mark.parametrize("query", BAD)
async def test_a_query_that_goes_through_the_history_is_found(database: str, query: str) -> None:
    async with listened() as asked:
        await db.fetch(query)
    assert list(asked) == [query]
    assert any(query in found for found in await scans(asked))


@pytest.mark.parametrize("query", GOOD)
async def test_a_query_that_an_index_answers_is_let_through(database: str, query: str) -> None:
    asked: Asked = {query: ()}
    assert await scans(asked) == []


async def test_what_is_asked_in_a_transaction_is_heard_with_its_arguments(database: str) -> None:
    query = "select * from session_history where nas_id = $1"
    async with listened() as asked, db.transaction() as connection:
        await connection.fetch(query, 5)
    assert asked == {query: (5,)}
    assert len(await scans(asked)) >= 4
