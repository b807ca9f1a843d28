"""Subscribers dialing: Access-Requests at a bounded rate, asked again when nobody answers, repeated when refused."""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Callable
from functools import partial

from oss.lab.agenda import Agenda
from oss.lab.latency import Latency
from oss.lab.proofs import proof, proves_itself
from oss.lab.sessions import Line
from oss.lab.settings import Settings
from oss.lab.wire import Slot, Wire
from radius.attributes import ACCESS_ACCEPT, ACCESS_REQUEST, REPLY_MESSAGE
from radius.integrity import Secret, request
from radius.packet import Packet

# After a stall the dialer catches up this much of the schedule, not minutes of it in one burst.
_CATCH_UP_S = 0.1


class Dialer:
    """The logins of one NAS. Counters: sent, resent, accepted, rejected, lost (no answer to any sending).

    And distrusted: accepted by a server that could not prove that it knows the password (MS-CHAP version 2).
    """

    def __init__(
        self,
        identity: bytes,
        wire: Wire,
        secret: Secret,
        agenda: Agenda,
        settings: Settings,
        accept: Callable[[Line, Packet], None],
        sign: bool | None = None,
    ) -> None:
        """``sign``: whether requests carry a Message-Authenticator; None: as the settings say."""
        self.sent = self.resent = self.accepted = self.rejected = self.distrusted = self.lost = 0
        self.latency = Latency()
        self.last_reply_message = ""
        self._sign = settings.sign if sign is None else sign
        self._identity, self._wire, self._secret = identity, wire, secret
        self._agenda, self._settings, self._accept = agenda, settings, accept
        self._random = random.Random(f"{settings.seed}:dialer:{identity.hex()}")
        self._queue: deque[Line] = deque()
        self._paused = self._ticking = False
        self._next = 0.0

    def enqueue(self, line: Line) -> None:
        """The subscriber dials as soon as it is its turn; nothing happens if it is dialing or online already."""
        if line.state in ("waiting", "dialing", "online"):
            return
        line.state = "waiting"
        self._queue.append(line)
        self._pace()

    def redial(self, line: Line, delay_s: float) -> None:
        """Dials again in `delay_s` if the subscriber still wants to be online and redialing is on by then."""
        self._agenda.after(delay_s, partial(self._redial, line))

    def again(self, line: Line) -> None:
        """A session ended under a subscriber who wants to be online: it dials after a short, seeded while."""
        self.redial(line, self._random.uniform(*self._settings.redial_s))

    def pause(self) -> None:
        """Nobody dials until `resume`: the router is starting."""
        self._paused = True

    def resume(self) -> None:
        """The router is up."""
        self._paused = False
        self._pace()

    def _redial(self, line: Line, due: float) -> None:
        del due
        if line.wanted and self._settings.redial:
            self.enqueue(line)

    def _pace(self) -> None:
        if self._queue and not (self._paused or self._ticking):
            self._ticking = True
            self._agenda.at(max(self._next, self._agenda.now()), self._tick)

    def _tick(self, due: float) -> None:
        self._ticking = False
        while self._queue and not self._paused:
            line = self._queue.popleft()
            if line.wanted and line.state == "waiting":
                line.state = "dialing"
                self._next = max(due, self._agenda.now() - _CATCH_UP_S) + 1 / self._settings.dial_per_s
                _Attempt(self, line, due).begin()
                break
        self._pace()

    def _answered(self, line: Line, asked: bytes, packet: Packet, took_s: float) -> None:
        self.latency.record(took_s)
        accepted = packet.code == ACCESS_ACCEPT
        if accepted and not proves_itself(asked, packet, line.password, self._secret):
            self.distrusted += 1
            accepted = False
        elif accepted:
            self.accepted += 1
        else:
            self.rejected += 1
            self.last_reply_message = packet.text(REPLY_MESSAGE) or ""
        if line.state != "dialing":
            return
        if accepted:
            line.failures = 0
            self._accept(line, packet)
        else:
            line.state = "rejected"
            self.redial(line, self._settings.reject_retry_s * self._random.uniform(0.8, 1.2))

    def _unheard(self, line: Line) -> None:
        self.lost += 1
        self.latency.lose()
        self._sign = self._sign or self._settings.sign_after_silence
        if line.state != "dialing":
            return
        line.state = "silent"
        line.failures += 1
        back_off_s = min(2.0 ** min(line.failures, 20) / 2, self._settings.silence_retry_s)
        self.redial(line, back_off_s * self._random.uniform(0.8, 1.2))

    def _packet(self, line: Line, ident: int) -> bytes:
        authenticator = os.urandom(16)
        proven = proof(self._settings.method, line.login, line.password, self._secret, authenticator)
        attributes = self._identity + line.identity + proven
        return request(ACCESS_REQUEST, ident, attributes, self._secret, self._sign, authenticator)


class _Attempt:
    """One login: the same octets sent until answered or given up (RFC 2865 2.5: an unchanged repetition)."""

    __slots__ = ("_datagram", "_dialer", "_done", "_due", "_line", "_slot", "_tries")

    def __init__(self, dialer: Dialer, line: Line, due: float) -> None:
        self._dialer, self._line, self._due = dialer, line, due
        self._datagram = b""
        self._slot: Slot | None = None
        self._tries = 0
        self._done = False

    def begin(self) -> None:
        self._dialer._wire.lease(self._take)

    def answered(self, packet: Packet) -> None:
        self._finish()
        self._dialer._answered(self._line, self._datagram, packet, self._dialer._agenda.now() - self._due)

    def _take(self, slot: Slot) -> bool:
        if self._line.state != "dialing":
            return False
        self._slot = slot
        self._datagram = self._dialer._packet(self._line, slot.ident)
        self._dialer.sent += 1
        self._send(slot)
        return True

    def _send(self, slot: Slot) -> None:
        self._tries += 1
        self._dialer._wire.send(slot, self._datagram, self)
        self._dialer._agenda.about(self._dialer._settings.auth_timeout_s, self._overdue)

    def _overdue(self, due: float) -> None:
        del due
        if self._done or self._slot is None:
            return
        if self._tries < self._dialer._settings.auth_tries:
            self._dialer.resent += 1
            self._send(self._slot)
        else:
            self._finish()
            self._dialer._unheard(self._line)

    def _finish(self) -> None:
        self._done = True
        if self._slot is not None:
            self._dialer._wire.release(self._slot)
            self._slot = None
