"""Inside of EAP-TTLS: RADIUS's own methods as Diameter attributes (RFC 5281 sections 10 and 11), or EAP once more.

The challenges of CHAP and MS-CHAP are not sent: both ends take them from the tunnel (section 11.1).
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from radius import mschap
from radius.attributes import CHAP_CHALLENGE, CHAP_PASSWORD, EAP_MESSAGE, USER_NAME, USER_PASSWORD
from radius.auth import NEEDS_CLEAR, SlowHash
from radius.eap import proofs
from radius.eap.conversation import Challenge, Conversation, Offer, Outcome
from radius.eap.method import FAILED, NO_METHOD, NOBODY, Account, Disproven, Look, Proven
from radius.eap.tls import Tunnel
from radius.eap.tunnelled import COMMITMENT, Say, Wait, Word
from radius.errors import Malformed

_VENDOR: Final = 0x80
_MANDATORY: Final = 0x40
_LABEL: Final = b"ttls challenge"

Avps = dict[tuple[int, int], bytes]
"""Values by (vendor, code); of one that is repeated, all of them one after the other, as EAP-Message wants it."""

_MS_CHALLENGE: Final = (mschap.MICROSOFT, mschap.CHAP_CHALLENGE)
_MS_RESPONSE: Final = (mschap.MICROSOFT, mschap.CHAP_RESPONSE)
_MS_RESPONSE2: Final = (mschap.MICROSOFT, mschap.CHAP2_RESPONSE)
_MS_SUCCESS: Final = (mschap.MICROSOFT, mschap.CHAP2_SUCCESS)
_METHODS: Final = ((0, USER_PASSWORD), (0, CHAP_PASSWORD), _MS_RESPONSE, _MS_RESPONSE2, (0, EAP_MESSAGE))
_UNDERSTOOD: Final = {*_METHODS, (0, USER_NAME), (0, CHAP_CHALLENGE), _MS_CHALLENGE, _MS_SUCCESS}


def parse(octets: bytes) -> Avps:
    """The attributes (RFC 5281 section 10.1); raises Malformed, also for a mandatory one that is not understood."""
    found: Avps = {}
    at, end = 0, len(octets)
    while at < end:
        if end - at < 8:
            raise Malformed("an AVP is cut off")
        code, flags = int.from_bytes(octets[at : at + 4], "big"), octets[at + 4]
        length, head = int.from_bytes(octets[at + 5 : at + 8], "big"), 12 if flags & _VENDOR else 8
        if length < head or at + length > end:
            raise Malformed(f"AVP {code} of length {length}")
        vendor = int.from_bytes(octets[at + 8 : at + 12], "big") if head == 12 else 0
        if flags & _MANDATORY and (vendor, code) not in _UNDERSTOOD:
            raise Malformed(f"AVP {code} of vendor {vendor} is mandatory and unknown")
        found[vendor, code] = found.get((vendor, code), b"") + octets[at + head : at + length]
        at += length + -length % 4
    return found


def build(vendor: int, code: int, value: bytes) -> bytes:
    """One mandatory attribute, padded to four octets."""
    head = vendor.to_bytes(4, "big") if vendor else b""
    length = 8 + len(head) + len(value)
    flags = _MANDATORY | (_VENDOR if vendor else 0)
    return code.to_bytes(4, "big") + bytes((flags,)) + length.to_bytes(3, "big") + head + value + bytes(-length % 4)


class Attributes:
    """What a client says once the tunnel stands: a name and a proof in attributes, or EAP in them."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._eap: Conversation | None = None
        self._proven: Proven | None = None

    def opened(self, tunnel: Tunnel, look: Look) -> Word:
        """The client speaks first (RFC 5281 section 7.5)."""
        return Wait()

    def resumed(self, tunnel: Tunnel, proven: Proven) -> Word:
        """Nothing is said inside, but that in TLS 1.3 the server says so (RFC 9427 section 2.4)."""
        return Say(COMMITMENT, proven) if tunnel.tls13 and not proven.withheld else proven

    def heard(self, tunnel: Tunnel, words: bytes, look: Look) -> Word:
        """Attributes with a proof; or nothing, where the client has seen ours."""
        if self._proven is not None:
            return Disproven(self._proven.identity, FAILED) if words else self._proven
        if not words:
            return Wait()
        try:
            avps = parse(words)
        except Malformed as error:
            return Disproven(b"", FAILED, {"why": str(error)})
        if (0, EAP_MESSAGE) in avps:
            return self._eap_heard(avps[0, EAP_MESSAGE], look)
        return self._judge(tunnel, avps, look)

    def _judge(self, tunnel: Tunnel, avps: Avps, look: Look) -> Word:
        identity = avps.get((0, USER_NAME), b"")
        offered = [method for method in _METHODS if method in avps]
        if not identity or len(offered) != 1:
            return Disproven(identity, NO_METHOD)
        account = look(identity)
        if account is None:
            return Disproven(identity, NOBODY)
        if why := _unfit(offered[0], account):
            return Disproven(identity, why)
        proven = Proven(identity, withheld=not account.allowed)
        if offered[0] == _MS_RESPONSE2:
            return self._mschap2(tunnel, avps, account, proven)
        right = _proves(tunnel, offered[0], avps, account)
        return proven if right else Disproven(identity)

    def _mschap2(self, tunnel: Tunnel, avps: Avps, account: Account, proven: Proven) -> Word:
        """We prove that we know the password too, and the client says that he heard (RFC 5281 section 11.2.4)."""
        answer, challenge = avps[_MS_RESPONSE2], avps.get(_MS_CHALLENGE, b"")
        implied = _implied(tunnel, 17)
        if len(answer) != 50 or not compare_digest(challenge + answer[:1], implied):
            return Disproven(proven.identity)
        signed = proofs.mschap2(account.credential, challenge, answer[2:18], proven.identity, answer[26:])
        if signed is None:
            return Disproven(proven.identity)
        if proven.withheld:
            return proven
        self._proven = proven
        return Say(build(*_MS_SUCCESS, answer[:1] + signed))

    # ------------------------------------------------------------ EAP in EAP

    def _eap_heard(self, message: bytes, look: Look) -> Word:
        if self._eap is None:
            self._eap = Conversation(self._offer, 1 << 15)
        return self._follow(self._eap.hear(message, look))

    def _follow(self, outcome: Outcome) -> Word:
        if isinstance(outcome, Challenge):
            return Say(build(0, EAP_MESSAGE, outcome.message), failed=outcome.failed)
        return outcome.step


