"""A trap that is repeated is told once and then counted: `count`, first and last.

What is folded is a repetition in the strict sense: the same octets about the same subject, with nothing else about that
subject between. Down, up, down of one link stays three events, because the order is what matters.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from snmp.trap_events import TrapEvent

AGAIN_S: Final = 10.0
"""Seconds that repetitions are gathered; a trap that comes again after a longer silence is news."""

MOST_RUNS: Final = 1024
"""Subjects remembered of one source."""

MOST_IN_ALL: Final = 32_768
"""Subjects remembered of all sources: some 50 MB."""

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

    memory: Memory
    source: int
    subject: str | bytes
    event: TrapEvent
    content: bytes
    user: str
    last_at: float
    uptime: int
    count: int = 0  # repetitions not told yet
    first_at: float = 0.0  # of those

    def told(self) -> Heard:
        """Its repetitions; they begin anew."""
        count, self.count = self.count, 0
        return Heard(
            self.source, self.event, count, self.first_at, self.last_at, again=True, uptime=self.uptime, user=self.user
        )


class Memory:
    """What was heard of one source: its runs, by subject and by content, and its informs."""

    __slots__ = ("by_content", "informs", "runs")

    def __init__(self) -> None:
        self.runs: OrderedDict[str | bytes, Run] = OrderedDict()  # the oldest first
        self.by_content: dict[bytes, Run] = {}
        self.informs: OrderedDict[int, None] = OrderedDict()

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

    def __init__(self, again_s: float = AGAIN_S, most: int = MOST_RUNS, in_all: int = MOST_IN_ALL) -> None:
        self._again_s, self._most, self._in_all = again_s, most, in_all
        # The oldest first; a plain dict would look for it behind all those that went before.
        self._all: OrderedDict[Run, None] = OrderedDict()
        self._due: deque[tuple[float, Run]] = deque()  # by when their first repetition came

    def repeats(self, memory: Memory, content: bytes, at: float, uptime: int, user: str = "") -> bool:
        """Whether this is a repetition, which is counted then; nothing needs to be decoded for that."""
        run = memory.by_content.get(content)
        if run is None or run.user != user or at - run.last_at > self._again_s:
            return False
        if not run.count:
            run.first_at = at
            self._due.append((at, run))
        run.count += 1
        run.last_at, run.uptime = at, uptime
        return True

    def begin(
        self, memory: Memory, source: int, event: TrapEvent, content: bytes, at: float, uptime: int, user: str = ""
    ) -> list[Heard]:
        """What is to be told now of what is no repetition: before it the counts of what it ends."""
        subject = event.subject or content
        told = self._end(memory.by_content.get(content)) + self._end(memory.runs.get(subject))
        if len(memory.runs) >= self._most:
            told += self._end(next(iter(memory.runs.values())))
        if len(self._all) >= self._in_all:
            told += self._end(next(iter(self._all)))
        run = Run(memory, source, subject, event, content, user, at, uptime)
        memory.runs[subject] = memory.by_content[content] = run
        self._all[run] = None
        told.append(Heard(source, event, 1, at, at, uptime=uptime, user=user))
        return told

    def _end(self, run: Run | None) -> list[Heard]:
        """Forget a run; its repetitions, if there are any, are to be told."""
        if run is None:
            return []
        del run.memory.runs[run.subject], run.memory.by_content[run.content], self._all[run]
        return [run.told()] if run.count else []

    def due(self, at: float, most: int = 64) -> Iterator[Heard]:
        """Repetitions that were gathered long enough, of at most so many subjects."""
        while self._due and most and self._due[0][0] + self._again_s <= at:
            _, run = self._due.popleft()
            if run.count and run.first_at + self._again_s <= at:
                most -= 1
                yield run.told()

    def rest(self) -> Iterator[Heard]:
        """All repetitions that were not told yet: before the end."""
        yield from self.due(float("inf"), most=len(self._due))
