"""Who may call what: every operation asks for the permission it declares, and for a token that lives."""

from __future__ import annotations

from typing import Any

from oss.base import db
from oss.staff import roles, tokens
from tests.conftest import TESTER
from web.api.typed import CATALOGUE, PREFIX, Operation
from web.routing import SIGNED_IN

from .conftest import Caller, Callers

PUBLIC_ADDRESSES = ("/openapi.json", "/docs")


def address(operation: Operation) -> str:
    values = dict.fromkeys(operation.parameters, "1") | {"uid": "6f1ed002-ab55-9585-9014-ebf0951522d9"}
    return operation.path.removeprefix(PREFIX).format(**values | {"reason": "manual"})


async def test_each_role_reaches_exactly_what_it_may(web_app: Any, callers: Callers) -> None:
    for role in await roles.every():
        caller = await callers(role.key)
        for operation in web_app[CATALOGUE].operations:
            if operation.name == "revoke_token":
                continue  # would revoke the token that asks
            answer = await caller(operation.method, address(operation), {} if operation.body else None)
            may = operation.permission == SIGNED_IN or operation.permission in role.grants
            assert (answer.status != 403) == may, (role.key, operation.name, answer.body)
            assert answer.status != 401


async def test_a_reader_writes_nothing(web_app: Any, callers: Callers) -> None:
    caller = await callers("reader")
    before = await db.fetchval("select count(*) from audit")
    writes = [one for one in web_app[CATALOGUE].operations if one.method != "GET"]
    assert len(writes) > 10
    for operation in writes:
        answer = await caller(operation.method, address(operation), {} if operation.body else None)
        assert (answer.status, answer.body["title"]) == (403, "forbidden"), operation.name
    assert await db.fetchval("select count(*) from audit") == before


async def test_without_a_good_token_every_address_is_401(web_app: Any, callers: Callers) -> None:
    nobody = await callers(None)
    for header in (None, "", "Bearer", "Bearer ", "Bearer mil_wrong", "Basic YTpi", "Bearer \xe9"):
        for operation in web_app[CATALOGUE].operations:
            headers = {} if header is None else {"Authorization": header}
            answer = await nobody(operation.method, address(operation), headers=headers)
            assert answer.status == 401, (operation.name, header, answer.body)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_the_document_and_its_page_are_public(callers: Callers) -> None:
    nobody = await callers(None)
    for path in PUBLIC_ADDRESSES:
        assert (await nobody("GET", path)).status == 200


async def test_a_revoked_or_expired_token_is_401_at_once(callers: Callers) -> None:
    caller = await callers("admin")
    assert (await caller("GET", "/plans")).status == 200
    await db.execute("update api_token set expires_at = now() - interval '1 second'")
    assert (await caller("GET", "/plans")).status == 401
    await db.execute("update api_token set expires_at = now() + interval '1 hour'")
    assert (await caller("GET", "/plans")).status == 200
    async with db.transaction() as connection:
        for row in await connection.fetch("select id from api_token"):
            await tokens.revoke(connection, TESTER, row["id"])
    assert (await caller("GET", "/plans")).status == 401


async def test_a_console_session_is_no_token(client: Any) -> None:
    async with client.get(PREFIX + "/plans") as response:
        assert response.status == 401


async def test_the_last_use_of_a_token_is_noted_by_the_minute(ask: Caller) -> None:
    await ask("GET", "/plans")
    first = await db.fetchval("select last_used_at from api_token")
    await ask("GET", "/plans")
    assert first is not None and await db.fetchval("select last_used_at from api_token") == first
