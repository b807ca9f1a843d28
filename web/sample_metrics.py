"""/metrics/samples: the newest values of what is sampled, for Prometheus; guarded as /metrics is."""

from __future__ import annotations

import asyncio

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput
from oss.monitoring import newest
from oss.monitoring.kinds import KINDS
from web.routing import PUBLIC, Routes
from web.watch import guard

routes = Routes()


@routes.get("/metrics/samples", PUBLIC)
async def samples(request: web.Request) -> web.StreamResponse:
    """The last poll of each object that is not older than ten minutes; ``kind`` narrows it to one."""
    guard(request)
    name = request.query.get("kind", "")
    if name and name not in KINDS:
        raise InvalidInput({"kind": f"must be one of {', '.join(sorted(KINDS))}"})
    response = web.StreamResponse(headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
    await response.prepare(request)
    async with db.pool().acquire() as connection:
        async for text in newest.exposition(connection, KINDS[name] if name else None):
            await response.write(text.encode())
            await asyncio.sleep(0)
    await response.write_eof()
    return response
