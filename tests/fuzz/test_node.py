"""A whole AAA node's two sockets, index, sessions and journal under mutated packets: nothing is raised, nobody who has
not proven himself gets an answer, and the memory does not grow.

Who has proven himself is pyrad's to say. Each datagram comes from a port and address of its own. Four NAS stand for the
policies and for a secret under change.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from oss.access import nas_secrets, passwords
from oss.access.aaa import Node, NodeOptions
from oss.access.fold import fold
from oss.access.index import UNBOUND
from oss.access.journal_reader import LOGIN, PACKET, Position
from oss.access.passwords import Kept
from oss.base import secrets
from radius import attributes as a
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.replies import ReplyCache
from radius.server import Kind, Listener, Peer
from radius.sockets import Address
from tests.fuzz.corpus_files import saved
from tests.fuzz.makers import MAKERS, WEIGHTS
from tests.fuzz.mutations import mutated
from tests.radius.oracle import answers
from tests.radius.wires import SECRET, Recorder
from tests.waiting import eventually

SOAK = bool(os.environ.get("MILHA_SOAK"))
SENT = 1_000_000 if SOAK else 130_000  # with the 60,000 of test_listener and 20,000 replies beyond 200,000
NEW = Secret(b"the new one")
MARK = 99  # a kind of record that nobody reads
AT_ONCE = 250  # datagrams of one batch
ROUNDS = 6  # after each of them the tables that may grow are emptied, and the memory is measured
MAY_GROW = 8 << 20  # octets, from the second round to the last: caches that fill, and pages the allocator keeps
NETWORKS = {1: "127.1.0.0/16", 2: "127.2.0.0/16", 3: "127.3.0.0/16", 4: "127.4.0.0/16"}
POLICIES = {1: "auto", 2: "required", 3: "off", 4: "auto"}
HOLD = '[["manual", "cut", 1700000000, "note", null, {}]]'


def nas_rows(sealer: secrets.Sealer) -> list[tuple[object, ...]]:
    """In the order of `nas_table.ROWS`; the fourth changes its secret."""
    rows = []
    for key, network in NETWORKS.items():
        sealed = sealer.seal(SECRET.value, f"{nas_secrets.TABLE}/{key}")
        following = sealer.seal(NEW.value, f"{nas_secrets.NEXT}/{key}") if key == 4 else None
        row = (key, f"bras{key}", network, "mikrotik", sealed, POLICIES[key], False, None, 3799, False, 300, following)
        rows.append((*row, False))
    return rows


def account_rows(sealer: secrets.Sealer) -> list[tuple[object, ...]]:
    """In the order of `index.ROWS`: a password, both hashes of ours, another system's, and one that is cut."""
    digest = hashlib.sha1(b"segredosalt").digest() + b"salt"
    kept = [Kept("clear", b"pw1"), passwords.keep(b"segredo", "nt"), passwords.keep(b"segredo", "hashed")]
    kept += [Kept("imported", b"{sha1}" + digest.hex().encode()), Kept("clear", b"pw1")]
    rows = []
    for number, (login, one) in enumerate(zip(("cli1", "cli2", "cli3", "old", "cut"), kept, strict=True), 1):
        sealed = passwords.seal(sealer, number, one)
        sealed = sealed if one.kind == "clear" else f"{one.kind}={sealed}"
        speeds = (500_000, 250_000, 1000, 1000, "")
        holds = HOLD if login == "cut" else "[]"
        rows.append((number, login, sealed, True, number, True, *speeds, holds, 2, "newest", "[]", "[]", *UNBOUND))
    return rows


@pytest_asyncio.fixture(loop_scope="session")
async def node(sealer: secrets.Sealer, tmp_path: Path) -> AsyncIterator[Node]:
    """It knows what it needs, has a real journal, and no database."""
    one = Node(NodeOptions("", "fuzz", "127.0.0.1", 0, 0, tmp_path), sealer)
    one.journal.open()
    flushing = asyncio.create_task(one.journal.flush_for_ever())
    one.nas.take(nas_rows(sealer))
    one.index.take(account_rows(sealer))
    one.index.ready = True
    yield one
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    await one.enforcer.close()
    await one.logins.close()
    one.journal.close()


class Sockets:
    """The node's two listeners on recording wires, and how it went."""

    def __init__(self, node: Node) -> None:
        self.node, self.wires = node, {"auth": Recorder(), "acct": Recorder()}
        self.auth = Listener("auth", node.nas, node.authenticate, replies=ReplyCache(4096))
        self.acct = Listener("acct", node.nas, node.account, replies=ReplyCache(4096))
        self.auth.attach(self.wires["auth"])
        self.acct.attach(self.wires["acct"])
        self.proven: dict[tuple[str, Address], bytes] = {}  # whom an answer is due, with his request
        self.sent: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.codes: Counter[int] = Counter()
        self._source = 0

    def source(self, key: int) -> Address:
        """One nobody has used yet."""
        self._source += 1
        return f"127.{key}.{self._source // 60_000 % 250}.1", 1024 + self._source % 60_000

    def send(self, kind: Kind, datagrams: list[tuple[int, bytes]]) -> None:
        """A batch of (NAS, octets); judged one by one, since each may teach that its NAS signs."""
        listener = self.auth if kind == "auth" else self.acct
        for key, octets in datagrams:
            host, port = self.source(key)
            peer = self.node.nas.by_key[key]
            if may_be_answered(kind, octets, peer):
                self.proven[kind, (host, port)] = octets
            listener.receive(((octets, (host, port)),))
            self.sent[kind] += 1

    def judge(self) -> None:
        """Every answer goes to somebody proven, once, and is rightly signed."""
        for kind, wire in self.wires.items():
            answers, wire.sent = wire.sent, []
            for octets, source in answers:
                asked = self.proven.pop((kind, source), None)
                assert asked is not None, f"{kind}: {source} got {octets.hex()} without a proof"
                packet = Packet.parse(octets)
                signed = [one for one in (SECRET, NEW) if one.verify_reply(packet, asked[4:20])]
                assert signed and packet.id == asked[1], f"{kind}: {asked.hex()} got {octets.hex()}"
                self.answered[kind] += 1
                self.codes[packet.code] += 1

    def faults(self) -> int:
        return self.auth.counters["failed"] + self.acct.counters["failed"]


