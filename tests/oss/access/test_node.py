"""The AAA node keeps its live table and its journal in step with what is heard, and hears the bell."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

from oss.access import aaa, holds, nas, orders
from oss.access.aaa import Node, NodeOptions, Snapshot
from oss.access.journal_reader import GHOST, LOST, PACKET, REBOOTED, RESTARTED, SUPERSEDED, Position, Record
from oss.access.sessions import LATE_S, session_uid
from oss.base import db, secrets
from radius import attributes as a
from radius.auth import pap_encrypt
from radius.client import Client, NoReply
from radius.packet import Packet, build
from radius.server import Peer
from tests.conftest import TESTER, Seed
from tests.oss.access.asking import SECRET, mac, port, says
from tests.oss.access.routers import Router
from tests.waiting import eventually

ROUTER = bytes([127, 0, 0, 1])
MARK = (a.CLASS, "milha1:full:500000/250000")


# ------------------------------------------------------------ the live table


async def account(node: Node, peer: Peer, packet: Packet, router: bytes | str = ROUTER) -> None:
    """One accounting record, acknowledged when this returns."""
    acknowledged = asyncio.Event()
    node.account(packet, peer, router, 1.7e9, acknowledged.set)
    assert not acknowledged.is_set()
    await asyncio.wait_for(acknowledged.wait(), 5)


def online(node: Node) -> list[str]:
    return [live.acct_session_id.decode() for live in node.sessions.by_uid.values()]


async def journalled(node: Node, count: int) -> list[Record]:
    """The journal, when it has so many records."""

    def read_all() -> list[Record]:
        records, _ = node.journal.read(Position(1, 0), 1 << 20)
        return records if len(records) >= count else []

    return list(await eventually(read_all))


def kinds(records: list[Record]) -> list[int]:
    return [record.kind for record in records]


async def test_a_session_lives_from_its_start_to_its_stop(node: Node, peer: Peer) -> None:
    await account(node, peer, says(a.ACCT_START, 0, "8000", "cli1", MARK))
    (live,) = node.sessions.by_login["cli1"]
    assert (live.source, live.applied, live.desired) == (ROUTER, MARK[1][7:], MARK[1][7:])
    await account(node, peer, says(a.ACCT_INTERIM, 60))
    await account(node, peer, says(a.ACCT_STOP, 90))
    assert online(node) == [] and node.journal.synced == 3
    records = await journalled(node, 3)
    assert [(one.at_us, one.source, one.kind) for one in records] == [(1_700_000_000_000_000, ROUTER, PACKET)] * 3


async def test_a_router_has_one_address_however_its_wire_tells_it(node: Node, peer: Peer) -> None:
    """A portable socket tells text, a batch of datagrams octets; a restored session has octets."""
    await account(node, peer, says(a.ACCT_START), "127.0.0.1")
    (live,) = node.sessions.by_uid.values()
    await account(node, peer, says(a.ACCT_ON))
    assert live.source == ROUTER and live.gone


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
    assert all(live.gone for live in node.sessions.by_uid.values())
    await node._sweep()
    assert online(node) == []


async def test_a_record_without_a_name_is_kept_but_is_no_session(node: Node, peer: Peer) -> None:
    body = a.attr(a.ACCT_STATUS_TYPE, a.ACCT_START)
    await account(node, peer, Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body)))
    assert online(node) == [] and node.journal.synced == 1


async def test_where_the_database_must_have_it_the_answer_waits_for_the_applier(node: Node, peer: Peer) -> None:
    node.options = NodeOptions("", "test", "127.0.0.1", 0, 0, node.options.data_dir, durable="database")
    acknowledged = asyncio.Event()
    node.account(says(a.ACCT_START), peer, ROUTER, 1.7e9, acknowledged.set)
    await eventually(lambda: node.applier.acks)
    assert not acknowledged.is_set()
    node.applier._reached(node.journal.durable, 1)
    assert acknowledged.is_set()


@pytest.mark.parametrize("kind", [LOST, GHOST])
async def test_a_session_we_give_up_ends_through_the_journal(node: Node, peer: Peer, kind: int) -> None:
    await account(node, peer, says(a.ACCT_START, 0, "8000", "cli1", mac("AA:BB")))
    (live,) = node.sessions.by_uid.values()
    live.seen -= 100
    node._give_up(live, kind)
    record = (await journalled(node, 2))[1]
    said = Packet.parse(record.payload)
    assert record.kind == kind and said.integer(a.ACCT_STATUS_TYPE) == a.ACCT_STOP and online(node) == []
    assert time.time() - record.at_us / 1e6 == pytest.approx(100, abs=2)  # as of the moment it was heard last
    same = session_uid(peer.key, "8000", "cli1", said.text(a.CALLING_STATION_ID)).bytes
    assert same == live.uid and not node.sessions.has_ended(live.uid, 0.0)  # heard again, it lives again
    node._give_up(live, kind)
    assert node.journal.appended == 2


async def test_a_session_that_took_the_identity_of_a_ghost_is_not_given_up_for_it(node: Node, peer: Peer) -> None:
    await account(node, peer, says(a.ACCT_START, 0, "1"))
    (old,) = node.sessions.by_uid.values()
    await account(node, peer, says(a.ACCT_ON))
    await account(node, peer, says(a.ACCT_START, 0, "1"))
    node._give_up(old, GHOST)
    assert online(node) == ["1"] and kinds(await journalled(node, 3)) == [PACKET] * 3


async def test_a_line_that_dials_again_ends_its_old_session_before_its_new_one_is_told(node: Node, peer: Peer) -> None:
    await account(node, peer, says(a.ACCT_START, 0, "1", "cli1", mac("AA")))
    await account(node, peer, says(a.ACCT_START, 0, "2", "cli1", mac("AA")))
    records = await journalled(node, 3)
    assert kinds(records) == [PACKET, SUPERSEDED, PACKET] and online(node) == ["2"]
    assert Packet.parse(records[1].payload).text(a.ACCT_SESSION_ID) == "1"


async def test_a_restart_without_a_word_is_journalled_before_what_tells_of_it(node: Node, peer: Peer) -> None:
    for sid in ("1", "2"):
        await account(node, peer, says(a.ACCT_START, 0, sid, f"cli{sid}", mac(f"M{sid}")))
    node.sessions.by_login["cli1"][0].seen -= 50
    node.sessions.by_login["cli2"][0].seen -= 40
    await account(node, peer, says(a.ACCT_START, 0, "2", "cli3", mac("M3")))
    records = await journalled(node, 4)
    assert kinds(records) == [PACKET, PACKET, RESTARTED, PACKET]
    assert records[2].source == ROUTER
    assert 1.7e9 - records[2].at_us / 1e6 == pytest.approx(40, abs=1)  # what was heard up to then is over


async def test_an_identity_begun_again_ends_the_session_it_had(node: Node, peer: Peer) -> None:
    await account(node, peer, says(a.ACCT_INTERIM, 900, "1", "cli1", mac("AA")))
    node.sessions.by_login["cli1"][0].began -= LATE_S
    await account(node, peer, says(a.ACCT_START, 0, "1", "cli1", mac("AA")))
    assert kinds(await journalled(node, 3)) == [PACKET, REBOOTED, PACKET] and online(node) == ["1"]


# ------------------------------------------------------------ the newest wins


async def begin(node: Node, peer: Peer, sid: str, line: str) -> None:
    await account(node, peer, says(a.ACCT_START, 0, sid, "cli1", mac(line), port(line), MARK))


async def test_the_oldest_session_makes_room_for_the_newest(node: Node, peer: Peer) -> None:
    router = Router({"1", "2"})
    node.enforcer.client = router.client()
    await begin(node, peer, "1", "AA")
    await begin(node, peer, "2", "BB")
    await eventually(lambda: node.enforcer.done)
    assert router.asked == [("disconnect", "1")] and router.sessions == {"2"}
    (done,) = node.enforcer.done
    assert (done.cause, done.outcome, done.live.acct_session_id) == ("too_many_sessions", "disconnected", b"1")
    await account(node, peer, says(a.ACCT_STOP, 5, "1", "cli1", mac("AA")))
    await begin(node, peer, "2", "BB")  # a Start that is repeated ends nobody
    assert router.asked == [("disconnect", "1")]


async def test_an_account_of_three_keeps_its_newest_three(node: Node, peer: Peer, undone: db.Connection) -> None:
    await undone.execute("update access_account set max_sessions = 3 where login = 'cli1'")
    await node.index.reconcile(undone)
    router = Router({"1", "2", "3", "4"})
    node.enforcer.client = router.client()
    for sid in ("2", "1", "3"):
        await begin(node, peer, sid, f"M{sid}")
    assert router.asked == []
    await begin(node, peer, "4", "M4")
    await eventually(lambda: router.sessions == {"1", "3", "4"})


async def test_an_older_session_that_is_heard_of_late_is_the_one_too_many(node: Node, peer: Peer) -> None:
    router = Router({"1", "2"})
    node.enforcer.client = router.client()
    await begin(node, peer, "2", "BB")
    await account(node, peer, says(a.ACCT_INTERIM, 300, "1", "cli1", mac("AA"), MARK))
    await eventually(lambda: router.sessions == {"2"})


async def test_sessions_of_before_a_restart_are_none_too_many(node: Node, peer: Peer, undone: db.Connection) -> None:
    await undone.execute("update access_account set max_sessions = 4 where login = 'cli1'")
    await node.index.reconcile(undone)
    router = Router()
    node.enforcer.client = router.client()
    other = bytes([127, 0, 0, 2])
    for sid in ("1", "2"):
        await begin(node, peer, sid, f"M{sid}")
    await account(node, peer, says(a.ACCT_ON))
    for sid in ("3", "4", "5"):
        said = says(a.ACCT_START, 0, sid, "cli1", mac(f"M{sid}"), MARK)
        await account(node, peer, said, other)
    await eventually(lambda: not node.enforcer._tasks)
    assert router.asked == []


async def test_a_line_that_dials_again_is_not_one_too_many(node: Node, peer: Peer) -> None:
    router = Router()
    node.enforcer.client = router.client()
    await begin(node, peer, "1", "AA")
    await begin(node, peer, "2", "AA")
    await eventually(lambda: not node.enforcer._tasks)
    assert router.asked == [] and online(node) == ["2"]


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
    node.applier.caught_up.set()
    node._ended.add(ended.bytes)  # its Stop came while the rows were not yet read
    await node._restore(undone)
    (live,) = node.sessions.by_uid.values()
    assert (live.uid, live.framed_ip, live.applied, live.output_octets, live.source) == (
        *(kept.bytes, bytes([10, 0, 0, 5]), "full", 9, ROUTER),
    )
    node.sessions.remove(kept.bytes)
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
    await account(node, peer, says(a.ACCT_START, 0, "8000", "cli1", MARK))
    (live,) = node.sessions.by_uid.values()
    node._ring(f"disconnect:{uuid.UUID(bytes=live.uid)},{uuid.uuid4()}")
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
    await db.execute("update nas set coa_port = $1", free_ports()[0])  # a demo beside us would answer at 3799
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
    await eventually(lambda: (tmp_path / "index.sealed").exists() and published and one.applier.lag == 0)
    stop.set()
    await asyncio.wait_for(running, 20)
    last = published[-1]
    assert (last.online, last.accounts, last.accepted, last.rejected, last.lag_records) == (1, 5, 1, 1, 0)
    assert last.index_ready and last.ready and last.reasons == {"manual": 1}
    assert {name for name, *_ in last.parts} == {
        *("aaa.journal", "aaa.scribe", "aaa.index", "aaa.applier", "aaa.clock", "aaa.staff", "aaa.secrets"),
        "aaa.reach",
    }
