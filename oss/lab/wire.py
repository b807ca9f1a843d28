"""The UDP sockets between one NAS and one port of its RADIUS server.

An identifier is one octet (RFC 2865 3), so a socket carries 256 requests at a time; more sockets are opened as
they are needed. Reading and writing go straight to non-blocking sockets: a task or a future per packet would cost
more than the packet. A connected socket lets the kernel drop answers from any other address.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from radius.integrity import Secret
from radius.packet import Malformed, Packet
from radius.sockets import BUFFER_OCTETS

_READS_AT_A_TIME = 64


class Asker(Protocol):
    """Who waits for the answer to a request."""

    def answered(self, packet: Packet) -> None:
        """The verified answer arrived; the slot is still leased."""
        ...


class Slot:
    """One identifier of one socket, leased to one request at a time."""

    __slots__ = ("asker", "authenticator", "ident", "port")

    def __init__(self, port: socket.socket, ident: int) -> None:
        self.port = port
        self.ident = ident
        self.asker: Asker | None = None
        self.authenticator = b""


Taker = Callable[[Slot], bool]
"""Is offered a slot; says whether it took it (by then it may have nothing to send any more)."""


class Wire:
    """Leases identifiers, sends requests and hands verified answers to their askers."""

    def __init__(
        self, source: str, server: tuple[str, int], secret: Secret, sockets: int = 64, deaf: bool = False
    ) -> None:
        """``deaf``: answers get lost on their way."""
        self.bad_replies, self._deaf = 0, deaf
        self._source, self._secret = source, secret
        self._family, self._server = _resolve(source, server)
        self._loop = asyncio.get_running_loop()
        self._sockets_left = sockets
        self._ports: list[socket.socket] = []
        self._free: deque[Slot] = deque()
        self._waiting: deque[Taker] = deque()
        self._open()

    @property
    def has_room(self) -> bool:
        """Whether a lease would be granted at once."""
        return bool(self._free or self._sockets_left)

    def lease(self, taker: Taker) -> None:
        """Offers a slot to `taker` at once, or as soon as an identifier is free."""
        if not self._free and self._sockets_left:
            self._open()
        if not self._free:
            self._waiting.append(taker)
            return
        slot = self._free.popleft()
        if not taker(slot):
            self._free.append(slot)

    def release(self, slot: Slot) -> None:
        """Gives an identifier back: an answer that comes later is not listened to."""
        slot.asker = None
        while self._waiting:
            if self._waiting.popleft()(slot):
                return
        self._free.append(slot)

    def send(self, slot: Slot, datagram: bytes, asker: Asker) -> None:
        """Sends a request whose answer goes to `asker`; what the kernel refuses counts as lost on the way."""
        slot.asker, slot.authenticator = asker, datagram[4:20]
        try:
            slot.port.send(datagram)
        except OSError:
            # Nobody listens there, or a buffer is full: for a RADIUS client the same as a lost packet.
            pass

    def close(self) -> None:
        """Closes the sockets; nobody waiting is called any more."""
        for port in self._ports:
            self._loop.remove_reader(port)
            port.close()
        self._ports.clear()
        self._free.clear()
        self._waiting.clear()
        self._sockets_left = 0

    def _open(self) -> None:
        port = socket.socket(self._family, socket.SOCK_DGRAM)
        port.setblocking(False)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_OCTETS)
        port.bind((self._source, 0))
        port.connect(self._server)
        slots = [Slot(port, ident) for ident in range(256)]
        self._ports.append(port)
        self._free.extend(slots)
        self._sockets_left -= 1
        self._loop.add_reader(port, self._readable, port, slots)

    def _readable(self, port: socket.socket, slots: list[Slot]) -> None:
        for _ in range(_READS_AT_A_TIME):
            try:
                datagram = port.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                # An ICMP "port unreachable" for something sent before: the server is not there yet.
                continue
            if not self._deaf:
                self._take(datagram, slots)

    def _take(self, datagram: bytes, slots: list[Slot]) -> None:
        try:
            packet = Packet.parse(datagram)
        except Malformed:
            self.bad_replies += 1
            return
        slot = slots[packet.id]
        if slot.asker is None:
            return
        if self._secret.verify_reply(packet, slot.authenticator):
            slot.asker.answered(packet)
        else:
            self.bad_replies += 1


def _resolve(source: str, server: tuple[str, int]) -> tuple[socket.AddressFamily, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    address = socket.getaddrinfo(*server, family=family, type=socket.SOCK_DGRAM)[0][4]
    return family, (str(address[0]), int(address[1]))
