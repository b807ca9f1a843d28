"""Whose datagram is read next: one of each source in turn, so that a flood keeps only its own source waiting."""

from __future__ import annotations

from collections import deque
from typing import Any, Final, Generic, NamedTuple, TypeVar

MOST_WAITING: Final = 16_384
"""Datagrams of one source that wait."""

MOST_IN_ALL: Final = 65_536
"""Datagrams that wait; shared out among the sources that have any waiting."""

LEAST_SHARE: Final = 64
"""Datagrams a source may always have waiting, however many sources there are."""


class Mark(NamedTuple):
    """Where datagrams came from, and when (Unix seconds)."""

    address: Any
    at: float


class Queue:
    """What waits of one source: datagrams and their marks, side by side.

    Those that came together share a mark: so nothing that waits is an object that the garbage collector has to walk.
    """

    __slots__ = ("datagrams", "marks")

    def __init__(self) -> None:
        self.datagrams: deque[bytes] = deque()
        self.marks: deque[Mark] = deque()

    def mark(self, address: Any, at: float) -> Mark:
        """The last one's, if it says the same."""
        if self.marks and self.marks[-1].at == at and self.marks[-1].address == address:
            return self.marks[-1]
        return Mark(address, at)


Waiting = TypeVar("Waiting", bound=Queue)


class Turns(Generic[Waiting]):
    """Queues that take turns; each operation is a handful of steps, however much waits."""

    def __init__(self, most: int = MOST_WAITING, in_all: int = MOST_IN_ALL, least: int = LEAST_SHARE) -> None:
        self._most, self._in_all, self._least = most, in_all, least
        self._active: deque[Waiting] = deque()

    def __len__(self) -> int:
        """Queues that have something."""
        return len(self._active)

    def offer(self, queue: Waiting, datagram: bytes, address: Any, at: float) -> bool:
        """Queue it; False: this source has its share waiting already, and the datagram is not taken."""
        waiting = len(queue.datagrams)
        if not waiting:
            self._active.append(queue)
        elif waiting >= self._most or waiting >= max(self._least, self._in_all // len(self._active)):
            return False
        queue.datagrams.append(datagram)
        queue.marks.append(queue.mark(address, at))
        return True

    def take(self) -> tuple[Waiting, bytes, Mark] | None:
        """The next one, of the source whose turn it is; None: nothing waits."""
        if not self._active:
            return None
        queue = self._active.popleft()
        datagram, mark = queue.datagrams.popleft(), queue.marks.popleft()
        if queue.datagrams:
            self._active.append(queue)
        return queue, datagram, mark
