"""The AAA node's thread (invariant 6): an event loop of its own, so that no page or job can make a router wait."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oss.access.aaa import Node, NodeOptions, Snapshot
from oss.base.secrets import Sealer

log = logging.getLogger(__name__)
SWITCH_INTERVAL_S = 0.001  # measured: how long the main loop's Python may keep the AAA loop from running


class AaaThread:
    """Starts a node in its thread and holds its newest snapshot."""

    def __init__(self, options: NodeOptions, sealer: Sealer) -> None:
        self.options, self.sealer = options, sealer
        self.snapshot: Snapshot | None = None
        self._failed: BaseException | None = None
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="aaa", daemon=True)

    def _main(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(self._run())
        except BaseException as error:  # supervision edge: the main loop is told, whatever it was
            self._failed = error
            if self._started.is_set():
                log.critical("the AAA thread ended", exc_info=error)
        finally:
            self._started.set()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        node = Node(self.options, self.sealer)
        await node.run(self._stop, self._started.set, self._publish)

    def _publish(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the node until left; raises what kept it from starting (a port in use, a locked journal)."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._thread.start()
        await asyncio.to_thread(self._started.wait)
        if self._failed is not None:
            raise self._failed
        try:
            yield
        finally:
            if self._loop is not None and self._stop is not None and self._thread.is_alive():
                self._loop.call_soon_threadsafe(self._stop.set)
            await asyncio.to_thread(self._thread.join, 15)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it exists, else the standard loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
