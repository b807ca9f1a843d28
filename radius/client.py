"""The asking side: CoA and Disconnect to a NAS (RFC 5176), and whatever a NAS asks a server.

A request is repeated octet for octet, so the other side can tell a repetition from a new request. An answer
counts only when it comes from the address asked and is rightly signed.
"""

from __future__ import annotations

import asyncio
from functools import partial
from ipaddress import ip_address
from typing import Final, NamedTuple, Self, cast

from radius.attributes import (
    ACCESS_ACCEPT,
    ACCESS_CHALLENGE,
    ACCESS_REJECT,
    ACCESS_REQUEST,
    ACCOUNTING_REQUEST,
    ACCOUNTING_RESPONSE,
    COA_ACK,
    COA_NAK,
    COA_REQUEST,
    DISCONNECT_ACK,
    DISCONNECT_NAK,
    DISCONNECT_REQUEST,
    STATUS_SERVER,
)
from radius.errors import NoReply
from radius.integrity import Secret, request
from radius.packet import Malformed, Packet
from radius.sockets import Address, bound_socket

__all__ = ["Client", "NoReply"]

ANSWERS: Final[dict[int, frozenset[int]]] = {
    ACCESS_REQUEST: frozenset((ACCESS_ACCEPT, ACCESS_REJECT, ACCESS_CHALLENGE)),
    ACCOUNTING_REQUEST: frozenset((ACCOUNTING_RESPONSE,)),
    STATUS_SERVER: frozenset((ACCESS_ACCEPT, ACCOUNTING_RESPONSE)),
    DISCONNECT_REQUEST: frozenset((DISCONNECT_ACK, DISCONNECT_NAK)),
    COA_REQUEST: frozenset((COA_ACK, COA_NAK)),
}


class _Waiting(NamedTuple):
    """A request under way."""

    code: int
    authenticator: bytes
    secret: Secret
    answer: asyncio.Future[Packet]


class _Lane(asyncio.DatagramProtocol):
    """One socket. An identifier is spoken for by where it was sent and its number (RFC 2865 section 3)."""

    def __init__(self, counters: dict[str, int]) -> None:
        self.waiting: dict[tuple[Address, int], _Waiting] = {}
        self.counters = counters
        self.transport: asyncio.DatagramTransport | None = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self.closed.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """Unreachable now may be reachable at the next try; the time given decides."""

    def send(self, octets: bytes, address: Address) -> None:
        if self.transport is None:
            raise NoReply("the client is closed")
        self.transport.sendto(octets, address)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            packet = Packet.parse(data)
        except Malformed:
            self.counters["malformed"] += 1
            return
        waiting = self.waiting.get((addr[:2], packet.id))
        fault = "unasked" if waiting is None else _fault(packet, waiting)
        if fault is not None:
            self.counters[fault] += 1
        elif waiting is not None and not waiting.answer.done():
            waiting.answer.set_result(packet)


def _fault(packet: Packet, waiting: _Waiting) -> str | None:
    """Why this is not the answer waited for; None when it is."""
    if packet.code not in ANSWERS[waiting.code]:
        return "wrong_code"
    if not waiting.secret.verify_reply(packet, waiting.authenticator):
        return "bad_authenticator"
    return None


class _Identifiers:
    """Numbers free towards one destination. First in, first out: a number rests as long as it can, so that a late
    answer finds nobody.
    """

    def __init__(self, count: int) -> None:
        self._fresh = iter(range(count))
        self._returned: asyncio.Queue[int] = asyncio.Queue()

    async def take(self, patience_s: float) -> int:
        """A number that nobody has; raises NoReply."""
        number = next(self._fresh, None)
        if number is not None:
            return number
        try:
            async with asyncio.timeout(patience_s):
                return await self._returned.get()
        except TimeoutError:
            raise NoReply(f"no identifier became free within {patience_s:g} s") from None

    def give_back(self, number: int) -> None:
        self._returned.put_nowait(number)


class Client:
    """Asks over several sockets: towards each destination 256 requests may be under way on each, the next one waits.

    A destination that is silent holds up nobody but itself. `local_host` is the source address and decides the
    family: IPv4, or IPv6 with "::".
    """

    def __init__(self, local_host: str = "0.0.0.0", sockets: int = 4) -> None:  # noqa: S104
        self._local_host = local_host
        self._sockets = sockets
        self._lanes: list[_Lane] = []
        self._identifiers: dict[Address, _Identifiers] = {}
        self.counters = dict.fromkeys(_COUNTERS, 0)

    async def __aenter__(self) -> Self:
        try:
            for _ in range(self._sockets):
                await self._open()
        except OSError:
            await self.__aexit__()
            raise
        return self

    async def _open(self) -> None:
        sock = await bound_socket(self._local_host, 0)
        make = partial(_Lane, self.counters)
        _, lane = await asyncio.get_running_loop().create_datagram_endpoint(make, sock=sock)
        self._lanes.append(lane)

    async def __aexit__(self, *exc: object) -> None:
        for lane in self._lanes:
            if lane.transport is not None:
                lane.transport.close()
        await asyncio.gather(*(lane.closed for lane in self._lanes))

    async def exchange(
        self,
        addr: Address,
        code: int,
        attributes: bytes,
        secret: Secret,
        timeout_s: float = 1.0,
        tries: int = 3,
        *,
        authenticator: bytes | None = None,
        message_authenticator: bool | None = None,
    ) -> Packet:
        """The answer to a request sent up to `tries` times, `timeout_s` apart; raises NoReply, Unencodable.

        `addr` is an address, not a name. Pass the `authenticator` with which a User-Password has been hidden.
        """
        address = (str(ip_address(addr[0])), addr[1])
        identifiers = self._identifiers.get(address)
        if identifiers is None:
            identifiers = self._identifiers[address] = _Identifiers(256 * self._sockets)
        number = await identifiers.take(timeout_s * tries)
        lane, key = self._lanes[number % self._sockets], (address, number // self._sockets)
        try:
            octets = request(code, key[1], attributes, secret, message_authenticator, authenticator)
            answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
            lane.waiting[key] = _Waiting(code, octets[4:20], secret, answer)
            return await _ask(lane, octets, address, answer, timeout_s, tries)
        finally:
            lane.waiting.pop(key, None)
            identifiers.give_back(number)


_COUNTERS: Final = ("malformed", "unasked", "wrong_code", "bad_authenticator")


async def _ask(
    lane: _Lane, octets: bytes, address: Address, answer: asyncio.Future[Packet], timeout_s: float, tries: int
) -> Packet:
    for _ in range(tries):
        lane.send(octets, address)
        done, _pending = await asyncio.wait((answer,), timeout=timeout_s)
        if done:
            return answer.result()
    raise NoReply(f"{address[0]} port {address[1]} did not answer {tries} tries of {timeout_s:g} s")
