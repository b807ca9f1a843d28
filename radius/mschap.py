"""MS-CHAP over RADIUS: RFC 2433 (version 1), RFC 2759 (version 2), RFC 3079 (keys), RFC 2548 (attributes).

A subscriber's `NtKeys` are prepared once; a login then costs three DES blocks and a few hashes. The LAN Manager
response is refused: it proves half a password at a time.
"""

from __future__ import annotations

import os
import random
from hashlib import sha1
from hmac import compare_digest
from typing import Final

from radius.attributes import USER_NAME, VENDOR_SPECIFIC, vsa
from radius.integrity import Secret
from radius.md4_des import FASTEST, Crypto, Schedules, des_key
from radius.packet import Packet

MICROSOFT: Final = 311
"""Vendor-Id of RFC 2548."""

CHAP_RESPONSE: Final = 1
CHAP_ERROR: Final = 2
MPPE_ENCRYPTION_POLICY: Final = 7
MPPE_ENCRYPTION_TYPES: Final = 8
CHAP_CHALLENGE: Final = 11
CHAP_MPPE_KEYS: Final = 12
MPPE_SEND_KEY: Final = 16
MPPE_RECV_KEY: Final = 17
CHAP2_RESPONSE: Final = 25
CHAP2_SUCCESS: Final = 26

_VENDOR: Final = MICROSOFT.to_bytes(4, "big")
_RESPONSE: Final = 50  # octets of a response of either version: ident, flags, 24 octets, the 24 of the NT response


class NtKeys:
    """What a password gives once and for all: the hash of its NT hash, and the DES keys of the NT hash expanded.

    Some 650 octets. The NT hash itself is not kept.
    """

    __slots__ = ("hash_hash", "schedules")

    def __init__(self, password: bytes, crypto: Crypto = FASTEST) -> None:
        self._schedule(nt_hash(password, crypto), crypto)

    @classmethod
    def of_hash(cls, hashed: bytes, crypto: Crypto = FASTEST) -> NtKeys:
        """From the 16 octets of an NT hash."""
        keys = cls.__new__(cls)
        keys._schedule(hashed, crypto)
        return keys

    def _schedule(self, hashed: bytes, crypto: Crypto) -> None:
        padded = hashed + bytes(5)
        one, two, three = (crypto.schedule(des_key(padded[start : start + 7])) for start in (0, 7, 14))
        self.hash_hash = crypto.md4(hashed)
        self.schedules: Schedules = (one, two, three)


def nt_hash(password: bytes, crypto: Crypto = FASTEST) -> bytes:
    """MD4 of the password in UTF-16LE (RFC 2759 section 8.3). Octets that are no UTF-8 count as Latin-1."""
    try:
        text = password.decode()
    except UnicodeDecodeError:
        text = password.decode("latin-1")
    return crypto.md4(text.encode("utf-16-le"))


# What a request carries


def offer(request: Packet) -> tuple[bytes | None, bytes | None, bytes | None]:
    """The values of MS-CHAP-Challenge, MS-CHAP-Response and MS-CHAP2-Response, None where there is none.

    Of one that comes twice the last counts. A Vendor-Specific that is laid out otherwise is passed over (RFC 2865
    section 5.26).
    """
    challenge = first = second = None
    raw = request.raw
    for start in request.offsets(VENDOR_SPECIFIC):
        if raw[start + 2 : start + 6] != _VENDOR:
            continue
        end, at = start + raw[start + 1], start + 6
        while at + 2 <= end:
            past = at + raw[at + 1]
            if past > end or past < at + 2:
                break
            kind = raw[at]
            if kind == CHAP_CHALLENGE:
                challenge = raw[at + 2 : past]
            elif kind == CHAP2_RESPONSE:
                second = raw[at + 2 : past]
            elif kind == CHAP_RESPONSE:
                first = raw[at + 2 : past]
            at = past
    return challenge, first, second


# Version 1


