"""Two routers behind one address: sessions, restarts and CoA of one are not the other's; a wrong secret is noticed."""

from __future__ import annotations

import dataclasses

import pytest_asyncio

from oss.access import accounting, nas
from oss.access.aaa import Node
from oss.access.fold import fold
from oss.access.journal_reader import PACKET, Record
from oss.base import db, secrets
from radius import attributes as a
from radius.integrity import Secret
from radius.packet import Packet
from radius.peers import told_apart
from radius.server import Peer
from tests.conftest import TESTER
from tests.oss.access.asking import asks, mac, port, says
from tests.oss.access.routers import Router
from tests.waiting import eventually

GATEWAY = bytes([127, 0, 0, 1])


@pytest_asyncio.fixture(loop_scope="session")
async def pair(undone: db.Connection, node: Node, sealer: secrets.Sealer) -> tuple[Peer, Peer]:
    """The small provider's NAS has the address to itself no longer."""
    await undone.execute("update nas set nas_identifier = 'north', coa_port = 3799")
    values = nas.NasValues("BNG-S", "127.0.0.1", secret="another", nas_identifier="south", coa_port=1700)
    await nas.save(undone, sealer, TESTER, values)
    await node.nas.load(undone)
    found = node.nas.find("127.0.0.1")
    assert found is not None and found.shared is not None
    north, south = told_apart(found.shared, b"north"), told_apart(found.shared, b"south")
    assert north is not None and south is not None
    return north, south


def hear(node: Node, peer: Peer, packet: Packet) -> None:
    node.account(packet, peer, GATEWAY, 1.7e9, lambda: None)


def online(node: Node) -> set[tuple[str, str]]:
    return {(live.peer.name, live.login) for live in node.sessions.by_uid.values() if not live.gone}


async def test_the_same_session_number_and_port_on_both_are_two_sessions(node: Node, pair: tuple[Peer, Peer]) -> None:
    for peer, login, line in zip(pair, ("cli1", "cli2"), ("AA:00", "AA:01"), strict=True):
        hear(node, peer, says(a.ACCT_START, 0, "8000", login, port("ether1"), mac(line)))
    assert online(node) == {("BNG-1", "cli1"), ("BNG-S", "cli2")}
    hear(node, pair[0], says(a.ACCT_STOP, 9, "8000", "cli1", mac("AA:00")))
    assert online(node) == {("BNG-S", "cli2")}


async def test_a_restart_of_one_leaves_the_others_sessions_open(node: Node, pair: tuple[Peer, Peer]) -> None:
    for peer, login in zip(pair, ("cli1", "cli2"), strict=True):
        hear(node, peer, says(a.ACCT_START, 0, "8000", login))
    hear(node, pair[1], says(a.ACCT_ON))
    assert online(node) == {("BNG-1", "cli1")}


async def test_in_the_database_too_a_restart_ends_only_its_own(
    undone: db.Connection, node: Node, pair: tuple[Peer, Peer]
) -> None:
    await undone.execute(accounting.PREPARE)
    said = [
        Record(PACKET, peer.key, 1_700_000_000_000_000 + at, GATEWAY, packet.raw)
        for at, (peer, packet) in enumerate(
            [
                (pair[0], says(a.ACCT_START, 0, "8000", "cli1")),
                (pair[1], says(a.ACCT_START, 0, "8000", "cli2")),
                (pair[0], says(a.ACCT_ON)),
            ]
        )
    ]
    await accounting.apply(undone, fold(said).parts, "test")
    assert [row["login"] for row in await undone.fetch("select login from session_open")] == ["cli2"]


async def test_each_takes_change_of_authorization_at_its_own_port(node: Node, pair: tuple[Peer, Peer]) -> None:
    asked: list[tuple[object, bytes]] = []

    class Noting(Router):
        async def exchange(self, address: object, code: int, body: bytes, *more: object) -> Packet:
            assert isinstance(more[0], Secret)
            asked.append((address, more[0].value))
            return await super().exchange(address, code, body, *more)

    node.enforcer.client = Noting({"8000"}).client()
    for peer, login in zip(pair, ("cli1", "cli2"), strict=True):
        hear(node, peer, says(a.ACCT_START, 0, "8000", login))
    node.enforcer.disconnect(list(node.sessions.by_uid.values()), "asked_for")
    await eventually(lambda: len(asked) >= 2)
    assert set(asked) == {(("127.0.0.1", 3799), b"testing123"), (("127.0.0.1", 1700), b"another")}


# ------------------------------------------------------------ a secret that is not ours


async def test_a_password_hidden_with_another_secret_is_counted_against_the_secret(node: Node, peer: Peer) -> None:
    typed = asks("cli1", password=b"typed wrong")
    node.authenticate(typed, peer)
    assert (peer.counters["garbled"], node.knocks.snapshot()) == (0, {})
    other = dataclasses.replace(peer, secret=Secret(b"another"), counters=peer.counters)
    for login in ("cli1", "nobody"):
        node.authenticate(asks(login, (a.NAS_IDENTIFIER, "bng")), other)
    assert peer.counters["garbled"] == 2
    ((key, asked),) = node.knocks.snapshot()["127.0.0.1"].callers.items()
    assert (key, asked.count) == (("wrong_secret", peer.key, "bng"), 2)


async def test_who_knocked_knocks_anew_when_the_table_of_routers_changed(
    undone: db.Connection, node: Node, sealer: secrets.Sealer
) -> None:
    node.knocks.note("192.0.2.9", 1.0)
    await node.nas.load(undone)
    assert node.knocks.snapshot() != {}
    await nas.save(undone, sealer, TESTER, nas.NasValues("BNG-9", "192.0.2.9", secret="s"))
    await node.nas.load(undone)
    assert node.knocks.snapshot() == {}


async def test_a_routers_clock_is_taken_from_its_accounting(node: Node, peer: Peer) -> None:
    for number in range(5):
        at = 1_700_000_000 + 2 * number
        packet = says(a.ACCT_INTERIM, 60 * number, "8000", "cli1", (a.EVENT_TIMESTAMP, at - 120))
        node.account(packet, peer, GATEWAY, float(at), lambda: None)
    assert node.clocks.skews_ms() == {peer.key: -120_000}
