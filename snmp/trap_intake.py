"""From datagrams to what happened, without a socket: who may speak, in turn, decoded, answered, folded.

`hear` is cheap and is done with everything that comes: who sent it, whether he may, whether he is above his rate,
whether his queue has room. `work` does the dear part, one datagram of each source in turn. So a flood is read from the
socket as fast as it comes, and thrown away at its own source's expense.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from snmp.ber import Malformed
from snmp.trap_events import Book, book
from snmp.trap_fold import Fold, Heard, Memory
from snmp.trap_message import INFORM, TrapMessage, Version, answer, decode, skim, version_of
from snmp.trap_sources import SIGNED_BURST, SIGNED_PER_SECOND, Address, Bucket, Counts, Source, Strangers
from snmp.trap_turns import Queue, Turns

log = logging.getLogger(__name__)

Answer = tuple[bytes, Address]


class Signed(NamedTuple):
    """What a v3 message said once it was believed. `message` None: it said nothing (a discovery, a report).

    `content`: what is the same in every repetition.
    """

    user: str
    message: TrapMessage | None
    content: bytes
    answers: tuple[Answer, ...]


class Security(Protocol):
    """What reads v3: `snmp.trap_v3.Usm`."""

    def hear(self, octets: bytes, address: Address, users: frozenset[str]) -> Signed:
        """Read one message of one of these users; raises Malformed for what cannot be believed."""


class Lane(Queue):
    """One source: its queue, its counts, what was heard of it."""

    __slots__ = ("bucket", "counts", "last_error", "memory", "opening", "signed", "source")

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.counts, self.memory, self.last_error = Counts(), Memory(), ""
        self.adopt(source)

    def adopt(self, source: Source) -> None:
        """What may be sent changed, what was heard stays."""
        self.source = source
        self.bucket = Bucket(source.per_second, source.burst)
        self.signed = Bucket(SIGNED_PER_SECOND, SIGNED_BURST)
        self.opening = tuple(
            bytes((2, 1, version, 4, len(community))) + community
            for community in source.communities
            for version in (Version.V1, Version.V2C)
            if len(community) < 0x80
        )
        """How a message of one of its communities goes on behind the first length."""

    def accepts(self, octets: bytes) -> bool:
        """Whether it begins as it should: one comparison, before anything is decoded; v3 proves itself later.

        Raises Malformed for some of what is no message.
        """
        if octets.startswith(self.opening, _behind_length(octets)):
            return True
        if version_of(octets) == Version.V3:
            return bool(self.source.users)
        return skim(octets).community in self.source.communities  # its lengths may be longer than they need


def _behind_length(octets: bytes) -> int:
    """Where the version stands, if this is a message at all."""
    length = octets[1] if len(octets) > 1 else 0
    return 2 if length < 0x80 else 2 + (length & 0x7F)


class Intake:
    """Everything between a socket and whoever wants to know.

    `heard` is called for each thing to tell, in the order of hearing within a source. It must not be slow.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        heard: Callable[[Heard], None],
        *,
        security: Security | None = None,
        meanings: Book | None = None,
        turns: Turns[Lane] | None = None,
        fold: Fold | None = None,
    ) -> None:
        """`sources`: by address, without a scope."""
        self._heard, self._security, self._book = heard, security, meanings or book()
        self._turns: Turns[Lane] = Turns() if turns is None else turns
        self._fold = fold or Fold()
        self._lanes: dict[str, Lane] = {}
        self._by_key: dict[int, Lane] = {}
        self.strangers = Strangers()
        self.know(sources)

    def know(self, sources: Mapping[str, Source]) -> None:
        """Another table of sources; what was counted and heard of those that stay is kept."""
        before, self._by_key, self._lanes = self._by_key, {}, {}
        for host, source in sources.items():
            lane = self._by_key.get(source.key) or before.get(source.key) or Lane(source)
            if lane.source != source:
                lane.adopt(source)
            self._by_key[source.key] = self._lanes[host] = lane

    def believe(self, security: Security) -> None:
        """Another reader of v3: users were added, or engines learned."""
        self._security = security

    def counts(self) -> dict[int, Counts]:
        """By the source's key; live objects, to be read in the same thread."""
        return {key: lane.counts for key, lane in self._by_key.items()}

    def last_errors(self) -> dict[int, str]:
        """Why the last malformed message of a source was none, for those that sent one."""
        return {key: lane.last_error for key, lane in self._by_key.items() if lane.last_error}

    @property
    def waiting(self) -> bool:
        """Whether there is work."""
        return len(self._turns) > 0

    def hear(self, octets: bytes, address: Address, now: float, at: float) -> None:
        """One datagram. `now`: monotonic seconds; `at`: Unix seconds."""
        lane = self._lanes.get(address[0])
        if lane is None:
            self.strangers.note(address[0], at)
            return
        counts = lane.counts
        counts.received += 1
        if not lane.bucket.take(now):
            counts.limited += 1
            return
        try:
            if not lane.accepts(octets):
                counts.refused += 1
            elif octets[_behind_length(octets) + 2] == Version.V3 and not lane.signed.take(now):
                counts.limited += 1
            elif not self._turns.offer(lane, octets, address, at):
                counts.crowded += 1
        except Malformed as error:
            self._malformed(lane, error)

    def work(self, most: int) -> list[Answer]:
        """At most so many datagrams, one of each source in turn; gives what is to be sent back."""
        answers: list[Answer] = []
        for _ in range(most):
            taken = self._turns.take()
            if taken is None:
                break
            lane, octets, (address, at) = taken
            try:
                self._one(lane, octets, address, at, answers)
            except Malformed as error:
                self._malformed(lane, error)
        return answers

    def _malformed(self, lane: Lane, error: Malformed) -> None:
        lane.counts.malformed += 1
        lane.last_error = str(error)

    def settle(self, at: float | None = None) -> None:
        """Tell the repetitions that were gathered long enough."""
        for one in self._fold.due(time.time() if at is None else at):
            self._heard(one)

    def close(self) -> None:
        """Work off what waits, and tell all repetitions. Nobody is answered any more."""
        while self.waiting:
            self.work(1024)
        for one in self._fold.rest():
            self._heard(one)

    def _one(self, lane: Lane, octets: bytes, address: Address, at: float, answers: list[Answer]) -> None:
        if octets[_behind_length(octets) + 2] == Version.V3:
            self._signed(lane, octets, address, at, answers)
            return
        known = skim(octets)
        memory = lane.memory
        if known.kind == INFORM:
            message = decode(octets, known)  # nothing is acknowledged that was not understood
            answers.append((answer(octets, known), address))
            lane.counts.answered += 1
            if memory.retransmitted(octets):
                lane.counts.retransmitted += 1
                return
            self._tell(lane, message, known.content, at)
        elif self._fold.repeats(memory, known.content, at, known.uptime):
            lane.counts.folded += 1
        else:
            self._begin(lane, decode(octets, known), known.content, at)

    def _signed(self, lane: Lane, octets: bytes, address: Address, at: float, answers: list[Answer]) -> None:
        if self._security is None:
            raise Malformed("version 3, and nobody who reads it")
        said = self._security.hear(octets, address, lane.source.users)
        answers += said.answers
        if said.message is None:
            lane.counts.prepared += 1
            return
        if said.message.confirmed:
            lane.counts.answered += 1
            if lane.memory.retransmitted(b"%d %b" % (said.message.request_id, said.content)):
                lane.counts.retransmitted += 1
                return
        self._tell(lane, said.message, said.content, at, said.user)

    def _tell(self, lane: Lane, message: TrapMessage, content: bytes, at: float, user: str = "") -> None:
        if self._fold.repeats(lane.memory, content, at, message.uptime, user):
            lane.counts.folded += 1
        else:
            self._begin(lane, message, content, at, user)

    def _begin(self, lane: Lane, message: TrapMessage, content: bytes, at: float, user: str = "") -> None:
        event = self._book.event(message)
        for one in self._fold.begin(lane.memory, lane.source.key, event, content, at, message.uptime, user):
            self._heard(one)
        lane.counts.told += 1
