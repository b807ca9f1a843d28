"""Inside of PEAP version 0: EAP without its header (draft-kamath-pppext-peapv0 section 1.1), and at the end a Result
TLV that says in the tunnel how it ended (section 2), so that nobody outside can say otherwise.
"""

from __future__ import annotations

from typing import Final

from radius.eap import packet
from radius.eap.conversation import Challenge, Conversation, Offer
from radius.eap.method import FAILED, Disproven, Look, Proven
from radius.eap.tls import Tunnel
from radius.eap.tunnelled import Say, Word
from radius.errors import Malformed

_RESULT: Final = b"\x80\x03\x00\x02"  # Result TLV, mandatory, of two octets
_SUCCESS: Final = _RESULT + b"\x00\x01"
_FAILURE: Final = _RESULT + b"\x00\x02"
_HEADER: Final = 4


class Eap:
    """A conversation in the tunnel, then the result."""

    def __init__(self, offer: Offer) -> None:
        self._talk = Conversation(offer, 1 << 15)
        self._ident = 0
        self._ended: Proven | Disproven | None = None

    def opened(self, tunnel: Tunnel, look: Look) -> Word:
        """Who are you, really?"""
        return self._say(self._talk.ask_identity())

    def resumed(self, tunnel: Tunnel, proven: Proven) -> Word:
        """Straight to the result."""
        return self._result(proven)

    def heard(self, tunnel: Tunnel, words: bytes, look: Look) -> Word:
        """An answer of the conversation, or to the result."""
        if self._ended is not None:
            return self._confirmed(self._ended, words)
        outcome = self._talk.hear(self._headed(words), look)
        return self._say(outcome) if isinstance(outcome, Challenge) else self._result(outcome.step, outcome.told)

    def _say(self, outcome: Challenge) -> Say:
        self._ident = outcome.message[1]
        return Say(outcome.message[_HEADER:], failed=outcome.failed)

    def _headed(self, words: bytes) -> bytes:
        """The answer with the header that it came without; some clients send it nevertheless."""
        if words[:1] == bytes((packet.RESPONSE,)) and words[2:4] == len(words).to_bytes(2, "big"):
            return words
        return bytes((packet.RESPONSE, self._ident)) + (_HEADER + len(words)).to_bytes(2, "big") + words

    def _result(self, step: Proven | Disproven, told: bool = False) -> Say:
        self._ended = step
        success = isinstance(step, Proven) and not step.withheld
        self._ident = (self._ident + 1) & 0xFF
        words = packet.build(packet.REQUEST, self._ident, packet.TLV, _SUCCESS if success else _FAILURE)
        return Say(words, failed=step if isinstance(step, Disproven) and not told else None)

    def _confirmed(self, ended: Proven | Disproven, words: bytes) -> Word:
        """The peer must say success too (section 2.2); whatever he says to a failure, it is one."""
        if isinstance(ended, Disproven) or ended.withheld:
            return ended
        try:
            heard = packet.parse(words)
        except Malformed:
            return Disproven(ended.identity, FAILED)
        agreed = heard.code == packet.RESPONSE and heard.kind == packet.TLV and _SUCCESS in heard.data
        return ended if agreed else Disproven(ended.identity, FAILED)
