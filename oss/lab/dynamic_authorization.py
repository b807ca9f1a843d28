"""The NAS's own port: CoA-Request and Disconnect-Request (RFC 5176), obeyed or not, as the mode says."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Protocol, cast

from oss.lab.profiles import Profile, profile_in
from oss.lab.sessions import IDENTIFICATION, Session, Table
from oss.lab.settings import Mode
from radius import attributes as a
from radius.attributes import attr
from radius.dynamic_authorization import ErrorCause
from radius.integrity import Secret, reply
from radius.packet import MIN_PACKET, Malformed, Packet
from radius.replies import ReplyCache
from radius.sockets import Address, bound_socket

_AUTHORIZE_ONLY = 17
_WINDOW_S = 300
_NAS = frozenset((a.NAS_IP_ADDRESS, a.NAS_IPV6_ADDRESS, a.NAS_IDENTIFIER))
_ALWAYS = _NAS | {
    *IDENTIFICATION,
    a.MESSAGE_AUTHENTICATOR,
    a.EVENT_TIMESTAMP,
    a.PROXY_STATE,
    a.CLASS,
    a.STATE,
    a.REPLY_MESSAGE,
    a.ACCT_TERMINATE_CAUSE,
}
_CHANGES = frozenset(
    (
        a.VENDOR_SPECIFIC,
        a.FILTER_ID,
        a.SESSION_TIMEOUT,
        a.IDLE_TIMEOUT,
        a.ACCT_INTERIM_INTERVAL,
        a.FRAMED_POOL,
        a.SERVICE_TYPE,
    )
)


class Router(Protocol):
    """What an order does to a session."""

    def apply(self, session: Session, profile: Profile) -> None:
        """A CoA changes the profile."""
        ...

    def limit(self, session: Session, timeout_s: int | None) -> None:
        """A CoA sets the time left."""
        ...

    def disconnect(self, session: Session) -> None:
        """A Disconnect ends the session."""
        ...


class Refused(Exception):
    """The order is answered with a NAK; `cause` is the Error-Cause."""

    def __init__(self, cause: int) -> None:
        super().__init__(f"error cause {cause}")
        self.cause = cause


class DynamicAuthorization(asyncio.DatagramProtocol):
    """One socket. `results` counts what became of datagrams, e.g. ``coa_ack``, ``disconnect_nak_503``, ``silent``."""

    def __init__(
        self, secret: Secret, name: str, address: str, table: Table, router: Router, clock_off_s: float = 0.0
    ) -> None:
        self.mode: Mode = "healthy"
        self.error_cause: int = ErrorCause.RESOURCES_UNAVAILABLE
        self.results: Counter[str] = Counter()
        self._secret, self._name, self._address = secret, name, address
        self._table, self._router, self._clock_off_s = table, router, clock_off_s
        self._replies = ReplyCache(capacity=4096)
        self._transport: asyncio.DatagramTransport | None = None
        self._closed: asyncio.Future[None] | None = None

    async def open(self, host: str, port: int) -> None:
        """Binds the port (0: any); raises OSError that says which."""
        loop = asyncio.get_running_loop()
        sock = await bound_socket(host, port)
        self._closed = loop.create_future()
        await loop.create_datagram_endpoint(lambda: self, sock=sock)

    async def close(self) -> None:
        """Stops listening."""
        if self._transport is not None and self._closed is not None:
            self._transport.close()
            await self._closed

    @property
    def port(self) -> int:
        """The port bound; 0 where it is closed."""
        return 0 if self._transport is None else int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """An answer could not be delivered: the asker is gone."""

    def datagram_received(self, data: bytes, addr: Address) -> None:
        now = time.monotonic()
        key = (addr, data[:MIN_PACKET])
        known = self._replies.find(key, None)
        if isinstance(known, bytes):
            self.results["duplicates"] += 1
            self._send(known, addr)
            return
        request = self._believed(data)
        if request is None:
            return
        answer = self._answer(request)
        if answer is not None:
            self._replies.begin(key, now)
            self._replies.answer(key, answer)
            self._send(answer, addr)

    def _send(self, octets: bytes, addr: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(octets, addr)

    def _believed(self, data: bytes) -> Packet | None:
        """The request, unless it must be discarded silently (RFC 5176 2.3, 3.4, 6.3)."""
        fault = ""
        try:
            packet = Packet.parse(data)
        except Malformed:
            self.results["malformed"] += 1
            return None
        if packet.code not in (a.COA_REQUEST, a.DISCONNECT_REQUEST):
            fault = "unexpected_code"
        elif not self._secret.verify_request_authenticator(packet):
            fault = "bad_authenticator"
        elif self._secret.verify_message_authenticator(packet) is False:
            fault = "bad_message_authenticator"
        elif self._is_stale(packet.integer(a.EVENT_TIMESTAMP)):
            fault = "stale"
        if fault:
            self.results[fault] += 1
            return None
        return packet

    def _is_stale(self, at: int | None) -> bool:
        return at is not None and abs(time.time() + self._clock_off_s - at) > _WINDOW_S

    def _answer(self, request: Packet) -> bytes | None:
        coa = request.code == a.COA_REQUEST
        word = "coa" if coa else "disconnect"
        if self.mode == "silent":
            self.results["silent"] += 1
            return None
        try:
            self._obey(request)
        except Refused as refusal:
            self.results[f"{word}_nak_{refusal.cause}"] += 1
            code = a.COA_NAK if coa else a.DISCONNECT_NAK
            return reply(code, request, attr(a.ERROR_CAUSE, refusal.cause), self._secret)
        self.results[f"{word}_pretended" if self.mode == "pretend" else f"{word}_ack"] += 1
        return reply(a.COA_ACK if coa else a.DISCONNECT_ACK, request, b"", self._secret)

    def _obey(self, request: Packet) -> None:
        """Does what is asked; raises Refused."""
        if self.mode == "nak":
            raise Refused(self.error_cause)
        self._check_attributes(request)
        self._check_nas(request)
        session = self._find(request)
        if request.code == a.DISCONNECT_REQUEST:
            if self.mode != "pretend":
                self._router.disconnect(session)
        else:
            self._change(request, session)

    def _check_attributes(self, request: Packet) -> None:
        allowed = _ALWAYS | _CHANGES if request.code == a.COA_REQUEST else _ALWAYS
        if any(kind not in allowed for kind, _ in request.attributes()):
            raise Refused(ErrorCause.UNSUPPORTED_ATTRIBUTE)
        if request.integer(a.SERVICE_TYPE) == _AUTHORIZE_ONLY:
            raise Refused(ErrorCause.UNSUPPORTED_SERVICE)

    def _check_nas(self, request: Packet) -> None:
        address, name = request.address(a.NAS_IP_ADDRESS), request.text(a.NAS_IDENTIFIER)
        if (address is not None and str(address) != self._address) or name not in (None, self._name):
            raise Refused(ErrorCause.NAS_IDENTIFICATION_MISMATCH)

    def _find(self, request: Packet) -> Session:
        keys = {kind: value for kind in IDENTIFICATION if (value := request.get(kind)) is not None}
        if not keys:
            raise Refused(ErrorCause.MISSING_ATTRIBUTE)
        session = self._table.find(keys)
        if session is None:
            raise Refused(ErrorCause.SESSION_CONTEXT_NOT_FOUND)
        return session

    def _change(self, request: Packet, session: Session) -> None:
        timeout_s = request.integer(a.SESSION_TIMEOUT)
        try:
            profile = profile_in(request, session.profile)
        except ValueError:
            raise Refused(ErrorCause.INVALID_ATTRIBUTE_VALUE) from None
        if profile is None and timeout_s is None:
            raise Refused(ErrorCause.MISSING_ATTRIBUTE)
        if self.mode == "pretend":
            return
        if profile is not None:
            self._router.apply(session, profile)
        self._router.limit(session, timeout_s)
