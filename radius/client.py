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
    address: Address
    answer: asyncio.Future[Packet]


class _Lane(asyncio.DatagramProtocol):
    """One socket and its 256 identifiers (RFC 2865 section 3)."""

    def __init__(self, counters: dict[str, int]) -> None:
        self.waiting: dict[int, _Waiting] = {}
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
        waiting = self.waiting.get(packet.id)
        fault = _fault(packet, addr, waiting)
        if fault is not None:
            self.counters[fault] += 1
        elif waiting is not None and not waiting.answer.done():
            waiting.answer.set_result(packet)


def _fault(packet: Packet, addr: Address, waiting: _Waiting | None) -> str | None:
    """Why this is not the answer waited for; None when it is."""
    if waiting is None:
        return "unasked"
    if addr[:2] != waiting.address:
        return "wrong_source"
    if packet.code not in ANSWERS[waiting.code]:
        return "wrong_code"
    if not waiting.secret.verify_reply(packet, waiting.authenticator):
        return "bad_authenticator"
    return None


class Client:
    """Asks over several sockets, 256 requests under way on each; the next one waits for a free identifier.

    `local_host` is the source address and decides the family: IPv4, or IPv6 with "::".
    """

    def __init__(self, local_host: str = "0.0.0.0", sockets: int = 4) -> None:  # noqa: S104
        self._local_host = local_host
        self._sockets = sockets
        self._lanes: list[_Lane] = []
        # First in, first out: an identifier rests as long as possible, so that a late answer finds nobody.
        self._free: asyncio.Queue[tuple[_Lane, int]] = asyncio.Queue()
        self.counters = dict.fromkeys(_COUNTERS, 0)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(self._sockets):
            sock = await bound_socket(self._local_host, 0)
            _, lane = await loop.create_datagram_endpoint(partial(_Lane, self.counters), sock=sock)
            self._lanes.append(lane)
        for ident in range(256):
            for lane in self._lanes:
                self._free.put_nowait((lane, ident))
        return self

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
        lane, ident = await self._identifier(timeout_s * tries)
        try:
            octets = request(code, ident, attributes, secret, message_authenticator, authenticator)
            answer = asyncio.get_running_loop().create_future()
            lane.waiting[ident] = _Waiting(code, octets[4:20], secret, address, answer)
            return await _ask(lane, octets, lane.waiting[ident], timeout_s, tries)
        finally:
            lane.waiting.pop(ident, None)
            self._free.put_nowait((lane, ident))

    async def _identifier(self, patience_s: float) -> tuple[_Lane, int]:
        try:
            async with asyncio.timeout(patience_s):
                return await self._free.get()
        except TimeoutError:
            raise NoReply(f"no identifier became free within {patience_s:g} s") from None


_COUNTERS: Final = ("malformed", "unasked", "wrong_source", "wrong_code", "bad_authenticator")


async def _ask(lane: _Lane, octets: bytes, waiting: _Waiting, timeout_s: float, tries: int) -> Packet:
    for _ in range(tries):
        lane.send(octets, waiting.address)
        done, _pending = await asyncio.wait((waiting.answer,), timeout=timeout_s)
        if done:
            return waiting.answer.result()
    host, port = waiting.address
    raise NoReply(f"{host} port {port} did not answer {tries} tries of {timeout_s:g} s")
