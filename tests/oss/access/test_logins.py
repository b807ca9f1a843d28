"""Who dials is answered from memory: password, decision, sessions there are already, brute force."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from oss.access import brake, held_back, holds
from oss.access.aaa import Node
from oss.access.journal_reader import LOGIN, Position
from oss.access.login_log import Login, read
from oss.access.reasons import ON_THE_WIRE
from oss.base import db
from radius import attributes as a
from radius import mschap
from radius.auth import chap_response, pap_encrypt
from radius.packet import Packet, build
from radius.server import AccessReply, Later, Peer
from tests.conftest import TESTER, Seed
from tests.oss.access.asking import AUTHENTICATOR, SECRET, asks, mac, port, says
from tests.oss.access.routers import UNSUPPORTED, Router
from tests.waiting import eventually

FULL = "milha1:full:500000/250000"
WRONG = b"pw9"
ROUTER = bytes([127, 0, 0, 1])


def code(reply: AccessReply | Later | None) -> int | None:
    assert not isinstance(reply, asyncio.Future)
    return reply.code if reply else None


async def answer(reply: AccessReply | Later | None) -> AccessReply:
    """The reply, waited for."""
    found = await asyncio.wait_for(reply, 5) if isinstance(reply, asyncio.Future) else reply
    assert found is not None
    return found


def inside(reply: AccessReply) -> Packet:
    return Packet.parse(build(reply.code, 1, bytes(16), reply.attributes))


async def written(node: Node, count: int) -> list[Login]:
    """The logins in the journal, when there are so many."""

    def read_all() -> list[Login]:
        records, _ = node.journal.read(Position(1, 0), 1 << 20)
        found = [one for record in records if record.kind == LOGIN for one in read(record.payload)]
        return found if len(found) >= count else []

    return list(await eventually(read_all))


# ------------------------------------------------------------ who may come in


@pytest.mark.parametrize("login", ["cli1", " CLI1 "])
async def test_the_right_password_gets_the_plans_rate(node: Node, peer: Peer, login: str) -> None:
    reply = await answer(node.authenticate(asks(login), peer))
    said = inside(reply)
    assert reply.code == a.ACCESS_ACCEPT
    assert said.text(a.CLASS) == FULL and said.integer(a.ACCT_INTERIM_INTERVAL) == 30
    assert node.tallies.accepted == 1


async def test_chap_is_as_good_as_pap(node: Node, peer: Peer) -> None:
    right = chap_response(b"\x07", b"pw1", AUTHENTICATOR)
    assert code(node.authenticate(asks("cli1", (a.CHAP_PASSWORD, right)), peer)) == a.ACCESS_ACCEPT
    wrong = chap_response(b"\x07", WRONG, AUTHENTICATOR)
    assert code(node.authenticate(asks("cli1", (a.CHAP_PASSWORD, wrong)), peer)) == a.ACCESS_REJECT


async def test_every_refusal_is_the_same_on_the_wire_and_precise_inside(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed
) -> None:
    first, second = provider.contracts[:2]
    await holds.place(undone, TESTER, [second], "manual", "cut", "asked for")
    await node.index.reread(undone, [second])
    hidden = pap_encrypt(WRONG, SECRET, AUTHENTICATOR)
    requests = (
        asks("nobody"),
        asks("cli1", (a.USER_PASSWORD, hidden)),
        asks("cli2", password=b"pw2"),
        asks("cli2", (a.USER_PASSWORD, hidden)),  # who does not prove the password learns nothing, not even inside
        asks("cli1", (a.CHAP_PASSWORD, bytes(17)), (a.USER_PASSWORD, hidden)),
    )
    replies = [node.authenticate(request, peer) for request in requests]
    assert set(replies) == {AccessReply(a.ACCESS_REJECT, a.attr(a.REPLY_MESSAGE, ON_THE_WIRE))}
    assert [(one.login, one.reason, one.contract_id) for one in await written(node, 5)] == [
        ("nobody", "unknown_login", None),
        ("cli1", "wrong_password", first),
        ("cli2", "manual", second),
        ("cli2", "wrong_password", second),
        ("cli1", "no_method", first),
    ]


async def test_every_login_is_written_down_with_where_it_came_from(node: Node, peer: Peer) -> None:
    node.authenticate(asks("cli1", mac("AA:BB"), port("ether1")), peer)
    node.authenticate(asks("cli1", mac("AA:BB"), port("ether1"), password=WRONG), peer)
    found = [(one.nas_id, one.login, one.reason, one.calling, one.port) for one in await written(node, 2)]
    assert found == [(peer.key, "cli1", reason, "AA:BB", "ether1") for reason in ("", "wrong_password")]


async def test_a_refusal_carries_the_facts_for_its_words(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed
) -> None:
    await holds.place(undone, TESTER, provider.contracts[:1], "manual", "cut", "asked for")
    await node.index.reread(undone, provider.contracts[:1])
    node.authenticate(asks(), peer)
    (said,) = await written(node, 1)
    assert json.loads(said.facts)["note"] == "asked for"


async def test_while_the_index_loads_who_is_unknown_hears_nothing(node: Node, peer: Peer) -> None:
    node.index.ready = False
    assert node.authenticate(asks("nobody"), peer) is None
    assert code(node.authenticate(asks(), peer)) == a.ACCESS_ACCEPT


async def test_who_has_no_name_hears_nothing(node: Node, peer: Peer) -> None:
    assert node.authenticate(asks(None), peer) is None


# ------------------------------------------------------------ MS-CHAP


def version2(login: str, password: bytes) -> Packet:
    """An Access-Request of MS-CHAPv2."""
    challenge, theirs = bytes(range(16)), bytes(range(16, 32))
    hashed = mschap.challenge_hash(theirs, challenge, login.encode())
    proof = mschap.nt_response(mschap.NtKeys(password), hashed)
    offered = ((mschap.CHAP_CHALLENGE, challenge), (mschap.CHAP2_RESPONSE, b"\x2a\0" + theirs + bytes(8) + proof))
    said = a.attr(a.USER_NAME, login) + b"".join(a.vsa(mschap.MICROSOFT, *one) for one in offered)
    return Packet.parse(build(a.ACCESS_REQUEST, 1, AUTHENTICATOR, said))


def version1(login: str, password: bytes) -> Packet:
    """An Access-Request of MS-CHAP, version 1."""
    challenge = bytes(range(8))
    proof = mschap.nt_response(mschap.NtKeys(password), challenge)
    offered = ((mschap.CHAP_CHALLENGE, challenge), (mschap.CHAP_RESPONSE, b"\x2a\1" + bytes(24) + proof))
    said = a.attr(a.USER_NAME, login) + b"".join(a.vsa(mschap.MICROSOFT, *one) for one in offered)
    return Packet.parse(build(a.ACCESS_REQUEST, 1, AUTHENTICATOR, said))


def microsoft(reply: AccessReply) -> set[int]:
    """The Microsoft attributes of a reply, by number."""
    values = [value for kind, value in inside(reply).attributes() if kind == a.VENDOR_SPECIFIC]
    return {value[4] for value in values if int.from_bytes(value[:4], "big") == mschap.MICROSOFT}


async def test_mschap_is_accepted_with_keys_and_the_plans_rate(node: Node, peer: Peer) -> None:
    for request, wanted in (
        (version2("cli1", b"pw1"), {7, 8, 16, 17, 26}),  # policy, types, both keys, success
        (version1("cli1", b"pw1"), {7, 8, 12}),
    ):
        reply = await answer(node.authenticate(request, peer))
        assert reply.code == a.ACCESS_ACCEPT and inside(reply).text(a.CLASS) == FULL
        assert microsoft(reply) == wanted


@pytest.mark.parametrize("ask", [version2, version1])
async def test_a_refusal_of_mschap_is_the_same_whatever_was_wrong(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, ask: Callable[[str, bytes], Packet]
) -> None:
    await holds.place(undone, TESTER, provider.contracts[1:2], "manual")
    await node.index.reread(undone, provider.contracts[1:2])
    for request in (ask("cli1", WRONG), ask("cli2", b"pw2"), ask("nobody", b"pw1")):
        reply = await answer(node.authenticate(request, peer))
        assert (reply.code, microsoft(reply)) == (a.ACCESS_REJECT, {mschap.CHAP_ERROR})
        assert inside(reply).text(a.REPLY_MESSAGE) == ON_THE_WIRE
    assert [one.reason for one in await written(node, 3)] == ["wrong_password", "manual", "unknown_login"]


# ------------------------------------------------------------ attributes of plan and account


async def test_plan_and_account_add_their_own_attributes(
    node: Node, peer: Peer, undone: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await undone.execute('update plan set reply = \'[["Session-Timeout", "86400"], ["Moon-Phase", "full"]]\'')
    await undone.execute(
        "update access_account set reply = '[[\"Framed-IP-Address\", \"10.7.7.7\"]]' where login = 'cli1'"
    )
    await node.index.reconcile(undone)
    first = inside(await answer(node.authenticate(asks(), peer)))
    second = inside(await answer(node.authenticate(asks("cli2", password=b"pw2"), peer)))
    assert first.integer(a.SESSION_TIMEOUT) == second.integer(a.SESSION_TIMEOUT) == 86400
    assert first.get(a.FRAMED_IP_ADDRESS) == bytes([10, 7, 7, 7]) and second.get(a.FRAMED_IP_ADDRESS) is None
    assert {record.__dict__["facts"]["attribute"] for record in caplog.records} == {"Moon-Phase"}


async def test_a_refusal_carries_none_of_them(node: Node, peer: Peer, undone: db.Connection) -> None:
    await undone.execute('update plan set reply = \'[["Session-Timeout", "86400"]]\'')
    await node.index.reconcile(undone)
    reply = inside(await answer(node.authenticate(asks(password=WRONG), peer)))
    assert reply.get(a.SESSION_TIMEOUT) is None and reply.get(a.CLASS) is None


# ------------------------------------------------------------ brute force


def guess(node: Node, peer: Peer, times: int = 10) -> None:
    """Wrong passwords for cli1 from another line, all looked at."""
    for _ in range(times):
        assert code(node.authenticate(asks("cli1", mac("66:66"), password=WRONG), peer)) == a.ACCESS_REJECT


async def test_who_guesses_is_answered_late_and_not_looked_at(
    node: Node, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_back, "LATE_S", 0.2)
    guess(node, peer)
    began = time.monotonic()
    later = node.authenticate(asks("cli1", mac("66:66")), peer)  # the right password, even
    assert isinstance(later, asyncio.Future)
    reply = await answer(later)
    assert reply == AccessReply(a.ACCESS_REJECT, a.attr(a.REPLY_MESSAGE, ON_THE_WIRE))
    assert time.monotonic() - began >= 0.15
    assert node.logins.brake.held == 1 and node.snapshot().counters["held"] == 1
    last = (await written(node, 11))[-1]
    assert last.reason == "slowed" and json.loads(last.facts) == {"tries": "10"}


async def test_the_owner_comes_in_from_his_own_line_while_somebody_guesses(node: Node, peer: Peer) -> None:
    assert code(node.authenticate(asks("cli1", mac("AA:BB")), peer)) == a.ACCESS_ACCEPT
    guess(node, peer)
    assert isinstance(node.authenticate(asks("cli1", mac("66:66")), peer), asyncio.Future)
    assert code(node.authenticate(asks("cli1", mac("AA:BB")), peer)) == a.ACCESS_ACCEPT


async def test_the_line_of_a_session_from_before_this_node_started_is_his_own_too(node: Node, peer: Peer) -> None:
    await account(node, peer, says(a.ACCT_INTERIM, 9000, "8000", "cli1", mac("AA:BB")))
    guess(node, peer)
    assert code(node.authenticate(asks("cli1", mac("AA:BB")), peer)) == a.ACCESS_ACCEPT


async def test_his_own_wrong_passwords_are_forgotten_with_the_right_one(node: Node, peer: Peer) -> None:
    guess(node, peer, 9)
    assert code(node.authenticate(asks("cli1", mac("66:66")), peer)) == a.ACCESS_ACCEPT
    assert not node.logins.brake.accounts
    guess(node, peer, 9)


async def test_invented_logins_are_slowed_too(node: Node, peer: Peer) -> None:
    replies = [node.authenticate(asks("nobody"), peer) for _ in range(12)]
    assert [isinstance(one, asyncio.Future) for one in replies] == [False] * 10 + [True] * 2


async def test_a_nas_of_strangers_is_slowed_as_a_whole(node: Node, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "NAS_BURST", 5.0)
    for number in range(5):
        node.authenticate(asks(f"nobody{number}"), peer)
    assert isinstance(node.authenticate(asks("cli1", mac("66:66")), peer), asyncio.Future)


async def test_answers_held_back_are_bounded(node: Node, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    node.logins.late.most = 3
    monkeypatch.setattr(held_back, "LATE_S", 0.05)
    guess(node, peer)
    replies = [node.authenticate(asks("cli1", mac("66:66")), peer) for _ in range(5)]
    held = [one for one in replies if isinstance(one, asyncio.Future)]
    assert len(held) == 3 and code(replies[4]) == a.ACCESS_REJECT
    await asyncio.gather(*(answer(one) for one in held))
    assert isinstance(node.authenticate(asks("cli1", mac("66:66")), peer), asyncio.Future)  # there is room again


async def test_an_answer_nobody_waits_for_any_more_is_no_error(
    node: Node, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_back, "LATE_S", 0.01)
    guess(node, peer)
    later = node.authenticate(asks("cli1", mac("66:66")), peer)
    assert isinstance(later, asyncio.Future)
    later.cancel()
    await eventually(lambda: node.logins.late.count == 0)
    assert later.cancelled()


# ------------------------------------------------------------ one session too many


async def account(node: Node, peer: Peer, packet: Packet) -> None:
    """One accounting record, acknowledged when this returns."""
    acknowledged = asyncio.Event()
    node.account(packet, peer, ROUTER, time.time(), acknowledged.set)
    await asyncio.wait_for(acknowledged.wait(), 5)


async def denying(node: Node, undone: db.Connection, most: int = 1) -> Router:
    """cli1 may have so many sessions and no more; the router in the client's place."""
    await undone.execute("update access_account set when_full = 'deny', max_sessions = $1 where login = 'cli1'", most)
    await node.index.reconcile(undone)
    router = Router()
    node.enforcer.client = router.client()
    return router


