"""Whose TLS is next. A step of it takes from a tenth of a millisecond to two; any other answer a fiftieth of one.

So the steps wait here, and are done a slice at a time: between two slices the loop hears who else has come, and no
login without TLS waits for more than one slice. What goes on is done before what begins, for a talk that does not end
in time has cost everything for nothing; and NAS take turns, so that none waits for the crowd of another.

A NAS whose talks are begun and left has a window, as TCP has a backlog: while so many of them stand half open, its next
one waits until one of them goes on, or is forgiven. Supplicants that mean it go on within their way there and back.
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

HALF_OPEN: Final = 256
"""Talks of a NAS that may have begun TLS and not gone on: those of a herd do so within a fifth of a second or so."""

FORGIVEN_PER_S: Final = 100.0
"""Half-open talks of a NAS that are forgotten each second: supplicants go out of range, and a flood gets no more."""

STALE_S: Final = 5.0
"""A beginning that has waited for so long is dropped: its NAS asks again, or has given up."""

Answer = AccessReply | Later | None


class Step(NamedTuple):
    """A request that will take a moment, who waits for its answer, and since when (monotonic seconds)."""

    work: Callable[[], Answer]
    later: Later
    since: float


class HalfOpen:
    """How many talks of each NAS have begun TLS and not gone on, less those that are forgiven by now."""

    def __init__(self, most: int = HALF_OPEN, forgiven_per_s: float = FORGIVEN_PER_S) -> None:
        self.most, self.forgiven_per_s = most, forgiven_per_s
        self._open: dict[int, tuple[float, float]] = {}  # by NAS: how many, and when that was so

    def count(self, nas: int, now: float) -> float:
        """Of one NAS."""
        count, at = self._open.get(nas, (0.0, now))
        return max(0.0, count - (now - at) * self.forgiven_per_s)

    def full(self, nas: int, now: float) -> bool:
        """Whether its next one has to wait."""
        return nas in self._open and self.count(nas, now) > self.most - 1

    def begun(self, nas: int, now: float) -> None:
        """One more."""
        self._open[nas] = self.count(nas, now) + 1, now

    def went_on(self, nas: int, now: float) -> None:
        """One fewer."""
        if nas not in self._open:
            return
        count = self.count(nas, now) - 1
        if count > 0:
            self._open[nas] = count, now
        else:
            del self._open[nas]


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

    def next(self, held: Callable[[int], bool] = lambda nas: False) -> tuple[int, Step] | None:
        """The oldest of the NAS whose turn it is, and which that is; None while all that wait are held back."""
        for _ in range(len(self._by_nas)):
            nas = next(iter(self._by_nas))
            self._by_nas.move_to_end(nas)
            if not held(nas):
                return nas, self._out(nas, self._by_nas[nas].popleft)
        return None

    def _out(self, nas: int, take: Callable[[], Step]) -> Step:
        step = take()
        self.count -= 1
        if not self._by_nas[nas]:
            del self._by_nas[nas]
        return step


class Turns:
    """The steps of the running loop. ``dropped`` counts those that gave way or grew stale: their NAS ask again."""

    def __init__(
        self,
        most: int = MOST,
        slice_s: float = SLICE_S,
        half_open: HalfOpen | None = None,
        stale_s: float = STALE_S,
    ) -> None:
        self.going_on, self.beginning = Waiting(most), Waiting(most)
        self.half_open = half_open or HalfOpen()
        self.slice_s, self.stale_s, self.dropped = slice_s, stale_s, 0
        self._under_way = False
        self._held: asyncio.TimerHandle | None = None

    def add(self, nas: int, begins: bool, work: Callable[[], Answer]) -> Later:
        """The answer of ``work``, when its turn has come; ``begins``: it is a conversation's first."""
        loop, now = asyncio.get_running_loop(), time.monotonic()
        step = Step(work, loop.create_future(), now)
        gone = (self.beginning if begins else self.going_on).add(nas, step)
        if not begins:
            self.half_open.went_on(nas, now)
        if gone is not None:
            self._drop(gone)
        self._wake()
        return step.later

    @property
    def waiting(self) -> int:
        """Steps that wait."""
        return self.going_on.count + self.beginning.count

    def _wake(self) -> None:
        if not self._under_way:
            self._under_way = True
            asyncio.get_running_loop().call_soon(self._slice)

    def _slice(self) -> None:
        self._under_way = False
        until = time.perf_counter() + self.slice_s
        while (step := self._next(time.monotonic())) is not None:
            _do(step)
            if time.perf_counter() >= until:
                self._wake()
                return
        if self.beginning.count and self._held is None:
            wait = 1 / self.half_open.forgiven_per_s
            self._held = asyncio.get_running_loop().call_later(wait, self._again)

    def _again(self) -> None:
        self._held = None
        self._wake()

    def _next(self, now: float) -> Step | None:
        found = self.going_on.next()
        if found is not None:
            return found[1]
        while (found := self.beginning.next(lambda nas: self.half_open.full(nas, now))) is not None:
            nas, step = found
            if now - step.since <= self.stale_s:
                self.half_open.begun(nas, now)
                return step
            self._drop(step)
        return None

    def _drop(self, step: Step) -> None:
        self.dropped += 1
        settle(step.later, None)


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
