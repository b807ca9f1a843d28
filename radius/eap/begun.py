"""Conversations in which nothing was said but a name: we keep none of them, their NAS brings them back in the State.

TCP calls it a SYN cookie (RFC 4987 section 3.6). A State comes back as it was given (RFC 2865 section 5.24): here it
tells all that is to know, under a code that nobody else can make. Who begins fifty thousand conversations and leaves
them takes no memory, pushes nobody out, and gives the garbage collector nothing to look through.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from hmac import compare_digest
from struct import Struct
from typing import Final

from radius.attributes import MAX_VALUE
from radius.eap.conversation import Begun
from radius.eap.table import IDLE_S

_FACTS: Final = Struct("!QIIHBBB?")  # NAS, number, second, then those of Begun; the NAS itself is not sent
_NAS: Final = 8
_CODE: Final = 16


class Sealed:
    """Makes States of conversations that are begun, and the conversations of States. Good in this process only."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self.idle_s = idle_s
        self._key = os.urandom(32)
        self._numbers = itertools.count()  # no two States are the same: somebody between may tell talks apart by them

    def state(self, nas: int, begun: Begun, now: float) -> bytes | None:
        """The State to bring it back by (monotonic seconds); None where the name is too long for one."""
        number = next(self._numbers) & 0xFFFF_FFFF
        body = _FACTS.pack(nas, number, int(now), *begun[1:]) + begun.identity
        state = body[_NAS:] + self._code(body)
        return state if len(state) <= MAX_VALUE else None

    def begun(self, nas: int, state: bytes, now: float) -> Begun | None:
        """What was begun with this State; None if it is none of ours, another NAS's, or too old."""
        if len(state) <= _FACTS.size - _NAS + _CODE:
            return None
        body = nas.to_bytes(_NAS, "big") + state[:-_CODE]
        if not compare_digest(self._code(body), state[-_CODE:]):
            return None
        _, _, second, *facts = _FACTS.unpack_from(body)
        return Begun(body[_FACTS.size :], *facts) if now - second <= self.idle_s + 1 else None

    def _code(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=_CODE, key=self._key).digest()
