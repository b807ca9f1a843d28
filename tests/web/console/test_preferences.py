"""Theme, density and language: the person's own once signed in, this browser's before."""

from __future__ import annotations

from typing import Any

from oss.base import db

from .conftest import Console, audited


async def test_a_choice_is_kept_with_the_person_and_noted(console: Console) -> None:
    await console.get("/console/plans")
    answer = await console.post("/preferences", {"next": "/console/plans", "language": "en"})
    assert (answer.status, answer.place) == (303, "/console/plans")
    assert 'lang="en"' in (await console.get("/console/plans")).raw
    await console.post("/preferences", {"theme": "dark", "density": "compact"})
    page = await console.get("/console/plans")
    assert 'data-theme="milha-dark" data-density="compact"' in page.raw
    row = await db.fetchrow("select language, theme, density from staff_user")
    assert tuple(row) == ("en", "dark", "compact")
    assert len(await audited("user.preferences")) == 2


async def test_before_sign_in_the_browser_keeps_language_and_theme(web_app: Any, aiohttp_client: Any) -> None:
    visitor = Console(await aiohttp_client(web_app))
    visitor.token = "none"
    assert 'lang="pt-BR"' in (await visitor.get("/login")).raw
    answer = await visitor.post("/preferences", {"next": "/login", "language": "en", "theme": "dark"})
    assert answer.place == "/login"
    page = await visitor.get("/login")
    assert 'lang="en" data-theme="milha-dark"' in page.raw
    assert await db.fetchval("select count(*) from audit") == 0


async def test_a_forged_cookie_is_ignored(web_app: Any, aiohttp_client: Any) -> None:
    visitor = Console(await aiohttp_client(web_app))
    page = await visitor.get("/login", Cookie="theme=pink; lang=xx")
    assert page.status == 200
    assert "data-theme" not in page.raw.split(">")[1]


async def test_an_unknown_choice_is_refused(console: Console) -> None:
    assert (await console.post("/preferences", {"theme": "pink"})).status == 422
    assert await db.fetchval("select theme from staff_user") == "system"


async def test_a_signed_in_choice_needs_the_token(console: Console) -> None:
    console.token = "forged"
    assert (await console.post("/preferences", {"theme": "dark"})).status == 403
    assert await db.fetchval("select theme from staff_user") == "system"
