"""API: its OpenAPI document and the page made from it. Both are public: they tell nothing about the provider."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from aiohttp import web

from oss.staff.preferences import CHOICES
from web import render
from web.api import openapi, reference
from web.api.typed import CATALOGUE, PREFIX
from web.keys import CONFIG
from web.routing import PUBLIC, Routes

routes = Routes()


def _version() -> str:
    try:
        return version("milha")
    except PackageNotFoundError:
        return "0"


def document(app: web.Application) -> dict[str, Any]:
    """The document of what this application serves, made once."""
    catalogue = app[CATALOGUE]
    if catalogue.document is None:
        catalogue.document = openapi.document(catalogue.operations, catalogue.tags, _version())
    return catalogue.document


@routes.get(f"{PREFIX}/openapi.json", PUBLIC)
async def openapi_json(request: web.Request) -> web.Response:
    """The OpenAPI 3.1 document."""
    return web.json_response(document(request.app), headers={"Cache-Control": "no-cache"})


@routes.get(f"{PREFIX}/docs", PUBLIC)
async def docs_page(request: web.Request) -> web.Response:
    """The document for people. In English, as the words of the API are."""
    theme = request.cookies.get("theme", "")
    context = render.RenderContext(
        language="en", theme=theme if theme in CHOICES["theme"] else "system", path=request.path
    )
    made = reference.sections(document(request.app), request.app[CONFIG].public_url)
    html = render.render("api/docs.html", context, sections=made, about=reference.paragraphs(openapi.ABOUT))
    return web.Response(text=html, content_type="text/html")
