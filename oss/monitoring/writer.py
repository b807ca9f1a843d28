"""The one writer of samples of a process: a bounded queue, one COPY a second, and a count of what had no room."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from oss.base import db
from oss.base.supervisor import Health, keep_running
from oss.monitoring.samples import Known, Sample, check, write

log = logging.getLogger(__name__)
MOST_VALUES = 4_000_000  # waiting in memory: about 130 MB as Python holds them, minutes of a large network
BATCH_VALUES = 500_000  # in one transaction
EVERY_S = 1.0


class Writer:
    """``put`` from the process's main loop; ``run`` writes until it is cancelled."""

    def __init__(self, most_values: int = MOST_VALUES) -> None:
        self.most_values = most_values
        self.waiting: deque[Sample] = deque()
        self.values = self.written = self.dropped = 0  # of values: waiting now, and since the start
        self._known = Known()
        self._full = False

    def put(self, sample: Sample) -> bool:
        """Queue a sample; False where there is no room, which is counted."""
        check(sample)
        count = len(sample.metrics)
        if self.values + count > self.most_values:
            self.dropped += count
            if not self._full:
                log.warning("samples dropped: the database does not take them", extra={"facts": {"values": count}})
            self._full = True
            return False
        self.waiting.append(sample)
        self.values += count
        return True

    async def run(self, health: Health) -> None:
        """A batch a second, more while the queue is long."""
        while True:
            while self.waiting:
                await self.flush()
                health.beat()
                if self.values < BATCH_VALUES:
                    break
            health.beat()
            await asyncio.sleep(EVERY_S)

    async def flush(self) -> None:
        """Write one batch; it leaves the queue when it is written. A doubled row after a lost answer does no harm."""
        batch, count = [], 0
        for one in self.waiting:
            batch.append(one)
            count += len(one.metrics)
            if count >= BATCH_VALUES:
                break
        if not batch:
            return
        async with db.pool().acquire() as connection:
            await write(connection, batch, self._known)
        for _ in batch:
            self.waiting.popleft()
        self.values -= count
        self.written += count
        self._full = False

    def stats(self) -> dict[str, int]:
        """What its process tells of it."""
        return {"waiting": self.values, "written": self.written, "dropped": self.dropped}


@asynccontextmanager
async def writing(writer: Writer, healths: Callable[[str], Health]) -> AsyncIterator[None]:
    """The writer's loop; what waits at the end is written if the database is there."""
    health = healths("samples")
    task = asyncio.create_task(keep_running(health, lambda: writer.run(health)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with suppress(TimeoutError, *db.AWAY):
            async with asyncio.timeout(5):
                while writer.waiting:
                    await writer.flush()