def uses_nt(response: bytes) -> bool:
    """Whether an MS-CHAP-Response says that its NT response is to be used (RFC 2548 section 2.1.3)."""
    return response[1:2] == b"\1"


def check1(keys: NtKeys, challenge: bytes | None, response: bytes, request: Packet, secret: Secret) -> bytes | None:
    """MS-CHAP version 1: the attributes of the Access-Accept when the NT response is right, else None."""
    if challenge is None or len(challenge) != 8 or len(response) != _RESPONSE:
        return None
    if not compare_digest(FASTEST.encrypt_thrice(challenge, keys.schedules), response[26:]):
        return None
    return _KEYS_HEAD + chap_mppe_keys(keys.hash_hash, secret, request.authenticator) + _STRONG_ALLOWED


def nt_response(keys: NtKeys, challenge: bytes) -> bytes:
    """The 24 octets that prove the password for an eight-octet challenge (RFC 2433 appendix A.3)."""
    return FASTEST.encrypt_thrice(challenge, keys.schedules)


def chap_mppe_keys(hash_hash: bytes, secret: Secret, authenticator: bytes) -> bytes:
    """The 32 octets of MS-CHAP-MPPE-Keys, hidden like a User-Password (RFC 2548 section 2.4.1).

    The LM-Key, from which only weak keys come, is left empty. "The hashed Windows NT password" is hashed twice in
    fact: that is what RFC 3079 section 2.3 makes session keys of, and what every NAS expects.
    """
    number = int.from_bytes
    first = (number(hash_hash[:8], "big") ^ number(secret.pad(authenticator), "big")).to_bytes(16, "big")
    return first + (number(hash_hash[8:], "big") << 64 ^ number(secret.pad(first), "big")).to_bytes(16, "big")


# Version 2


def check2(keys: NtKeys, challenge: bytes | None, response: bytes, request: Packet, secret: Secret) -> bytes | None:
    """MS-CHAP version 2: the attributes of the Access-Accept when the response is right, else None.

    They prove to the subscriber that we know the password too, and give the NAS its keys.
    """
    if challenge is None or len(challenge) != 16 or len(response) != _RESPONSE:
        return None
    name, answer = request.get(USER_NAME) or b"", response[26:]
    hashed = challenge_hash(response[2:18], challenge, name)
    if not compare_digest(FASTEST.encrypt_thrice(hashed, keys.schedules), answer):
        return None
    hash_hash, authenticator = keys.hash_hash, request.authenticator
    send, receive = start_keys(hash_hash, answer)
    salt = _draw(14) << 1 | 0x8000
    return b"".join(
        (
            _SUCCESS_HEAD,
            response[:1],
            authenticator_response(hash_hash, answer, hashed),
            _SEND_HEAD,
            hide_key(send, secret, authenticator, salt.to_bytes(2, "big")),
            _RECV_HEAD,
            hide_key(receive, secret, authenticator, (salt + 1).to_bytes(2, "big")),
            _ANY_ALLOWED,
        )
    )


_draw: Final = random.Random().getrandbits  # a salt is public; it need not be unguessable


def challenge_hash(peer_challenge: bytes, challenge: bytes, name: bytes) -> bytes:
    """Eight octets; a domain before the name does not count (RFC 2759 section 8.2)."""
    if b"\\" in name:
        name = name.rpartition(b"\\")[2]
    return sha1(peer_challenge + challenge + name).digest()[:8]


def authenticator_response(hash_hash: bytes, answer: bytes, hashed_challenge: bytes) -> bytes:
    """The 42 octets "S=..." (RFC 2759 section 8.7)."""
    proof = sha1(sha1(hash_hash + answer + _SERVER_SIGNS).digest() + hashed_challenge + _PADDED)
    return b"S=" + proof.hexdigest().upper().encode()


_SERVER_SIGNS: Final = b"Magic server to client signing constant"
_PADDED: Final = b"Pad to make it do more than one iteration"

