"""The server side of authentication and accounting (RFC 2865, 2866, 5997), from datagrams to a handler and back.

`Listener` decides whether a datagram is worth a thought: known NAS, no duplicate, well formed, rightly
signed. What to answer is the handler's. Whatever arrives, nothing is raised into the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final, Literal, NamedTuple, cast

from radius.admission import Admission, Bucket, Queue
from radius.attributes import (
    ACCESS_ACCEPT,
    ACCESS_REQUEST,
    ACCOUNTING_REQUEST,
    ACCOUNTING_RESPONSE,
    EAP_MESSAGE,
    NAS_IDENTIFIER,
    PROXY_STATE,
    STATUS_SERVER,
)
from radius.datagrams import Batch, Source, Wire, open_wire, waiting
from radius.errors import Unencodable
from radius.integrity import Secret, reply
from radius.knocks import Knock, Knocks, caller, stranger
from radius.packet import MIN_PACKET, Malformed, Packet
from radius.peers import COUNTERS, Host, Peer, Peers, PeerTable, host_address, new_counters, told_apart
from radius.replies import ReplyCache
from radius.sockets import Address

__all__ = [
    "AccessReply",
    "AcctHandler",
    "AuthHandler",
    "Host",
    "Kind",
    "Knock",
    "Knocks",
    "Later",
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


Later = asyncio.Future[AccessReply | None]
"""An answer that takes a moment; repetitions are swallowed meanwhile."""

AuthHandler = Callable[[Packet, Peer], AccessReply | Later | None]
"""Answers at once or later, or None for silence: the NAS will ask again and be heard again."""

AcctHandler = Callable[[Packet, Peer, Host, float, Callable[[], None]], bool | None]
"""Takes (request, peer, source address, Unix time of arrival, ack); calls ack, in the loop, when all is durable.

