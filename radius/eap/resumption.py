"""Which login a TLS session proved, so that it need not be proven again.

A ticket holds no identity. What it stands for is kept here, under a hash of the session's secret: of TLS 1.2 its master
secret, of 1.3 the key of the ticket. Only who had the proof has the secret; a session that proved nothing is not here,
and is not resumed (RFC 5216 section 2.1.2, RFC 9427 section 4).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from hashlib import sha256
from typing import Final, NamedTuple

LIFETIME_S: Final = 8 * 3600.0
MOST: Final = 65_536


class Remembered(NamedTuple):
    """An identity and the EAP type that proved it (RFC 9427 section 4: no other may resume it).

    ``token`` is what must be the same still when the session comes back, as the account's owner sees it.
    ``until``: monotonic.
    """

    kind: int
    identity: bytes
    token: Hashable
    until: float


class Proofs:
    """Sessions that proved something: bounded in number and age, the oldest give way."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._known: OrderedDict[bytes, Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, secret: bytes, kind: int, identity: bytes, token: Hashable, until: float) -> None:
        """The session with this secret proved an identity; a resumed one lives no longer than the first did."""
        key = _key(secret)
        self._known[key] = Remembered(kind, identity, token, until)
        self._known.move_to_end(key)
        if len(self._known) > self.most:
            self._known.popitem(last=False)

    def find(self, secret: bytes, kind: int, now: float) -> Remembered | None:
        """What the session proved, by this EAP type and not too long ago."""
        found = self._known.get(_key(secret))
        return found if found is not None and found.kind == kind and now < found.until else None

    def forget(self, secret: bytes) -> None:
        """The session must not come back."""
        self._known.pop(_key(secret), None)


def _key(secret: bytes) -> bytes:
    return sha256(secret).digest()[:16]
