"""Each request has an id: answered as ``X-Request-Id``, in its log lines, its audit rows and on its error pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from oss.base import request_id
from web.auth import is_trusted
from web.keys import CONFIG

HEADER = "X-Request-Id"
ID: web.RequestKey[str] = web.RequestKey("request id", str)
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def identify(request: web.Request, handler: Next) -> web.StreamResponse:
    """Outermost: everything that follows runs under the id."""
    request[ID] = _of(request)
    with request_id.serving(request[ID]):
        return await handler(request)


def _of(request: web.Request) -> str:
    """A trusted proxy's own, so that its log and ours tell of one request; else a fresh one."""
    given = request.headers.getall(HEADER, [])
    trusted = is_trusted(request.remote or "", request.app[CONFIG].trusted_proxies)
    if len(given) == 1 and trusted and request_id.well_formed(given[0]):
        return given[0]
    return request_id.fresh()
