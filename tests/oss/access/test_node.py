"""The AAA node answers from memory, keeps its live table in step, and hears the bell."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio

from oss.access import aaa, holds, nas, orders
from oss.access.aaa import Node, NodeOptions, Snapshot
from oss.access.journal import LOST, Position
from oss.access.reasons import ON_THE_WIRE
from oss.access.sessions import session_uid
from oss.base import db, secrets
from radius import attributes as a
from radius.auth import chap_response, pap_encrypt
from radius.client import Client, NoReply
from radius.integrity import Secret
from radius.packet import Packet, build
from radius.server import AccessReply, Peer
from tests.conftest import TESTER, Seed
from tests.waiting import eventually

SECRET = Secret(b"testing123")


@pytest_asyncio.fixture(loop_scope="session")
async def node(undone: db.Connection, provider: Seed, sealer: secrets.Sealer, tmp_path: Path) -> AsyncIterator[Node]:
    """A node that knows the small provider, without sockets and without a database of its own."""
    one = Node(NodeOptions("", "test", "127.0.0.1", 0, 0, tmp_path), sealer)
    one.journal.open()
    flushing = asyncio.create_task(one.journal.flush_for_ever())
    await one.nas.load(undone)
    await one.index.reconcile(undone)
    yield one
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    await one.enforcer.close()
    one.journal.close()


@pytest.fixture
def peer(node: Node) -> Peer:
    found = node.nas.find("127.0.0.1")
    assert found is not None
    return found


def asks(login: str | None = "cli1", *pairs: tuple[int, a.Value]) -> Packet:
    """An Access-Request of PAP with the right password, unless told otherwise."""
    authenticator = bytes(range(16))
    said = [] if login is None else [(a.USER_NAME, login)]
    if not any(kind in (a.USER_PASSWORD, a.CHAP_PASSWORD) for kind, _ in pairs):
        said.append((a.USER_PASSWORD, pap_encrypt(b"pw1", SECRET, authenticator)))
    body = b"".join(a.attr(kind, value) for kind, value in (*said, *pairs))
    return Packet.parse(build(a.ACCESS_REQUEST, 1, authenticator, body))


def says(
    status: int, session_s: int = 0, sid: str = "8000", login: str = "cli1", *pairs: tuple[int, a.Value]
) -> Packet:
    said = [(a.ACCT_STATUS_TYPE, status), (a.ACCT_SESSION_ID, sid), (a.USER_NAME, login)]
    body = b"".join(a.attr(*one) for one in (*said, (a.ACCT_SESSION_TIME, session_s), *pairs))
    return Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))


def code(reply: AccessReply | None) -> int | None:
    return reply.code if reply else None


def refusals(node: Node) -> list[tuple[str, str, int | None]]:
    return [(login, reason, one.contract_id) for (_, _, login, reason), one in node.tallies.take_rejects().items()]


# ------------------------------------------------------------ who may come in


@pytest.mark.parametrize("login", ["cli1", " CLI1 "])
async def test_the_right_password_gets_the_plans_rate(node: Node, peer: Peer, login: str) -> None:
    reply = node.authenticate(asks(login), peer)
    assert reply is not None and reply.code == a.ACCESS_ACCEPT
    said = Packet.parse(build(reply.code, 1, bytes(16), reply.attributes))
    assert said.text(a.CLASS) == "milha1:full:500000/250000" and said.integer(a.ACCT_INTERIM_INTERVAL) == 30
    assert node.tallies.accepted == 1


async def test_chap_is_as_good_as_pap(node: Node, peer: Peer) -> None:
    right = chap_response(b"\x07", b"pw1", bytes(range(16)))
    assert code(node.authenticate(asks("cli1", (a.CHAP_PASSWORD, right)), peer)) == a.ACCESS_ACCEPT
    wrong = chap_response(b"\x07", b"pw2", bytes(range(16)))
    assert code(node.authenticate(asks("cli1", (a.CHAP_PASSWORD, wrong)), peer)) == a.ACCESS_REJECT


async def test_every_refusal_is_the_same_on_the_wire_and_precise_inside(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed
) -> None:
    first, second = provider.contracts[:2]
    await holds.place(undone, TESTER, [second], "manual", "cut", "asked for")
    await node.index.reread(undone, [second])
    hidden = pap_encrypt(b"pw2", SECRET, bytes(range(16)))
    requests = (
        asks("nobody"),
        asks("cli1", (a.USER_PASSWORD, hidden)),
        asks("cli2", (a.USER_PASSWORD, hidden)),
        asks("cli1", (a.CHAP_PASSWORD, bytes(17)), (a.USER_PASSWORD, hidden)),
    )
    replies = [node.authenticate(request, peer) for request in requests]
    assert set(replies) == {AccessReply(a.ACCESS_REJECT, a.attr(a.REPLY_MESSAGE, ON_THE_WIRE))}
    assert refusals(node) == [
        ("nobody", "unknown_login", None),
        ("cli1", "wrong_password", first),
        ("cli2", "manual", second),
        ("cli1", "no_method", first),
    ]


async def test_while_the_index_loads_who_is_unknown_hears_nothing(node: Node, peer: Peer) -> None:
    node.index.ready = False
    assert node.authenticate(asks("nobody"), peer) is None
    assert code(node.authenticate(asks(), peer)) == a.ACCESS_ACCEPT


async def test_who_has_no_name_hears_nothing(node: Node, peer: Peer) -> None:
    assert node.authenticate(asks(None), peer) is None


# ------------------------------------------------------------ the live table


async def account(node: Node, peer: Peer, packet: Packet) -> None:
    """One accounting record, acknowledged when this returns."""
    acknowledged = asyncio.Event()
    node.account(packet, peer, "127.0.0.1", 1.7e9, acknowledged.set)
    assert not acknowledged.is_set()
    await asyncio.wait_for(acknowledged.wait(), 5)


def online(node: Node) -> list[str]:
    return [live.acct_session_id for live in node.sessions.by_uid.values()]


async def test_a_session_lives_from_its_start_to_its_stop(node: Node, peer: Peer) -> None:
    mark = (a.CLASS, "milha1:full:500000/250000")
    await account(node, peer, says(a.ACCT_START, 0, "8000", "cli1", mark))
    (live,) = node.sessions.by_login["cli1"]
    assert (live.source, live.applied, live.desired) == ("127.0.0.1", mark[1][7:], mark[1][7:])
    await account(node, peer, says(a.ACCT_INTERIM, 60))
    await account(node, peer, says(a.ACCT_STOP, 90))
    assert online(node) == [] and node.journal.synced == 3
    records, _ = node.journal.read(Position(1, 0))
    assert [record.at_us for record in records] == [1_700_000_000_000_000] * 3


async def test_an_interim_heard_after_the_stop_makes_no_ghost(node: Node, peer: Peer) -> None:
    await account(node, peer, says(a.ACCT_START))
    await account(node, peer, says(a.ACCT_STOP, 90))
    await account(node, peer, says(a.ACCT_INTERIM, 60))
    assert online(node) == []
    await account(node, peer, says(a.ACCT_START, 0, "8001"))
    assert online(node) == ["8001"]


async def test_a_restart_ends_every_session_of_its_nas(node: Node, peer: Peer) -> None:
    for sid in ("1", "2"):
        await account(node, peer, says(a.ACCT_START, 0, sid))
    await account(node, peer, says(a.ACCT_ON))
    assert online(node) == []


async def test_a_record_without_a_name_is_kept_but_is_no_session(node: Node, peer: Peer) -> None:
    body = a.attr(a.ACCT_STATUS_TYPE, a.ACCT_START)
    await account(node, peer, Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body)))
    assert online(node) == [] and node.journal.synced == 1


async def test_where_the_database_must_have_it_the_answer_waits_for_the_scribe(
    undone: db.Connection, sealer: secrets.Sealer, node: Node, peer: Peer
) -> None:
    node.options = NodeOptions("", "test", "127.0.0.1", 0, 0, node.options.data_dir, durable="database")
    acknowledged = asyncio.Event()
    node.account(says(a.ACCT_START), peer, "127.0.0.1", 1.7e9, acknowledged.set)
    await eventually(lambda: node.scribe.acks)
    assert not acknowledged.is_set()
    await node.scribe._resume(undone)
    assert acknowledged.is_set()


async def test_a_session_whose_lease_ran_out_ends_through_the_journal(node: Node, peer: Peer) -> None:
    await account(node, peer, says(a.ACCT_START, 0, "8000", "cli1", (a.CALLING_STATION_ID, "AA:BB")))
    (live,) = node.sessions.by_uid.values()
    node._lost(live)
    await eventually(lambda: node.journal.synced == 2)
    record = node.journal.read(Position(1, 0))[0][1]
    said = Packet.parse(record.payload)
    assert record.kind == LOST and said.integer(a.ACCT_STATUS_TYPE) == a.ACCT_STOP and online(node) == []
    same = session_uid(peer.key, "8000", "cli1", said.text(a.CALLING_STATION_ID))
    assert same == live.uid and not node.sessions.has_ended(live.uid, 0.0)  # heard again, it lives again


async def test_sessions_are_restored_from_their_rows(node: Node, undone: db.Connection, provider: Seed) -> None:
    ended, kept = uuid.uuid4(), uuid.uuid4()
    for uid, name in ((ended, "test"), (kept, "test"), (uuid.uuid4(), "another node")):
        await undone.execute(
            "insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at, framed_ip, node, "
            "applied, desired, output_octets) "
            "values ($1, $2, '1', 'cli1', now(), now(), '10.0.0.5', $3, 'full', 'full', 9)",
            *(uid, provider.nas, name),
        )
    assert node._ended is not None
    node._ended.add(ended)  # its Stop came while the rows were not yet read
    await node._restore(undone)
    (live,) = node.sessions.by_uid.values()
    assert (live.uid, live.framed_ip, live.applied, live.output_octets, live.source) == (
        *(kept, "10.0.0.5", "full", 9, "127.0.0.1"),
    )
    node.sessions.remove(kept)
    await node._restore(undone)  # the database came back: memory is newer
    assert online(node) == []


# ------------------------------------------------------------ the bell


async def test_the_bell_is_understood(node: Node, peer: Peer) -> None:
    node._ring("contracts:1,2")
    node._ring("contracts:2,3")
    node._ring("nas")
    node._ring("all")
    assert node._pending == {1, 2, 3} and node._words == {"nas", "all"} and node._bell.is_set()


async def test_an_order_reaches_its_session(node: Node, peer: Peer, provider: Seed) -> None:
    asked: list[int] = []

    async def exchange(address: object, code: int, *_: object) -> Packet:
        asked.append(code)
        raise NoReply("nobody there")

    node.enforcer.client = SimpleNamespace(exchange=exchange)  # type: ignore[assignment]
    await account(node, peer, says(a.ACCT_START, 0, "8000", "cli1", (a.CLASS, "milha1:full:500000/250000")))
    (live,) = node.sessions.by_uid.values()
    node._ring(f"disconnect:{live.uid},{uuid.uuid4()}")
    await eventually(lambda: asked == [a.DISCONNECT_REQUEST] and not live.busy)
    live.applied = "full:500000/250000"
    node._ring(f"again:{provider.contracts[0]},0")
    await eventually(lambda: asked == [a.DISCONNECT_REQUEST, a.COA_REQUEST] and not live.busy)
    assert live.drift_cause == "silent"


# ------------------------------------------------------------ all of it, on real sockets


def free_ports() -> tuple[int, int]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


async def test_a_whole_node_serves_follows_and_ends(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aaa, "RECONCILE_S", 3600.0)
    auth_port, acct_port = free_ports()
    one = Node(NodeOptions(database, "test", "127.0.0.1", auth_port, acct_port, tmp_path), sealer)
    stop, started, published = asyncio.Event(), asyncio.Event(), list[Snapshot]()
    running = asyncio.create_task(one.run(stop, started.set, published.append))
    await asyncio.wait_for(started.wait(), 10)
    await eventually(lambda: one.index.ready)

    async with Client("127.0.0.1") as router:

        async def dial(login: str) -> int:
            authenticator = bytes(range(16))
            password = pap_encrypt(login.replace("cli", "pw").encode(), SECRET, authenticator)
            body = a.attr(a.USER_NAME, login) + a.attr(a.USER_PASSWORD, password)
            address = ("127.0.0.1", auth_port)
            return (await router.exchange(address, a.ACCESS_REQUEST, body, SECRET, authenticator=authenticator)).code

        assert await dial("cli1") == a.ACCESS_ACCEPT
        body = says(a.ACCT_START).raw[20:]
        reply = await router.exchange(("127.0.0.1", acct_port), a.ACCOUNTING_REQUEST, body, SECRET)
        assert reply.code == a.ACCOUNTING_RESPONSE
        async with db.transaction() as connection:
            await holds.place(connection, TESTER, [seed.contracts[1]], "manual")
        await eventually(lambda: one.index.entries["cli2"].key == "reject")
        assert await dial("cli2") == a.ACCESS_REJECT
        async with db.transaction() as connection:
            await nas.save(connection, sealer, TESTER, nas.NasValues("BNG-9", "192.0.2.9", secret="s"))
            await orders.reapply(connection, TESTER, seed.contracts[:1])
        await eventually(lambda: one.nas.find("192.0.2.9") is not None)

    await eventually(lambda: db.fetchval("select count(*) = 1 from session_open where login = 'cli1'"))
    await eventually(lambda: (tmp_path / "index.sealed").exists() and published)
    stop.set()
    await asyncio.wait_for(running, 20)
    last = published[-1]
    assert (last.online, last.accounts, last.accepted, last.rejected, last.lag_records) == (1, 5, 1, 1, 0)
    assert last.index_ready and last.ready and last.reasons == {"manual": 1}
    assert {name for name, *_ in last.parts} == {"aaa.journal", "aaa.scribe", "aaa.index", "aaa.clock"}
