"""The UDP side of an authentication or accounting server (RFC 2865, 2866, 5997).

`Listener` decides whether a datagram is worth a thought: known NAS, no duplicate, well formed, rightly
signed. What to answer is the handler's. Whatever arrives, nothing is raised into the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final, Literal, NamedTuple, cast

from radius.attributes import (
    ACCESS_ACCEPT,
    ACCESS_REQUEST,
    ACCOUNTING_REQUEST,
    ACCOUNTING_RESPONSE,
    EAP_MESSAGE,
    PROXY_STATE,
    STATUS_SERVER,
)
from radius.errors import Unencodable
from radius.integrity import reply
from radius.packet import MIN_PACKET, Malformed, Packet
from radius.peers import COUNTERS, Knock, Knocks, Peer, Peers, PeerTable, new_counters
from radius.replies import Entry, ReplyCache
from radius.sockets import Address, bound_socket

__all__ = [
    "AccessReply",
    "AcctHandler",
    "AuthHandler",
    "Kind",
    "Knock",
    "Knocks",
    "Listener",
    "Peer",
    "PeerTable",
    "Peers",
    "new_counters",
]

log = logging.getLogger(__name__)

Kind = Literal["auth", "acct"]


class AccessReply(NamedTuple):
    """What an authentication handler answers: a code and encoded attributes, without any authenticator."""

    code: int
    attributes: bytes = b""


AuthHandler = Callable[[Packet, Peer], AccessReply | None]
"""Answers at once, or None for silence: the NAS will ask again and be heard again."""

AcctHandler = Callable[[Packet, Peer, str, float, Callable[[], None]], bool | None]
"""Takes (request, peer, source IP, Unix time of arrival, ack); calls ack, in the listener's loop, when all is durable.

