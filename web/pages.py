"""A page of the console: its render context from the request, and the response."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from oss.base import clock
from oss.staff import preferences
from web import gate, notices, render, words
from web.auth import CSRF, USER, held
from web.csrf_mask import masked
from web.keys import CONFIG
from web.pulse import PULSE

LANGUAGES = ("pt-BR", "en")
WORTH_COMPRESSING = 1000  # characters
COMPRESSED_HERE = 2**21  # octets: a millisecond or two, less than two turns of threads cost
BLOCKS = ("sheet", "rows", "main")  # the parts of a page that may be asked for alone


def language(request: web.Request) -> str:
    """The user's own, else the cookie's, else what the browser asks for, else Portuguese."""
    if USER in request:
        return request[USER].language
    chosen = request.cookies.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    first = request.headers.get("Accept-Language", "").split(",")[0].strip().lower()
    return "en" if first.startswith("en") else "pt-BR"


def context(request: web.Request) -> render.RenderContext:
    """Everything the shell needs to know of this request."""
    user, pulse, mine = request.get(USER), request.app[PULSE].newest, held(request)
    theme = request.cookies.get("theme", "")
    return render.RenderContext(
        language=language(request),
        theme=user.theme if user else theme if theme in preferences.CHOICES["theme"] else "system",
        density=user.density if user else "comfortable",
        user=render.User(user.name, user.role_name or user.role) if user else None,
        path=request.path,
        csrf_token=masked(request[CSRF]) if CSRF in request else "",
        provider_name=pulse.provider or request.app[PROVIDER],
        now=clock.now(),
        timezone=_zone(user.zone if user else None) or ZoneInfo(request.app[CONFIG].zone),
        company_zone=ZoneInfo(request.app[CONFIG].zone),
        permissions=mine.permissions,
        here=gate.permitted(mine, request) if gate.HERE in request else None,
        partial=mine.partial,
        live=pulse.shell(user.id) if user else {},
        sidebar="narrow" if request.cookies.get("sidebar") == "narrow" else "wide",
    )


def _zone(name: str | None) -> ZoneInfo | None:
    """A person's own zone; None where they have none, or none that is known here any more."""
    return ZoneInfo(name) if name in preferences.zones() else None


PROVIDER = web.AppKey("provider", str)


def page(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Render a whole page; an HTMX request that names a block gets that block alone."""
    block = request.headers.get("X-Milha-Block")
    if block in BLOCKS and status in (200, 422) and render.has_block(template, block):
        html = render.render_block(template, block, context(request), **values)
    else:
        html = render.render(template, context(request), notices=notices.take(request), **values)
    return html_response(request, html, status)


def html_response(request: web.Request, html: str, status: int = 200) -> web.Response:
    """HTML, compressed where that is worth its while; the secret in it is masked (`web.csrf_mask`)."""
    response = web.Response(text=html, content_type="text/html", status=status, zlib_executor_size=COMPRESSED_HERE)
    if len(html) >= WORTH_COMPRESSING and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.enable_compression(web.ContentCoding.gzip)
        response.headers["Vary"] = "Accept-Encoding"
    return response


def back_to(request: web.Request, address: str) -> web.Response:
    """After an act: to the page that shows what it did. HTMX is told to go there itself, a browser is redirected."""
    if "HX-Request" in request.headers:
        return web.Response(status=204, headers={"HX-Redirect": address})
    return web.Response(status=303, headers={"Location": address})


def said(request: web.Request, message: str, /, **values: Any) -> str:
    """A sentence (marked with ``N_`` where it is written) in the language of whoever asks."""
    return render.translate(language(request), message, **values)


def counted(request: web.Request, forms: tuple[str, str], count: int) -> str:
    """A sentence with ``%(num)s`` in it (marked with `web.words.ngettext`), in the form its count asks for."""
    return words.plural(language(request), forms, count)
