"""Accounting that loses nothing: each record is sent until it is acknowledged, in order within its session.

One record of a session is under way at a time; those behind it wait in the session's lane. A record sent again
carries the time it waited (Acct-Delay-Time) and therefore a new identifier (RFC 2866 4.1), and an answer to any of
its sendings acknowledges it. Back-off is bounded, so a server that returns is found within seconds.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from oss.lab.agenda import Agenda
from oss.lab.latency import Latency
from oss.lab.ledger import Ledger
from oss.lab.records import Record, Status, delay
from oss.lab.wire import Slot, Wire
from radius.attributes import ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE
from radius.integrity import Secret, request
from radius.packet import Packet

# Older sendings whose answer would still count; more of them would only hold identifiers.
_SENDINGS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """When an unanswered record is sent again: after `first_s`, doubling up to `longest_s`; memory for `records`."""

    first_s: float = 1.0
    longest_s: float = 10.0
    records: int = 500_000


@dataclass(slots=True)
class Lane:
    """The unacknowledged records of one session, oldest first; `gone` when the router forgot them."""

    records: deque[Record] = field(default_factory=deque)
    gone: bool = False
    emptied: Callable[[], None] | None = None


class Accounting:
    """The accounting of one NAS. Counters: sent, resent, acked, dropped (memory full), forgotten (reboot)."""

    def __init__(
        self, nas: str, wire: Wire, secret: Secret, agenda: Agenda, ledger: Ledger, patience: Patience, seed: int
    ) -> None:
        self.sent = self.resent = self.acked = self.dropped = self.forgotten = self.pending = 0
        self.latency = Latency()
        self._nas, self._wire, self._secret = nas, wire, secret
        self._agenda, self._ledger, self._patience = agenda, ledger, patience
        self._random = random.Random(f"{seed}:accounting:{nas}")
        self._lanes: dict[int, Lane] = {}

    def submit(self, lane: Lane, record: Record) -> None:
        """Takes a record for delivery. Only an interim is ever dropped: the next one says more."""
        if record.status is Status.INTERIM and self.pending >= self._patience.records:
            self.dropped += 1
            return
        self.pending += 1
        lane.records.append(record)
        if len(lane.records) == 1:
            self._lanes[id(lane)] = lane
            _Delivery(self, lane, record).begin()

    def forget(self) -> None:
        """Loses what was not acknowledged, as a router does that reboots."""
        for lane in self._lanes.values():
            lane.gone = True
            self.forgotten += len(lane.records)
            lane.records.clear()
        self._lanes.clear()
        self.pending = 0

    def _acknowledged(self, lane: Lane, record: Record) -> None:
        self.acked += 1
        self.pending -= 1
        self.latency.record(self._agenda.now() - record.due)
        self._ledger.append(self._nas, record)
        lane.records.popleft()
        if lane.records:
            _Delivery(self, lane, lane.records[0]).begin()
            return
        del self._lanes[id(lane)]
        if lane.emptied is not None:
            lane.emptied()


class _Delivery:
    """The sendings of one record until one of them is answered."""

    __slots__ = ("_accounting", "_done", "_lane", "_record", "_slots", "_tries")

    def __init__(self, accounting: Accounting, lane: Lane, record: Record) -> None:
        self._accounting, self._lane, self._record = accounting, lane, record
        self._slots: list[Slot] = []
        self._tries = 0
        self._done = False

    def begin(self) -> None:
        self._accounting._wire.lease(self._send)

    def answered(self, packet: Packet) -> None:
        if packet.code == ACCOUNTING_RESPONSE and not self._over():
            self._finish()
            self._accounting._acknowledged(self._lane, self._record)

    def _over(self) -> bool:
        if self._lane.gone and not self._done:
            self._finish()
        return self._done

    def _finish(self) -> None:
        self._done = True
        for slot in self._slots:
            self._accounting._wire.release(slot)
        self._slots.clear()

    def _send(self, slot: Slot) -> bool:
        if self._over():
            return False
        owner, record = self._accounting, self._record
        waited_s = int(owner._agenda.now() - record.due)
        body = record.body + delay(waited_s)
        self._slots.append(slot)
        datagram = request(ACCOUNTING_REQUEST, slot.ident, body, owner._secret)
        owner._wire.send(slot, datagram, self)
        self._count()
        owner._agenda.about(self._timeout_s(), partial(self._overdue, self._tries))
        return True

    def _count(self) -> None:
        self._tries += 1
        if self._tries == 1:
            self._accounting.sent += 1
        else:
            self._accounting.resent += 1

    def _timeout_s(self) -> float:
        patience = self._accounting._patience
        timeout_s: float = min(patience.first_s * 2 ** min(self._tries - 1, 30), patience.longest_s)
        return timeout_s * self._accounting._random.uniform(0.9, 1.1)

    def _overdue(self, tries: int, due: float) -> None:
        del due
        if self._over() or tries != self._tries:
            return
        wire = self._accounting._wire
        # Who holds an identifier while waiting for another would, with all others doing so, wait for ever.
        kept = _SENDINGS_KEPT - 1 if wire.has_room else 0
        while len(self._slots) > kept:
            wire.release(self._slots.pop(0))
        wire.lease(self._send)
