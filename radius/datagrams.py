"""Datagrams in batches: recvmmsg and sendmmsg where the kernel has them, asyncio's transports everywhere else.

A wire hands over all that waits in one call and takes all answers in another. A *source* is where a datagram came
from, in the wire's own spelling (a raw sockaddr, or asyncio's tuple): a key for look-ups, and what to answer to.
`source[wire.host]` is its address alone: 4 or 16 octets, or text.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, cast

from radius.packet import MAX_PACKET
from radius.sockets import Address, bound_socket

log = logging.getLogger(__name__)

Source = Any
"""Raw sockaddr octets, or an asyncio address tuple; hashable."""

Batch = Sequence[tuple[bytes, Source]]
Received = Callable[[Batch], None]

AT_ONCE: Final = 64
"""Datagrams a system call carries: more gains nothing, and other work of the loop has to wait for them."""

IN_A_ROW: Final = 4
"""Such calls before other work of the loop gets its turn: some milliseconds under the highest load."""

_SOCKADDR: Final = 28  # sockaddr_in6; sockaddr_in has 16
_BUFFER: Final = MAX_PACKET + 32  # a longer datagram is cut, and is then shorter than its Length field or padding
_SO_MEMINFO: Final = 55
_MEMINFO_DROPS: Final = 8
_MEMINFO_TAKEN: Final = struct.Struct("II")  # octets of the receive buffer that are taken, and that there are
_IOVEC: Final = struct.Struct("PN")


class Wire(Protocol):
    """One bound UDP socket."""

    @property
    def host(self) -> int | slice:
        """Where in a source its address stands."""

    @property
    def address(self) -> Address:
        """(host, port) as bound."""

    def send(self, batch: Batch) -> None:
        """Send each datagram to its source. What the kernel does not take is lost, as on any network."""

    def drops(self) -> int | None:
        """Datagrams the kernel threw away because they came faster than they were read; None = it does not tell."""

    async def close(self) -> None:
        """Give the port back."""


async def open_wire(host: str, port: int, received: Received, *, portable: bool = False) -> Wire:
    """Bind and listen; `received` is called in this loop. Raises an OSError that says what could not be bound."""
    sock = await bound_socket(host, port)
    if not portable and _LIBC is not None:
        return ManyAtOnce(sock, received)
    return await OneByOne.on(sock, received)


# One by one: asyncio's own way


class OneByOne(asyncio.DatagramProtocol):
    """asyncio's datagram endpoint (uvloop's, in its loop)."""

    host: int | slice = 0

    def __init__(self, sock: socket.socket, received: Received) -> None:
        self._sock, self._received = sock, received
        self._address = cast(Address, sock.getsockname()[:2])
        self._closed = asyncio.get_running_loop().create_future()
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def on(cls, sock: socket.socket, received: Received) -> OneByOne:
        """Start to listen on a bound socket."""
        wire = cls(sock, received)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: wire, sock=sock)
        return wire

    @property
    def address(self) -> Address:
        return self._address

    def send(self, batch: Batch) -> None:
        if self._transport is not None:
            for octets, source in batch:
                self._transport.sendto(octets, source)

    def drops(self) -> int | None:
        return _drops(self._sock)

    def waiting(self) -> float:
        return _waiting(self._sock)

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        await self._closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._closed.done():
            self._closed.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """An answer could not be delivered; the NAS will repeat its request."""

    def datagram_received(self, data: bytes, addr: Source) -> None:
        self._received(((data, addr),))


# Many at once: two system calls for up to 64 datagrams


class _Message(ctypes.Structure):
    """struct mmsghdr of recvmmsg(2)."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint32),
        ("vector", ctypes.c_void_p),
        ("vectors", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("_padding", ctypes.c_int),  # the msghdr ends here
        ("size", ctypes.c_uint32),
    )


class _Slots:
    """AT_ONCE message headers, each with its buffer and its address, laid out once.

    The headers are written and read as plain numbers through memoryviews: an attribute of a ctypes structure costs
    as much as checking a signature.
    """

    def __init__(self, name_size: int) -> None:
        self._messages = (_Message * AT_ONCE)()
        self._vectors = bytearray(_IOVEC.size * AT_ONCE)
        self._buffers = bytearray(_BUFFER * AT_ONCE)
        self._names = bytearray(_SOCKADDR * AT_ONCE)
        buffers, names, vectors = (_place(part) for part in (self._buffers, self._names, self._vectors))
        for i, message in enumerate(self._messages):
            _IOVEC.pack_into(self._vectors, i * _IOVEC.size, buffers + i * _BUFFER, _BUFFER)
            message.name, message.name_size = names + i * _SOCKADDR, name_size
            message.vector, message.vectors = vectors + i * _IOVEC.size, 1
        self.first = ctypes.addressof(self._messages)
        self.buffers, self.names = memoryview(self._buffers), memoryview(self._names)
        self.lengths = memoryview(self._vectors).cast("Q" if _IOVEC.size == 16 else "I")[1::2]
        stride, at = ctypes.sizeof(_Message) // 4, _Message.size.offset // 4
        self.sizes = memoryview(self._messages).cast("B").cast("I")[at::stride]


