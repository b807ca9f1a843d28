"""What a method is to a conversation: it asks, is answered, and ends with a proof or without one.

A method knows nothing of rows: who somebody is, it asks by ``Look``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Final, NamedTuple, Protocol

from radius.auth import Credential

NO_FACTS: Final[Mapping[str, str]] = {}

# Why a conversation ends without a proof; what each says to a person is not ours.
WRONG: Final = "wrong_password"
NO_METHOD: Final = "no_method"
NOBODY: Final = "unknown_login"
UNTRUSTED: Final = "eap_certificate_refused"  # the peer does not trust our certificate
UNTRUSTED_PEER: Final = "eap_client_certificate"  # we do not trust the peer's
FAILED: Final = "eap_failed"  # TLS or the methods themselves: the facts say ``why``


class Account(NamedTuple):
    """Somebody who may prove to be himself.

    ``allowed``: whether he is let in if he does, as far as is known by now. ``token``: as long as it stays the same, a
    proof that he gave once is good for a resumed session; a changed password changes it.
    """

    credential: Credential
    allowed: bool = True
    token: Hashable = None


class Look(Protocol):
    """Finds the account of an identity as it came; None when nobody of that name may prove anything now.

    ``guessing``: a password will be tried; False where the proof has been given already.
    """

    def __call__(self, identity: bytes, guessing: bool = True) -> Account | None: ...


class Proven(NamedTuple):
    """The peer is who he says. ``keys``: 64 octets of the MSK, or none.

    ``withheld``: he was told already that he is not let in, because his account is not allowed to.
    """

    identity: bytes
    keys: bytes = b""
    withheld: bool = False


class Disproven(NamedTuple):
    """The peer proved nothing. ``identity`` is the one inside, where it was told; else empty."""

    identity: bytes
    reason: str = WRONG
    facts: Mapping[str, str] = NO_FACTS


class Ask(NamedTuple):
    """The next Request's type data. ``failed``: what is disproven by now, though the peer has to hear of it yet."""

    data: bytes
    failed: Disproven | None = None


Step = Ask | Proven | Disproven


class Method(Protocol):
    """One method in one conversation."""

    @property
    def kind(self) -> int:
        """Its EAP type."""

    @property
    def octets(self) -> int:
        """About how much memory it holds; 0 while its maker could make it anew."""

    def begin(self, ident: int) -> bytes:
        """The type data of the first Request, which has this identifier."""

    def answer(self, ident: int, data: bytes, look: Look) -> Step:
        """What follows from a Response of this type; ``ident``: the identifier of the exchange."""


Maker = Callable[[bytes, int], Method]
"""Makes a method for (outer identity, octets an EAP packet may have)."""
