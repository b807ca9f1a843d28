"""The UDP side of an authentication or accounting server (RFC 2865, 2866, 5997).

`Listener` decides whether a datagram is worth a thought: known NAS, no duplicate, well formed, rightly signed. What to
answer is the handler's. Whatever arrives, nothing is raised into the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable
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
from radius.integrity import reply, verify_message_authenticator, verify_request_authenticator
from radius.packet import Malformed, Packet
from radius.peers import Knock, Knocks, Peer, Peers, PeerTable, new_counters
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

AcctHandler = Callable[[Packet, Peer, float, Callable[[], None]], bool | None]
"""Takes (request, peer, Unix time of arrival, ack) and calls ack once the record is durable, in the listener's loop.

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
        self.counters = new_counters() if counters is None else counters
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
        """Bind and listen; returns the address bound (port 0 = any). Raises OSError that names the address."""
        loop = asyncio.get_running_loop()
        self._closed = loop.create_future()
        await loop.create_datagram_endpoint(lambda: self, sock=await bound_socket(host, port))
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

    def error_received(self, exc: OSError) -> None:
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
        except Exception:
            self._failed()

    def _receive(self, data: bytes, addr: Address, peer: Peer) -> None:
        self._count(peer, "requests")
        now = time.monotonic()
        # The header has code, id and authenticator, the address the port. Looking before verifying is safe: entries
        # are made of verified requests only, and an answer goes to where it went before.
        key = (addr, data[:20])
        entry = self.replies.find(key, now)
        if entry is not None:
            self._repeat(entry, addr, peer)
            return
        fault, packet = self._judge(data, peer)
        if packet is None:
            self._count(peer, fault)
            return
        self._answer_or_forget(packet, peer, addr, self.replies.begin(key, now))
