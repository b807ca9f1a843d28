"""What may be wrong with a packet, knowing its structure: lengths that lie, attributes doubled, moved and emptied,
vendor attributes inside out, EAP in pieces, chains of Proxy-State - and signed again afterwards, so that it gets far.

A `Shape` is a packet as a list of attributes, each with the length octet it claims, so that every lie can be told.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from radius import attributes as a
from radius.attributes import vsa
from radius.auth import chap_response, pap_encrypt
from radius.integrity import Secret

PASSWORDS: Final = (b"pw1", b"segredo", b"", b"x" * 16, b"y" * 100)
LOGINS: Final = (b"cli1", b"cli2", b"cli3", b"old", b"CLI1", b"*", b"a\0b", b"\xff\xfe", b"x" * 253, "çã@isp".encode())
TYPES: Final = (0, 1, 2, 3, 4, 8, 18, 24, 25, 26, 31, 33, 40, 44, 60, 79, 79, 80, 80, 87, 97, 123, 241, 245, 255)
VENDORS: Final = (0, 9, 311, 311, 2011, 14988, 14988, 25506, 0xFFFFFF)
CODES: Final = (0, 1, 2, 3, 4, 5, 11, 12, 13, 40, 41, 43, 44, 255)
LENGTHS: Final = (0, 1, 2, 3, 17, 18, 19, 255)
MOST_ATTRIBUTES = 220


@dataclass(slots=True)
class Attribute:
    """``length``: what the length octet says; None: the truth."""

    kind: int
    value: bytes
    length: int | None = None

    def octets(self) -> bytes:
        length = len(self.value) + 2 if self.length is None else self.length
        return bytes((self.kind & 255, length & 255)) + self.value


@dataclass(slots=True)
class Shape:
    """A packet taken apart. ``length``: what the Length field says; None: the truth."""

    code: int
    ident: int
    authenticator: bytes
    attributes: list[Attribute]
    length: int | None = None

    @classmethod
    def of(cls, datagram: bytes) -> Shape:
        """As far as it can be taken apart; what is left over is one attribute more."""
        found, at = [], 20
        while at + 2 <= len(datagram) and 2 <= datagram[at + 1] <= len(datagram) - at:
            found.append(Attribute(datagram[at], datagram[at + 2 : at + datagram[at + 1]]))
            at += datagram[at + 1]
        if at < len(datagram):
            found.append(Attribute(datagram[at], datagram[at + 2 :], 0))
        head = datagram[:20].ljust(20, b"\0")
        return cls(head[0], head[1], head[4:20], found)

    def octets(self) -> bytes:
        body = b"".join(one.octets() for one in self.attributes)
        length = 20 + len(body) if self.length is None else self.length
        return (
            bytes((self.code & 255, self.ident & 255))
            + (length & 0xFFFF).to_bytes(2, "big")
            + self.authenticator
            + body
        )


def mutated(chance: random.Random, datagram: bytes, secret: Secret) -> bytes:
    """One to four mutations, then mostly a signature that fits what became of it."""
    shape = Shape.of(datagram)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        chance.choice(MUTATIONS)(chance, shape, secret)
    del shape.attributes[MOST_ATTRIBUTES:]
    if chance.random() < 0.1:
        return flipped(chance, shape.octets())
    if chance.random() < 0.75:
        return signed(chance, shape, secret)
    return shape.octets()


def flipped(chance: random.Random, octets: bytes) -> bytes:
    """Bits turned, octets gone or doubled, anywhere."""
    out = bytearray(octets)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(out) or 1)
        act = chance.randrange(4)
        if act == 0 and out:
            out[at] ^= 1 << chance.randrange(8)
        elif act == 1:
            del out[at : at + chance.randrange(1, 9)]
        elif act == 2:
            out[at:at] = out[at : at + chance.randrange(1, 33)]
        else:
            out[at:at] = chance.randbytes(chance.randrange(1, 5))
    return bytes(out[:6000])


def signed(chance: random.Random, shape: Shape, secret: Secret) -> bytes:
    """The password hidden for the authenticator there is now, and a right signature of the kind the code asks for."""
    if shape.code in (a.ACCESS_REQUEST, a.STATUS_SERVER):
        for one in shape.attributes:
            if one.kind == a.USER_PASSWORD and one.length is None and chance.random() < 0.8:
                one.value = pap_encrypt(chance.choice(PASSWORDS), secret, shape.authenticator)
            elif one.kind == a.CHAP_PASSWORD and chance.random() < 0.8:
                one.value = chap_response(b"\1", chance.choice(PASSWORDS), shape.authenticator)
        if chance.random() < 0.7:
            _message_authenticator(chance, shape, secret)
        return shape.octets()
    if shape.code != a.ACCOUNTING_REQUEST:
        return shape.octets()
    shape.authenticator = bytes(16)
    if chance.random() < 0.3:
        _message_authenticator(chance, shape, secret)
    octets = shape.octets()
    return octets[:4] + secret.digest(octets) + octets[20:]


def _message_authenticator(chance: random.Random, shape: Shape, secret: Secret) -> None:
    """One, right, anywhere; those that were there go."""
    shape.attributes = [one for one in shape.attributes if one.kind != a.MESSAGE_AUTHENTICATOR]
    mine = Attribute(a.MESSAGE_AUTHENTICATOR, bytes(16))
    shape.attributes.insert(chance.randrange(len(shape.attributes) + 1), mine)
    mine.value = secret.hmac(shape.octets())


# What a mutation does


def _one(chance: random.Random, shape: Shape) -> Attribute:
    if not shape.attributes:
        shape.attributes.append(Attribute(a.USER_NAME, b"cli1"))
    return chance.choice(shape.attributes)


def _double(chance: random.Random, shape: Shape, secret: Secret) -> None:
    one = _one(chance, shape)
    for _ in range(chance.choice((1, 1, 2, 12))):
        shape.attributes.append(Attribute(one.kind, one.value, one.length))


def _drop(chance: random.Random, shape: Shape, secret: Secret) -> None:
    shape.attributes.remove(_one(chance, shape))


def _shuffle(chance: random.Random, shape: Shape, secret: Secret) -> None:
    chance.shuffle(shape.attributes)


def _rename(chance: random.Random, shape: Shape, secret: Secret) -> None:
    _one(chance, shape).kind = chance.choice(TYPES)


def _resize(chance: random.Random, shape: Shape, secret: Secret) -> None:
    one = _one(chance, shape)
    one.value = chance.choice((b"", one.value[:1], one.value[:-1], one.value + b"\0", one.value.ljust(253, b"z")))


def _lie(chance: random.Random, shape: Shape, secret: Secret) -> None:
    one = _one(chance, shape)
    one.length = chance.choice((*LENGTHS, len(one.value) + 1, len(one.value) + 3))


def _scramble(chance: random.Random, shape: Shape, secret: Secret) -> None:
    one = _one(chance, shape)
    one.value = chance.randbytes(len(one.value))


def _add(chance: random.Random, shape: Shape, secret: Secret) -> None:
    shape.attributes.append(
        Attribute(chance.choice(TYPES), chance.randbytes(chance.choice((0, 1, 4, 16, 18, 50, 253))))
    )


def _vendor(chance: random.Random, shape: Shape, secret: Secret) -> None:
    kind, vendor = chance.choice((1, 2, 8, 11, 11, 12, 16, 25, 25)), chance.choice(VENDORS)
    value = bytearray(vsa(vendor, kind, chance.randbytes(chance.choice((0, 8, 16, 24, 50, 50, 240))))[2:])
    if chance.random() < 0.5:  # its inner length lies, or something follows it
        value[5] = chance.choice(LENGTHS)
        value += chance.randbytes(chance.randrange(4))
    shape.attributes.append(Attribute(a.VENDOR_SPECIFIC, bytes(value[:253])))


def _eap(chance: random.Random, shape: Shape, secret: Secret) -> None:
    """RFC 3579 section 3.1: a message in pieces of 253 octets, in order; here with any Length and in any order."""
    inner = bytes((chance.choice((0, 1, 2, 3, 4, 9)), chance.randrange(256)))
    inner += chance.choice((0, 4, 5, 9, 600, 0xFFFF)).to_bytes(2, "big")
    inner += bytes((chance.choice((0, 1, 3, 4, 13, 21, 25, 26, 254)),)) + chance.randbytes(
        chance.choice((0, 4, 300, 700))
    )
    for start in range(0, len(inner), 253):
        place = chance.choice((len(shape.attributes), 0))
        shape.attributes.insert(place, Attribute(a.EAP_MESSAGE, inner[start : start + 253]))


def _proxies(chance: random.Random, shape: Shape, secret: Secret) -> None:
    """RFC 2865 section 5.33: they must come back, also where they fill the answer up."""
    for _ in range(chance.choice((1, 2, 15, 16, 200))):
        shape.attributes.append(Attribute(a.PROXY_STATE, chance.randbytes(chance.choice((0, 1, 40, 253)))))


def _name(chance: random.Random, shape: Shape, secret: Secret) -> None:
    name = chance.choice(LOGINS)
    for one in shape.attributes:
        if one.kind == a.USER_NAME:
            one.value = name
            return
    shape.attributes.append(Attribute(a.USER_NAME, name))


def _header(chance: random.Random, shape: Shape, secret: Secret) -> None:
    act = chance.randrange(3)
    if act == 0:
        shape.code = chance.choice(CODES)
    elif act == 1:
        shape.length = chance.choice((0, 19, 20, 21, 22, 4096, 4097, 0xFFFF, len(shape.octets()) - 1))
    else:
        shape.authenticator = chance.choice((bytes(16), chance.randbytes(16)))


def _bad_signature(chance: random.Random, shape: Shape, secret: Secret) -> None:
    value = chance.randbytes(chance.choice((0, 15, 16, 16, 17)))
    shape.attributes.insert(chance.randrange(len(shape.attributes) + 1), Attribute(a.MESSAGE_AUTHENTICATOR, value))


MUTATIONS: Final[list[Callable[[random.Random, Shape, Secret], None]]] = [
    *(_double, _drop, _shuffle, _rename, _rename, _resize, _resize, _lie, _scramble, _scramble, _add),
    *(_vendor, _vendor, _eap, _proxies, _name, _name, _header, _bad_signature),
]
