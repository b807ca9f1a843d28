"""Two hundred thousand bad, good and nearly good datagrams: nothing is raised, and pyrad agrees whom to answer.

Each datagram comes from a port and address of its own, so none is a repetition of another.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from radius import attributes as a
from radius.admission import Bucket
from radius.attributes import attr, vsa
from radius.auth import Credential, chap_response, check, pap_encrypt, refusal
from radius.dictionary import describe
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.server import AccessReply, Kind, Peer
from radius.sockets import Address

from .oracle import answers
from .wires import SECRET, hears, peer, recorded

SENT = 200_000
WRONG_SECRET = Secret(b"not the secret")
Policy = Literal["auto", "required", "off"]


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


def curious(packet: Packet, peer: Peer) -> AccessReply:
    """A handler that reads all a handler could read."""
    packet.text(a.USER_NAME)
    packet.integer(a.NAS_PORT)
    packet.address(a.FRAMED_IP_ADDRESS)
    packet.vsa(14988, 8)
    right = check(packet, peer.secret, Credential(b"demo001pw"))
    if packet.id % 16 == 0:
        describe(packet)
    return AccessReply(a.ACCESS_ACCEPT, right.attributes) if right else AccessReply(a.ACCESS_REJECT, refusal(packet))


def played(kind: Kind, policy: Policy, seed: int, count: int) -> tuple[Counter[str], Counter[str]]:
    """Send them all; returns how many of each kind were sent and how many of each answered."""
    one, chance = peer(ma_policy=policy, status_limit=Bucket()), random.Random(seed)
    handle = curious if kind == "auth" else lambda packet, peer, source, at, ack: ack()
    listener, wire = recorded(kind, handle, one)
    sent: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for how, octets, source in datagrams(chance, kind, count):
        if one.signs and chance.random() < 0.01:
            one.signs = False  # so that `auto` is tried before and after the NAS has proven that it signs
        expected = answers(kind, octets, one)
        before = len(wire.sent)
        hears(listener, octets, source)
        got = wire.sent[before:]
        assert bool(got) == expected, f"{kind} {policy} {how}: {octets.hex()}"
        sent[how] += 1
        answered[how] += len(got)
    assert listener.counters["failed"] == 0
    assert listener.counters["duplicates"] == 0
    assert listener.counters["requests"] == count
    return sent, answered


@pytest.mark.slow
def test_two_hundred_thousand_datagrams_raise_nothing_and_are_answered_as_pyrad_says() -> None:
    sent: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    games: list[tuple[Kind, Policy]] = [("auth", "auto"), ("auth", "required"), ("auth", "off"), ("acct", "auto")]
    for seed, (kind, policy) in enumerate(games):
        more_sent, more_answered = played(kind, policy, seed, SENT // len(games))
        sent += more_sent
        answered += more_answered
    assert sum(sent.values()) == SENT
    # Neither all nor nothing, or the agreement would be worth little.
    for how in ("good", "padded", "flipped", "shortened", "oversized"):
        assert 0 < answered[how] < sent[how], how
    assert answered["padded"] > sent["padded"] / 4
