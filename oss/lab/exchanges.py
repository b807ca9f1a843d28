"""Requests of several NAS in a plain loop: sent, repeated until answered, every answer verified.

For loads that the lab's asyncio is too dear for. A login is repeated with the same octets; an accounting record with
its Acct-Delay-Time grown, which makes it another packet with another identifier (RFC 2866 section 5.2).
"""

from __future__ import annotations

import heapq
import itertools
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from oss.lab.records import delay
from radius import attributes as a
from radius.auth import pap_encrypt
from radius.integrity import Secret, request
from radius.packet import Malformed, Packet
from radius.sockets import BUFFER_OCTETS

RESEND_S = 3.0
LOGIN_TRIES = 4
_LONGEST_WAIT_S = 0.5

Address = tuple[str, int]
Answered = Callable[[Packet | None], None]


class Router(NamedTuple):
    """One NAS: the address its packets come from, its secret, and how it names itself in each packet."""

    address: str
    secret: Secret
    identity: bytes


@dataclass(slots=True, eq=False)
class _Request:
    code: int
    router: int
    body: bytes
    password: bytes
    done: Answered
    first: float
    tries: int = 0
    port: _Port | None = None
    ident: int = 0
    datagram: bytes = b""


@dataclass(slots=True, eq=False)
class _Port:
    """A socket with its 256 identifiers; one that was given back is used again last.

    ``before``: the authenticator of the request that had an identifier before; its answer may come late.
    """

    socket: socket.socket
    free: deque[int] = field(default_factory=lambda: deque(range(256)))
    waiting: dict[int, _Request] = field(default_factory=dict)
    before: dict[int, bytes] = field(default_factory=dict)


class Exchanges:
    """What is under way, and an agenda of what is due. Instants are of the monotonic clock."""

    def __init__(self, auth: Address, acct: Address, routers: list[Router], resend_s: float = RESEND_S) -> None:
        self.sent = self.resent = self.given_up = self.bad = 0
        self.logins_pending = self.records_pending = 0
        self.silent = False  # nothing is sent, nothing repeated; answers are still taken
        self._servers = {a.ACCESS_REQUEST: auth, a.ACCOUNTING_REQUEST: acct}
        self._routers, self._resend_s = routers, resend_s
        self._ports: dict[tuple[int, int], deque[_Port]] = {}
        self._selector = selectors.DefaultSelector()
        self._resends: deque[tuple[float, _Request]] = deque()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def login(self, router: int, body: bytes, password: bytes, done: Answered) -> None:
        """Ask by PAP; ``done`` is given the answer, or None when there was none to any of the tries."""
        self.logins_pending += 1
        self._begin(_Request(a.ACCESS_REQUEST, router, body, password, done, time.monotonic()))

    def account(self, router: int, body: bytes, done: Answered) -> None:
        """Tell a record for as long as it takes until it is acknowledged."""
        self.records_pending += 1
        self._begin(_Request(a.ACCOUNTING_REQUEST, router, body, b"", done, time.monotonic()))

    def at(self, due: float, work: Callable[[], None]) -> None:
        """Have ``work`` done then."""
        heapq.heappush(self._agenda, (due, next(self._order), work))

    def watch(self, descriptor: int, readable: Callable[[], None]) -> None:
        """Have a descriptor listened to as well."""
        self._selector.register(descriptor, selectors.EVENT_READ, readable)

    def close(self) -> None:
        """Nothing more is sent or heard."""
        for ports in self._ports.values():
            for port in ports:
                port.socket.close()
        self._selector.close()

    def turn(self) -> None:
        """One turn of the loop: what is due, what must be repeated, what has come."""
        now = time.monotonic()
        while self._agenda and self._agenda[0][0] <= now:
            heapq.heappop(self._agenda)[2]()
        if not self.silent:
            self._resend(time.monotonic())
        for key, _ in self._selector.select(self._idle_s()):
            if isinstance(key.data, _Port):
                self._drain(key.data)
            else:
                key.data()

    def _idle_s(self) -> float:
        due = self._agenda[0][0] if self._agenda else float("inf")
        if self._resends and not self.silent:
            due = min(due, self._resends[0][0])
        return min(max(0.0, due - time.monotonic()), _LONGEST_WAIT_S)

    # ------------------------------------------------------------ sending

    def _begin(self, one: _Request) -> None:
        self.sent += 1
        self._build(one)
        self._transmit(one)

    def _build(self, one: _Request) -> None:
        """A packet with an identifier of its own."""
        port = one.port = self._port(one)
        one.ident = port.free.popleft()
        port.waiting[one.ident] = one
        secret, vector, body = self._routers[one.router].secret, None, one.body
        if one.code == a.ACCESS_REQUEST:
            vector = os.urandom(16)
            body += a.attr(a.USER_PASSWORD, pap_encrypt(one.password, secret, vector))
        else:
            body += delay(int(time.monotonic() - one.first))
        one.datagram = request(one.code, one.ident, body, secret, authenticator=vector)

    def _transmit(self, one: _Request) -> None:
        one.tries += 1
        self._resends.append((time.monotonic() + self._resend_s, one))
        assert one.port is not None
        if self.silent:
            return
        try:
            one.port.socket.send(one.datagram)
        except OSError:
            pass  # refused by the kernel: as lost as one dropped on the way

    def _port(self, one: _Request) -> _Port:
        """A socket of this router with an identifier to spare; each takes its turn."""
        ports = self._ports.setdefault((one.router, one.code), deque())
        for _ in range(len(ports)):
            ports.rotate(-1)
            if ports[0].free:
                return ports[0]
        fresh = _Port(self._open(one))
        self._selector.register(fresh.socket, selectors.EVENT_READ, fresh)
        ports.appendleft(fresh)
        return fresh

    def _open(self, one: _Request) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_OCTETS)
        made.bind((self._routers[one.router].address, 0))
        made.connect(self._servers[one.code])
        return made

    def _resend(self, now: float) -> None:
        while self._resends and self._resends[0][0] <= now:
            _, one = self._resends.popleft()
            if one.port is None or one.port.waiting.get(one.ident) is not one:
                continue
            if one.code == a.ACCESS_REQUEST and one.tries == LOGIN_TRIES:
                self.given_up += 1
                self._end(one, None)
                continue
            self.resent += 1
            if one.code == a.ACCOUNTING_REQUEST:
                self._release(one)
                self._build(one)
            self._transmit(one)

    # ------------------------------------------------------------ answers

    def _drain(self, port: _Port) -> None:
        while True:
            try:
                datagram = port.socket.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP refusal of an earlier request
            self._take(port, datagram)

    def _take(self, port: _Port, datagram: bytes) -> None:
        try:
            packet = Packet.parse(datagram)
        except Malformed:
            self.bad += 1
            return
        one = port.waiting.get(packet.id)
        if one is None:
            return  # to a packet that was repeated meanwhile
        secret, before = self._routers[one.router].secret, port.before.get(packet.id)
        if secret.verify_reply(packet, one.datagram[4:20]):
            self._end(one, packet)
        elif before is None or not secret.verify_reply(packet, before):
            self.bad += 1

    def _end(self, one: _Request, packet: Packet | None) -> None:
        self._release(one)
        one.port = None
        if one.code == a.ACCESS_REQUEST:
            self.logins_pending -= 1
        else:
            self.records_pending -= 1
        one.done(packet)

    def _release(self, one: _Request) -> None:
        assert one.port is not None
        del one.port.waiting[one.ident]
        one.port.before[one.ident] = one.datagram[4:20]
        one.port.free.append(one.ident)
