"""The methods that run in TLS: EAP-TLS, EAP-TTLS, PEAP. The tunnel is one thing, what is said inside another.

Start -> ClientHello -> ... -> established -> what is ``Inside`` -> the end (RFC 5216 section 2.1, RFC 5281 section 7,
draft-josefsson-pppext-eap-tls-eap section 2). A tunnel that fails tells the peer by an alert first, so that both know
why (RFC 5216 section 2.1.3).
"""

from __future__ import annotations

import time
from typing import Final, NamedTuple, Protocol

from radius.eap import keys, packet
from radius.eap.fragments import START, Fragments
from radius.eap.method import (
    FAILED,
    UNTRUSTED,
    UNTRUSTED_PEER,
    Ask,
    Disproven,
    Look,
    Proven,
    Step,
)
from radius.eap.resumption import LIFETIME_S, Remembered
from radius.eap.tls import OCTETS, TlsServer, Tunnel
from radius.errors import Malformed

_ACKNOWLEDGE: Final = b"\0"
COMMITMENT: Final = b"\0"
"""One octet inside says that nothing more comes: the protected success indication (RFC 9190 section 2.1.1)."""


class Say(NamedTuple):
    """Words for inside. ``then``: how it ends when the peer has heard them; None while the talk goes on.

    ``failed``: as in ``Ask``.
    """

    words: bytes
    then: Proven | Disproven | None = None
    failed: Disproven | None = None


class Wait(NamedTuple):
    """It is the peer's turn."""


Word = Say | Wait | Proven | Disproven


class Inside(Protocol):
    """What is spoken in the tunnel. It gives its proofs without keys: those are the tunnel's."""

    def opened(self, tunnel: Tunnel, look: Look) -> Word:
        """The tunnel stands, and nothing is proven yet."""

    def resumed(self, tunnel: Tunnel, proven: Proven) -> Word:
        """The tunnel stands, and who is in it was proven when it stood first."""

    def heard(self, tunnel: Tunnel, words: bytes, look: Look) -> Word:
        """The peer said something."""


