"""One thread for writes that block: less than half the cost of an executor, which a thousand groups a second feel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class DiskThread(Generic[T]):
    """Does ``work`` for each piece of data, in order."""

    def __init__(self, work: Callable[[bytes], T], name: str) -> None:
        self._work = work
        self._queue: SimpleQueue[tuple[bytes, asyncio.Future[T]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._started = False

    def do(self, data: bytes) -> asyncio.Future[T]:
        """A future of the running loop with what ``work`` returned, or raised."""
        if not self._started:
            self._started = True
            self._thread.start()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put((data, future))
        return future

    def close(self) -> None:
        """Wait for what was begun, and end."""
        self._queue.put(None)
        if self._started:
            self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            data, future = item
            try:
                tell, value = _result, self._work(data)
            except BaseException as error:  # a supervision edge: whoever waits for it hears of it
                tell, value = _fault, error  # type: ignore[assignment]
            try:
                future.get_loop().call_soon_threadsafe(tell, future, value)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more


def _result(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def _fault(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
