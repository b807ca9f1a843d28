"""Both ends of an EAP conversation in one place: our authenticator, and the lab's supplicant or a test's own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from oss.lab.supplicant import Supplicant
from radius.auth import Credential
from radius.eap import packet
from radius.eap.conversation import Challenge, Conversation, Ended, Offer
from radius.eap.method import Account, Disproven, Proven

PASSWORD = b"clientPass"


@dataclass(slots=True)
class Book:
    """Who there is, as a ``Look``; ``asked`` is who was looked for, and whether to guess at his password."""

    passwords: dict[bytes, bytes] = field(default_factory=lambda: {b"User": PASSWORD})
    allowed: bool = True
    asked: list[tuple[bytes, bool]] = field(default_factory=list)

    def __call__(self, identity: bytes, guessing: bool = True) -> Account | None:
        self.asked.append((identity, guessing))
        password = self.passwords.get(identity)
        return None if password is None else Account(Credential(password), self.allowed, password)


@dataclass(slots=True)
class Course:
    """How a conversation went: the end, and all that our side sent, and what it told before the end."""

    ended: Ended
    requests: list[bytes]
    failed: list[Disproven]

    @property
    def step(self) -> Proven | Disproven:
        return self.ended.step

    @property
    def proven(self) -> bool:
        """Whether he is let in as far as EAP goes."""
        return isinstance(self.step, Proven) and not self.step.withheld


def converse(
    offer: Offer,
    supplicant: Supplicant,
    book: Book | None = None,
    size: int = 1020,
    spoil: Callable[[int, bytes], bytes] | None = None,
) -> Course:
    """The whole of it. ``spoil`` may change the supplicant's n-th answer on its way."""
    look, talk = book or Book(), Conversation(offer, size)
    message, requests, failed = supplicant.identity(), list[bytes](), list[Disproven]()
    for number in range(400):
        outcome = talk.hear(spoil(number, message) if spoil is not None else message, look)
        if isinstance(outcome, Ended):
            said_yes = isinstance(outcome.step, Proven) and not outcome.step.withheld
            supplicant.answer(outcome.message(success=said_yes))
            return Course(outcome, requests, failed)
        requests.append(outcome.message)
        failed += [outcome.failed] if outcome.failed is not None else []
        message = supplicant.answer(outcome.message) or b""
    raise AssertionError("it does not end")


def response(challenge: Challenge | Ended, kind: int, data: bytes, off: int = 0) -> bytes:
    """A Response to a Request; ``off`` spoils its identifier."""
    assert isinstance(challenge, Challenge)
    return packet.build(packet.RESPONSE, (challenge.message[1] + off) & 0xFF, kind, data)


def identity(name: bytes = b"User", ident: int = 7) -> bytes:
    """The first Response."""
    return packet.build(packet.RESPONSE, ident, packet.IDENTITY, name)
