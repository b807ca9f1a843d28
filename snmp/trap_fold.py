"""A trap that is repeated is told once and then counted: `count`, first and last.

What is folded is a repetition in the strict sense: the same octets about the same subject, with nothing else about that
subject between. Down, up, down of one link stays three events, because the order is what matters.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from snmp.trap_events import TrapEvent

AGAIN_S: Final = 10.0
"""Seconds that repetitions are gathered; a trap that comes again after a longer silence is news."""

MOST_RUNS: Final = 1024
"""Subjects remembered of one source."""

MOST_KNOWN: Final = 1024
"""Decoded contents remembered of one source."""

MOST_INFORMS: Final = 256
"""Informs of one source that are recognised when they are sent again."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A trap, or how often it was repeated. Unix seconds.

    The sum of `count` over all that is told is the number of traps. `again`: it had been told, and was repeated so
    often since. `source`: the key of who sent it. `uptime`: of the agent at the last one, hundredths of a second.
    `user`: who signed it (v3), "" where nobody did.
    """

    source: int
    event: TrapEvent
    count: int
    first_at: float
    last_at: float
    again: bool = False
    uptime: int = 0
    user: str = ""


@dataclass(slots=True, eq=False)
class Run:
    """The last thing told of one subject, and what came of it since."""

    source: int
    event: TrapEvent
    content: bytes
    last_at: float
    uptime: int
    user: str
    count: int = 0  # repetitions not told yet
    first_at: float = 0.0  # of those

    def told(self) -> Heard:
        """Its repetitions; they begin anew."""
        count, self.count = self.count, 0
        return Heard(
            self.source, self.event, count, self.first_at, self.last_at, again=True, uptime=self.uptime, user=self.user
        )


class Memory:
    """What was heard of one source: contents decoded, runs by subject, informs."""

    __slots__ = ("informs", "known", "runs")

    def __init__(self) -> None:
        self.known: OrderedDict[bytes, TrapEvent] = OrderedDict()
        self.runs: OrderedDict[str | bytes, Run] = OrderedDict()
        self.informs: OrderedDict[int, None] = OrderedDict()

    def event(self, content: bytes, decode: Callable[[], TrapEvent]) -> TrapEvent:
        """What this content means; decoded once while it is remembered."""
        event = self.known.get(content)
        if event is None:
            event = decode()
            if len(self.known) >= MOST_KNOWN:
                self.known.popitem(last=False)
            self.known[content] = event
        return event

    def retransmitted(self, octets: bytes) -> bool:
        """Whether this very inform was heard; from now on it was."""
        mark = hash(octets)
        if mark in self.informs:
            return True
        if len(self.informs) >= MOST_INFORMS:
            self.informs.popitem(last=False)
        self.informs[mark] = None
        return False


class Fold:
    """The runs of all sources. Whatever it is asked for is a handful of steps."""

    def __init__(self, again_s: float = AGAIN_S) -> None:
        self._again_s = again_s
        self._due: deque[tuple[float, Run]] = deque()  # by when their first repetition came

    def hear(
        self, memory: Memory, source: int, event: TrapEvent, content: bytes, at: float, uptime: int = 0, user: str = ""
    ) -> Iterator[Heard]:
        """What is to be told now: the trap, unless it repeats; before it the count of another that it ends."""
        subject = event.subject or content
        run = memory.runs.get(subject)
        if run is not None and run.content == content and run.user == user and at - run.last_at <= self._again_s:
            self._repeat(run, at, uptime)
            return
        if run is not None and run.count:
            yield run.told()
        elif run is None and len(memory.runs) >= MOST_RUNS:
            _, oldest = memory.runs.popitem(last=False)
            if oldest.count:
                yield oldest.told()
        memory.runs[subject] = Run(source, event, content, at, uptime, user)
        yield Heard(source, event, 1, at, at, uptime=uptime, user=user)

    def _repeat(self, run: Run, at: float, uptime: int) -> None:
        if not run.count:
            run.first_at = at
            self._due.append((at, run))
        run.count += 1
        run.last_at, run.uptime = at, uptime

    def due(self, at: float, most: int = 64) -> Iterator[Heard]:
        """Repetitions that were gathered long enough, at most so many."""
        while self._due and most and self._due[0][0] + self._again_s <= at:
            _, run = self._due.popleft()
            if run.count and run.first_at + self._again_s <= at:
                most -= 1
                yield run.told()

    def rest(self) -> Iterator[Heard]:
        """All repetitions that were not told yet: before the end."""
        yield from self.due(float("inf"), most=len(self._due))
