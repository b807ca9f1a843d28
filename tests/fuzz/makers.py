"""Datagrams by the thousand: good ones, and ones that are wrong in the ways that datagrams are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from radius import attributes as a
from radius.attributes import attr, vsa
from radius.auth import chap_response, pap_encrypt
from radius.integrity import Secret, request
from radius.server import Kind
from radius.sockets import Address
from tests.radius.wires import SECRET

WRONG_SECRET = Secret(b"not the secret")


def some_attributes(chance: random.Random) -> bytes:
    """Zero to six attributes, of the kinds that matter to a decision more often than others."""
    return b"".join(chance.choice(KINDS)(chance) for _ in range(chance.randrange(7)))


KINDS: list[Callable[[random.Random], bytes]] = [
    lambda chance: attr(a.USER_NAME, chance.randbytes(chance.randrange(12))),
    lambda chance: attr(a.USER_PASSWORD, pap_encrypt(b"demo001pw", SECRET, chance.randbytes(16))),
    lambda chance: attr(a.CHAP_PASSWORD, chap_response(b"\1", b"demo001pw", chance.randbytes(16))),
    lambda chance: attr(a.NAS_PORT, chance.getrandbits(32)),
    lambda chance: attr(a.PROXY_STATE, chance.randbytes(chance.randrange(6))),
    lambda chance: attr(a.EAP_MESSAGE, chance.randbytes(4)),
    lambda chance: attr(chance.randrange(256), chance.randbytes(chance.randrange(20))),
    lambda chance: attr(a.MESSAGE_AUTHENTICATOR, chance.randbytes(chance.choice((0, 15, 16, 16, 17)))),
    lambda chance: vsa(14988, chance.randrange(30), chance.randbytes(chance.randrange(10))),
    lambda chance: attr(a.VENDOR_SPECIFIC, chance.randbytes(chance.randrange(12))),
    lambda chance: vsa(311, chance.choice((1, 11, 25)), chance.randbytes(chance.choice((0, 8, 16, 49, 50, 50)))),
]


def good(chance: random.Random, kind: Kind, secret: Secret = SECRET) -> bytes:
    """A request as a NAS sends it, signed or not."""
    usual = a.ACCESS_REQUEST if kind == "auth" else a.ACCOUNTING_REQUEST
    code = chance.choice((usual,) * 12 + (a.STATUS_SERVER,) * 2 + (chance.randrange(256),))
    signed = chance.random() < (0.5 if kind == "auth" else 0.2)
    authenticator = chance.randbytes(16)
    return request(code, chance.randrange(256), some_attributes(chance), secret, signed, authenticator)


def wrongly_signed(chance: random.Random, kind: Kind) -> bytes:
    return good(chance, kind, WRONG_SECRET)


def flipped(chance: random.Random, kind: Kind) -> bytes:
    """A good one with one to three octets changed, often in the header or the first attribute."""
    octets = bytearray(good(chance, kind))
    for _ in range(chance.randrange(1, 4)):
        octets[chance.randrange(min(len(octets), chance.choice((4, 24, 4096))))] = chance.randrange(256)
    return bytes(octets)


def truncated(chance: random.Random, kind: Kind) -> bytes:
    octets = good(chance, kind)
    return octets[: chance.randrange(len(octets))]


def shortened(chance: random.Random, kind: Kind) -> bytes:
    """Cut, with a Length field that says so: the last attribute is what does not fit."""
    octets = good(chance, kind)
    octets = octets[: chance.randrange(4, len(octets) + 1)]
    return octets[:2] + len(octets).to_bytes(2, "big") + octets[4:]


def padded(chance: random.Random, kind: Kind) -> bytes:
    """RFC 2865 section 3: octets beyond the Length field are ignored."""
    return good(chance, kind) + chance.randbytes(chance.randrange(1, 40))


def mislabelled(chance: random.Random, kind: Kind) -> bytes:
    """A Length field that says anything."""
    octets = good(chance, kind)
    length = chance.choice((0, 19, 20, 21, len(octets) - 1, len(octets) + 1, 4096, 4097, chance.getrandbits(16)))
    return octets[:2] + max(length, 0).to_bytes(2, "big") + octets[4:]


def noise(chance: random.Random, kind: Kind) -> bytes:
    return chance.randbytes(chance.randrange(80))


def framed_noise(chance: random.Random, kind: Kind) -> bytes:
    """A right header before octets that mean nothing."""
    body = chance.randbytes(chance.randrange(60))
    return bytes((chance.choice((1, 4, 12)), 0, 0, 20 + len(body))) + chance.randbytes(16) + body


def oversized(chance: random.Random, kind: Kind) -> bytes:
    """Around and far beyond 4096 octets, well formed and rightly signed as far as that goes."""
    filling = attr(a.REPLY_MESSAGE, bytes(253)) * chance.choice((15, 16, 17, 31, 40))
    body = filling[: len(filling) - 255] + attr(a.REPLY_MESSAGE, bytes(chance.randrange(254)))
    code, authenticator = (1, bytes(16)) if kind == "auth" else (4, bytes(16))
    head = bytes((code, 0)) + (20 + len(body)).to_bytes(2, "big")
    return head + (authenticator if kind == "auth" else SECRET.digest(head + authenticator + body)) + body


MAKERS: list[tuple[int, Callable[[random.Random, Kind], bytes]]] = [
    (20, good),
    (10, wrongly_signed),
    (20, flipped),
    (9, truncated),
    (10, shortened),
    (6, padded),
    (8, mislabelled),
    (8, noise),
    (8, framed_noise),
    (1, oversized),
]
WEIGHTS = [weight for weight, _ in MAKERS]


def datagrams(chance: random.Random, kind: Kind, count: int) -> Iterator[tuple[str, bytes, Address]]:
    """(how it was made, octets, source)."""
    for number, (_, make) in enumerate(chance.choices(MAKERS, WEIGHTS, k=count)):
        yield make.__name__, make(chance, kind), (f"127.0.{number // 60_000}.1", 1024 + number % 60_000)
