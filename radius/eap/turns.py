"""Whose TLS is next. A step of it takes from a tenth of a millisecond to two; any other answer a fiftieth of one.

So the steps wait here, and are done a slice at a time: between two slices the loop hears who else has come, and no
login without TLS waits for more than one slice. What goes on is done before what begins, for a talk that does not end
in time has cost everything for nothing; and NAS take turns, so that none waits for the crowd of another.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, NamedTuple

from radius.server import AccessReply, Later

SLICE_S: Final = 0.005
"""How long steps are done in a row; the one that is begun is finished. Measured: in slices of half a millisecond a full
login costs a fifth more, for then almost every answer is sent by itself."""

MOST: Final = 4_096
"""Steps that wait, of either sort: some seconds of work at most, which is how long a NAS waits before it asks again."""

Answer = AccessReply | Later | None


class Step(NamedTuple):
    """A request that will take a moment, and who waits for its answer."""

    work: Callable[[], Answer]
    later: Later


class Waiting:
    """Steps by NAS, which take turns. Where there are too many, the newest of the NAS that has most gives way."""

    def __init__(self, most: int) -> None:
        self.most, self.count = most, 0
        self._by_nas: OrderedDict[int, deque[Step]] = OrderedDict()

    def add(self, nas: int, step: Step) -> Step | None:
        """Gives back the one that gave way, if one had to."""
        self._by_nas.setdefault(nas, deque()).append(step)
        self.count += 1
        if self.count <= self.most:
            return None
        greediest = max(self._by_nas, key=lambda one: len(self._by_nas[one]))
        return self._out(greediest, self._by_nas[greediest].pop)

    def next(self) -> Step:
        """The oldest of the NAS whose turn it is; there must be one."""
        nas = next(iter(self._by_nas))
        self._by_nas.move_to_end(nas)
        return self._out(nas, self._by_nas[nas].popleft)

    def _out(self, nas: int, take: Callable[[], Step]) -> Step:
        step = take()
        self.count -= 1
        if not self._by_nas[nas]:
            del self._by_nas[nas]
        return step


class Turns:
    """The steps of the running loop. ``dropped`` counts those that gave way: their NAS ask again."""

    def __init__(self, most: int = MOST, slice_s: float = SLICE_S) -> None:
        self.going_on, self.beginning = Waiting(most), Waiting(most)
        self.slice_s, self.dropped = slice_s, 0
        self._under_way = False

    def add(self, nas: int, begins: bool, work: Callable[[], Answer]) -> Later:
        """The answer of ``work``, when its turn has come; ``begins``: it is a conversation's first."""
        loop = asyncio.get_running_loop()
        step = Step(work, loop.create_future())
        gone = (self.beginning if begins else self.going_on).add(nas, step)
        if gone is not None:
            self.dropped += 1
            settle(gone.later, None)
        if not self._under_way:
            self._under_way = True
            loop.call_soon(self._slice)
        return step.later

    @property
    def waiting(self) -> int:
        """Steps that wait."""
        return self.going_on.count + self.beginning.count

    def _slice(self) -> None:
        until = time.perf_counter() + self.slice_s
        while self.waiting:
            _do((self.going_on if self.going_on.count else self.beginning).next())
            if time.perf_counter() >= until:
                break
        self._under_way = self.waiting > 0
        if self._under_way:
            asyncio.get_running_loop().call_soon(self._slice)


def _do(step: Step) -> None:
    if step.later.done():
        return
    try:
        settle(step.later, step.work())
    except Exception as error:  # a supervision edge: it costs this request, and whoever waits for it hears of it
        step.later.set_exception(error)


def settle(later: Later, answer: Answer, change: Callable[[AccessReply], AccessReply] = lambda reply: reply) -> None:
    """Give an answer to who waits for it, changed, now or when it is there."""
    if isinstance(answer, asyncio.Future):
        answer.add_done_callback(lambda done: _hand_on(later, done, change))
    elif not later.done():
        later.set_result(None if answer is None else change(answer))


def _hand_on(later: Later, done: Later, change: Callable[[AccessReply], AccessReply]) -> None:
    if later.done():
        return
    if done.cancelled() or done.exception() is not None:
        later.cancel()
    else:
        settle(later, done.result(), change)
