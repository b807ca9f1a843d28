"""EAP-MD5-Challenge (RFC 3748 section 5.4): CHAP in EAP. No keys, no proof of ours: the weakest of the methods."""

from __future__ import annotations

import os
from typing import Final

from radius.eap import packet, proofs
from radius.eap.method import FAILED, NOBODY, Disproven, Look, Proven, Step

_SIZE: Final = 16


class Md5:
    """One challenge and its response."""

    kind = packet.MD5
    octets = 512

    def __init__(self, identity: bytes, size: int = 0) -> None:
        self._identity, self._challenge = identity, os.urandom(_SIZE)

    def begin(self, ident: int) -> bytes:
        """Value-Size and Value."""
        return bytes((_SIZE,)) + self._challenge

    def answer(self, ident: int, data: bytes, look: Look) -> Step:
        """Value-Size, 16 octets, and a name that says nothing the identity did not."""
        if data[:1] != bytes((_SIZE,)) or len(data) <= _SIZE:
            return Disproven(self._identity, FAILED)
        account = look(self._identity)
        if account is None:
            return Disproven(self._identity, NOBODY)
        if why := proofs.unfit_for_chap(account.credential):
            return Disproven(self._identity, why)
        right = proofs.chap(account.credential, ident, self._challenge, data[1 : 1 + _SIZE])
        return Proven(self._identity) if right else Disproven(self._identity)
