"""A journal whose writer runs, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from oss.access.journal import Journal


@asynccontextmanager
async def writing(folder: Path, segment_octets: int = 1 << 20) -> AsyncIterator[Journal]:
    """An open journal whose writer runs."""
    one = Journal(folder, segment_octets)
    one.open()
    task = asyncio.create_task(one.flush_for_ever())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        one.close()
