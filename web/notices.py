"""What was just done, told on the next page as a toast; kept in the console session until it is shown."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from web.auth import SESSION

KEY = "notices"


def tell(request: web.Request, text: str, undo: str | None = None) -> None:
    """Say a sentence on the next page; ``undo`` is an address that gets a POST."""
    session = request[SESSION]
    session[KEY] = [*session.get(KEY, []), {"text": text, "undo": undo}][-3:]


def take(request: web.Request) -> list[dict[str, Any]]:
    """What is to be said now; it is said once."""
    session = request.get(SESSION)
    return list(session.pop(KEY, [])) if session is not None and session.get(KEY) else []