False = not taken: its repetition comes as a new request. Until ack, repetitions are swallowed.
"""

_QUIET_S: Final = 10.0


class Listener(asyncio.DatagramProtocol):
    """One socket. Counters are plain integers by name, for all NAS here and for each in `Peer.counters`."""

    def __init__(
        self,
        kind: Kind,
        peers: Peers,
        handle: AuthHandler | AcctHandler,
        counters: dict[str, int] | None = None,
        *,
        on_signs: Callable[[Peer], None] | None = None,
        knocks: Knocks | None = None,
        replies: ReplyCache | None = None,
    ) -> None:
        self.kind: Final = kind
        self.peers = peers
        self.counters = {} if counters is None else counters
        for name in COUNTERS:
            self.counters.setdefault(name, 0)
        self.knocks = Knocks() if knocks is None else knocks
        self.replies = ReplyCache() if replies is None else replies
        self._handle = handle
        self._on_signs = on_signs
        self._serve = self._access if kind == "auth" else self._accounting
        self._fault = self._access_fault if kind == "auth" else self._accounting_fault
        self._transport: asyncio.DatagramTransport | None = None
        self._closed: asyncio.Future[None] | None = None
        self._quiet_until = 0.0

    # The socket

    async def open(self, host: str, port: int) -> Address:
        """Bind and listen; returns the address bound (port 0 = any). Raises an OSError that says what."""
        sock = await bound_socket(host, port)
        loop = asyncio.get_running_loop()
        self._closed = loop.create_future()
        await loop.create_datagram_endpoint(lambda: self, sock=sock)
        return self.address

    async def close(self) -> None:
        """Stop listening; answers still owed are not sent."""
        if self._transport is not None:
            self._transport.close()
        if self._closed is not None:
            await self._closed

    @property
    def address(self) -> Address:
        """(host, port) as bound."""
        if self._transport is None:
            raise OSError("the RADIUS listener is not open")
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """An answer could not be delivered; the NAS will repeat its request."""

    # One datagram

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Never raises: a handler that fails costs this one datagram."""
        try:
            peer = self.peers.find(addr[0])
            if peer is None:
                self.counters["unknown_nas"] += 1
                self.knocks.note(addr[0], time.time())
            else:
                self._receive(data, addr, peer)
        except Exception:  # the supervision edge of the handlers
            self.counters["failed"] += 1
            self._complain(addr)

    def _receive(self, data: bytes, addr: Address, peer: Peer) -> None:
        self._count(peer, "requests")
        now = time.monotonic()
        # The header holds code, id and authenticator, the address the port. To look before verifying is safe:
        # only verified requests have entries, and an answer goes nowhere but where it went before.
        key = (addr, data[:MIN_PACKET])
        entry = self.replies.find(key, now)
        if entry is not None:
            self._repeat(entry, peer)
            return
        try:
            packet = Packet.parse(data)
        except Malformed:
            self._count(peer, "malformed")
            return
        fault = self._fault(packet, peer)
        if fault is not None:
            self._count(peer, fault)
            return
        self._serve_new(packet, peer, self.replies.begin(key, now))

    def _serve_new(self, packet: Packet, peer: Peer, entry: Entry) -> None:
        try:
            outcome = self._serve(packet, peer, entry)
        except Exception:
            self.replies.forget(entry)  # the repetition may fare better
            peer.counters["failed"] += 1
            raise
        if outcome is not None:
            self.replies.forget(entry)
            self._count(peer, outcome)

    def _repeat(self, entry: Entry, peer: Peer) -> None:
        self._count(peer, "duplicates")
        if entry.reply is not None and self._transport is not None:
            self._transport.sendto(entry.reply, entry.key[0])

    def _send(self, octets: bytes, peer: Peer, entry: Entry) -> None:
        entry.answer(octets, time.monotonic())
        if self._transport is not None:
            self._count(peer, "answers")
            self._transport.sendto(octets, entry.key[0])

    # Authentication: each returns the counter of what went wrong, None when nothing did

    def _access_fault(self, packet: Packet, peer: Peer) -> str | None:
        if packet.code not in (ACCESS_REQUEST, STATUS_SERVER):
            return "unexpected_code"
        right = peer.secret.verify_message_authenticator(packet)
        if right is None:
            return "missing_message_authenticator" if must_sign(packet, peer) else None
        if not right:
            return "bad_message_authenticator"
        if not peer.signs and packet.code == ACCESS_REQUEST:
            self._learn_signs(peer)
        return None

    def _learn_signs(self, peer: Peer) -> None:
        peer.signs = True
        if self._on_signs is not None:
            self._on_signs(peer)

    def _access(self, packet: Packet, peer: Peer, entry: Entry) -> str | None:
        handle = cast(AuthHandler, self._handle)
        answer = _ALIVE if packet.code == STATUS_SERVER else handle(packet, peer)
        if answer is None:
            return "dropped"
        try:
            octets = reply(answer.code, packet, answer.attributes, peer.secret)
        except Unencodable:  # the request was filled up with Proxy-State, which must come back
            return "unanswerable"
        self._send(octets, peer, entry)
        return None

    # Accounting

    def _accounting_fault(self, packet: Packet, peer: Peer) -> str | None:
        if packet.code not in (ACCOUNTING_REQUEST, STATUS_SERVER):
            return "unexpected_code"
        right = peer.secret.verify_message_authenticator(packet)
        if right is False:
            return "bad_message_authenticator"
        if packet.code == STATUS_SERVER:
            return None if right else "missing_message_authenticator"
        return None if peer.secret.verify_request_authenticator(packet) else "bad_authenticator"

    def _accounting(self, packet: Packet, peer: Peer, entry: Entry) -> str | None:
        if packet.code == STATUS_SERVER:
            self._acknowledge(packet, peer, entry)
            return None
        ack = partial(self._acknowledge, packet, peer, entry)
        taken = cast(AcctHandler, self._handle)(packet, peer, entry.key[0][0], time.time(), ack)
        return "dropped" if taken is False else None

    def _acknowledge(self, packet: Packet, peer: Peer, entry: Entry) -> None:
        if entry.reply is None:
            self._send(reply(ACCOUNTING_RESPONSE, packet, b"", peer.secret), peer, entry)

    # Bookkeeping

    def _count(self, peer: Peer, name: str) -> None:
        self.counters[name] += 1
        peer.counters[name] += 1

    def _complain(self, addr: Address) -> None:
        """One traceback in ten seconds: a fault in a handler comes with every packet."""
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET_S
            log.exception("a RADIUS request from %s could not be served", addr[0])


_ALIVE: Final = AccessReply(ACCESS_ACCEPT)
"""The answer to Status-Server on an authentication port (RFC 5997 section 4.2)."""


def must_sign(packet: Packet, peer: Peer) -> bool:
    """Whether a request without Message-Authenticator must be discarded.

    Always with EAP (RFC 3579 section 3.1) and Status-Server (RFC 5997 section 3). Else by the NAS: in `auto`
    from the first signed request on, and whenever Proxy-State is present, which is what Blast-RADIUS needs
    and no NAS sends.
    """
    if EAP_MESSAGE in packet or packet.code == STATUS_SERVER:
        return True
    if peer.ma_policy == "auto":
        return peer.signs or PROXY_STATE in packet
    return peer.ma_policy == "required"
