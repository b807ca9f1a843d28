"""Bad, good and nearly good datagrams: nothing is raised, and pyrad agrees whom to answer, in both directions.

Each datagram comes from a port and address of its own, so none is a repetition of another.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Literal

import pytest

from radius import attributes as a
from radius.admission import Bucket
from radius.auth import Credential, check, refusal
from radius.dictionary import describe
from radius.packet import Packet
from radius.server import AccessReply, Kind, Peer
from tests.fuzz.makers import datagrams
from tests.radius.oracle import answers
from tests.radius.wires import hears, peer, recorded

SENT = 60_000
Policy = Literal["auto", "required", "off"]


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
def test_datagrams_of_every_kind_raise_nothing_and_are_answered_as_pyrad_says() -> None:
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
