"""One device as a caller sees it: values, columns, SET; with retries, a deadline and answers of a good size."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from snmp.backends import PREFERRED, Backend, open_wire
from snmp.credentials import Credentials, Target
from snmp.errors import AgentError, AuthFailed, Malformed, NoSuchObject, NotIncreasing, PortClosed, TimedOut, TooBig
from snmp.free_clock import free_clock
from snmp.pysnmp_wire import PysnmpWire
from snmp.sizing import Sizing
from snmp.wire import Assignment, Cursor, Value

T = TypeVar("T")
MOST_ROWS: Final = 200_000
"""Of one column; more is an agent gone mad, or one that wants to fill our memory."""
TOO_BIG: Final = 1
GET_AT_ONCE: Final = 24
"""Values in one GET: some agents take no more."""


@dataclass(frozen=True)
class Patience:
    """How long each attempt waits, the first and its repetitions: growing, so that a busy device is not hurried."""

    attempts_s: tuple[float, ...] = (1.0, 2.0, 3.0)


class Client:
    """Towards one device; one request at a time, so one caller at a time.

    All times are counted while our loop was free (`snmp.free_clock`). Keep it between polls: it holds the socket, the
    v3 session and what was learned of the device. Close it at the end.
    """

    def __init__(
        self,
        target: Target,
        credentials: Credentials,
        *,
        patience: Patience = Patience(),  # frozen
        sizing: Sizing | None = None,
        backend: Backend = PREFERRED,
        admit: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``admit`` is awaited before each request leaves: a device's budget."""
        self.target, self.patience, self.backend = target, patience, backend
        self._admit = admit
        self.sizing = sizing or Sizing()
        self.requests = 0
        """Sent so far, repetitions included."""
        self._second = PysnmpWire(target, credentials)
        self._wire = open_wire(target, credentials, self._second, backend)
        self._clock = free_clock()
        self._ends: float | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the sockets back."""
        self._wire.close()
        self._second.close()

    @contextlib.contextmanager
    def within(self, deadline_s: float) -> Iterator[None]:
        """All that is asked inside ends by then: TimedOut, however many repetitions were left."""
        before, self._ends = self._ends, self._clock.now() + deadline_s
        try:
            yield
        finally:
            self._ends = before

    # ------------------------------------------------------------ values

    async def get(self, oid: str) -> Value:
        """One value; raises NoSuchObject."""
        found = await self.get_many([oid])
        if oid not in found:
            raise NoSuchObject(f"{self.target}: no {oid}")
        return found[oid]

    async def get_many(self, oids: Sequence[str]) -> dict[str, Value]:
        """Values by OID; what the device has not is missing."""
        found: dict[str, Value] = {}
        for at in range(0, len(oids), GET_AT_ONCE):
            found |= await self._some(oids[at : at + GET_AT_ONCE], alone=len(oids) == 1)
        return found

    async def _some(self, oids: Sequence[str], *, alone: bool) -> dict[str, Value]:
        """An agent that answers nothing at all may have stumbled over one of them (v1 always does): ask by halves.

        The one over which it stumbles is missing, unless it was ``alone`` what was asked.
        """
        try:
            found = await self._tried(lambda limit: self._wire.get(oids, limit))
        except AgentError:
            if alone:
                raise
            found = {}
        if found or len(oids) == 1:
            return {oid: value for oid, value in found.items() if oid in oids}
        half = len(oids) // 2
        return await self._some(oids[:half], alone=False) | await self._some(oids[half:], alone=False)

    async def set(self, *assignments: Assignment) -> None:
        """All of them or none; raises Refused and its kin. Not repeated: a SET may have been done."""
        limit = await self._admitted(self.patience.attempts_s[-1])
        await self._second.set(assignments, limit)

    # ------------------------------------------------------------ columns

    async def column(self, oid: str) -> dict[str, Value]:
        """All values below ``oid`` by what follows it (the index, dotted); empty where there is nothing."""
        while True:
            cursor = self._wire.cursor(oid, self.sizing.ask(oid))
            try:
                return await self._walk(cursor)
            except (AgentError, Malformed, TimedOut) as problem:
                by_size = not isinstance(problem, AgentError) or problem.status in (0, TOO_BIG)
                out_of_time = self._ends is not None and self._clock.now() >= self._ends
                if out_of_time or not by_size or not self.sizing.shrink(cursor.size):
                    raise

    async def _walk(self, cursor: Cursor) -> dict[str, Value]:
        rows: dict[str, Value] = {}
        cut, over, short = len(cursor.oid) + 1, False, 0
        while not over:
            pairs, over = await self._tried(lambda limit: self._wire.page(cursor, limit))
            before = len(rows)
            rows.update([(oid[cut:], value) for oid, value in pairs])
            if len(rows) - before != len(pairs) or len(rows) > MOST_ROWS:
                raise NotIncreasing(f"{self.target}: the walk of {cursor.oid} does not end")
            if short and pairs:  # it gave less than it was asked for, and had more
                self.sizing.cut(short)
            short = len(pairs) if 1 < len(pairs) < cursor.size else 0
        self.sizing.walked(cursor.oid, len(rows))
        return rows

    # ------------------------------------------------------------ attempts

    async def _tried(self, ask: Callable[[float], Awaitable[T]]) -> T:
        """Ask, and again after a silence; once more after an error that may pass: the agent restarts, or stumbled."""
        attempts, second_chance = list(self.patience.attempts_s), True
        while True:
            limit = await self._admitted(attempts[0])
            try:
                return await ask(limit)
            except TimedOut:
                del attempts[0]
                if not attempts:
                    raise
            except (AuthFailed, PortClosed, AgentError) as problem:
                if not second_chance or isinstance(problem, TooBig):
                    raise
                second_chance = False

    async def _admitted(self, wanted_s: float) -> float:
        """One request may leave; how long it may wait. Raises TimedOut past the deadline."""
        if self._admit is not None:
            await self._admit()
        limit = self._limit(wanted_s)
        self.requests += 1
        return limit

    def _limit(self, wanted_s: float) -> float:
        if self._ends is None:
            return wanted_s
        left = self._ends - self._clock.now()
        if left <= 0:
            raise TimedOut(f"{self.target}: not done by its deadline")
        return min(wanted_s, left)
