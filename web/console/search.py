"""The search of the whole console: rows for the palette, a page for browsers without scripts, and what was opened."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import providers
from web import navigation
from web.auth import SESSION, held, permissions
from web.console.entry import local
from web.console.search_words import THINGS, groups
from web.forms import plain, posted
from web.pages import context, html_response
from web.pages import page as whole_page
from web.render import render, translate
from web.routing import SIGNED_IN, Routes

routes = Routes()
LONGEST = 100
RECENT, KEPT = "recent", 8
ICONS = frozenset(icon for icon, _ in THINGS.values())


@routes.get("/console/search", SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """What fits the text; with no text, what this person opened last."""
    text = plain(request.query.get("q", ""))[:LONGEST]
    found = await providers.search(text, permissions(request), held(request).scopes())
    rc = context(request)
    values: dict[str, Any] = {
        "text": text,
        "found": found,
        "groups": groups(rc, text, found),
        "recent": recent(request),
    }
    if "HX-Request" in request.headers:
        return html_response(request, render("console/search/_found.html", rc, **values))
    return whole_page(request, "console/search/page.html", leads=leads(request, text), **values)


def leads(request: web.Request, text: str) -> list[Any]:
    """Pages and acts whose name holds the text, for the page without scripts; the palette sifts them itself."""
    spoken, held = context(request).language, permissions(request)
    known = [place for section in navigation.sections(held) for place in section.places]
    every: list[Any] = [*known, *navigation.acts(held)]
    return [one for one in every if text and text.lower() in translate(spoken, one.label).lower()]


def recent(request: web.Request) -> list[dict[str, str]]:
    """What was opened by the search in this session, the newest first."""
    return list(request[SESSION].get(RECENT, []))


@routes.post("/console/search/opened", SIGNED_IN)
async def opened(request: web.Request) -> web.Response:
    """Remember in this session what was opened: it stands first when the search is opened again."""
    form = await posted(request)
    one = {name: form.text(name, required=True, most=160) for name in ("title", "href", "icon")}
    form.check()
    if local(one["href"]) == one["href"] and one["href"].startswith("/console/") and one["icon"] in ICONS:
        others = [other for other in recent(request) if other["href"] != one["href"]]
        request[SESSION][RECENT] = [one, *others][:KEPT]
    return web.Response(status=204)
