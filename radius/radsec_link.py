"""One TLS connection that carries RADIUS, from either side: an asyncio protocol, and the only one of them here.

Requests and answers go both ways: a NAS asks for logins over the connection it opened, and is asked by CoA over the
same one. What is heard is handed on; nothing is repeated on a connection, TCP does that (RFC 6613 section 2.6.1).
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

from radius.attributes import ACCESS_REQUEST, ACCOUNTING_REQUEST, COA_REQUEST, DISCONNECT_REQUEST, STATUS_SERVER
from radius.client import ANSWERS
from radius.errors import Malformed, NoReply
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.radsec import SECRET, Deframer, Tls, Untrusted

HANDSHAKE_S: Final = 10.0
WRITE_HIGH: Final = 256 * 1024  # octets that wait for a slow reader before nothing more is read from it
STUCK_S: Final = 30.0  # a reader as slow as that is gone
REQUESTS: Final = frozenset((ACCESS_REQUEST, ACCOUNTING_REQUEST, STATUS_SERVER, COA_REQUEST, DISCONNECT_REQUEST))


class NotConnected(NoReply):
    """There is no connection over which it could be asked."""


@dataclass(slots=True, eq=False)
class Ask:
    """A request of ours until it is answered, whichever connection carries it."""

    code: int
    attributes: bytes
    answer: asyncio.Future[Packet]
    authenticator: bytes | None = None
    message_authenticator: bool | None = None
    again: bool = True  # worth being sent on another connection


@dataclass(slots=True)
class _Sent:
    """A request under way on one connection. Its number is free again when it is answered, however late: on a
    connection an old answer would be taken for that of a new request."""

    ask: Ask
    authenticator: bytes


@dataclass(slots=True)
class Hooks:
    """What a connection tells its owner; all in the loop, none may raise."""

    opened: Callable[[Link], None] = lambda link: None
    """TLS is there: its names can be asked for."""
    heard: Callable[[Link, list[bytes]], None] = lambda link, packets: None
    """Requests, in the order they came."""
    freed: Callable[[Link], None] = lambda link: None
    """An answer came: a number is free."""
    closed: Callable[[Link, Exception | None], None] = lambda link, error: None
    """It is over. ``error``: Untrusted, Malformed, NoReply; None for an ordinary end."""


@dataclass(slots=True, eq=False)
class Link(asyncio.Protocol):
    """One connection. ``context`` decides whom it trusts; ``server_name`` is what a client wants the server to be."""

    context: ssl.SSLContext
    hooks: Hooks
    server_side: bool
    server_name: str | None = None
    secret: Secret = SECRET
    source: tuple[str, int] = ("", 0)
    heard_at: float = 0.0  # loop time of the last octet
    opened_at: float = 0.0  # 0 = TLS is not there yet
    names: tuple[str, ...] = ()
    certificate: bytes = b""
    served: bool = False  # a request of ours has been answered
    counters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("unasked", "wrong_code"), 0))
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    gone: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _transport: asyncio.Transport | None = None
    _tls: Tls | None = None
    _frames: Deframer = field(default_factory=Deframer)
    _free: deque[int] = field(default_factory=lambda: deque(range(256)))
    _sent: dict[int, _Sent] = field(default_factory=dict)
    _timer: asyncio.TimerHandle | None = None
    _error: Exception | None = None
    _held: bool = False  # its owner wants nothing read
    _full: bool = False  # its reader is slow
    _over: bool = False

    # ------------------------------------------------------------ asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.source = transport.get_extra_info("peername")[:2]
        self._transport.set_write_buffer_limits(high=WRITE_HIGH)
        self.heard_at = self._loop.time()
        self._timer = self._loop.call_later(HANDSHAKE_S, self._too_slow)
        self._tls = Tls(self.context, server_side=self.server_side, server_name=self.server_name)
        if not self.server_side:
            self._transport.write(self._tls.start())

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        try:
            self._take(data)
        except (Untrusted, Malformed) as error:
            self.close(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._stop_timer()
        if self._error is None and not self.opened_at:
            self._error = Untrusted("protocol", "the connection ended before TLS was there")
        self.hooks.closed(self, self._error)
        self.gone.set_result(None)

    def pause_writing(self) -> None:
        self._full = True
        self._read_or_not()
        self._timer = self._timer or self._loop.call_later(STUCK_S, self._too_slow)

    def resume_writing(self) -> None:
        self._full = False
        self._stop_timer()
        self._read_or_not()

    # ------------------------------------------------------------ what is heard

    def _take(self, data: bytes) -> None:
        assert self._tls is not None
        try:
            plain = self._tls.receive(data)
        finally:
            self._flush()  # also the alert that says why not
        if self._tls.ready and not self.opened_at:
            self._opened()
        if plain and not self._over:
            self._hear(self._frames.feed(plain))
        if self._tls.ended:
            self.close()

    def _opened(self) -> None:
        assert self._tls is not None
        self._stop_timer()
        self.opened_at, self.names = self._loop.time(), self._tls.names()
        self.certificate = self._tls.certificate()
        self.hooks.opened(self)

    def _hear(self, packets: list[bytes]) -> None:
        asked = []
        for octets in packets:
            if octets[0] in REQUESTS:
                asked.append(octets)
            else:
                self._answered(Packet.parse(octets))
        if asked:
            self.hooks.heard(self, asked)

    def _answered(self, packet: Packet) -> None:
        """An answer to a request of ours, or of nobody's (which may be ignored: RFC 6613 section 2.6.4)."""
        sent = self._sent.get(packet.id)
        if sent is None:
            self.counters["unasked"] += 1
        elif packet.code not in ANSWERS[sent.ask.code]:
            self.counters["wrong_code"] += 1
        elif not self.secret.verify_reply(packet, sent.authenticator):
            raise Malformed("an answer with a wrong authenticator")
        else:
            del self._sent[packet.id]
            self._free.append(packet.id)
            self.served = True
            if not sent.ask.answer.done():
                sent.ask.answer.set_result(packet)
            self.hooks.freed(self)

    # ------------------------------------------------------------ what is said

    @property
    def open(self) -> bool:
        """Whether something can be sent: TLS is there and nobody has hung up."""
        return bool(self.opened_at) and self._transport is not None and not self._over

    @property
    def age(self) -> float:
        """Seconds since TLS was there."""
        return self._loop.time() - self.opened_at

    @property
    def described(self) -> str:
        """Version and cipher of its TLS."""
        return self._tls.described() if self._tls is not None else ""

    @property
    def room(self) -> int:
        """Requests of ours that may still be put on their way: 256 are (RFC 6613 section 2.6.5)."""
        return len(self._free) if self.open and not self._full else 0

    @property
    def abandoned(self) -> bool:
        """Whether all numbers are taken by requests for which nobody waits any more."""
        return not self._free and all(sent.ask.answer.done() for sent in self._sent.values())

    def ask(self, ask: Ask) -> None:
        """Put a request on its way; there must be `room`. Raises Unencodable."""
        number = self._free.popleft()
        try:
            octets = request(
                ask.code, number, ask.attributes, self.secret, ask.message_authenticator, ask.authenticator
            )
        except Exception:
            self._free.append(number)
            raise
        self._sent[number] = _Sent(ask, octets[4:20])
        self.send(octets)

    def send(self, octets: bytes) -> None:
        """Octets of whole packets; silently nothing where the connection is over."""
        if self.open and self._tls is not None:
            self._tls.send(octets)
            self._flush()

    def unanswered(self) -> list[Ask]:
        """Our requests that somebody still waits for."""
        return [sent.ask for sent in self._sent.values() if not sent.ask.answer.done()]

    def _flush(self) -> None:
        assert self._tls is not None
        octets = self._tls.outgoing()
        if octets and self._transport is not None:
            self._transport.write(octets)

    # ------------------------------------------------------------ its end

    def hold(self, held: bool) -> None:
        """Read nothing more from it for now, or again."""
        if held != self._held:
            self._held = held
            self._read_or_not()

    def _read_or_not(self) -> None:
        if self._transport is None or self._over:
            return
        # A client that read nothing while it is full would wait for a server that waits for it.
        if self._held or (self._full and self.server_side):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _too_slow(self) -> None:
        self._timer = None
        if not self.opened_at:
            self.close(Untrusted("timeout", f"TLS was not there within {HANDSHAKE_S:g} s"))
        else:
            self._error = NoReply(f"it has read nothing for {STUCK_S:g} s")
            self.abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self, error: Exception | None = None) -> None:
        """Send what waits and hang up."""
        if self._over:
            return
        self._over, self._error = True, error
        if self._transport is None:
            return
        if self._tls is not None and self.opened_at:
            self._tls.end()
            self._flush()
        self._transport.close()
        self._loop.call_later(1.0, self.abort)  # what a reader does not take within a second is dropped

    def abort(self) -> None:
        """Hang up at once."""
        self._over = True
        if self._transport is not None:
            self._transport.abort()
