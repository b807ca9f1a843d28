"""Challenges of passkeys: made for one browser session, good once."""

from __future__ import annotations

from aiohttp import web
from aiohttp_session import get_session

from oss.staff import web_sessions
from oss.staff.passkeys import PasskeyRefused

NAME = "challenge"


async def keep(request: web.Request, told: tuple[str, str]) -> web.Response:
    """Keep the challenge with the session and answer the browser's options (JSON)."""
    session = await get_session(request)
    text, session[NAME] = told
    return web.Response(text=text, content_type="application/json")


async def take(request: web.Request) -> str:
    """The session's challenge, used up; raises PasskeyRefused where there is none, or another request was first."""
    session = await get_session(request)
    challenge = session.pop(NAME, None)
    if not challenge or not session.identity or not await web_sessions.take(session.identity, NAME, str(challenge)):
        raise PasskeyRefused()
    return str(challenge)