def _unfit(method: tuple[int, int], account: Account) -> str:
    """The reason why the account's kind of password is not enough for a method; empty where it is."""
    if method == (0, USER_PASSWORD):  # another system's hash is verified beside the loop, at a login without EAP
        return NEEDS_CLEAR if isinstance(account.credential, SlowHash) else ""
    check = proofs.unfit_for_chap if method == (0, CHAP_PASSWORD) else proofs.unfit_for_mschap
    return check(account.credential)


def _proves(tunnel: Tunnel, method: tuple[int, int], avps: Avps, account: Account) -> bool:
    """Whether a method of one message is right."""
    value, credential = avps[method], account.credential
    if method == (0, USER_PASSWORD):
        return proofs.pap(credential, value.rstrip(b"\0"))
    if method == (0, CHAP_PASSWORD):
        challenge = avps.get((0, CHAP_CHALLENGE), b"")
        if len(value) != 17 or not compare_digest(challenge + value[:1], _implied(tunnel, 17)):
            return False
        return proofs.chap(credential, value[0], challenge, value[1:])
    challenge = avps.get(_MS_CHALLENGE, b"")
    if len(value) != 50 or not compare_digest(challenge + value[:1], _implied(tunnel, 9)):
        return False
    return mschap.uses_nt(value) and proofs.mschap1(credential, challenge, value[26:])


def _implied(tunnel: Tunnel, size: int) -> bytes:
    """The challenge, and one octet of identifier after it."""
    return tunnel.export(_LABEL, size, None)