# RFC 3079 section 3.4: the NAS sends with the one and receives with the other
_MASTER: Final = b"This is the MPPE Master Key"
_SEND: Final = (
    bytes(40) + b"On the client side, this is the receive key; on the server side, it is the send key." + b"\xf2" * 40
)
_RECV: Final = (
    bytes(40) + b"On the client side, this is the send key; on the server side, it is the receive key." + b"\xf2" * 40
)


def start_keys(hash_hash: bytes, answer: bytes) -> tuple[bytes, bytes]:
    """With what the NAS sends and receives, 128 bits each (RFC 3079 section 3.3); it makes session keys of them."""
    master = sha1(hash_hash + answer + _MASTER).digest()[:16]
    return sha1(master + _SEND).digest()[:16], sha1(master + _RECV).digest()[:16]


def hide_key(key: bytes, secret: Secret, authenticator: bytes, salt: bytes) -> bytes:
    """Salt and hidden String of an MS-MPPE-Send-Key or -Recv-Key, 34 octets (RFC 2548 section 2.4.2).

    The 16 octets of the key and their length before them are 17, so the second block holds nothing but the last one.
    """
    number = int.from_bytes
    mask = number(secret.pad(authenticator + salt), "big")
    first = (mask ^ number(key[:15], "big") ^ _KEY_LENGTH).to_bytes(16, "big")
    second = secret.pad(first)
    return b"%b%b%c%b" % (salt, first, second[0] ^ key[15], second[1:])


_KEY_LENGTH: Final = 16 << 120


def reveal_key(value: bytes, secret: Secret, authenticator: bytes) -> bytes | None:
    """The key in an MS-MPPE-Send-Key or -Recv-Key; None when it is not the 34 octets of a 128 bit key, or garbled."""
    if len(value) != 34:
        return None
    number = int.from_bytes
    pads = secret.pad(authenticator + value[:2]) + secret.pad(value[2:18])
    clear = (number(value[2:], "big") ^ number(pads, "big")).to_bytes(32, "big")
    return clear[1:17] if clear[0] == 16 and not any(clear[17:]) else None


# Refused


def refusal(first: bytes | None, second: bytes | None) -> bytes:
    """MS-CHAP-Error for a response of version 1 or 2: authentication failure, no second try.

    RFC 2433 section 6, RFC 2759 section 6. The words are the same whatever was wrong.
    """
    if second is not None:
        text = b"E=691 R=0 C=%b V=3 M=Access denied" % os.urandom(16).hex().upper().encode()
        return vsa(MICROSOFT, CHAP_ERROR, (second[:1] or b"\0") + text)
    if first is not None:
        return vsa(MICROSOFT, CHAP_ERROR, (first[:1] or b"\0") + b"E=691 R=0")
    return b""


# Attributes but for their values


def _head(kind: int, length: int) -> bytes:
    """All of a vendor attribute before a value of this many octets."""
    return vsa(MICROSOFT, kind, bytes(length))[:-length]


_SUCCESS_HEAD: Final = _head(CHAP2_SUCCESS, 43)
_SEND_HEAD: Final = _head(MPPE_SEND_KEY, 34)
_RECV_HEAD: Final = _head(MPPE_RECV_KEY, 34)
_KEYS_HEAD: Final = _head(CHAP_MPPE_KEYS, 32)

# RFC 2548 sections 2.4.4 and 2.4.5: encryption is allowed and not required; 40 bit (2), 128 bit (4). From a version 1
# login come no 40 bit keys, since the LAN Manager hash would be needed.
_ALLOWED: Final = vsa(MICROSOFT, MPPE_ENCRYPTION_POLICY, 1)
_ANY_ALLOWED: Final = _ALLOWED + vsa(MICROSOFT, MPPE_ENCRYPTION_TYPES, 6)
_STRONG_ALLOWED: Final = _ALLOWED + vsa(MICROSOFT, MPPE_ENCRYPTION_TYPES, 4)
