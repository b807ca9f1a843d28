"""A router's secret is changed while it works: both are accepted until the router has the new one, then one is."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from oss.access import nas, nas_secrets
from oss.access.aaa import Node
from oss.access.nas import NasValues
from oss.access.nas_table import NasTable
from oss.base import db, secrets
from radius import attributes as a
from radius.auth import chap_response, pap_encrypt
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.server import AccessReply, Later, Listener, Peer
from radius.sockets import Address
from tests.conftest import TESTER, Seed
from tests.radius.wires import Recorder, hears

OLD, NEW = Secret(b"testing123"), Secret(b"the new one")
ROUTER = NasValues("BNG-9", "10.0.0.9", secret="testing123")
HERE: Address = ("127.0.0.1", 40000)
GRACE_S = 600


async def changed(connection: db.Connection, sealer: secrets.Sealer, nas_id: int, secret: str = "the new one") -> None:
    values = NasValues("BNG-1", "127.0.0.1", secret=secret)
    await nas.save(connection, sealer, TESTER, values, nas_id)


async def accepted(connection: db.Connection, sealer: secrets.Sealer, nas_id: int) -> list[bytes]:
    """The secrets that open the row, the present one first."""
    row = await connection.fetchrow("select secret_sealed, next_secret_sealed from nas where id = $1", nas_id)
    found = [sealer.open(row[0], f"{nas_secrets.TABLE}/{nas_id}")]
    return found + ([sealer.open(row[1], f"{nas_secrets.NEXT}/{nas_id}")] if row[1] else [])


async def older(connection: db.Connection, seconds: float) -> None:
    """As if the router had been heard so long ago."""
    await connection.execute("update nas set next_heard_at = now() - make_interval(secs => $1)", seconds)


# ------------------------------------------------------------ the rows


async def test_the_old_secret_ends_when_the_grace_after_the_first_word_with_the_new_one_is_over(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    await changed(undone, sealer, provider.nas)
    assert await nas_secrets.settle(undone, sealer) == 0, "the router has not been heard with it"
    await nas_secrets.heard(undone, [provider.nas])
    assert await nas_secrets.settle(undone, sealer) == 0, "its repetitions may still come with the old one"
    assert await accepted(undone, sealer, provider.nas) == [b"testing123", b"the new one"]
    await older(undone, GRACE_S + 1)
    assert await nas_secrets.settle(undone, sealer) == 1
    assert await accepted(undone, sealer, provider.nas) == [b"the new one"]
    note = await undone.fetchrow("select actor, detail from audit where action = 'nas.secret_settled'")
    assert (note["actor"], json.loads(note["detail"])) == ("system:nas_secrets", {"name": "BNG-1"})


async def test_the_grace_is_a_setting(undone: db.Connection, provider: Seed, sealer: secrets.Sealer) -> None:
    await undone.execute("insert into setting (key, value, updated_at) values ($1, '60', now())", nas_secrets.GRACE)
    await changed(undone, sealer, provider.nas)
    await nas_secrets.heard(undone, [provider.nas])
    await older(undone, GRACE_S + 1)
    assert await nas_secrets.settle(undone, sealer) == 0


async def test_the_present_secret_typed_again_takes_the_change_back(
    undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    await changed(undone, sealer, provider.nas)
    await changed(undone, sealer, provider.nas, "another")
    assert await accepted(undone, sealer, provider.nas) == [b"testing123", b"another"]
    await changed(undone, sealer, provider.nas, "testing123")
    assert await accepted(undone, sealer, provider.nas) == [b"testing123"]


# ------------------------------------------------------------ what a router meets


@pytest.fixture
def listeners(node: Node) -> tuple[Listener, Listener, Recorder]:
    """The node's two sockets, on a wire that only records."""
    auth, acct = Listener("auth", node.nas, node.authenticate), Listener("acct", node.nas, node.account)
    wire = Recorder()
    auth.attach(wire)
    acct.attach(wire)
    return auth, acct, wire


async def turning(node: Node, undone: db.Connection, provider: Seed, sealer: secrets.Sealer) -> Peer:
    await changed(undone, sealer, provider.nas)
    await node.nas.load(undone)
    peer = node.nas.find("127.0.0.1")
    assert peer is not None and peer.spare is not None
    return peer


def login(secret: Secret, ident: int, *, signed: bool, chap: bool = False) -> bytes:
    authenticator = bytes([ident]) * 16
    proof = a.attr(a.USER_PASSWORD, pap_encrypt(b"pw1", secret, authenticator))
    if chap:
        proof = a.attr(a.CHAP_PASSWORD, chap_response(b"\1", b"pw1", authenticator))
    body = a.attr(a.USER_NAME, "cli1") + proof
    return request(a.ACCESS_REQUEST, ident, body, secret, signed, authenticator)


