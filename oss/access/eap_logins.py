"""Logins by EAP: whose conversation it is, who is in it, and what the node's own rules say to him.

The identity outside may be anonymous. It is the one inside, proven, that is decided about, written down, braked and
accounted: the Accept tells it to the NAS as User-Name. Whatever is refused is refused with EAP-Failure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from oss.access.eap_certificate import ServerCertificate
from oss.access.index import Entry
from oss.base import audit, db, settings
from radius import attributes as a
from radius.eap import keys, packet
from radius.eap.begun import Sealed
from radius.eap.conversation import Challenge, Conversation, Ended, Offer
from radius.eap.method import FAILED, NOBODY, WRONG, Account, Disproven, Proven
from radius.eap.offers import METHODS, offer
from radius.eap.table import Conversations
from radius.eap.turns import Answer, Turns, settle
from radius.packet import Packet
from radius.server import AccessReply, Later, Peer

if TYPE_CHECKING:
    from oss.access.logins import Logins

SETTING: Final = "access.eap_methods"
"""Names of the methods offered, in their order: a list of ``tls``, ``ttls``, ``peap``, ``mschapv2``, ``md5``."""

LOST: Final = "eap_lost"
LEAST_MTU: Final = 1020  # what every link carries (RFC 3748 section 3.1)
MOST_MTU: Final = 1360  # an Access-Challenge with it stays below 1500 octets, also over IPv6 and with a Proxy-State
_LINK: Final = 4  # octets of an 802.1X header, which Framed-MTU counts
_IGNORED: Final = a.attr(a.ERROR_CAUSE, 202)  # Invalid EAP Packet (Ignored): RFC 3579 section 2.6.3


async def methods_wanted(connection: db.Connection) -> tuple[str, ...]:
    """The methods an operator wants offered, in order; names that are none are left out."""
    names = await settings.read(connection, SETTING, list(METHODS))
    return tuple(name for name in names if name in METHODS) if isinstance(names, list) else tuple(METHODS)


async def want_methods(connection: db.Connection, actor: audit.Actor, names: list[str]) -> None:
    """Offer these from now on; the nodes hear of it."""
    await settings.write(connection, actor, SETTING, names)


class EapLogins:
    """The EAP side of ``Logins``: conversations in, decisions out."""

    def __init__(self, logins: Logins) -> None:
        self.logins = logins
        self.talks, self.sealed, self.turns = Conversations(), Sealed(), Turns()
        self.names: tuple[str, ...] = tuple(METHODS)
        self.certificate: ServerCertificate | None = None
        self.offer: Offer = offer(self.names, None)

    def open(self, data_dir: Path) -> None:
        """Where the certificates lie; without them only methods without TLS are offered."""
        self.certificate = ServerCertificate(data_dir / "certs")
        self.certificate.renewed()
        self._offer()

    async def read(self, connection: db.Connection) -> None:
        """Which methods the operator wants."""
        self.names = await methods_wanted(connection)
        self._offer()

    async def tick(self, now: float) -> None:
        """Forget who has gone silent; take a renewed certificate. Talks under way end with the old one."""
        self.talks.forget(now)
        certificate = self.certificate
        if certificate is not None and certificate.changed():
            await asyncio.to_thread(certificate.renewed)
            self._offer()

    def _offer(self) -> None:
        self.offer = offer(self.names, self.certificate.server if self.certificate is not None else None)

    # ------------------------------------------------------------ one Access-Request

    def authenticate(self, request: Packet, peer: Peer) -> Answer:
        """An Access-Request with EAP-Message; None drops it. TLS takes longer than all else, and waits its turn."""
        began = time.perf_counter_ns()
        message, state = packet.joined(request), request.get(a.STATE)
        if state is None or not packet.carries_tls(message):
            return self._hear(request, peer, message, state, began)
        begins = not self.talks.has(peer.key, state)
        return self.turns.add(peer.key, begins, partial(self._hear, request, peer, message, state, began))

    def _hear(self, request: Packet, peer: Peer, message: bytes, state: bytes | None, began: int) -> Answer:
        talk = self.talks.take(peer.key, state) if state is not None else None
        if talk is not None:
            return self._go_on(request, peer, talk, message, state, began)
        talk = self._begun(peer, state) if state is not None else None
        if talk is None:
            if state is not None and not _tells_identity(message):
                return self._lost(request, peer, message, began)
            if not self._knows(request):
                return None
            talk = Conversation(self.offer, _size(request))
            if not message:
                return self._challenge(request, peer, talk, talk.ask_identity(), None)
        return self._go_on(request, peer, talk, message, None, began)

    def _begun(self, peer: Peer, state: bytes) -> Conversation | None:
        begun = self.sealed.begun(peer.key, state, time.monotonic())
        return Conversation.of(self.offer, begun) if begun is not None else None

    def _go_on(
        self, request: Packet, peer: Peer, talk: Conversation, message: bytes, state: bytes | None, began: int
    ) -> Answer:
        outcome = talk.hear(message, _Look(self.logins, request, peer))
        if isinstance(outcome, Ended):
            return self._end(request, peer, talk, outcome, began)
        challenge = self._challenge(request, peer, talk, outcome, state)
        if outcome.failed is None:
            return challenge
        return _mapped(self._refuse(request, peer, talk, outcome.failed, began), lambda _: challenge)

    def _challenge(
        self, request: Packet, peer: Peer, talk: Conversation, outcome: Challenge, state: bytes | None
    ) -> AccessReply:
        state = self._keep(request, peer, talk, state, time.monotonic())
        attributes = packet.attributes(outcome.message) + a.attr(a.STATE, state)
        return AccessReply(a.ACCESS_CHALLENGE, attributes + _IGNORED if outcome.again else attributes)

    def _keep(self, request: Packet, peer: Peer, talk: Conversation, state: bytes | None, now: float) -> bytes:
        """The State to bring it back by. What is only begun the NAS keeps for us."""
        begun = talk.begun
        sealed = self.sealed.state(peer.key, begun, now) if begun is not None else None
        return sealed or self.talks.put(peer.key, request.get(a.CALLING_STATION_ID) or b"", talk, now, state)

    def _knows(self, request: Packet) -> bool:
        """While the index loads, only who is known already is talked with (invariant 5)."""
        index = self.logins.index
        return index.ready or index.get(self._login(request)) is not None

    def _login(self, request: Packet) -> str:
        """Whom the outside names."""
        return self.logins.names.of_identity(request.get(a.USER_NAME) or b"")

    def _lost(self, request: Packet, peer: Peer, message: bytes, began: int) -> Answer:
        """The State is none of ours, or no more: we restarted, it took too long, or it was one too many."""
        if not self.logins.index.ready:
            return None
        login = self._login(request)
        ident = message[1] if len(message) > 1 else 0
        refused = self.logins._reject(request, peer, login, LOST, began, self.logins.index.get(login))
        return _mapped(refused, lambda _: _failure(ident))

    # ------------------------------------------------------------ how it ends

    def _end(self, request: Packet, peer: Peer, talk: Conversation, ended: Ended, began: int) -> Answer:
        step = ended.step
        if isinstance(step, Proven):
            answer = self._proven(request, peer, step, ended, began)
        elif ended.told:
            answer = _failure(ended.ident)
        else:
            answer = self._refuse(request, peer, talk, step, began)
        return _mapped(answer, lambda one: one if one.code == a.ACCESS_ACCEPT else _failure(ended.ident))

    def _proven(self, request: Packet, peer: Peer, proven: Proven, ended: Ended, began: int) -> Answer:
        logins = self.logins
        login = logins.names.of_identity(proven.identity)
        entry = logins.index.get(login)
        if entry is None:
            return logins._reject(request, peer, login, NOBODY, began)
        if proven.withheld and entry.settled.key != "reject":  # released meanwhile; he heard a no, and asks again
            return logins._reject(request, peer, login, FAILED, began, entry, {"why": "decided anew meanwhile"})
        granted = packet.attributes(ended.message(success=True)) + a.attr(a.USER_NAME, entry.login)
        if proven.keys:
            granted += keys.attributes(proven.keys, peer.secret, request.authenticator)
        return logins.proven(request, peer, entry, granted, began)

    def _refuse(self, request: Packet, peer: Peer, talk: Conversation, step: Disproven, began: int) -> Answer:
        """Count, slow and write down."""
        logins = self.logins
        login = logins.names.of_identity(step.identity or talk.identity)
        entry = logins.index.get(login)
        if step.reason == NOBODY:
            if entry is not None or _slowed(logins, request, peer, login, entry):  # nobody looked at what he said
                return logins._held(request, peer, login, entry)
            if not logins.index.ready:
                return None
            logins.brake.wrong(peer.key, login)
        if step.reason == WRONG and entry is not None:
            return logins.disproven(request, peer, entry, began)
        return logins._reject(request, peer, login, step.reason, began, entry, _facts(talk, step.facts))


class _Look:
    """Finds accounts in the index for one request; who has guessed too often is nobody for a while."""

    __slots__ = ("_logins", "_peer", "_request")

    def __init__(self, logins: Logins, request: Packet, peer: Peer) -> None:
        self._logins, self._request, self._peer = logins, request, peer

    def __call__(self, identity: bytes, guessing: bool = True) -> Account | None:
        logins = self._logins
        login = logins.names.of_identity(identity)
        entry = logins.index.get(login)
        if entry is None or (guessing and _slowed(logins, self._request, self._peer, login, entry)):
            return None
        return Account(entry.credential, entry.settled.key != "reject", (entry.account_id, entry.credential))


def _slowed(logins: Logins, request: Packet, peer: Peer, login: str, entry: Entry | None) -> bool:
    """Whether an attempt on this account must wait (see ``brake``)."""
    line = (entry.line or logins._line(login)) if entry is not None else b""
    return logins.brake.holds(peer.key, login, request.get(a.CALLING_STATION_ID) or b"", line)


def _tells_identity(message: bytes) -> bool:
    """Whether a conversation may begin with it."""
    return not message or (message[:1] == bytes((packet.RESPONSE,)) and message[4:5] == bytes((packet.IDENTITY,)))


def _size(request: Packet) -> int:
    """Octets that an EAP packet to this client may have (RFC 3579 section 2.4)."""
    told = request.integer(a.FRAMED_MTU)
    return LEAST_MTU if told is None else min(max(told - _LINK, 0), MOST_MTU)


def _failure(ident: int) -> AccessReply:
    """No Reply-Message goes with EAP (RFC 3579 section 2.6.5): the peer could not be shown it."""
    return AccessReply(a.ACCESS_REJECT, packet.attributes(packet.build(packet.FAILURE, ident)))


def _facts(talk: Conversation, facts: Mapping[str, str]) -> dict[str, Any]:
    """What is worth writing down of a refusal: the method that was spoken, too."""
    method = packet.NAMES.get(talk.tried)
    return {**facts, "method": method} if facts and method else dict(facts)


def _mapped(answer: Answer, change: Callable[[AccessReply], AccessReply]) -> Answer:
    """The answer changed, now or when it is there."""
    if answer is None or isinstance(answer, AccessReply):
        return None if answer is None else change(answer)
    later: Later = answer.get_loop().create_future()
    settle(later, answer, change)
    return later
