"""The web application: middlewares, every feature's routes, static files, security headers."""

from __future__ import annotations

import importlib
import pkgutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp_session
from aiohttp import web

from oss.access.aaa import Snapshot
from oss.base.config import Config
from oss.base.secrets import Sealer
from oss.base.supervisor import HealthBoard
from oss.notify import outbox
from oss.staff import passwords
from web import auth, bodies, errors, headers, keys, pages, request_ids, sample_metrics, throttle, watch
from web.routing import PUBLIC, Routes
from web.session_store import PostgresStorage

STATIC = Path(__file__).parent / "static"


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
        client_max_size=bodies.MAX_BODY,
        client_max_fields=bodies.MAX_FIELDS,
        middlewares=[
            request_ids.identify,
            aiohttp_session.session_middleware(PostgresStorage(secure=secure)),
            errors.answer_problems,
            auth.refuse_foreign_host,
            headers.answer_preflight,
            bodies.limited(),
            auth.authorise,
        ],
    )
    _compress_quickly()
    app[keys.CONFIG], app[keys.SEALER], app[keys.HEALTH] = config, sealer, health
    app[keys.SNAPSHOT], app[keys.STATS] = snapshot, stats
    app[keys.PERMISSIONS], app[keys.FRESH], app[pages.PROVIDER] = {}, set(), provider
    app[throttle.THROTTLE] = throttle.Throttle(config)
    outbox.open_with(sealer, config.smtp_url, config.mail_from)
    passwords.look_in(config.breached_passwords)
    for routes in feature_routes():
        routes.mount(app)
    for route in app.router.add_static("/static", STATIC, append_version=False):
        app[keys.PERMISSIONS][route] = PUBLIC
    app.on_response_prepare.append(headers.add)
    return app


def _compress_quickly() -> None:
    """Pages are compressed by isal where it has a wheel: 180 kB in 0.1 ms instead of 1.7."""
    with suppress(ImportError):
        aiohttp.set_zlib_backend(importlib.import_module("isal.isal_zlib"))


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


@asynccontextmanager
async def serving(app: web.Application, config: Config) -> AsyncIterator[None]:
    """Listen until left; open requests get a few seconds to end."""
    tls = None
    if config.web_tls_cert and config.web_tls_key:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(config.web_tls_cert, config.web_tls_key)
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=5, handler_cancellation=True, keepalive_timeout=bodies.HEAD_S
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, config.web_host, config.web_port, ssl_context=tls).start()
        yield
    finally:
        await runner.cleanup()
