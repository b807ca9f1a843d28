"""What a NAS gets as an answer when a subscriber dials: password, decision, sessions he has already, brute force.

Everything is in memory (invariant 5). The one thing that takes a moment is to ask a NAS whether a session is alive,
for accounts that refuse a second one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, cast

from oss.access import line_proof, login_log
from oss.access.bindings import Bindings
from oss.access.brake import Brake
from oss.access.eap_logins import EapLogins
from oss.access.held_back import HeldBack
from oss.access.imported_logins import ImportedLogins
from oss.access.index import Entry, Index
from oss.access.journal import Journal
from oss.access.nas_ears import Ears
from oss.access.nas_table import NasTable
from oss.access.proxy import HERE, Proxy
from oss.access.reasons import ON_THE_WIRE
from oss.access.sessions import Live, Sessions, port_of
from oss.access.staff_logins import StaffLogins
from oss.access.tallies import Tallies
from radius import attributes as a
from radius import auth
from radius.packet import Packet
from radius.server import AccessReply, Later, Peer

log = logging.getLogger(__name__)

Alive = Callable[[Live], Awaitable[bool]]
"""Asks its NAS whether a session is alive."""

_REFUSED: Final = a.attr(a.REPLY_MESSAGE, ON_THE_WIRE)
_REJECT: Final = AccessReply(a.ACCESS_REJECT, _REFUSED)
MOST_LATE = 10_000  # answers that are held back at once; beyond, they go at once


class Logins:
    """Answers Access-Requests; every answer is counted and written down."""

    def __init__(
        self, index: Index, sessions: Sessions, nas: NasTable, journal: Journal, tallies: Tallies, alive: Alive
    ) -> None:
        self.index, self.sessions, self.nas = index, sessions, nas
        self.log, self.tallies, self.alive = login_log.LoginLog(journal), tallies, alive
        self.names, self.bindings, self.brake = sessions.names, Bindings(nas), Brake()
        self.staff, self.ears, self.imported = StaffLogins(index), Ears(), ImportedLogins()
        self.heard = self.ears.of
        self.proxy: Proxy | None = None  # where there are realms of others
        self.doubt: Callable[[Packet, Peer], None] = lambda packet, peer: None  # told of a password that was not right
        self.late = HeldBack(MOST_LATE)
        self._asking: set[asyncio.Task[None]] = set()
        self.eap = EapLogins(self)

    def authenticate(self, packet: Packet, peer: Peer) -> AccessReply | Later | None:
        """Access-Request -> reply; None drops it (no User-Name, or the index is still loading)."""
        if a.EAP_MESSAGE in packet.at:
            return self._eap(packet, peer)
        began = time.perf_counter_ns()
        login = self.names.login_of(packet)
        if login is None:
            return None
        if peer.key in self.staff.index.routers and self.staff.asks(packet, login):
            return self.staff.authenticate(packet, peer, login)
        if self.proxy is not None and (answer := self.proxy.ask(packet, peer, login)) is not HERE:
            return cast("AccessReply | Later | None", answer)
        entry = self.index.get(login)
        calling = packet.get(a.CALLING_STATION_ID) or b""
        if self.brake.holds(peer.key, login, calling, (entry.line or self._line(login)) if entry is not None else b""):
            return self._held(packet, peer, login, entry)
        if entry is None:
            if not self.index.ready:
                return None
            self.brake.wrong(peer.key, login)
            return self._reject(packet, peer, login, "unknown_login", began)
        if entry.rule.by_line:
            return self._by_line(packet, peer, entry, began)
        verdict = auth.check(packet, peer.secret, entry.credential)
        if verdict is None:
            return self._reject(packet, peer, login, "no_method", began, entry)
        if not verdict.right:
            return self._not_right(packet, peer, entry, verdict, began)
        return self.proven(packet, peer, entry, verdict.attributes, began)

    def _not_right(
        self, packet: Packet, peer: Peer, entry: Entry, verdict: auth.Verdict, began: int
    ) -> AccessReply | Later | None:
        """Wrong, or not to be told like this: by the kind of password kept, or by the secret that hid it."""
        if verdict.why == auth.SLOW:
            answer = partial(self._verified, packet, peer, entry, began)
            return self.imported.check(packet, peer, entry, answer)
        if verdict.why:
            return self._reject(packet, peer, entry.login, verdict.why, began, entry)
        # PAP without a signature proves no secret: while the router's is being changed it may be the other.
        if peer.spare is not None and a.MESSAGE_AUTHENTICATOR not in packet.at:
            other = auth.check(packet, peer.spare, entry.credential)
            if other is not None and other.right:
                peer.turn()
                return self.proven(packet, peer, entry, other.attributes, began)
        return self.disproven(packet, peer, entry, began)

    def _verified(
        self, packet: Packet, peer: Peer, entry: Entry, began: int, right: bool
    ) -> AccessReply | Later | None:
        """What became of a hash that was verified beside the loop; None where the account has changed meanwhile."""
        now = self.index.get(entry.login)
        if now is None or now.credential is not entry.credential:
            return None
        return self.proven(packet, peer, now, b"", began) if right else self.disproven(packet, peer, now, began)

    def _eap(self, packet: Packet, peer: Peer) -> AccessReply | Later | None:
        """A message of EAP: for the home server of its realm, or for a conversation here."""
        login = None if self.proxy is None else self.names.login_of(packet)
        if self.proxy is not None and login and (answer := self.proxy.ask(packet, peer, login)) is not HERE:
            return cast("AccessReply | Later | None", answer)
        return self.eap.authenticate(packet, peer)

    def _by_line(self, packet: Packet, peer: Peer, entry: Entry, began: int) -> AccessReply | Later:
        """A login that is its line, and has no password."""
        no = line_proof.refused(packet, peer.secret, entry.rule.kind, entry.login, self.names.word)
        if no is None:
            return self.proven(packet, peer, entry, b"", began)
        if no.reason == "wrong_password":
            return self.disproven(packet, peer, entry, began)
        return self._reject(packet, peer, entry.login, no.reason, began, entry, no.facts)

    def disproven(self, packet: Packet, peer: Peer, entry: Entry, began: int) -> AccessReply:
        """The password was wrong."""
        self.brake.wrong(peer.key, entry.login)
        self.ears.disproven(packet, peer, entry.login)
        return self._reject(packet, peer, entry.login, "wrong_password", began, entry)

    def proven(self, packet: Packet, peer: Peer, entry: Entry, granted: bytes, began: int) -> AccessReply | Later:
        """The password was right: let in, unless a hold or another session stands against it.

        ``granted``: attributes of the method for the Accept; ``began``: when the request came (perf_counter_ns).
        """
        if entry.settled.key == "reject":
            reason = entry.decision.reason
            return self._reject(packet, peer, entry.login, reason.code, began, entry, _facts(reason.facts))
        if entry.rule.binds and (wrong := self.bindings.wrong(packet, peer, entry)):
            return self._reject(packet, peer, entry.login, "wrong_line", began, entry, wrong)
        calling = packet.get(a.CALLING_STATION_ID) or b""
        if entry.row[13] == "deny":
            others = self.sessions.others(entry.login, calling, port_of(packet))
            if len(others) >= entry.max_sessions:
                return self._ask(packet, peer, entry, others, granted)
        return self._accept(packet, peer, entry, calling, granted, began)

    def _line(self, login: str) -> bytes:
        """The line of the account's session, for who has not logged in since this node started."""
        found = self.sessions.by_login.get(login)
        return found[0].calling if found else b""

    def _accept(
        self, packet: Packet, peer: Peer, entry: Entry, calling: bytes, granted: bytes, began: int
    ) -> AccessReply:
        entry.line, entry.given, entry.answered = calling, entry.settled.key, time.monotonic()
        if entry.rule.binds:
            self.bindings.learn(packet, peer, entry)
        if self.brake.accounts:
            self.brake.right(entry.login)
        at_us = time.time_ns() // 1000
        heard = self.heard[peer.key]
        heard.accepts += 1
        heard.accepted_us = at_us
        if heard.curious:
            self.ears.accepted(heard, entry.login, at_us)
        self.log.add(login_log.accepted(at_us, peer.key, entry.login, calling, packet.get(a.NAS_PORT_ID)))
        attributes = entry.accept(peer.vendor, self.nas.interim_s.get(peer.key, 300)) + granted
        self.tallies.accept((time.perf_counter_ns() - began) // 1000)
        return AccessReply(a.ACCESS_ACCEPT, attributes)

    def _reject(
        self,
        packet: Packet,
        peer: Peer,
        login: str,
        reason: str,
        began: int,
        entry: Entry | None = None,
        facts: dict[str, Any] | None = None,
    ) -> AccessReply:
        contract = entry.contract_id if entry is not None else None
        where = packet.get(a.CALLING_STATION_ID), packet.get(a.NAS_PORT_ID)
        at_us = time.time_ns() // 1000
        self.ears.refused(peer.key, login, reason, at_us)
        self.log.add(login_log.refused(at_us, peer.key, login, reason, *where, contract, facts or {}))
        self.tallies.reject(reason, (time.perf_counter_ns() - began) // 1000)
        if reason in ("wrong_password", "unknown_login"):
            self.doubt(packet, peer)
        error = auth.refusal(packet)
        return AccessReply(a.ACCESS_REJECT, _REFUSED + error) if error else _REJECT

    # ------------------------------------------------------------ brute force

    def _held(self, packet: Packet, peer: Peer, login: str, entry: Entry | None) -> AccessReply | Later:
        """Refused without a look, late; written down and counted like every refusal."""
        tries = self.brake.tries(login)
        answer = self._reject(packet, peer, login, "slowed", time.perf_counter_ns(), entry, {"tries": str(tries)})
        return self.late.hold(answer)

    # ------------------------------------------------------------ one session too many

    def _ask(self, packet: Packet, peer: Peer, entry: Entry, others: Sequence[Live], granted: bytes) -> Later:
        """Refuse while the NAS says that the other sessions are alive; let in what only a ghost keeps out."""
        loop = asyncio.get_running_loop()
        later: Later = loop.create_future()
        task = loop.create_task(self._asked(packet, peer, entry, others, granted, later))
        self._asking.add(task)
        task.add_done_callback(partial(self._over, later))
        return later

    def _over(self, later: Later, task: asyncio.Task[None]) -> None:
        """A question that failed leaves the login unanswered: its repetition is heard as a new one."""
        self._asking.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        log.error("a login could not be decided", exc_info=task.exception())
        if not later.done():
            later.cancel()

    async def _asked(
        self, packet: Packet, peer: Peer, entry: Entry, others: Sequence[Live], granted: bytes, later: Later
    ) -> None:
        began = time.perf_counter_ns()
        alive = await asyncio.gather(*(self.alive(live) for live in others))
        living = [live for live, lives in zip(others, alive, strict=True) if lives]
        if len(living) < entry.max_sessions:
            calling = packet.get(a.CALLING_STATION_ID) or b""
            answer = self._accept(packet, peer, entry, calling, granted, began)
        else:
            answer = self._reject(packet, peer, entry.login, "session_open", began, entry, _open_at(living[0]))
        if not later.done():
            later.set_result(answer)

    async def close(self) -> None:
        """End the questions under way; their NAS ask again."""
        self.staff.threads.close()
        for task in list(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self.imported.close()


def _open_at(live: Live) -> dict[str, Any]:
    """Where the account's other session is, for the words of the refusal."""
    since = time.time() - (time.monotonic() - live.began)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))
    return {"nas": live.peer.name, "since": at, "calling_station_id": live.calling.decode("utf-8", "replace")}


def _facts(facts: Any) -> dict[str, Any]:
    """A decision's facts that have something to say."""
    return {name: value for name, value in facts.items() if value not in ("", None, {})}
