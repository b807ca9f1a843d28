"""Signing in: limited, silent about what was wrong, kept in a session that is new, and noted without what was typed."""

from __future__ import annotations

from typing import Any

import pytest

from oss.base import db
from oss.staff import users
from tests.conftest import TESTER
from web.console.entry import local

from .conftest import Console, audited

ANA = {"login": "ana", "password": "ana-password-1"}


@pytest.fixture
async def stranger(web_app: Any, aiohttp_client: Any) -> Console:
    """A browser nobody has signed in with; the user ``ana`` exists."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", ANA["password"], "admin")
    return Console(await aiohttp_client(web_app))


async def enter(stranger: Console, **data: str) -> Any:
    stranger.token = "none"
    return await stranger.post("/login", data)


async def test_the_right_password_leads_to_the_page_that_was_wanted(stranger: Console) -> None:
    answer = await stranger.get("/console/holds?reason=overdue")
    assert (answer.status, answer.place) == (303, "/login?next=%2Fconsole%2Fholds%3Freason%3Doverdue")
    page = await stranger.get(answer.place)
    assert 'name="next" value="/console/holds?reason=overdue"' in page.raw
    answer = await enter(stranger, **ANA, next="/console/holds?reason=overdue")
    assert (answer.status, answer.place) == (303, "/console/holds?reason=overdue")
    assert (await stranger.get("/console/holds")).status == 200
    row = await db.fetchrow("select last_login_at from staff_user where login = 'ana'")
    assert row["last_login_at"] is not None


@pytest.mark.parametrize(("login", "password"), [("ana", "wrong-password"), ("nobody", "ana-password-1"), ("", "")])
async def test_a_wrong_login_and_a_wrong_password_are_answered_alike(
    stranger: Console, login: str, password: str
) -> None:
    answer = await enter(stranger, login=login, password=password)
    assert answer.status == 422
    assert "Login e senha não conferem" in answer.text or "não" in answer.text
    assert (await stranger.get("/console/")).status == 303


async def test_what_was_typed_is_never_noted(stranger: Console) -> None:
    await enter(stranger, login="ana", password="secret-of-ana-77")
    await enter(stranger, login="typed-my-password-here", password="x")
    rows = await audited("user.refused")
    assert [row["actor"] for row in rows] == ["nobody", "ana"]
    everything = str(await db.fetch("select * from audit"))
    assert "secret-of-ana-77" not in everything
    assert "typed-my-password-here" not in everything


async def test_the_sixth_try_in_a_row_has_to_wait(stranger: Console) -> None:
    for _ in range(5):
        assert (await enter(stranger, login="ana", password="wrong")).status == 422
    answer = await enter(stranger, **ANA)
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 21
    assert (await enter(stranger, login="other", password="x")).status == 422


async def test_signing_in_makes_a_fresh_session_and_signing_out_ends_it(stranger: Console) -> None:
    await enter(stranger, **ANA)
    assert await db.fetchval("select count(*) from web_session where user_id is not null") == 1
    await stranger.get("/console/plans")
    answer = await stranger.post("/logout")
    assert (answer.status, answer.place) == (303, "/login")
    assert (await stranger.get("/console/plans")).status == 303
    assert await db.fetchval("select count(*) from web_session where user_id is not null") == 0
    assert len(await audited("user.signed_out")) == 1


async def test_a_post_without_the_sessions_token_is_refused(console: Console) -> None:
    console.token = "forged"
    answer = await console.post("/console/plans", {"name": "X"})
    assert answer.status == 403
    assert await db.fetchval("select count(*) from plan") == 0


async def test_a_foreign_site_cannot_sign_anybody_in(stranger: Console) -> None:
    stranger.token = "none"
    answer = await stranger.post("/login", ANA, Origin="https://evil.example")
    assert answer.status == 403
    answer = await stranger.post("/login", ANA, **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "console",
        "/a\\b",
        "/\n",
    ],
)
def test_next_leads_nowhere_but_home(address: str) -> None:
    assert local(address) == "/console/"


@pytest.mark.parametrize("address", ["/console/holds?reason=overdue", "/console/subscribers/7?contract=3#invoices"])
def test_next_may_be_any_page_of_ours(address: str) -> None:
    assert local(address) == address


async def test_who_is_signed_in_is_not_asked_again(console: Console) -> None:
    answer = await console.get("/login?next=/console/plans")
    assert (answer.status, answer.place) == (303, "/console/plans")


async def test_a_user_switched_off_is_out_at_once(console: Console) -> None:
    assert (await console.get("/console/")).status == 200
    await db.execute("update staff_user set active = false")
    assert (await console.get("/console/")).status == 303
