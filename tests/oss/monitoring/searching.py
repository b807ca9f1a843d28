"""What tests of searches share: the jobs' own worker, a network that answers, and one that is silent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from oss.base import db, secrets
from oss.base.jobs import Worker
from oss.base.supervisor import Health
from oss.monitoring import searches, telling
from oss.monitoring.searches import Wish
from tests.conftest import TESTER
from tests.waiting import eventually

RANGE = "127.77.0.0/28"
SILENT = "127.77.16.0/24"


@contextlib.asynccontextmanager
async def working(dsn: str, sealer: secrets.Sealer) -> AsyncIterator[Worker]:
    """The lane in which searches are asked, as a process runs it."""
    telling.open_with(sealer, "http://127.0.0.1")
    worker = Worker(dsn, "bulk")
    task = asyncio.create_task(worker.run(Health("jobs.bulk")))
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.contextmanager
def silence() -> Iterator[int]:
    """A port at which every address of loopback takes what is sent and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("0.0.0.0", 0))
        yield deaf.getsockname()[1]


async def begin(sealer: secrets.Sealer, port: int = 161, **more: Any) -> int:
    wish = replace(Wish(RANGE, snmp_port=port, snmp_community="lab-leitura"), **more)
    async with db.transaction() as connection:
        return await searches.begin(connection, sealer, TESTER, wish)


async def ended(search_id: int) -> Any:
    """The search's row once it is over."""

    async def over() -> Any:
        row = await searches.one(db.pool(), search_id)
        return row if row["state"] != "running" else None

    return await eventually(over, within_s=30)
