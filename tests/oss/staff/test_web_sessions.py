"""A value of a session that is good once is taken by one of many who ask at the same moment."""

from __future__ import annotations

import asyncio

from oss.base import db
from oss.staff import web_sessions


async def test_a_challenge_is_taken_once_and_by_its_own_value_alone(database: str) -> None:
    await web_sessions.insert("sid", None, {"session": {"challenge": "abc", "next": "/"}}, "192.0.2.7", "x")
    assert not await web_sessions.take("sid", "challenge", "other")
    assert not await web_sessions.take("another", "challenge", "abc")
    found = await asyncio.gather(*(web_sessions.take("sid", "challenge", "abc") for _ in range(6)))
    assert sorted(found) == [False] * 5 + [True]
    assert await web_sessions.load("sid", "192.0.2.7") == {"session": {"next": "/"}}


async def test_a_moved_session_keeps_its_life_and_its_old_identifier_is_worth_nothing(database: str) -> None:
    await web_sessions.insert("old", None, {"session": {"a": 1}}, "192.0.2.7", "x")
    before = await db.fetchrow("select created_at, expires_at from web_session")
    await web_sessions.move("old", "new")
    assert await web_sessions.load("old", "192.0.2.7") is None
    assert await web_sessions.load("new", "192.0.2.7") == {"session": {"a": 1}}
    assert await db.fetchrow("select created_at, expires_at from web_session") == before