class TlsMethod:
    """One tunnel, of one of the three types."""

    def __init__(self, kind: int, server: TlsServer, inside: Inside, identity: bytes, size: int) -> None:
        self.kind, self._server, self._inside = kind, server, inside
        self._identity = identity
        self._fragments = Fragments(size)
        self._tunnel: Tunnel | None = None
        self._known: Remembered | None = None
        self._used = b""  # the secret the session came back with
        self._opened = False
        self._then: Proven | Disproven | None = None

    @property
    def octets(self) -> int:
        """None until the peer has spoken, small until there is a session."""
        return self._fragments.octets + (OCTETS if self._tunnel is not None else 0)

    def begin(self, ident: int) -> bytes:
        """The Start (RFC 5216 section 2.1.1)."""
        return bytes((START,))

    def answer(self, ident: int, data: bytes, look: Look) -> Step:
        """A fragment, or the word that one of ours arrived."""
        try:
            message = self._fragments.take(data)
        except Malformed as error:
            return Disproven(self._identity, FAILED, {"why": str(error)})
        if message is None:
            return Ask(_ACKNOWLEDGE)
        if self._fragments.sending:
            return self._next(message)
        if self._then is not None:
            return self._end(self._then, message)
        return self._hear(message, look)

    def _next(self, message: bytes) -> Step:
        """Only an empty message acknowledges a fragment (RFC 5216 section 2.1.5)."""
        if message:
            return Disproven(self._identity, FAILED, {"why": "no acknowledgement of a fragment"})
        return Ask(self._fragments.next())

    def _end(self, then: Proven | Disproven, message: bytes) -> Step:
        """A peer that has more to say than that he heard does not agree: an alert, most likely."""
        if message and isinstance(then, Proven):
            return Disproven(then.identity, FAILED, {"why": "the peer did not agree in the end"})
        return then

    def _hear(self, message: bytes, look: Look) -> Step:
        if self._tunnel is None:
            if not message:
                return Disproven(self._identity, FAILED, {"why": "no hello"})
            self._tunnel = Tunnel(self._server, self.kind == packet.TLS)
        tunnel = self._tunnel
        words = tunnel.feed(message, lambda secret: self._may_resume(secret, look))
        if tunnel.failure:
            return self._failed(tunnel)
        if not tunnel.established:
            return self._send(tunnel)
        return self._inside_step(tunnel, words, look)

    def _inside_step(self, tunnel: Tunnel, words: bytes, look: Look) -> Step:
        if self._opened:
            return self._follow(tunnel, self._inside.heard(tunnel, words, look), look)
        if tunnel.output and not tunnel.tls13:
            return self._send(tunnel)  # our Finished goes alone, and is acknowledged
        self._opened = True
        word = self._open(tunnel, look)
        if isinstance(word, Wait) and words:  # a client may speak with its Finished
            word = self._inside.heard(tunnel, words, look)
        return self._follow(tunnel, word, look)

    def _open(self, tunnel: Tunnel, look: Look) -> Word:
        known = self._known
        if not tunnel.resumed or known is None:
            return self._inside.opened(tunnel, look)
        account = look(known.identity, guessing=False)
        return self._inside.resumed(tunnel, Proven(known.identity, withheld=account is None or not account.allowed))

    def _follow(self, tunnel: Tunnel, word: Word, look: Look) -> Step:
        if isinstance(word, Proven):
            proven = self._prove(tunnel, word, look)
            if not tunnel.output or proven.withheld:
                return proven
            self._then = proven  # a client of TLS 1.3 who spoke with his Finished: his tickets go first
            return self._send(tunnel)
        if isinstance(word, Disproven):
            return word
        if isinstance(word, Say):
            tunnel.say(word.words)
            self._then = self._prove(tunnel, word.then, look) if isinstance(word.then, Proven) else word.then
            return self._send(tunnel, word.failed)
        return self._send(tunnel)

    def _prove(self, tunnel: Tunnel, proven: Proven, look: Look) -> Proven:
        keyed = proven._replace(keys=keys.msk(tunnel.export, self.kind, tunnel.tls13))
        if not proven.withheld:
            self._remember(tunnel, proven.identity, look)
        return keyed

    def _send(self, tunnel: Tunnel, failed: Disproven | None = None) -> Ask:
        message, tunnel.output = tunnel.output, b""
        return Ask(self._fragments.send(message), failed)

    def _failed(self, tunnel: Tunnel) -> Step:
        """Let the peer read the alert, if there is one, before it is over."""
        reason = UNTRUSTED if tunnel.blames_us else FAILED
        if self.kind == packet.TLS and "certificate" in tunnel.failure and not tunnel.blames_us:
            reason = UNTRUSTED_PEER
        over = Disproven(self._identity, reason, {"why": tunnel.failure})
        if not tunnel.output:
            return over
        self._then = over
        return self._send(tunnel, over)

    # ------------------------------------------------------------ sessions that come back

    def _may_resume(self, secret: bytes, look: Look) -> bool:
        """Known, and its account is there with the same password still."""
        known = self._server.proofs.find(secret, self.kind, time.monotonic())
        if known is None:
            return False
        account = look(known.identity, guessing=False)
        if account is None or account.token != known.token:
            self._server.proofs.forget(secret)
            return False
        self._known, self._used = known, secret
        return True

    def _remember(self, tunnel: Tunnel, identity: bytes, look: Look) -> None:
        """His session may come back. One that came back has a new secret by TLS 1.3, and the old one is used up; by
        TLS 1.2 it is the one that is known.
        """
        known = self._known
        if known is None or tunnel.tls13:
            secret, account = tunnel.secret(), look(identity, guessing=False)
            if secret is None or account is None:
                return
            until = known.until if known is not None else time.monotonic() + LIFETIME_S
            self._server.proofs.forget(self._used)
            self._server.proofs.remember(secret, self.kind, identity, account.token, until)
        tunnel.keep()