False = not taken: its repetition comes as a new request. Until ack, repetitions are swallowed.
"""

Key = tuple[Source, bytes]
"""Where a request came from, and its header (code, id, length, authenticator)."""

_NEW: Final = object()
_QUIET_S: Final = 10.0
_STATUS: Final = bytes([STATUS_SERVER])
_WRONG_SECRET: Final = ("bad_authenticator", "bad_message_authenticator")
_INTRODUCED_PER_S: Final = 500.0  # requests in vain that are looked at more closely; beyond, they are only counted


class Listener:
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
        admission: Admission | None = None,
        queue: Queue | None = None,
        portable: bool = False,
    ) -> None:
        self.kind: Final = kind
        self.peers = peers
        self.counters = {} if counters is None else counters
        for name in COUNTERS:
            self.counters.setdefault(name, 0)
        self.knocks = Knocks() if knocks is None else knocks
        self.replies = ReplyCache() if replies is None else replies
        self.wire: Wire | None = None
        self._admission = admission
        self._behind = False
        self._queue = queue or Queue(lambda: waiting(self.wire))
        self._stands: bool | None = None  # whether requests keep each other waiting; None: nobody asked in this batch
        self._introduced = Bucket(_INTRODUCED_PER_S)
        self._handle = handle
        self._on_signs = on_signs
        self._serve = self._access if kind == "auth" else self._accounting
        self._fault = self._access_fault if kind == "auth" else self._accounting_fault
        self._portable = portable
        self._host: int | slice = 0
        self._answers: list[tuple[bytes, Source]] = []
        self._flushing = False
        self._soon: Callable[[Callable[[], None]], object] = lambda flush: flush()  # without a loop, at once
        self._heard_at = 0.0  # Unix time of the present batch
        self._quiet_until = 0.0

    # The socket

    async def open(self, host: str, port: int) -> Address:
        """Bind and listen; returns the address bound (port 0 = any). Raises an OSError that says what."""
        self._soon = asyncio.get_running_loop().call_soon
        self.attach(await open_wire(host, port, self.receive, portable=self._portable))
        return self.address

    def attach(self, wire: Wire) -> None:
        """Answer through this wire."""
        self.wire, self._host = wire, wire.host

    async def close(self) -> None:
        """Stop listening; answers still owed are not sent."""
        wire, self.wire = self.wire, None
        if wire is not None:
            await wire.close()

    @property
    def address(self) -> Address:
        """(host, port) as bound."""
        if self.wire is None:
            raise OSError("the RADIUS listener is not open")
        return self.wire.address

    # A batch of datagrams

    def receive(self, batch: Batch) -> None:
        """Never raises: a handler that fails costs its one datagram."""
        now, find, host = time.monotonic(), self.peers.find, self._host
        self._heard_at = time.time()
        self._flushing, self._stands = True, None
        if self._admission is not None:
            self._behind = self._admission.behind()
        for data, source in batch:
            try:
                peer = find(source[host])
                if peer is None:
                    self._stranger(data, source, now)
                elif peer.shared is None:
                    self._receive(data, source, peer, now)
                else:
                    self._receive_of_several(data, source, peer.shared, now)
            except Exception:  # the supervision edge of the handlers
                self.counters["failed"] += 1
                self._complain(source)
        self._flush()

    def _stranger(self, data: bytes, source: Source, now: float) -> None:
        """Nobody we know. Who only asks whether we are there (RFC 5997) is not offered as a new NAS."""
        self.counters["unknown_nas"] += 1
        if data[:1] != _STATUS and self._introduced.take(now):
            self.knocks.note(str(host_address(source[self._host])), self._heard_at, stranger(data, self.kind))

    def _receive_of_several(self, data: bytes, source: Source, shared: dict[bytes, Peer], now: float) -> None:
        """From an address that several NAS share: the NAS-Identifier says whose secret is to be used."""
        try:
            identifier = Packet.parse(data).get(NAS_IDENTIFIER)
        except Malformed:
            self.counters["malformed"] += 1
            return
        peer = told_apart(shared, identifier)
        if peer is None:
            self._stranger(data, source, now)
        else:
            self._receive(data, source, peer, now)

    def _receive(self, data: bytes, source: Source, peer: Peer, now: float) -> None:
        self.counters["requests"] += 1
        peer.counters["requests"] += 1
        limit = peer.limit
        limit.left -= 1
        if limit.left < 0 and not limit.refill(now) and self._costs_others(now):
            self._count(peer, "limited")
            return
        # The header holds code, id and authenticator, the source the port. To look before verifying is safe:
        # only verified requests have entries, and an answer goes nowhere but where it went before.
        key = (source, data[:MIN_PACKET])
        known = self.replies.find(key, _NEW)
        if known is not _NEW:
            self._repeat(cast("bytes | None", known), peer, source)
            return
        if self._behind and self._puts_off(data, now):
            self._count(peer, "put_off")
            return
        try:
            packet = Packet.parse(data)
        except Malformed:
            self._count(peer, "malformed")
            return
        if packet.code == STATUS_SERVER:
            self._status(packet, peer, source, now)
            return
        fault = self._fault(packet, peer)
        if fault is not None and (peer.spare is None or not self._turned(packet, peer)):
            self._refuse(fault, packet, peer, source, now)
            return
        self.replies.begin(key, now)
        self._serve_new(packet, peer, key)

    def _turned(self, packet: Packet, peer: Peer) -> bool:
        """Whether the peer's other secret proves the packet; that one is the first from then on."""
        peer.turn()
        if self._fault(packet, peer) is None:
            return True
        peer.turn()
        return False

    def _costs_others(self, now: float) -> bool:
        """Whether what a NAS sends above its limit keeps anybody waiting; while nobody waits, it is served too."""
        if self._stands is None:
            self._stands = self._queue.stands(now)
        return self._stands

    def _puts_off(self, data: bytes, now: float) -> bool:
        """Logins wait: of the accounting that is new, only a bound is taken. Whether we are there is still told."""
        return self._admission is not None and data[:1] != _STATUS and not self._admission.takes(now)

    def _refuse(self, fault: str, packet: Packet, peer: Peer, source: Source, now: float) -> None:
        """Count what was wrong; a wrong signature is most often a wrong secret, and somebody should hear of it."""
        self._count(peer, fault)
        if fault in _WRONG_SECRET and self._introduced.take(now):
            known = caller(packet, "wrong_secret", self.kind, peer.key)
            self.knocks.note(str(host_address(source[self._host])), self._heard_at, known)

    def _serve_new(self, packet: Packet, peer: Peer, key: Key) -> None:
        try:
            outcome = self._serve(packet, peer, key)
        except Exception:
            self.replies.forget(key)  # the repetition may fare better
            peer.counters["failed"] += 1
            raise
        if outcome is not None:
            self.replies.forget(key)
            self._count(peer, outcome)

    def _repeat(self, answer: bytes | None, peer: Peer, source: Source) -> None:
        self._count(peer, "duplicates")
        if answer is not None:
            self._answers.append((answer, source))

    def _send(self, octets: bytes, peer: Peer, key: Key) -> None:
        self.replies.answer(key, octets)
        self._post(octets, peer, key[0])

    def _post(self, octets: bytes, peer: Peer, source: Source) -> None:
        self.counters["answers"] += 1
        peer.counters["answers"] += 1
        self._answers.append((octets, source))
        if not self._flushing:  # an acknowledgement: those of its group go together
            self._flushing = True
            self._soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._answers:
            answers, self._answers = self._answers, []
            if self.wire is not None:
                self.wire.send(answers)

    # Are we there? RFC 5997

    def _status(self, packet: Packet, peer: Peer, source: Source, now: float) -> None:
        """Answered where it is rightly signed (section 3), a few times a second, with nothing but a signature.

        It proves nothing of its NAS, and is no request that may come twice: each has an identifier and an
        authenticator of its own (section 4.1), so no answer is kept.
        """
        secrets = [one for one in (peer.secret, peer.spare) if one and one.verify_message_authenticator(packet)]
        if not secrets:
            self._count(peer, "bad_status")
        elif not peer.status_limit.take(now):
            self._count(peer, "limited")
        else:
            code = ACCESS_ACCEPT if self.kind == "auth" else ACCOUNTING_RESPONSE
            self._post(reply(code, packet, b"", secrets[0]), peer, source)  # never longer than what was asked

    # Authentication: each returns the counter of what went wrong, None when nothing did

    def _access_fault(self, packet: Packet, peer: Peer) -> str | None:
        if packet.code != ACCESS_REQUEST:
            return "unexpected_code"
        right = peer.secret.verify_message_authenticator(packet)
        if right is None:
            if must_sign(packet, peer):
                return "missing_message_authenticator"
            peer.unsigned += 1
            return None
        if not right:
            return "bad_message_authenticator"
        if not peer.signs:
            self._learn_signs(peer)
        return None

    def _learn_signs(self, peer: Peer) -> None:
        peer.signs = True
        if self._on_signs is not None:
            self._on_signs(peer)

    def _access(self, packet: Packet, peer: Peer, key: Key) -> str | None:
        answer = cast(AuthHandler, self._handle)(packet, peer)
        if isinstance(answer, asyncio.Future):
            # With the secret it came with: another packet may turn the peer's meanwhile.
            answer.add_done_callback(partial(self._answer_later, packet, peer, key, peer.secret))
            return None
        return self._answer(answer, packet, peer, key, peer.secret)

    def _answer(self, answer: AccessReply | None, packet: Packet, peer: Peer, key: Key, secret: Secret) -> str | None:
        if answer is None:
            return "dropped"
        try:
            octets = reply(answer.code, packet, answer.attributes, secret)
        except Unencodable:  # the request was filled up with Proxy-State, which must come back
            return "unanswerable"
        self._send(octets, peer, key)
        return None

    def _answer_later(self, packet: Packet, peer: Peer, key: Key, secret: Secret, later: Later) -> None:
        error = None if later.cancelled() else later.exception()
        if error is not None:
            self._complain(key[0], error)
        failed = later.cancelled() or error is not None
        outcome = "failed" if failed else self._answer(later.result(), packet, peer, key, secret)
        if outcome is not None:
            self.replies.forget(key)
            self._count(peer, outcome)

    # Accounting

    def _accounting_fault(self, packet: Packet, peer: Peer) -> str | None:
        if packet.code != ACCOUNTING_REQUEST:
            return "unexpected_code"
        if peer.secret.verify_message_authenticator(packet) is False:
            return "bad_message_authenticator"
        return None if peer.secret.verify_request_authenticator(packet) else "bad_authenticator"

    def _accounting(self, packet: Packet, peer: Peer, key: Key) -> str | None:
        ack = partial(self._acknowledge, packet, peer, key, peer.secret)
        taken = cast(AcctHandler, self._handle)(packet, peer, key[0][self._host], self._heard_at, ack)
        return "dropped" if taken is False else None

    def _acknowledge(self, packet: Packet, peer: Peer, key: Key, secret: Secret) -> None:
        self._send(reply(ACCOUNTING_RESPONSE, packet, b"", secret), peer, key)

    # Bookkeeping

    def _count(self, peer: Peer, name: str) -> None:
        self.counters[name] += 1
        peer.counters[name] += 1

    def _complain(self, source: Source, error: BaseException | None = None) -> None:
        """One traceback in ten seconds: a fault in a handler comes with every packet."""
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET_S
            log.error("a RADIUS request from %r could not be served", source, exc_info=error or True)


def must_sign(packet: Packet, peer: Peer) -> bool:
    """Whether a request without Message-Authenticator must be discarded.

    Always with EAP (RFC 3579 section 3.1). Else by the NAS: in `auto` from the first signed request on, and whenever
    Proxy-State is present, which is what Blast-RADIUS (CVE-2024-3596) needs and no NAS sends.
    """
    if EAP_MESSAGE in packet:
        return True
    if peer.ma_policy == "auto":
        return peer.signs or PROXY_STATE in packet
    return peer.ma_policy == "required"
