"""Ends of a wire for tests: one that only records, and a UDP end that answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any, cast

from radius.datagrams import Batch
from radius.integrity import Secret
from radius.server import AcctHandler, AuthHandler, Kind, Listener, Peer, PeerTable
from radius.sockets import Address, bound_socket

SECRET = Secret(b"testing123")
NAS: Address = ("127.0.0.1", 40000)


class Recorder:
    """A wire without a socket."""

    host: int | slice = 0
    address: Address = ("127.0.0.1", 1812)

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Address]] = []

    def send(self, batch: Batch) -> None:
        self.sent += batch

    def drops(self) -> int | None:
        return None

    async def close(self) -> None:
        """Nothing is open."""


def peer(**changes: Any) -> Peer:
    """A NAS as the tests know it."""
    return Peer(**{"key": 1, "name": "bras-1", "secret": SECRET, "vendor": "mikrotik", **changes})


def table(one: Peer) -> PeerTable:
    return PeerTable([(ip_network("127.0.0.0/8"), one), (ip_network("::1/128"), one)])


def recorded(
    kind: Kind, handle: AuthHandler | AcctHandler, one: Peer | None = None, **options: Any
) -> tuple[Listener, Recorder]:
    """A listener for which all of 127/8 is one NAS, and what it sends."""
    listener, recorder = Listener(kind, table(one or peer()), handle, **options), Recorder()
    listener.attach(recorder)
    return listener, recorder


def hears(listener: Listener, octets: bytes, source: Address) -> None:
    """One datagram by itself."""
    listener.receive(((octets, source),))


@asynccontextmanager
async def listening(
    kind: Kind,
    handle: AuthHandler | AcctHandler,
    one: Peer | None = None,
    host: str = "127.0.0.1",
    portable: bool = False,
) -> AsyncIterator[Listener]:
    """A listener on a real socket."""
    listener = Listener(kind, table(one or peer()), handle, portable=portable)
    await listener.open(host, 0)
    try:
        yield listener
    finally:
        await listener.close()


Answer = Callable[[bytes, Address], Iterable[bytes]]


class End(asyncio.DatagramProtocol):
    """Hears datagrams and sends for each what `answer` says, from its own socket."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heard: asyncio.Queue[tuple[bytes, Address]] = asyncio.Queue()
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.put_nowait((data, addr))
        for octets in self.answer(data, addr):
            self.send(octets, addr)

    def send(self, octets: bytes, addr: Address) -> None:
        assert self.transport is not None
        self.transport.sendto(octets, addr)

    @property
    def address(self) -> Address:
        assert self.transport is not None
        host, port = self.transport.get_extra_info("sockname")[:2]
        return host, port


@asynccontextmanager
async def udp_end(answer: Answer = lambda data, addr: (), host: str = "127.0.0.1") -> AsyncIterator[End]:
    """The other end, on a free port."""
    loop = asyncio.get_running_loop()
    transport, end = await loop.create_datagram_endpoint(lambda: End(answer), sock=await bound_socket(host, 0))
    try:
        yield end
    finally:
        transport.close()
        await asyncio.sleep(0)