class ManyAtOnce:
    """recvmmsg and sendmmsg by ctypes, on buffers that are allocated once.

    The calls keep the interpreter's lock: they never block, and to give the lock away would let the other threads
    hold it for a whole switch interval in the middle of a batch.
    """

    def __init__(self, sock: socket.socket, received: Received) -> None:
        self._sock, self._fd, self._received = sock, sock.fileno(), received
        self._address = cast(Address, sock.getsockname()[:2])
        self._size, self.host = (16, slice(4, 8)) if sock.family == socket.AF_INET else (28, slice(8, 24))
        self._in, self._out = _Slots(self._size), _Slots(self._size)
        self._ends = [i * _SOCKADDR + self._size for i in range(AT_ONCE)]
        self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    @property
    def address(self) -> Address:
        return self._address

    def drops(self) -> int | None:
        return _drops(self._sock)

    def waiting(self) -> float:
        return _waiting(self._sock)

    async def close(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._fd)
            self._loop = None
            self._sock.close()

    def _readable(self) -> None:
        """Some batches; what still waits calls again, after whatever else the loop has to do."""
        for _ in range(IN_A_ROW):
            if self._loop is None or not self._receive():
                return

    def _receive(self) -> bool:
        """One batch; True if more may wait."""
        assert _LIBC is not None
        count = _LIBC.recvmmsg(self._fd, self._in.first, AT_ONCE, 0, None)
        if count <= 0:  # nothing after all, or the report of an answer that could not be delivered
            return False
        buffers, names, sizes, size = self._in.buffers, self._in.names, self._in.sizes, self._size
        batch = []
        for i in range(count):
            at, name = i * _BUFFER, i * _SOCKADDR
            batch.append((buffers[at : at + sizes[i]].tobytes(), names[name : name + size].tobytes()))
        self._received(batch)
        return bool(count == AT_ONCE)

    def send(self, batch: Batch) -> None:
        for start in range(0, len(batch), AT_ONCE):
            self._send(batch[start : start + AT_ONCE])

    def _send(self, batch: Batch) -> None:
        if self._loop is None:
            return
        assert _LIBC is not None
        slots, size = self._out, self._size
        buffers, names, lengths = slots.buffers, slots.names, slots.lengths
        for i, (octets, source) in enumerate(batch):
            at, name, length = i * _BUFFER, i * _SOCKADDR, len(octets)
            buffers[at : at + length] = octets
            names[name : name + size] = source
            lengths[i] = length
        done, message = 0, ctypes.sizeof(_Message)
        while done < len(batch):
            sent = _LIBC.sendmmsg(self._fd, slots.first + done * message, len(batch) - done, 0)
            done += max(sent, 1)  # the first one not taken is lost; the others are still tried


def _place(buffer: bytearray) -> int:
    """The address of a buffer that is never resized."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


def _drops(sock: socket.socket) -> int | None:
    try:
        told = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * (_MEMINFO_DROPS + 1))
    except OSError:
        return None
    return int(struct.unpack_from("I", told, 4 * _MEMINFO_DROPS)[0]) if len(told) > 4 * _MEMINFO_DROPS else None


def _waiting(sock: socket.socket) -> float:
    try:
        taken, octets = _MEMINFO_TAKEN.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO_TAKEN.size))
    except (OSError, struct.error):
        return 0.0
    return float(taken / octets) if octets else 0.0


def waiting(wire: Wire | None) -> float:
    """Which share of a socket's receive buffer waits to be read; 0 where the kernel does not tell."""
    return wire.waiting() if isinstance(wire, OneByOne | ManyAtOnce) else 0.0


def _library() -> Any:
    """libc with both calls, on Linux; else None."""
    if sys.platform != "linux" or sys.implementation.name != "cpython":
        return None
    try:
        libc = ctypes.PyDLL(None)
        libc.recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        libc.sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    except (OSError, AttributeError):
        return None
    return libc


_LIBC: Final = _library()
