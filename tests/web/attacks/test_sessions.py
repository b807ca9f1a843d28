"""Sessions that somebody else planted, guessed or kept."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from oss.base import db
from tests.web.console.conftest import Console

ANA = {"login": "ana", "password": "ana-password-1"}
COOKIE = "milha_session"


def cookie_of(answer: Any) -> str:
    return str(answer.cookies[COOKIE].value) if COOKIE in answer.cookies else ""


@pytest.fixture
async def stranger(web_app: web.Application, console: Console, aiohttp_client: Any) -> Any:
    """A browser without a session; ana exists."""
    return await aiohttp_client(web_app)


@pytest.mark.parametrize("planted", ["planted-by-evil", "x" * 120, "../../etc", "' or 1=1 --", "\u00e9"])
async def test_an_identifier_known_before_sign_in_is_worth_nothing_after_it(stranger: Any, planted: str) -> None:
    headers = {"Cookie": f"{COOKIE}={planted}"}
    async with stranger.post("/login", data=ANA, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303
        fresh = cookie_of(answer)
    assert len(fresh) >= 32 and fresh != planted
    stranger.session.cookie_jar.clear()
    async with stranger.get("/console/plans", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303
    async with stranger.get("/console/plans", headers={"Cookie": f"{COOKIE}={fresh}"}) as answer:
        assert answer.status == 200


async def test_an_own_identifier_is_changed_by_signing_in_again(stranger: Any) -> None:
    async with stranger.post("/login", data=ANA, allow_redirects=False) as answer:
        first = cookie_of(answer)
    async with stranger.post("/login", data=ANA, allow_redirects=False) as answer:
        assert cookie_of(answer) not in ("", first)


async def test_after_signing_out_the_identifier_is_dead(stranger: Any) -> None:
    async with stranger.post("/login", data=ANA, allow_redirects=False) as answer:
        kept = {"Cookie": f"{COOKIE}={cookie_of(answer)}"}
    browser = Console(stranger)
    await browser.get("/console/plans")
    assert (await browser.post("/logout")).status == 303
    stranger.session.cookie_jar.clear()
    async with stranger.get("/console/plans", headers=kept, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_an_identifier_is_taken_from_the_cookie_alone_and_kept_as_a_hash(stranger: Any) -> None:
    async with stranger.post("/login", data=ANA, allow_redirects=False) as answer:
        known = cookie_of(answer)
        assert "httponly" in answer.headers["Set-Cookie"].lower()
        assert "samesite=lax" in answer.headers["Set-Cookie"].lower()
    stranger.session.cookie_jar.clear()
    for path, headers in ((f"/console/plans?{COOKIE}={known}", {}), ("/console/plans", {"X-Session": known})):
        async with stranger.get(path, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303
    assert known not in str(await db.fetch("select * from web_session"))
