"""EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2): the peer proves the password, and so do we.

Challenge -> Response -> Success -> Success, or Failure -> Failure. There is no second try and no change of password.
"""

from __future__ import annotations

import os
from typing import Final

from radius.eap import packet, proofs
from radius.eap.method import FAILED, NOBODY, Account, Ask, Disproven, Look, Proven, Step

# OpCodes: draft-kamath section 2
CHALLENGE: Final = 1
RESPONSE: Final = 2
SUCCESS: Final = 3
FAILURE: Final = 4

_NAME: Final = b"milha"
_VALUE: Final = 49  # peer challenge, eight zeros, NT response, flags
_RESPONSE_HEAD: Final = 5  # OpCode, MS-CHAPv2-ID, MS-Length, Value-Size


class MsChapV2:
    """One challenge, its response, and the word of how it ended."""

    kind = packet.MSCHAPV2
    octets = 1024

    def __init__(self, identity: bytes, size: int = 0) -> None:
        self._identity, self._challenge = identity, os.urandom(16)
        self._ident = 0
        self._ended: Proven | Disproven | None = None

    def begin(self, ident: int) -> bytes:
        """Value-Size, Challenge, Name."""
        self._ident = ident
        return self._packet(CHALLENGE, bytes((len(self._challenge),)) + self._challenge + _NAME)

    def answer(self, ident: int, data: bytes, look: Look) -> Step:
        """A Response while nothing is proven, then the peer's word that he heard how it ended."""
        if self._ended is not None:
            return self._last(data)
        if data[:1] != bytes((RESPONSE,)) or data[4:5] != bytes((_VALUE,)) or len(data) < _RESPONSE_HEAD + _VALUE:
            return Disproven(self._identity, FAILED)
        account = look(self._identity)
        if account is None:
            return self._refuse(Disproven(self._identity, NOBODY))
        return self._judge(account, data[_RESPONSE_HEAD : _RESPONSE_HEAD + _VALUE], data[_RESPONSE_HEAD + _VALUE :])

    def _judge(self, account: Account, value: bytes, name: bytes) -> Step:
        if why := proofs.unfit_for_mschap(account.credential):
            return self._refuse(Disproven(self._identity, why))
        answer = value[24:48]
        signed = proofs.mschap2(account.credential, self._challenge, value[:16], name, answer)
        if signed is None:
            return self._refuse(Disproven(self._identity))
        keys = proofs.mschap2_msk(account.credential, answer)
        if not account.allowed:
            return self._refuse(Proven(self._identity, keys, withheld=True))
        self._ended = Proven(self._identity, keys)
        return Ask(self._packet(SUCCESS, signed + b" M=OK"))

    def _refuse(self, ended: Proven | Disproven) -> Ask:
        """The same words whatever was wrong (RFC 2759 section 6)."""
        self._ended = ended
        words = b"E=691 R=0 C=%b V=3 M=Access denied" % os.urandom(16).hex().upper().encode()
        return Ask(self._packet(FAILURE, words), ended if isinstance(ended, Disproven) else None)

    def _last(self, data: bytes) -> Step:
        """A Success is taken for one only when it answers a Success (draft-kamath section 2.3)."""
        ended = self._ended
        assert ended is not None
        if isinstance(ended, Proven) and not ended.withheld and data[:1] != bytes((SUCCESS,)):
            return Disproven(self._identity, FAILED)
        return ended

    def _packet(self, opcode: int, data: bytes) -> bytes:
        return bytes((opcode, self._ident)) + (4 + len(data)).to_bytes(2, "big") + data
