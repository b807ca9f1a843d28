"""One conversation with a peer, the authenticator's side (RFC 3748): who are you, by which method, prove it.

Octets in, an ``Outcome`` out. Whatever a peer sends, nothing is raised; what answers no question of ours is not heard
(section 4.1), and a conversation has only so many turns. Inside a tunnel the same conversation runs again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from radius.eap import packet
from radius.eap.method import (
    FAILED,
    NO_METHOD,
    Ask,
    Disproven,
    Look,
    Maker,
    Method,
    Proven,
)
from radius.errors import Malformed

MOST_TURNS: Final = 120
"""Requests in a conversation: a chain of 64 KiB in fragments of 1000 octets, and then some."""

MOST_IDENTITY: Final = 253
"""Octets of an identity: what fits in a User-Name, and an account's name does."""

_BARE_OCTETS: Final = 1024


class Challenge(NamedTuple):
    """Send this and wait. ``again``: what came was no answer, and the last Request is sent once more.

    ``failed``: what has been disproven with this answer. It counts, whether the peer goes on or not.
    """

    message: bytes
    again: bool = False
    failed: Disproven | None = None


class Ended(NamedTuple):
    """It is over: what came of it, and the identifier for the Success or Failure.

    ``told``: a Challenge before had it as ``failed``.
    """

    step: Proven | Disproven
    ident: int
    told: bool = False

    def message(self, success: bool) -> bytes:
        """EAP-Success or EAP-Failure (RFC 3748 section 4.2)."""
        return packet.build(packet.SUCCESS if success else packet.FAILURE, self.ident)


Outcome = Challenge | Ended


class Begun(NamedTuple):
    """A conversation of which there is no more to know: a method was proposed that holds nothing yet.

    ``size`` as of ``Conversation``, ``kind`` and ``ident`` of the Request that stands, ``turns`` heard so far.
    """

    identity: bytes
    size: int
    kind: int
    ident: int
    turns: int
    may_refuse: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: EAP types in the order they are proposed, and how each is made."""

    makers: dict[int, Maker]

    @classmethod
    def of(cls, kinds: Sequence[int], makers: dict[int, Maker]) -> Offer:
        """Those of ``kinds`` that can be made, in this order."""
        return cls({kind: makers[kind] for kind in kinds if kind in makers})


class Conversation:
    """From the first identity to the last word. ``size``: octets that one EAP packet may have."""

    __slots__ = ("_ident", "_last", "_may_refuse", "_method", "_offer", "_told", "_turns", "identity", "size", "tried")

    def __init__(self, offer: Offer, size: int) -> None:
        self._offer, self.size = offer, size
        self.identity = b""
        self.tried = 0  # the EAP type that was spoken last
        self._method: Method | None = None
        self._may_refuse = self._told = False
        self._ident = self._turns = 0
        self._last = b""

    @property
    def octets(self) -> int:
        """About how much memory it holds."""
        return _BARE_OCTETS + (self._method.octets if self._method is not None else 0)

    @property
    def begun(self) -> Begun | None:
        """All there is to know, while that is so little that ``of`` can make it anew."""
        if self._method is None or self._method.octets:
            return None
        return Begun(self.identity, self.size, self.tried, self._ident, self._turns, self._may_refuse)

    @classmethod
    def of(cls, offer: Offer, begun: Begun) -> Conversation | None:
        """The one that was ``begun``; None where its method is offered no more."""
        if begun.kind not in offer.makers:
            return None
        talk = cls(offer, begun.size)
        talk.identity, talk._turns, talk._may_refuse = begun.identity, begun.turns, begun.may_refuse
        talk._ident = (begun.ident - 1) & 0xFF
        talk._propose(begun.kind)
        return talk

    def ask_identity(self) -> Challenge:
        """The first question, where the NAS did not ask it (RFC 3579 section 2.1)."""
        self._ask(packet.IDENTITY, b"")
        return Challenge(self._last)

    def hear(self, message: bytes, look: Look) -> Outcome:
        """What follows from a packet of the peer."""
        self._turns += 1
        if self._turns > MOST_TURNS:
            return self._end(Disproven(self.identity, FAILED, {"why": "too many turns"}))
        try:
            heard = packet.parse(message)
        except Malformed:
            return self._again()
        if heard.code != packet.RESPONSE:
            return self._again()
        if self._method is None:
            return self._identified(heard)
        if heard.ident != self._ident:
            return self._again()
        return self._answered(heard, self._method, look)

    def _identified(self, heard: packet.Eap) -> Outcome:
        """Whatever its identifier: the NAS asks for the identity itself (RFC 3579 section 2.1)."""
        self._ident = heard.ident
        if heard.kind != packet.IDENTITY or not 0 < len(heard.data) <= MOST_IDENTITY:
            return self._end(Disproven(self.identity, FAILED))
        self.identity, self._may_refuse = heard.data, True
        for kind in self._offer.makers:
            return self._propose(kind)
        return self._end(Disproven(self.identity, NO_METHOD))

    def _propose(self, kind: int) -> Challenge:
        self.tried, self._method = kind, self._offer.makers[kind](self.identity, self.size)
        self._ask(kind, self._method.begin(self._next()))
        return Challenge(self._last)

    def _answered(self, heard: packet.Eap, method: Method, look: Look) -> Outcome:
        if heard.kind in (packet.NAK, packet.EXPANDED) and self._may_refuse:
            self._may_refuse = False
            return self._refused(heard.data if heard.kind == packet.NAK else b"")
        if heard.kind != method.kind:
            return self._again()
        self._may_refuse = False
        step = method.answer(self._ident, heard.data, look)
        if not isinstance(step, Ask):
            return self._end(step)
        self._ask(method.kind, step.data)
        self._told = self._told or step.failed is not None
        return Challenge(self._last, failed=step.failed)

    def _refused(self, wished: bytes) -> Outcome:
        """A Nak names what the peer would rather do (RFC 3748 section 5.3.1); once, and before the method is begun."""
        for kind in wished:
            if kind in self._offer.makers and kind != self.tried:
                return self._propose(kind)
        facts = {"offered": _names(self._offer.makers), "wanted": _names(wished)}
        return self._end(Disproven(self.identity, NO_METHOD, facts))

    def _again(self) -> Outcome:
        """What is no answer is passed over (RFC 3748 section 4.1): the question stands (RFC 3579 section 2.2)."""
        if not self._last:
            return self._end(Disproven(self.identity, FAILED))
        return Challenge(self._last, again=True)

    def _ask(self, kind: int, data: bytes) -> None:
        self._ident = self._next()
        self._last = packet.build(packet.REQUEST, self._ident, kind, data)

    def _end(self, step: Proven | Disproven) -> Ended:
        return Ended(step, self._ident, self._told)

    def _next(self) -> int:
        return (self._ident + 1) & 0xFF


def _names(kinds: Iterable[int]) -> str:
    return ", ".join(packet.NAMES.get(kind, str(kind)) for kind in kinds if kind)