def ask(listener: Listener, wire: Recorder, octets: bytes) -> tuple[int, list[bytes]] | None:
    """The code of the answer, and the secrets that prove it."""
    before = len(wire.sent)
    hears(listener, octets, HERE)
    if len(wire.sent) == before:
        return None
    packet = Packet.parse(wire.sent[-1][0])
    proven = [one.value for one in (OLD, NEW) if one.verify_reply(packet, octets[4:20])]
    return packet.code, proven


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
async def test_both_secrets_log_in_and_each_gets_an_answer_of_its_own(
    node: Node,
    undone: db.Connection,
    provider: Seed,
    sealer: secrets.Sealer,
    listeners: tuple[Listener, Listener, Recorder],
    signed: bool,
) -> None:
    """Two routers of one row, changed one after the other, dial in turns."""
    peer = await turning(node, undone, provider, sealer)
    auth, _, wire = listeners
    for ident, secret in enumerate((OLD, NEW, OLD, NEW, NEW, OLD)):
        assert ask(auth, wire, login(secret, ident, signed=signed)) == (a.ACCESS_ACCEPT, [secret.value]), ident
        assert peer.secret.value == secret.value
    assert ask(auth, wire, login(Secret(b"a third"), 9, signed=True)) is None
    assert auth.counters["bad_message_authenticator"] == 1


async def test_accounting_tells_which_secret_the_router_has(
    node: Node,
    undone: db.Connection,
    provider: Seed,
    sealer: secrets.Sealer,
    listeners: tuple[Listener, Listener, Recorder],
) -> None:
    """An unsigned CHAP login proves no secret: it is answered with the one heard last."""
    peer = await turning(node, undone, provider, sealer)
    auth, acct, wire = listeners
    assert ask(auth, wire, login(NEW, 1, signed=False, chap=True)) == (a.ACCESS_ACCEPT, [OLD.value])
    assert node.nas.turned() == []
    body = a.attr(a.ACCT_STATUS_TYPE, a.ACCT_INTERIM) + a.attr(a.ACCT_SESSION_ID, "1") + a.attr(a.USER_NAME, "cli1")
    octets = request(a.ACCOUNTING_REQUEST, 1, body, NEW)
    hears(acct, octets, HERE)
    assert peer.secret.value == NEW.value and node.nas.turned() == [provider.nas]
    assert ask(auth, wire, login(NEW, 2, signed=False, chap=True)) == (a.ACCESS_ACCEPT, [NEW.value])


async def test_an_answer_that_came_later_is_signed_with_the_secret_of_its_request(
    node: Node, undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    await turning(node, undone, provider, sealer)
    waiting: list[Later] = []

    def late(packet: Packet, peer: Peer) -> Later:
        waiting.append(asyncio.get_running_loop().create_future())
        return waiting[-1]

    listener, wire = Listener("auth", node.nas, late), Recorder()
    listener.attach(wire)
    octets = [login(secret, ident, signed=True) for ident, secret in enumerate((OLD, NEW))]
    for one in octets:
        hears(listener, one, HERE)
    for one in waiting:
        one.set_result(AccessReply(a.ACCESS_ACCEPT))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answers = [Packet.parse(sent) for sent, _ in wire.sent]
    assert [OLD.verify_reply(answers[0], octets[0][4:20]), NEW.verify_reply(answers[1], octets[1][4:20])] == [True] * 2


async def test_a_reload_of_the_table_keeps_what_was_heard(
    node: Node, undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    peer = await turning(node, undone, provider, sealer)
    peer.turn()
    await nas_secrets.heard(undone, node.nas.turned())
    await node.nas.load(undone)
    assert (peer.secret.value, peer.spare and peer.spare.value) == (NEW.value, OLD.value)
    fresh = NasTable(sealer)
    await fresh.load(undone)
    other = fresh.find("127.0.0.1")
    assert other is not None and other.secret.value == NEW.value, "a node that starts now speaks CoA with it too"
    await older(undone, GRACE_S + 1)
    await nas_secrets.settle(undone, sealer)
    await node.nas.load(undone)
    assert (peer.secret.value, peer.spare) == (NEW.value, None) and not node.nas.following


async def test_a_new_router_has_one_secret(undone: db.Connection, provider: Seed, sealer: secrets.Sealer) -> None:
    nas_id = await nas.save(undone, sealer, TESTER, ROUTER)
    assert await accepted(undone, sealer, nas_id) == [b"testing123"]
    await nas.save(undone, sealer, TESTER, dataclasses.replace(ROUTER, secret=None), nas_id)
    assert await accepted(undone, sealer, nas_id) == [b"testing123"]
