"""The web application: middlewares, every feature's routes, static files, security headers."""

from __future__ import annotations

import importlib
import pkgutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp_session
from aiohttp import web

from oss.access.aaa import Snapshot
from oss.base.config import Config
from oss.base.secrets import Sealer
from oss.base.supervisor import HealthBoard
from web import auth, errors, keys, pages, request_ids, sample_metrics, watch
from web.routing import PUBLIC, Routes
from web.session_store import PostgresStorage

STATIC = Path(__file__).parent / "static"
MAX_BODY = 1 << 20
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def create_app(
    config: Config,
    sealer: Sealer,
    health: HealthBoard,
    snapshot: Callable[[], Snapshot | None],
    stats: Callable[[], dict[str, Any]],
    provider: str,
) -> web.Application:
    """The application, complete; the roof gives it what it needs."""
    secure = config.public_url.startswith("https://")
    app = web.Application(
        client_max_size=MAX_BODY,
        middlewares=[
            request_ids.identify,
            aiohttp_session.session_middleware(PostgresStorage(secure=secure)),
            errors.answer_problems,
            auth.authorise,
        ],
    )
    app[keys.CONFIG], app[keys.SEALER], app[keys.HEALTH] = config, sealer, health
    app[keys.SNAPSHOT], app[keys.STATS] = snapshot, stats
    app[keys.PERMISSIONS], app[pages.PROVIDER] = {}, provider
    for routes in feature_routes():
        routes.mount(app)
    for route in app.router.add_static("/static", STATIC, append_version=False):
        app[keys.PERMISSIONS][route] = PUBLIC
    app.on_response_prepare.append(_headers)
    return app


def feature_routes() -> list[Routes]:
    """The ``routes`` of every feature file: one new file is one new feature, nothing else is edited."""
    found = [watch.routes, sample_metrics.routes]
    for package in ("web.console", "web.portal", "web.api.v1"):
        for info in sorted(pkgutil.iter_modules(importlib.import_module(package).__path__), key=lambda m: m.name):
            module = importlib.import_module(f"{package}.{info.name}")
            routes = getattr(module, "routes", None)
            if isinstance(routes, Routes):
                found.append(routes)
    return found


async def _headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request_ids.ID in request:
        response.headers[request_ids.HEADER] = request[request_ids.ID]
    if request.path.startswith("/static/"):
        versioned = "v" in request.query
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
    else:
        response.headers.setdefault("Cache-Control", "no-store")


@asynccontextmanager
async def serving(app: web.Application, config: Config) -> AsyncIterator[None]:
    """Listen until left; open requests get a few seconds to end."""
    tls = None
    if config.web_tls_cert and config.web_tls_key:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(config.web_tls_cert, config.web_tls_key)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.web_host, config.web_port, ssl_context=tls).start()
        yield
    finally:
        await runner.cleanup()
