"""Makes the files that wait, one after the other, each in a supervised process of its own that gives way to ours."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web

from oss.base import db
from oss.base.child import Child
from oss.base.supervisor import Health, keep_running
from oss.staff import exports
from web import list_files
from web.keys import CONFIG, HEALTH

LOOK_S = 5.0  # for files that another process asked for and did not make


@dataclass(slots=True)
class Exporter:
    """The application's one maker of files. ``bell``: somebody has just asked for one."""

    zone: str
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, health: Health) -> None:
        while True:
            self.bell.clear()
            while (export_id := await exports.claim()) is not None:
                await self._make(export_id, health)
            health.beat()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self.bell.wait()

    async def _make(self, export_id: uuid.UUID, health: Health) -> None:
        child = Child()
        making = asyncio.create_task(child.run(list_files.make, db.address(), str(export_id), self.zone))
        try:
            while not making.done():
                health.beat()
                await asyncio.wait({making}, timeout=2.0)
            making.result()
        except asyncio.CancelledError:
            await exports.release(export_id)  # the child sees it at its next chunk and ends
            raise
        finally:
            await child.close()


EXPORTER = web.AppKey("exporter", Exporter)


def add(app: web.Application) -> None:
    """Give the application its maker, which works while it runs."""
    app[EXPORTER] = Exporter(app[CONFIG].zone)
    app.cleanup_ctx.append(exporting)


async def exporting(app: web.Application) -> AsyncIterator[None]:
    """The application's own task; the file that is being made is left for whoever comes next."""
    health = app[HEALTH].part("web.exports")
    task = asyncio.create_task(keep_running(health, lambda: app[EXPORTER].run(health)))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
