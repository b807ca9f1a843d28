"""The server side of RADIUS over TLS (RFC 6614): who connects is known by certificate, not by address.

A packet from a connection goes through the same `Listener` as a datagram: the connection is its source. Over the
same connection the NAS is asked by CoA and Disconnect, so that one behind NAT can be reached.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from radius.attributes import ACCESS_REQUEST, ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE
from radius.datagrams import Batch, Source
from radius.errors import Malformed, NoReply, RadiusError
from radius.packet import Packet
from radius.peers import Host, Peer
from radius.radsec import Untrusted
from radius.radsec_link import Ask, Hooks, Link, NotConnected
from radius.server import Listener
from radius.sockets import Address

FATAL: Final = frozenset(("malformed", "bad_authenticator", "bad_message_authenticator", "unknown_nas"))
"""After such a packet the connection must be closed (RFC 6613 section 2.6.4)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server lets be done to it; seconds, connections, requests."""

    connections: int = 4096
    per_address: int = 256  # many NAS may stand behind one NAT
    shaking: int = 256  # without TLS yet
    shaking_per_address: int = 32
    owed: int = 256  # requests of one connection without an answer, before nothing more is read from it
    owed_s: float = 10.0  # after that a request is taken for one that is answered by silence
    idle_s: float = 3600.0


class Certified(Protocol):
    """Knows the NAS by the names of its certificate. A host is what stands for its address, always the same."""

    def of(self, names: tuple[str, ...]) -> Host | None:
        """The host of the NAS with one of these names, the first that is known; None = no NAS."""

    def find(self, host: Host) -> Peer | None:
        """The NAS of a host."""


class StreamListener(Listener):
    """A listener that remembers whether a packet of the present batch was one that no stream survives."""

    fatal: str | None = None

    def _count(self, peer: Peer, name: str) -> None:
        super()._count(peer, name)
        if name in FATAL:
            self.fatal = name


@dataclass(slots=True, eq=False)
class Guest:
    """One connection of a known NAS: whose, and which of its requests are without an answer (loop time)."""

    link: Link
    host: Host
    owed: dict[tuple[int, int], float] = field(default_factory=dict)


class _Streams:
    """All connections as one wire: a source is (host, connection)."""

    host: int | slice = 0
    address: Address = ("", 0)

    def __init__(self, limits: Limits) -> None:
        self.guests: dict[Link, Guest] = {}
        self._limits = limits

    def send(self, batch: Batch) -> None:
        """Answers, those of one connection in one write."""
        joined: dict[Link, list[bytes]] = {}
        for octets, (_host, link) in batch:
            joined.setdefault(link, []).append(octets)
            guest = self.guests.get(link)
            if guest is not None:
                guest.owed.pop(_owed(octets), None)
                self.hold_or_not(guest)
        for link, answers in joined.items():
            link.send(b"".join(answers))

    def hold_or_not(self, guest: Guest) -> None:
        """Too many requests without an answer: read nothing more until half of them have one."""
        owed = len(guest.owed)
        if owed >= self._limits.owed:
            guest.link.hold(True)
        elif owed <= self._limits.owed // 2:
            guest.link.hold(False)

    def drops(self) -> int | None:
        return None

    async def close(self) -> None:
        """The server closes its connections itself."""


def _owed(octets: bytes) -> tuple[int, int]:
    """What a request and its answer have in common: of which kind, and its number."""
    accounting = octets[0] in (ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE)
    return (ACCOUNTING_REQUEST if accounting else ACCESS_REQUEST), octets[1]


Refused = Callable[[str, tuple[str, ...], Exception], None]
"""Told of (address, names of the certificate if it got so far, why) when somebody is not let in or put out."""


class RadsecServer:
    """Listens for TLS. ``context`` may be replaced at any time: it is that of the next connection.

    ``judge`` says why a certificate (DER) that its context trusts is not taken (revoked), None if it is.
    """

    def __init__(
        self,
        peers: Certified,
        auth: StreamListener,
        acct: StreamListener,
        refused: Refused,
        *,
        judge: Callable[[bytes], str | None] = lambda certificate: None,
        came: Callable[[Peer], None] = lambda peer: None,
        limits: Limits | None = None,
    ) -> None:
        self.peers, self.auth, self.acct = peers, auth, acct
        self.limits = limits or Limits()
        self.context: ssl.SSLContext | None = None
        self.counters = dict.fromkeys(("connections", "refused", "too_many", "closed_for_fault"), 0)
        self._refused, self._judge, self._came = refused, judge, came
        self._streams = _Streams(self.limits)
        self._links: set[Link] = set()
        self._by_host: dict[Host, list[Link]] = {}
        self._server: asyncio.Server | None = None
        auth.attach(self._streams)
        acct.attach(self._streams)

    # ------------------------------------------------------------ life

    async def open(self, host: str, port: int) -> Address:
        """Listen; returns the address bound. Raises an OSError that says what."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connection, host, port)
        except OSError as error:
            raise OSError(error.errno, f"cannot bind TCP {host} port {port}: {error.strerror}") from None
        bound = cast(Address, self._server.sockets[0].getsockname()[:2])
        self._streams.address = bound
        return bound

    async def close(self) -> None:
        """Stop listening and hang up; answers still owed are not sent."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in list(self._links):
            link.close()
        await asyncio.gather(*(link.gone for link in list(self._links)))

    def _connection(self) -> asyncio.Protocol:
        context, hooks = self.context, Hooks(self._opened, self._heard, lambda link: None, self._closed)
        if context is None:
            return _Door()
        return _Guarded(context, hooks, True, admit=self._admit)

    def _admit(self, link: Link) -> bool:
        """Whether there is room for one more from this address."""
        limits = self.limits
        here = [one for one in self._links if one.source[0] == link.source[0]] if self._links else []
        shaking = sum(not one.opened_at for one in self._links)
        if (
            len(self._links) >= limits.connections
            or len(here) >= limits.per_address
            or shaking >= limits.shaking
            or sum(not one.opened_at for one in here) >= limits.shaking_per_address
        ):
            self.counters["too_many"] += 1
            self._refused(link.source[0], (), Untrusted("too_many", "it has too many connections"))
            return False
        self._links.add(link)
        return True

    # ------------------------------------------------------------ one connection

    def _opened(self, link: Link) -> None:
        host = self.peers.of(link.names)
        peer = None if host is None else self.peers.find(host)
        cause = self._judge(link.certificate) or ("unlisted" if peer is None else None)
        if host is None or peer is None or cause is not None:
            link.close(Untrusted(cause or "unlisted", "TLS is there, but it is not let in"))
            return
        self.counters["connections"] += 1
        self._streams.guests[link] = Guest(link, host)
        self._by_host.setdefault(host, []).append(link)
        self._came(peer)

    def _heard(self, link: Link, packets: list[bytes]) -> None:
        guest = self._streams.guests.get(link)
        if guest is None:
            return
        now = asyncio.get_running_loop().time()
        guest.owed.update((_owed(octets), now) for octets in packets)
        source: Source = (guest.host, link)
        accounting = [(one, source) for one in packets if one[0] == ACCOUNTING_REQUEST]
        others = [(one, source) for one in packets if one[0] != ACCOUNTING_REQUEST]
        for listener, batch in ((self.auth, others), (self.acct, accounting)):
            if batch:
                self._serve(listener, batch, guest)
        self._streams.hold_or_not(guest)

    def _serve(self, listener: StreamListener, batch: Batch, guest: Guest) -> None:
        listener.fatal = None
        listener.receive(batch)
        if listener.fatal is not None:
            self.counters["closed_for_fault"] += 1
            guest.link.close(Malformed(listener.fatal))

    def _closed(self, link: Link, error: Exception | None) -> None:
        self._links.discard(link)
        guest = self._streams.guests.pop(link, None)
        if guest is not None:
            links = self._by_host[guest.host]
            links.remove(link)
            if not links:
                del self._by_host[guest.host]
        for ask in link.unanswered():
            ask.answer.set_exception(NotConnected("the NAS hung up before it answered"))
        if isinstance(error, RadiusError):
            self.counters["refused"] += not link.opened_at or guest is None
            self._refused(link.source[0], link.names, error)

    def look_after(self) -> None:
        """Once a second: hang up on who is idle, no NAS any more, or whose certificate is good no more."""
        now = asyncio.get_running_loop().time()
        for guest in list(self._streams.guests.values()):
            guest.owed = {key: at for key, at in guest.owed.items() if now - at < self.limits.owed_s}
            self._streams.hold_or_not(guest)
            known = self.peers.of(guest.link.names) == guest.host
            cause = self._judge(guest.link.certificate) if known else "unlisted"
            if cause is not None:
                guest.link.close(Untrusted(cause, "it was let in before"))
            elif now - guest.link.heard_at > self.limits.idle_s:
                guest.link.close()

    # ------------------------------------------------------------ asking a NAS

    def connected(self) -> list[tuple[Host, Link]]:
        """Every NAS that is there, by its newest connection."""
        return [(host, links[-1]) for host, links in self._by_host.items()]

    async def exchange(self, host: Host, code: int, attributes: bytes, timeout_s: float = 3.0) -> Packet:
        """The answer of a NAS to a CoA- or Disconnect-Request over the connection it opened.

        Raises NotConnected, NoReply, Unencodable.
        """
        link = next((one for one in reversed(self._by_host.get(host, [])) if one.room), None)
        if link is None:
            if host in self._by_host:
                raise NoReply("no identifier is free on its connection")
            raise NotConnected("the NAS is not connected")
        ask = Ask(code, attributes, asyncio.get_running_loop().create_future())
        link.ask(ask)
        try:
            async with asyncio.timeout(timeout_s):
                return await ask.answer
        except TimeoutError:
            raise NoReply(f"{link.source[0]} did not answer over TLS within {timeout_s:g} s") from None


class _Door(asyncio.Protocol):
    """While there is no certificate to show: nobody is let in."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


@dataclass(slots=True, eq=False)
class _Guarded(Link):
    """A connection that its server may refuse before a word is said."""

    admit: Callable[[Link], bool] = lambda link: True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.source = transport.get_extra_info("peername")[:2]
        if not self.admit(self):
            self._over = True
            cast(asyncio.Transport, transport).abort()
            return
        _keep_alive(transport)
        Link.connection_made(self, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:  # else it was never let in
            Link.connection_lost(self, exc)


def _keep_alive(transport: asyncio.BaseTransport) -> None:
    """A NAS that lost its power says nothing: the kernel finds out within two minutes."""
    sock = transport.get_extra_info("socket")
    for level, name, value in (
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 60),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 15),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", 4),
    ):
        if hasattr(socket, name):
            sock.setsockopt(level, getattr(socket, name), value)
