"""The supervised child process: heavy work (PDF, exports, hashing batches, billing runs) never runs in our loops."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from functools import partial
from typing import ParamSpec, TypeVar

from oss.base.supervisor import Health

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
PING_S = 5.0


class Child:
    """One process; when it dies it is started again and the call that died with it is tried once more."""

    def __init__(self) -> None:
        self._pool = self._new()
        self.restarts = 0

    @staticmethod
    def _new() -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=spawn, initializer=_settle, initargs=(os.getpid(),))

    async def run(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Run a plain module-level function in the child and give back its result."""
        loop, pool, call = asyncio.get_running_loop(), self._pool, partial(work, *args, **options)
        try:
            return await loop.run_in_executor(pool, call)
        except BrokenProcessPool:
            self._replace(pool)
            return await loop.run_in_executor(self._pool, call)

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        """Of several calls that died together the first one starts the new process."""
        if self._pool is broken:
            log.warning("child process died; started again")
            self.restarts += 1
            broken.shutdown(wait=False)
            self._pool = self._new()

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.shutdown, True, cancel_futures=True)

    async def watch(self, health: Health) -> None:
        """Ask it for its pid every few seconds."""
        while True:
            async with asyncio.timeout(60):
                await self.run(os.getpid)
            health.beat()
            await asyncio.sleep(PING_S)


def _settle(parent: int) -> None:
    """In the child: give way to the loops, leave signals to the parent, die with it."""
    import ctypes
    import signal
    import sys

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(10)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@asynccontextmanager
async def child_process() -> AsyncIterator[Child]:
    """The child for as long as the block runs."""
    child = Child()
    try:
        yield child
    finally:
        await child.close()