def may_be_answered(kind: Kind, octets: bytes, peer: Peer) -> bool:
    """As pyrad says, by either of the peer's secrets."""
    if answers(kind, octets, peer):
        return True
    return peer.spare is not None and answers(kind, octets, replace(peer, secret=peer.spare))


def datagrams(chance: random.Random, kind: Kind, corpus: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """(NAS, octets) without end: from the corpus mutated, and made anew as `makers` does."""
    while True:
        key = chance.choice((1, 1, 2, 3, 4, 4))
        secret = NEW if key == 4 and chance.random() < 0.5 else SECRET
        if chance.random() < 0.75:
            yield key, mutated(chance, chance.choice(corpus), secret)
        else:
            _, make = chance.choices(MAKERS, WEIGHTS)[0]
            yield key, make(chance, kind)


async def settled(node: Node, sockets: Sockets) -> None:
    """Whatever was appended is durable, what waits has been answered; the tables that may grow are empty."""
    for key in NETWORKS:
        node.nas.by_key[key].signs = False
    await eventually(lambda: not node.logins.imported._waiting and node.logins.late.count == 0, 30)
    node.logins.log.write()
    last = asyncio.Event()
    node.journal.append(MARK, 0, 0, b"", last.set)  # acknowledged after all before it
    async with asyncio.timeout(30):
        await last.wait()
    sockets.judge()
    sockets.proven.clear()
    node.logins.brake.forget(float("inf"))
    node.sessions.__init__()  # type: ignore[misc]
    node.sessions.dirty.clear()
    node.enforcer.done.clear()


def resident() -> int:
    """Octets of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def played(node: Node, sockets: Sockets, seed: int, count: int) -> None:
    chance = random.Random(seed)
    games: list[tuple[Kind, int]] = [("auth", count * 2 // 3), ("acct", count // 3)]
    for kind, many in games:
        endless = datagrams(chance, kind, saved(kind))
        for _ in range(many // AT_ONCE):
            sockets.send(kind, [next(endless) for _ in range(AT_ONCE)])
            await asyncio.sleep(0)
            sockets.judge()
            if chance.random() < 0.05:
                node.nas.by_key[chance.choice((1, 4))].signs = False
    await settled(node, sockets)


async def test_the_saved_corpus_raises_nothing_and_is_answered_where_it_proves_itself(node: Node) -> None:
    sockets = Sockets(node)
    for kind in ("auth", "acct"):
        for key in NETWORKS:
            sockets.send(kind, [(key, octets) for octets in saved(kind)])
    await settled(node, sockets)
    assert sockets.faults() == 0
    assert {a.ACCESS_ACCEPT, a.ACCESS_REJECT, a.ACCOUNTING_RESPONSE} <= set(sockets.codes)
    # PAP, CHAP, MS-CHAP of both versions, each hash by PAP, at each of the four NAS; unsigned ones not at all of them.
    assert sockets.codes[a.ACCESS_ACCEPT] > 8 * len(NETWORKS)


@pytest.mark.slow
async def test_mutated_packets_raise_nothing_and_nobody_unproven_is_answered(node: Node) -> None:
    sockets, measured = Sockets(node), []
    for seed in range(ROUNDS):
        await played(node, sockets, seed, SENT // ROUNDS)
        measured.append(resident())
    assert sockets.faults() == 0
    assert sum(sockets.sent.values()) >= SENT - ROUNDS * 2 * AT_ONCE
    # Neither all nor nothing, or the agreement would be worth little.
    for kind, least in (("auth", 0.2), ("acct", 0.2)):
        assert least < sockets.answered[kind] / sockets.sent[kind] < 0.95, kind
    assert {a.ACCESS_ACCEPT, a.ACCESS_REJECT, a.ACCOUNTING_RESPONSE} <= set(sockets.codes)
    assert measured[-1] - measured[1] < MAY_GROW, [one >> 10 for one in measured]
    read = journalled(node)
    assert read[PACKET] >= sockets.answered["acct"] * 0.9 and read[LOGIN]


def journalled(node: Node) -> Counter[int]:
    """Every record there is, by kind; all of them can be folded."""
    found: Counter[int] = Counter()
    position = Position(1, 0)
    while True:
        records, behind = node.journal.read(position, 1 << 20)
        if not records:
            return found
        found.update(record.kind for record in records)
        fold(records)
        position = behind


async def test_the_judge_sees_an_answer_that_nobody_has_earned(node: Node) -> None:
    """The fuzz is worth what its judge is."""
    sockets = Sockets(node)
    unsigned = request(a.ACCESS_REQUEST, 1, a.attr(a.USER_NAME, "cli1"), SECRET, False, bytes(16))
    sockets.send("auth", [(2, unsigned)])
    assert not sockets.proven and not sockets.wires["auth"].sent
    sockets.wires["auth"].sent.append((b"\3\1\0\x14" + bytes(16), ("127.2.0.1", 1025)))
    with pytest.raises(AssertionError, match="without a proof"):
        sockets.judge()