async def begin(node: Node, peer: Peer, sid: str, line: str, *on: Router) -> None:
    """A session of cli1, on the router too unless it is a ghost."""
    for router in on:
        router.sessions.add(sid)
    await account(node, peer, says(a.ACCT_START, 0, sid, "cli1", mac(line), (a.CLASS, FULL)))


async def test_a_second_session_is_refused_while_the_first_is_alive(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    router = await denying(node, undone)
    await begin(node, peer, "1", "AA", router)
    later = node.authenticate(asks("cli1", mac("BB")), peer)
    assert isinstance(later, asyncio.Future)
    assert (await answer(later)).code == a.ACCESS_REJECT and router.asked == [("coa", "1")]
    (said,) = await written(node, 1)
    facts = json.loads(said.facts)
    assert said.reason == "session_open" and (facts["nas"], facts["calling_station_id"]) == ("BNG-1", "AA")
    assert len(node.sessions.by_uid) == 1


async def test_a_session_its_nas_does_not_know_keeps_nobody_out_and_ends(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    await denying(node, undone)
    await begin(node, peer, "1", "AA")
    assert (await answer(node.authenticate(asks("cli1", mac("BB")), peer))).code == a.ACCESS_ACCEPT
    assert not node.sessions.by_uid


@pytest.mark.parametrize("how", ["another NAK", "silence", "CoA off"])
async def test_who_cannot_be_proven_alive_keeps_nobody_out(
    node: Node, peer: Peer, undone: db.Connection, how: str
) -> None:
    router = await denying(node, undone)
    await begin(node, peer, "1", "AA", router)
    router.refusal = UNSUPPORTED if how == "another NAK" else None
    router.silent = how == "silence"
    if how == "CoA off":
        await undone.execute("update nas set coa_enabled = false")
        await node.nas.load(undone)
    assert (await answer(node.authenticate(asks("cli1", mac("BB")), peer))).code == a.ACCESS_ACCEPT
    assert len(node.sessions.by_uid) == 1  # nothing proves it dead either


async def test_the_line_that_has_the_session_may_dial_again(node: Node, peer: Peer, undone: db.Connection) -> None:
    router = await denying(node, undone)
    await begin(node, peer, "1", "AA", router)
    assert code(node.authenticate(asks("cli1", mac("AA")), peer)) == a.ACCESS_ACCEPT and router.asked == []


async def test_an_account_of_two_is_refused_the_third(node: Node, peer: Peer, undone: db.Connection) -> None:
    router = await denying(node, undone, 2)
    await begin(node, peer, "1", "AA", router)
    assert code(node.authenticate(asks("cli1", mac("BB")), peer)) == a.ACCESS_ACCEPT
    await begin(node, peer, "2", "BB", router)
    assert (await answer(node.authenticate(asks("cli1", mac("CC")), peer))).code == a.ACCESS_REJECT
    router.sessions.discard("1")
    assert (await answer(node.authenticate(asks("cli1", mac("CC")), peer))).code == a.ACCESS_ACCEPT


async def test_two_lines_that_ask_at_once_are_both_refused_by_one_that_lives(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    router = await denying(node, undone)
    await begin(node, peer, "1", "AA", router)
    router.freed = asyncio.Event()
    asked = [node.authenticate(asks("cli1", mac(line)), peer) for line in ("BB", "CC")]
    router.freed.set()
    assert [(await answer(one)).code for one in asked] == [a.ACCESS_REJECT] * 2


async def test_of_two_lines_that_a_ghost_let_in_at_once_one_is_left(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    router = await denying(node, undone)
    await begin(node, peer, "1", "AA")
    router.freed = asyncio.Event()
    asked = [node.authenticate(asks("cli1", mac(line)), peer) for line in ("BB", "CC")]
    router.freed.set()
    assert [(await answer(one)).code for one in asked] == [a.ACCESS_ACCEPT] * 2
    await begin(node, peer, "2", "BB", router)
    await begin(node, peer, "3", "CC", router)
    await eventually(lambda: router.sessions == {"3"})


async def test_mschap_has_its_keys_after_the_question_too(node: Node, peer: Peer, undone: db.Connection) -> None:
    await denying(node, undone)
    await begin(node, peer, "1", "AA")
    later = node.authenticate(version2("cli1", b"pw1"), peer)
    assert isinstance(later, asyncio.Future)
    reply = await answer(later)
    assert reply.code == a.ACCESS_ACCEPT and {16, 17, 26} <= microsoft(reply)


async def test_a_question_under_way_ends_with_the_node(node: Node, peer: Peer, undone: db.Connection) -> None:
    router = await denying(node, undone)
    await begin(node, peer, "1", "AA", router)
    router.freed = asyncio.Event()
    later = node.authenticate(asks("cli1", mac("BB")), peer)
    await eventually(lambda: router.asked)
    await node.logins.close()
    assert isinstance(later, asyncio.Future) and not later.done() and not node.logins._asking


async def test_a_question_that_fails_leaves_the_login_to_its_repetition(
    node: Node, peer: Peer, undone: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await denying(node, undone)
    await begin(node, peer, "1", "AA")

    async def broken(live: object) -> bool:
        raise LookupError("nobody foresaw this")

    node.logins.alive = broken
    later = node.authenticate(asks("cli1", mac("BB")), peer)
    assert isinstance(later, asyncio.Future)
    await eventually(later.done)
    assert later.cancelled() and "a login could not be decided" in caplog.text
