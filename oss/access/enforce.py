"""Desired and observed (invariant 3): for each live session, what should be and what its NAS is known to do.

The difference shrinks by itself: CoA -> parse the answer -> verify by the traffic of the next interims -> fall back to
Disconnect -> try again with back-off. Who paid goes before who is to be slowed.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

from oss.access.index import Entry, Index
from oss.access.sessions import Live, Sessions
from radius import attributes as a
from radius.client import Client, NoReply
from radius.dynamic_authorization import Outcome, error_cause_name, parse
from radius.errors import RadiusError
from radius.packet import Packet
from radius.peers import host_address
from radius.profile import Profile
from radius.radsec_link import NotConnected
from radius.server import Peer
from radius.vendors import vendor

log = logging.getLogger(__name__)
AT_ONCE = 32  # CoA in flight per NAS: a router's control plane is not a load test
BACKOFF_S = (1.0, 3.0, 8.0, 20.0, 60.0, 120.0)
SESSION_CONTEXT_NOT_FOUND = 503
VERIFY_AFTER_S = 8  # seconds of the session's own clock that an interim must cover before traffic proves anything
TOLERATED = 1.5
SETTLE_S = 2.0
ANSWERED_S = 300.0  # how long after its login a session may begin
LOOKED_AT = 2_000  # sessions one look for due tries takes

Asked = Callable[[int, bytes, float], Awaitable[Packet]]
"""Asks a NAS that comes by TLS: code, attributes, seconds to wait. Raises NotConnected where it is not there."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a NAS takes CoA and Disconnect."""

    host: str | None
    port: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Done:
    """One change the network obeyed, or a session that ended meanwhile: a row of ``enforcement``."""

    live: Live
    contract_id: int
    account_id: int | None
    cause: str
    wanted: str
    asked_at: float
    outcome: str
    error_cause: str | None
    was: str | None
    attempts: int
    ended_at: float


