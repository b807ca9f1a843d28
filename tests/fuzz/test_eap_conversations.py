"""EAP conversations through a whole node, each spoilt somewhere: nobody who proved nothing is let in, nothing grows.

A right conversation is led by the lab's device; its packets are flipped, cut, doubled, swapped or taken from another
conversation on the way. What is let in all the same must be the device's own login with its own password.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import time
from collections import Counter
from pathlib import Path

import pytest
import pytest_asyncio

from oss.access import brake
from oss.access.aaa import Node
from oss.lab.supplicant import Device, Supplicant, context
from radius import attributes as a
from radius.eap import packet
from radius.eap.table import IDLE_S
from radius.errors import Malformed
from radius.packet import Packet, build
from radius.server import AccessReply
from tests.oss.access.dialing import carrying
from tests.radius.eap.certificates import Authority
from tests.waiting import eventually

from .test_node import node

__all__ = ["node"]

SOAK = bool(os.environ.get("MILHA_SOAK"))
PACKETS = 1_000_000 if SOAK else 100_000
TLS_SHARE = 0.04  # of the conversations: one costs fifty times what the others do
MOST_TURNS = 40
GROWTH_KIB = 32 << 10
NAS_KEY = 1
RIGHT, WRONG = b"pw1", b"guess"


@pytest_asyncio.fixture(loop_scope="session")
async def speaking(node: Node, tmp_path: Path) -> Node:
    """The node with certificates."""
    folder = tmp_path / "certs"
    folder.mkdir()
    Authority().issue("radius.example").write(folder, "server.pem", "server.key")
    node.logins.eap.open(tmp_path)
    assert packet.TTLS in node.logins.eap.offer.makers
    return node


class Liar:
    """Leads conversations and spoils them; remembers packets of others."""

    def __init__(self, node: Node, seed: int) -> None:
        self.node, self.peer, self.chance = node, node.nas.by_key[NAS_KEY], random.Random(seed)
        self.contexts = [context(tls13=False), context(tls13=True)]
        self.kept: list[bytes] = [b""]
        self.codes: Counter[int] = Counter()
        self.packets = self.turn = 0
        self.let_in: list[bytes] = []

    def device(self) -> Device:
        """Somebody with the right password, or a wrong one."""
        password = self.chance.choice((RIGHT, WRONG))
        if self.chance.random() > TLS_SHARE:
            return Device(b"cli1", password, self.chance.choice((packet.MD5, packet.MSCHAPV2)))
        method = self.chance.choice((packet.TTLS, packet.PEAP))
        inner = self.chance.choice(("pap", "chap", "mschap", "mschapv2"))
        return Device(b"cli1", password, method, inner, self.chance.choice(self.contexts))

    def spoilt(self, message: bytes) -> bytes:
        """The packet, or what became of it."""
        chance = self.chance
        how = chance.random()
        if how < 0.75 or not message:
            return message
        if how < 0.85:
            place = chance.randrange(len(message))
            return message[:place] + bytes((message[place] ^ chance.randrange(1, 256),)) + message[place + 1 :]
        if how < 0.9:
            return message[: chance.randrange(len(message))]
        if how < 0.95:
            return chance.choice(self.kept)
        return message + chance.randbytes(chance.randrange(1, 80))

    async def ask(self, message: bytes, state: bytes | None) -> Packet | None:
        """One Access-Request; a State may be lost or of another."""
        if state and self.chance.random() < 0.01:
            state = self.chance.choice((None, bytes(16)))
        self.packets += 1
        self.turn += 1
        line = (a.CALLING_STATION_ID, f"02:00:{self.turn >> 16 & 255:02x}:{self.turn >> 8 & 255:02x}:00:01")
        answer = self.node.authenticate(carrying(message, "cli1", state, line), self.peer)
        while self.node.logins.eap.turns.waiting:
            await asyncio.sleep(0)
        if isinstance(answer, asyncio.Future) and answer.done():
            answer = answer.result()
        if not isinstance(answer, AccessReply):
            return None  # silence, or an answer held back
        self.codes[answer.code] += 1
        return Packet.parse(build(answer.code, 1, bytes(16), answer.attributes))

    async def converse(self) -> None:
        """One conversation to its end."""
        one = self.device()
        sender = Supplicant(one)
        message, state = sender.identity(), None
        for _ in range(MOST_TURNS):
            answer = await self.ask(self.spoilt(message), state)
            if answer is None or answer.code != a.ACCESS_CHALLENGE:
                break
            state = answer.get(a.STATE)
            message = self._next(sender, answer)
        else:
            return
        if answer is not None and answer.code == a.ACCESS_ACCEPT:
            self.let_in.append(one.password)

    def _next(self, sender: Supplicant, answer: Packet) -> bytes:
        try:
            message = sender.answer(packet.joined(answer)) or b""
        except (Malformed, IndexError, AssertionError):
            return b""  # the device itself makes nothing of where the conversation stands
        if len(self.kept) < 1000:
            self.kept.append(message)
        else:
            self.kept[self.chance.randrange(1000)] = message
        return message


async def lie(liar: Liar, packets: int) -> None:
    """Until so many packets were sent; now and then half a minute passes, and the disk has its turn."""
    while liar.packets < packets:
        for _ in range(500):
            await liar.converse()
        liar.node.logins.eap.talks.forget(time.monotonic() + 2 * IDLE_S)
        await eventually(lambda: liar.node.journal.backlog == 0)


def resident_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.slow
async def test_spoilt_conversations_raise_nothing_let_nobody_in_and_leave_nothing_behind(
    speaking: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for burst in ("ACCOUNT_BURST", "NAS_BURST"):  # else most would not be looked at
        monkeypatch.setattr(brake, burst, 1e9)
    liar = Liar(speaking, 17)
    talks = speaking.logins.eap.talks
    await lie(liar, PACKETS // 3)
    before = resident_kib()
    await lie(liar, PACKETS)
    assert set(liar.let_in) == {RIGHT}
    assert len(liar.let_in) > PACKETS / 100 and liar.codes[a.ACCESS_REJECT] > PACKETS / 100
    assert resident_kib() - before < GROWTH_KIB and talks.octets <= talks.most_octets
    talks.forget(time.monotonic() + 2 * IDLE_S)
    assert (len(talks), talks.octets) == (0, 0)
