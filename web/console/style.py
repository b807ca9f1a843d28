"""The living style page: every macro in its states and every token with its contrast, in both themes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from web import colours
from web.pages import page
from web.routing import SIGNED_IN, Routes

routes = Routes()


@routes.get("/console/style", SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """All of it; nothing here is a customer's."""
    return page(request, "console/style/page.html", tokens=tokens(), pairs=pairs())


def tokens() -> dict[str, list[dict[str, Any]]]:
    """Theme -> its colours: name and how CSS writes it."""
    return {
        theme: [{"name": name, "css": colours.spelled(colour)} for name, colour in colours.tokens(theme).items()]
        for theme in colours.THEMES
    }


def pairs() -> dict[str, list[dict[str, Any]]]:
    """Theme -> what stands upon what, with the contrast it has and the one it needs, the tightest first."""
    return {theme: sorted(_pairs(theme), key=lambda row: float(row["has"]) / row["need"]) for theme in colours.THEMES}


def _pairs(theme: str) -> list[dict[str, Any]]:
    known = colours.tokens(theme)
    return [
        {"on": a, "ground": b, "need": need, "has": colours.contrast(known[a], known[b])}
        | {"ink": colours.spelled(known[a]), "paper": colours.spelled(known[b])}
        for a, b, need in colours.pairs()
    ]
