"""How a subscriber proves its password, and how it has the server prove that it knows it too."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Literal, get_args

from radius import attributes as a
from radius import mschap
from radius.attributes import attr, vsa
from radius.auth import chap_response, pap_encrypt
from radius.integrity import Secret
from radius.packet import Packet

Method = Literal["pap", "chap", "mschap1", "mschap2"]
METHODS: tuple[str, ...] = get_args(Method)


def proof(method: Method, login: str, password: bytes, secret: Secret, authenticator: bytes) -> bytes:
    """What proves a password: User-Password, CHAP-Password (RFC 2865 5.2, 5.3), MS-CHAP- or -CHAP2-Response (RFC 2548).

    The challenges are drawn anew and sent along, as a NAS does.
    """
    if method == "pap":
        return attr(a.USER_PASSWORD, pap_encrypt(password, secret, authenticator))
    drawn = os.urandom(17)
    ident, challenge = drawn[:1], drawn[1:]
    if method == "chap":
        return attr(a.CHAP_PASSWORD, chap_response(ident, password, challenge)) + attr(a.CHAP_CHALLENGE, challenge)
    keys = nt_keys(password)
    if method == "mschap1":
        challenge = challenge[:8]
        kind, response = mschap.CHAP_RESPONSE, b"\1" + bytes(24) + mschap.nt_response(keys, challenge)
    else:
        peer = os.urandom(16)
        hashed = mschap.challenge_hash(peer, challenge, login.encode())
        kind, response = mschap.CHAP2_RESPONSE, b"\0" + peer + bytes(8) + mschap.nt_response(keys, hashed)
    sent = ((mschap.CHAP_CHALLENGE, challenge), (kind, ident + response))
    return b"".join(vsa(mschap.MICROSOFT, number, value) for number, value in sent)


@lru_cache(maxsize=65_536)
def nt_keys(password: bytes) -> mschap.NtKeys:
    """A subscriber's router computes these once; so do we."""
    return mschap.NtKeys(password)


def proves_itself(asked: bytes, accept: Packet, password: bytes, secret: Secret) -> bool:
    """Whether an Access-Accept shows that the server knows the password, and carries the keys that follow from it.

    RFC 2759 section 5: a subscriber who asked by MS-CHAP version 2 must hang up when it does not. `asked` is the
    datagram of the request. The other methods ask for no proof.
    """
    request = Packet.parse(asked)
    challenge, _, response = mschap.offer(request)
    if challenge is None or response is None:
        return True
    hash_hash, answer = nt_keys(password).hash_hash, response[26:]
    hashed = mschap.challenge_hash(response[2:18], challenge, request.get(a.USER_NAME) or b"")
    signed = response[:1] + mschap.authenticator_response(hash_hash, answer, hashed)
    if accept.vsa(mschap.MICROSOFT, mschap.CHAP2_SUCCESS) != signed:
        return False
    hidden = [accept.vsa(mschap.MICROSOFT, kind) or b"" for kind in (mschap.MPPE_SEND_KEY, mschap.MPPE_RECV_KEY)]
    revealed = [mschap.reveal_key(value, secret, request.authenticator) for value in hidden]
    return revealed == list(mschap.start_keys(hash_hash, answer))
