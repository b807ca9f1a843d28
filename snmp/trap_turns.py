"""Whose datagram is read next: one of each source in turn, so that a flood keeps only its own source waiting."""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

MOST_WAITING: Final = 16_384
"""Datagrams of one source that wait."""

MOST_IN_ALL: Final = 65_536
"""Datagrams that wait; shared out among the sources that have any waiting."""

LEAST_SHARE: Final = 64
"""Datagrams a source may always have waiting, however many sources there are."""

Item = TypeVar("Item")


class Queue(Generic[Item]):
    """What waits of one source."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: deque[Item] = deque()


class Turns(Generic[Item]):
    """Queues that take turns; each operation is a handful of steps, however much waits."""

    def __init__(self, most: int = MOST_WAITING, in_all: int = MOST_IN_ALL, least: int = LEAST_SHARE) -> None:
        self._most, self._in_all, self._least = most, in_all, least
        self._active: deque[Queue[Item]] = deque()

    def __len__(self) -> int:
        """Queues that have something."""
        return len(self._active)

    def offer(self, queue: Queue[Item], item: Item) -> bool:
        """Queue it; False: this source has its share waiting already, and the item is not taken."""
        items = queue.items
        if not items:
            self._active.append(queue)
        elif len(items) >= self._most or len(items) >= max(self._least, self._in_all // len(self._active)):
            return False
        items.append(item)
        return True

    def take(self) -> tuple[Queue[Item], Item] | None:
        """The next one, of the source whose turn it is; None: nothing waits."""
        if not self._active:
            return None
        queue = self._active.popleft()
        item = queue.items.popleft()
        if queue.items:
            self._active.append(queue)
        return queue, item

    def clear(self) -> None:
        """Forget what waits."""
        while self._active:
            self._active.popleft().items.clear()