class Enforcer:
    """Drives every live session of this node towards what its contract wants."""

    def __init__(
        self,
        index: Index,
        sessions: Sessions,
        client: Client,
        target: Callable[[Peer], Target],
        ghost: Callable[[Live], None],
    ) -> None:
        """``ghost`` is told of each session that its NAS does not know."""
        self.index, self.sessions, self.client, self.target, self.ghost = index, sessions, client, target, ghost
        self.secured: Callable[[Peer], Asked | None] = lambda peer: None  # how a NAS is asked that comes by TLS
        self.took: Callable[[int, float], None] = lambda nas_id, seconds: None  # told of each answer's round trip
        self.done: list[Done] = []
        self.counts = {"coa_ack": 0, "coa_nak": 0, "coa_silent": 0, "disconnect_ack": 0, "disconnect_nak": 0}
        self.counts |= {"disconnect_silent": 0, "not_obeyed": 0}
        self._queues: dict[int, list[tuple[int, float, int, Live]]] = {}
        self._running: dict[int, int] = {}
        self._ticket = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._round: Iterator[Live] = iter(())

    # ------------------------------------------------------------ what should be

    def entry_changed(self, entry: Entry) -> None:
        """A login's decision changed: look at its live sessions."""
        for live in self.sessions.by_login.get(entry.login, ()):
            live.attempts, live.next_try, live.force_disconnect, live.why = 0, 0.0, False, ""
            self.check(live)

    def check(self, live: Live) -> None:
        """Queue a session whose NAS does not do what its contract wants."""
        entry = self.index.get(live.login)
        if entry is None and (live.desired is None or not self.index.ready):
            return  # a login that was never ours (another server accepts it) is not ours to cut
        wanted = entry.key if entry else "reject"
        if live.desired != wanted:
            live.desired = wanted
            self.sessions.dirty.add(live)
        if live.applied == wanted:
            self._settled(live)
            return
        if not live.asked_at:
            live.asked_at, live.was = time.time(), live.applied
            self.sessions.drifting.add(live)
            self.sessions.dirty.add(live)
        if not live.busy and live.next_try <= time.monotonic():
            self._enqueue(live, wanted)

    def _settled(self, live: Live) -> None:
        if live.asked_at:
            live.asked_at, live.drift_cause, live.attempts, live.force_disconnect = 0.0, None, 0, False
            live.why = ""
            self.sessions.drifting.discard(live)
            self.sessions.dirty.add(live)

    def _enqueue(self, live: Live, wanted: str) -> None:
        live.busy = True
        opening = 0 if wanted.startswith("full") else 1
        queue = self._queues.setdefault(live.peer.key, [])
        heapq.heappush(queue, (opening, live.asked_at, next(self._ticket), live))
        self._start(live.peer.key)

    def _start(self, nas_id: int) -> None:
        queue = self._queues.get(nas_id)
        while queue and self._running.get(nas_id, 0) < AT_ONCE:
            live = heapq.heappop(queue)[3]
            if self.sessions.by_uid.get(live.uid) is not live:  # it ended while it waited
                live.busy = False
                continue
            self._running[nas_id] = self._running.get(nas_id, 0) + 1
            task = asyncio.get_running_loop().create_task(self._attempt(live))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _attempt(self, live: Live) -> None:
        try:
            await self._obey(live)
        finally:
            live.busy = False
            self._running[live.peer.key] -= 1
            self._start(live.peer.key)

    # ------------------------------------------------------------ asking the NAS

    async def _obey(self, live: Live) -> None:
        entry = self.index.get(live.login)
        wanted = entry.key if entry else "reject"
        if live.applied == wanted or self.sessions.by_uid.get(live.uid) is not live:
            return
        disconnect = wanted == "reject" or live.force_disconnect or entry is None
        target = self.target(live.peer)
        if not target.enabled:
            self._again(live, "coa_off")
            return
        profile = None if disconnect or entry is None else entry.profile()
        try:
            outcome = await self._send(live, target, profile)
        except (RadiusError, OSError) as error:
            # An order that cannot even be sent (no route, a list with too long a name) waits like one unanswered.
            self.counts["disconnect_silent" if disconnect else "coa_silent"] += 1
            self._again(live, _unsaid(error))
            return
        self.counts[f"{'disconnect' if disconnect else 'coa'}_{'ack' if outcome.ack else 'nak'}"] += 1
        if outcome.ack:
            self._obeyed(live, entry, wanted, disconnect)
        else:
            self._refused(live, outcome, disconnect)

    async def _send(
        self, live: Live, target: Target, profile: Profile | None, tries: int = 3, timeout_s: float = 1.0
    ) -> Outcome:
        """One CoA-Request (or Disconnect-Request without a profile), retransmitted by the client."""
        maker = vendor(live.peer.vendor)
        code = a.DISCONNECT_REQUEST if profile is None else a.COA_REQUEST
        body = a.attr(a.EVENT_TIMESTAMP, int(time.time())) + maker.keys(live.keys())
        body += maker.change(profile) if profile is not None else b""
        began, tls = time.monotonic(), self.secured(live.peer)
        if tls is not None:
            answer = await tls(code, body, tries * timeout_s)
        else:
            address = (target.host or str(host_address(live.source)), target.port)
            answer = await self.client.exchange(address, code, body, live.peer.secret, timeout_s, tries)
        self.took(live.peer.key, time.monotonic() - began)
        return parse(answer)

    def _obeyed(self, live: Live, entry: Entry | None, wanted: str, disconnect: bool) -> None:
        live.was = live.was or live.applied
        self._record(live, entry, wanted, "disconnected" if disconnect else "applied", None)
        # After a Disconnect the session should end: whatever else comes from it shows that it did not.
        live.applied = "reject" if disconnect else None if live.why else wanted  # why: asked for meanwhile
        live.applied_at, live.applied_session_s = time.monotonic(), live.session_s
        live.attempts, live.drift_cause = 0, None
        self.sessions.dirty.add(live)
        if disconnect and wanted != "reject":
            live.next_try = time.monotonic() + 10  # it should end and dial again; if it does not, ask again
        else:
            self.check(live)

    def connected(self, nas_id: int) -> None:
        """A NAS that could not be reached is there again: what waits for it is tried at once."""
        for live in [one for one in self.sessions.drifting if one.peer.key == nas_id and not one.busy]:
            live.next_try = 0.0
            self.check(live)

    def _refused(self, live: Live, outcome: Outcome, disconnect: bool) -> None:
        name = error_cause_name(outcome.error_cause)
        if outcome.error_cause == SESSION_CONTEXT_NOT_FOUND:
            self._again(live, f"nak:{name}")
            self.ghost(live)
        elif not disconnect:
            live.force_disconnect = True  # a session that cannot be changed is ended: it comes back right
            self._again(live, f"nak:{name}", soon=True)
        else:
            self._again(live, f"nak:{name}")

    def _again(self, live: Live, cause: str, soon: bool = False) -> None:
        wait = 0.0 if soon else BACKOFF_S[min(live.attempts, len(BACKOFF_S) - 1)]
        live.attempts += 1
        live.drift_cause, live.next_try = cause, time.monotonic() + wait
        self.sessions.dirty.add(live)

    def _record(self, live: Live, entry: Entry | None, wanted: str, outcome: str, error: str | None) -> None:
        cause = live.why or (entry.decision.reason.code if entry else "account_gone")
        contract = entry.contract_id if entry else 0
        account = entry.account_id if entry else None
        asked, ended = live.asked_at or time.time(), time.time()
        tries = live.attempts + 1
        self.done.append(Done(live, contract, account, cause, wanted, asked, outcome, error, live.was, tries, ended))

    # ------------------------------------------------------------ is it so?

    def heard(self, live: Live) -> None:
        """An interim came: does the traffic agree with what the NAS acknowledged?"""
        covered = live.session_s - live.applied_session_s
        if live.applied == "reject":
            if time.monotonic() - live.applied_at > 5:
                self._not_obeyed(live, "acknowledged_but_alive")
        elif live.applied and covered >= VERIFY_AFTER_S and live.previous_seen >= live.applied_at:
            limit = _down_kbps(live.applied)
            if limit and not live.applied.startswith("full") and live.output_bps > TOLERATED * limit * 1000:
                self._not_obeyed(live, "acknowledged_but_fast")
        self.check(live)

    def _not_obeyed(self, live: Live, cause: str) -> None:
        self.counts["not_obeyed"] += 1
        entry = self.index.get(live.login)
        live.was = live.applied
        self._record(live, entry, live.desired or "", "not_obeyed", cause)
        live.applied, live.drift_cause, live.force_disconnect = None, cause, True
        self.sessions.dirty.add(live)

    def retry_due(self) -> None:
        """Twice a second: of the sessions that differ, those of the next piece whose next try has come."""
        now = time.monotonic()
        piece = list(itertools.islice(self._round, LOOKED_AT))
        if len(piece) < LOOKED_AT:
            self._round = iter(list(self.sessions.drifting))
            piece += itertools.islice(self._round, LOOKED_AT - len(piece))
        for live in piece:
            if not live.busy and live.next_try <= now and live in self.sessions.drifting:
                self.check(live)

    def began(self, live: Live, entry: Entry | None) -> None:
        """A session is new here. What it was given is what its login was answered a moment ago, if nothing says so;
        where even that is unknown, it may settle before its NAS is told what it should have."""
        now = time.monotonic()
        if live.applied is None and entry is not None and entry.answered > now - ANSWERED_S:
            live.applied = entry.given if entry.line == live.calling else None
        if live.applied is None:
            live.next_try = now + SETTLE_S

    def disconnect(self, lives: Iterable[Live], why: str) -> None:
        """End sessions as they are (an operator's wish, or one too many of an account); they may dial again."""
        for live in lives:
            live.why, live.force_disconnect = why, True
            if not live.busy:  # else as soon as what is under way is answered
                live.applied, live.next_try, live.attempts = None, 0.0, 0
                self.check(live)

    async def alive(self, live: Live) -> bool:
        """Ask the NAS by a CoA that repeats the service it gives: only an ACK says that the session is there.

        A NAK that it does not know the session (RFC 5176 section 3.5, 503) says that it is a ghost; silence says
        nothing, and nobody is locked out for it.
        """
        entry, target = self.index.get(live.login), self.target(live.peer)
        if entry is None or not target.enabled or live.gone:
            return False
        try:
            outcome = await self._send(live, target, entry.profile(), tries=2, timeout_s=0.5)
        except (RadiusError, OSError):
            return False
        if not outcome.ack and outcome.error_cause == SESSION_CONTEXT_NOT_FOUND:
            self.ghost(live)
        return outcome.ack

    async def close(self) -> None:
        """End what is in flight; the difference is found again after the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _unsaid(error: Exception) -> str:
    """The cause of a difference when an order got no answer."""
    if isinstance(error, NotConnected):
        return "not_connected"
    return "silent" if isinstance(error, NoReply) else f"nak:{error}"


def _down_kbps(key: str) -> int | None:
    """The download rate in a profile key such as ``reduced:1024/512``."""
    parts = key.split(":")
    return int(parts[1].split("/")[0]) if len(parts) > 1 else None
