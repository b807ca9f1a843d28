"""Headers of every answer: what a browser may do with it, and which foreign pages may call the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from oss.base.config import Config
from web import request_ids
from web.keys import CONFIG

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
UNUSED = "accelerometer camera display-capture geolocation gyroscope magnetometer microphone midi payment usb"
USED = ("publickey-credentials-get", "publickey-credentials-create")  # passkeys
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join([f"{name}=()" for name in UNUSED.split()] + [f"{name}=(self)" for name in USED]),
}
A_YEAR_S = 31_536_000
# What a page elsewhere may send and read (https://fetch.spec.whatwg.org/#http-cors-protocol); no cookies, only tokens.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
    "Access-Control-Max-Age": "600",
}
EXPOSED = "ETag, Location, Retry-After, Idempotency-Replayed, X-Request-Id"
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def headers_of(config: Config) -> dict[str, str]:
    """Those of every answer; over HTTPS browsers are told to stay there (RFC 6797), this name only."""
    if not config.public_url.startswith("https://"):
        return dict(HEADERS)
    return {**HEADERS, "Strict-Transport-Security": f"max-age={A_YEAR_S}"}


async def add(request: web.Request, response: web.StreamResponse) -> None:
    """Signal ``on_response_prepare``: also of errors, files and streams. What serves us is nobody's business."""
    given: Mapping[str, str] = headers_of(request.app[CONFIG])
    for name, value in given.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)
    if request_ids.ID in request:
        response.headers[request_ids.HEADER] = request[request_ids.ID]
    if request.path.startswith("/static/"):
        versioned = "v" in request.query
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    if request.path.startswith("/api/"):
        _allow_origin(request, response)


def _listed(request: web.Request) -> bool:
    return request.headers.get("Origin") in request.app[CONFIG].cors_origins


def _allow_origin(request: web.Request, response: web.StreamResponse) -> None:
    if not request.app[CONFIG].cors_origins:
        return
    response.headers.add("Vary", "Origin")
    if _listed(request):
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = EXPOSED


@web.middleware
async def answer_preflight(request: web.Request, handler: Next) -> web.StreamResponse:
    """A listed page asks whether it may call; every other one hears what it would hear without the list."""
    asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if asks and request.path.startswith("/api/") and _listed(request):
        return web.Response(status=204, headers=PREFLIGHT)
    return await handler(request)
