"""Is it there, and how far: ICMP where the kernel lets us (a datagram socket, or a raw one), else a TCP connection.

One socket for each IP version serves all targets. Echoes leave at a bounded rate, so that a thousand targets are no
burst. By TCP a refusal is an answer: somebody is there and said no.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oss.monitoring import icmp
from oss.monitoring.kinds import PING
from oss.monitoring.samples import NAN, Sample

log = logging.getLogger(__name__)
PER_SECOND = 1_000
TIMEOUT_S, GAP_S, ECHOES = 2.0, 0.2, 3
TCP_PORT = 22
THERE = (errno.ECONNREFUSED, errno.ECONNRESET)
BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of some echoes to one target: seconds of each that came back."""

    sent: int
    times: tuple[float, ...] = ()

    @property
    def loss_pct(self) -> float:
        return 100 * (1 - len(self.times) / self.sent) if self.sent else NAN

    @property
    def rtt_ms(self) -> float:
        """The mean of those that came back."""
        return 1000 * sum(self.times) / len(self.times) if self.times else NAN

    def sample(self, owner_id: int, object_id: int, at: float) -> Sample:
        """As a sample of its kind."""
        return Sample(at, owner_id, PING, (object_id,), (self.rtt_ms, self.loss_pct))


def opened(version: int) -> socket.socket | None:
    """A socket for ICMP: a datagram one (net.ipv4.ping_group_range), else a raw one; None where neither is allowed."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        with contextlib.suppress(OSError):
            made = socket.socket(family, kind, protocol)
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            return made
    return None


@dataclass(slots=True)
class Pinger:
    """Pings many targets by as few sockets as there are IP versions. ``icmp_allowed`` False: by TCP alone.

    ``doors``: addresses that are asked by TCP, each at its own port, whatever the kernel lets us: on loopback it
    answers echoes for every address, whoever has it.
    """

    per_second: int = PER_SECOND
    timeout_s: float = TIMEOUT_S
    tcp_port: int = TCP_PORT
    icmp_allowed: bool = True
    doors: Mapping[str, int] = field(default_factory=dict)
    mark: bytes = field(default_factory=lambda: secrets.token_bytes(8))
    _sockets: dict[int, socket.socket | None] = field(default_factory=dict)
    _waiting: dict[int, tuple[str, float, asyncio.Future[float]]] = field(default_factory=dict)
    _number: int = 0
    _next_at: float = 0.0

    async def ping(self, address: str, echoes: int = ECHOES, gap_s: float = GAP_S) -> Heard:
        """Some echoes to one address, one after the other."""
        version, times = icmp.version_of(address), []
        for number in range(echoes):
            if number:
                await asyncio.sleep(gap_s)
            took = await self._once(version, address)
            if took is not None:
                times.append(took)
        return Heard(echoes, tuple(times))

    async def ping_all(self, addresses: Sequence[str], echoes: int = ECHOES, gap_s: float = GAP_S) -> list[Heard]:
        """All of them together, at the rate that is allowed."""
        return list(await asyncio.gather(*(self.ping(address, echoes, gap_s) for address in addresses)))

    def by_icmp(self, version: int) -> bool:
        """Whether the kernel lets us."""
        return self._socket(version) is not None

    def close(self) -> None:
        """The sockets; echoes on their way are lost."""
        for one in self._sockets.values():
            if one is not None:
                asyncio.get_running_loop().remove_reader(one)
                one.close()
        self._sockets.clear()
        for _, _, future in self._waiting.values():
            future.cancel()

    def _socket(self, version: int) -> socket.socket | None:
        if version not in self._sockets:
            made = self._sockets[version] = opened(version) if self.icmp_allowed else None
            if made is not None:
                asyncio.get_running_loop().add_reader(made, self._read, version, made)
        return self._sockets[version]

    async def _once(self, version: int, address: str) -> float | None:
        """Seconds until the answer, None where there was none in time."""
        await self._turn()
        made = None if address in self.doors else self._socket(version)
        return await self._tcp(address) if made is None else await self._icmp(version, made, address)

    async def _turn(self) -> None:
        """Wait for this echo's place in the allowed rate."""
        now = time.monotonic()
        self._next_at = max(now, self._next_at) + 1 / self.per_second
        if (wait := self._next_at - now - 1 / self.per_second) > 0:
            await asyncio.sleep(wait)

    async def _icmp(self, version: int, made: socket.socket, address: str) -> float | None:
        self._number += 1
        number, future = self._number, asyncio.get_running_loop().create_future()
        self._waiting[number] = (address, time.perf_counter(), future)
        try:
            made.sendto(icmp.request(version, self.mark, number), (address, 0))
            return float(await asyncio.wait_for(future, self.timeout_s))
        except (OSError, TimeoutError):  # no route, or nobody answered
            return None
        finally:
            self._waiting.pop(number, None)

    def _read(self, version: int, made: socket.socket) -> None:
        """All that has come; an answer counts from the address that was asked alone."""
        with contextlib.suppress(OSError):
            while True:
                octets, source = made.recvfrom(2048)
                echo = icmp.reply(version, octets)
                if echo is None or echo.mark != self.mark or echo.number not in self._waiting:
                    continue
                address, sent, future = self._waiting[echo.number]
                if source[0].partition("%")[0] == address and not future.done():
                    future.set_result(time.perf_counter() - sent)

    async def _tcp(self, address: str) -> float | None:
        began, port = time.perf_counter(), self.doors.get(address, self.tcp_port)
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), self.timeout_s)
        except OSError as error:  # TimeoutError is one
            return time.perf_counter() - began if error.errno in THERE else None
        writer.transport.abort()
        return time.perf_counter() - began
