"""The trap port: one UDP socket with a large buffer, read on the main loop in short turns.

It needs no thread of its own: reading and reckoning up a datagram takes some 5 µs, decoding one some 20 µs, each turn
ends after `TURN_S`, and what comes meanwhile waits in a buffer of 8 MiB for a second or so. `recvfrom` gives the
interpreter's lock away each time, so that a flood of traps lets RADIUS, in its thread, go first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Final

from snmp.trap_intake import Intake
from snmp.trap_message import MOST_OCTETS

log = logging.getLogger(__name__)

BUFFER_OCTETS: Final = 8 * 1024 * 1024

TURN_S: Final = 0.0025
"""How long one turn may read and decode; a single v3 message may take as much again."""

READING_S: Final = 0.0015
"""How much of it may go into reading: what is read in time is thrown away at its own source's expense, what is not at
anybody's."""

REST_S: Final = 0.005
"""Between two turns that both read all there was: to be woken for each datagram would cost more than to decode it."""

AT_ONCE: Final = 16
"""Datagrams between two looks at the clock."""

SETTLE_S: Final = 1.0

_SO_RCVBUFFORCE: Final = 33  # the socket module has no name for it
_SO_MEMINFO: Final = 55
_MEMINFO_DROPS: Final = 8


class TrapReceiver:
    """Listens for traps and hands them to an `Intake`."""

    def __init__(self, intake: Intake, *, buffer_octets: int = BUFFER_OCTETS) -> None:
        self.intake = intake
        self.turns = 0
        self.longest_s = 0.0
        """Seconds of its own that the longest turn took; what the machine gave to others meanwhile is not counted."""
        self._buffer_octets = buffer_octets
        self._sock: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: asyncio.Handle | None = None
        self._later: asyncio.Handle | None = None
        self._maps = False

    async def open(self, host: str, port: int) -> tuple[str, int]:
        """Bind and listen in this loop; gives the address bound. `::` hears IPv4 too. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._sock = await _bound(host, port, self._buffer_octets)
        self._maps = self._sock.family == socket.AF_INET6
        self._loop.add_reader(self._sock.fileno(), self._readable)
        self._later = self._loop.call_later(SETTLE_S, self._settle)
        bound = self._sock.getsockname()
        return bound[0], bound[1]

    async def close(self) -> None:
        """Give the port back; what was received is told."""
        if self._sock is None or self._loop is None:
            return
        self._loop.remove_reader(self._sock.fileno())
        for handle in (self._next, self._later):
            if handle is not None:
                handle.cancel()
        self._sock.close()
        self._sock = self._next = self._later = None
        self.intake.close()

    def drops(self) -> int | None:
        """Datagrams the kernel threw away because its buffer was full; None: it does not tell."""
        return None if self._sock is None else kernel_drops(self._sock)

    @property
    def buffer_octets(self) -> int:
        """What the kernel gave: twice what was asked for, since it counts its own overhead in."""
        return 0 if self._sock is None else self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def _readable(self) -> None:
        """The first datagram after a silence. From now on turns follow each other, and nobody needs to be woken."""
        assert self._loop is not None
        assert self._sock is not None
        self._loop.remove_reader(self._sock.fileno())
        self._turn()

    def _turn(self) -> None:
        """Read what has come, then decode; the rest soon, and what comes meanwhile a little later."""
        began, used = time.perf_counter(), time.thread_time()
        self._next = None
        more, came = True, True
        try:
            more, came = self._read(began + READING_S)
            while self.intake.waiting and time.perf_counter() < began + TURN_S:
                for octets, address in self.intake.work(AT_ONCE):
                    self._send(octets, address)
        finally:
            self._follow(more or self.intake.waiting, came)
            self.turns += 1
            self.longest_s = max(self.longest_s, time.thread_time() - used)

    def _follow(self, more: bool, came: bool) -> None:
        """When the next turn is: at once, after a rest in which datagrams gather, or when one comes."""
        if self._sock is None or self._loop is None:
            return
        if more:
            self._next = self._loop.call_soon(self._turn)
        elif came:
            self._next = self._loop.call_later(REST_S, self._turn)
        else:
            self._loop.add_reader(self._sock.fileno(), self._readable)

    def _read(self, until: float) -> tuple[bool, bool]:
        """Datagrams until none is left or the time is over: whether there may be more, and whether any came."""
        sock, hear, came = self._sock, self.intake.hear, False
        if sock is None:
            return False, False
        now, at = time.monotonic(), time.time()
        while True:
            for _ in range(AT_ONCE):
                try:
                    octets, address = sock.recvfrom(MOST_OCTETS + 1)
                except (BlockingIOError, InterruptedError):
                    return False, came
                except OSError as error:  # the report of an answer that could not be delivered
                    log.debug("trap port: %s", error)
                    return True, came
                came = True
                hear(octets, _plain(address) if self._maps else address, now, at)
            if time.perf_counter() >= until:
                return True, True

    def _send(self, octets: bytes, address: tuple[str, int]) -> None:
        """What the kernel does not take is lost; who sent the inform sends it again."""
        if self._sock is None:
            return
        host = f"::ffff:{address[0]}" if self._maps and ":" not in address[0] else address[0]
        with contextlib.suppress(OSError):
            self._sock.sendto(octets, (host, *address[1:]))

    def _settle(self) -> None:
        assert self._loop is not None
        self._later = self._loop.call_later(SETTLE_S, self._settle)
        self.intake.settle()


def _plain(address: tuple[str, int, int, int]) -> tuple[str, ...] | tuple[str, int, int, int]:
    """An IPv4 address that came through an IPv6 socket, as IPv4; an IPv6 one without the name of its scope."""
    host = address[0]
    if host.startswith("::ffff:") and "." in host:
        host = host[7:]
    return (host.partition("%")[0], *address[1:])


async def _bound(host: str, port: int, buffer_octets: int) -> socket.socket:
    """A non-blocking UDP socket with a large receive buffer."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host in ("", "::") else 1)
        _enlarge(sock, buffer_octets)
        sock.setblocking(False)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot bind UDP {host} port {port} for traps: {error.strerror}") from None
    return sock


def _enlarge(sock: socket.socket, octets: int) -> None:
    """As large as we may: beyond net.core.rmem_max only with CAP_NET_ADMIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)


def kernel_drops(sock: socket.socket) -> int | None:
    """The socket's own counter of datagrams that found its buffer full; None where the kernel has none.

    SO_MEMINFO (Linux 4.12) costs one call when somebody asks; SO_RXQ_OVFL would send the same number along with every
    datagram. An older kernel tells it in /proc/net/udp.
    """
    if sys.platform != "linux":
        return None
    try:
        told = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * (_MEMINFO_DROPS + 1))
        return int(struct.unpack_from("I", told, 4 * _MEMINFO_DROPS)[0])
    except (OSError, struct.error):
        return listed_drops(sock)


def listed_drops(sock: socket.socket) -> int | None:
    """The same from /proc/net/udp or udp6, by the socket's inode."""
    inode = str(Path(f"/proc/self/fd/{sock.fileno()}").readlink()).removeprefix("socket:[").removesuffix("]")
    name = "udp6" if sock.family == socket.AF_INET6 else "udp"
    for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
        parts = line.split()
        if len(parts) > 12 and parts[9] == inode:
            return int(parts[12])
    return None
