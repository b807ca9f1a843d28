"""Logins by EAP at the node: the one inside is decided about, written down, braked and accounted."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from oss.access import eap_logins, held_back, holds, reasons
from oss.access.aaa import Node
from oss.access.journal_reader import LOGIN, Position
from oss.access.login_log import Login, read
from oss.base import db, settings
from oss.lab.supplicant import Device, Supplicant, context
from radius import attributes as a
from radius.eap import method as methods
from radius.eap import packet
from radius.server import Peer
from tests.conftest import TESTER, Seed
from tests.oss.access.asking import asks, mac
from tests.oss.access.dialing import carrying, dial, inside
from tests.oss.access.routers import Router
from tests.radius.eap.certificates import ASKS, Authority
from tests.waiting import eventually

METHODS = [
    (packet.MD5, ""),
    (packet.MSCHAPV2, ""),
    (packet.TLS, ""),
    (packet.TTLS, "pap"),
    (packet.TTLS, "mschapv2"),
    (packet.PEAP, "mschapv2"),
]
each = pytest.mark.parametrize(("method", "inner"), METHODS, ids=lambda one: packet.NAMES.get(one, one))
by_password = pytest.mark.parametrize(
    ("method", "inner"), [one for one in METHODS if one[0] != packet.TLS], ids=lambda one: packet.NAMES.get(one, one)
)
Make = Callable[..., Device]


@pytest_asyncio.fixture(loop_scope="session")
async def certified(node: Node) -> Node:
    """The node with a certificate of its own and an authority for its clients."""
    folder = node.options.data_dir / "certs"
    folder.mkdir()
    authority = Authority()
    authority.issue("radius.example").write(folder, "server.pem", "server.key")
    authority.issue("cli1", ASKS).write(folder, "client.pem", "client.key")
    (folder / "ca.pem").write_bytes(authority.pem)
    node.logins.eap.open(node.options.data_dir)
    return node


@pytest.fixture
def device(certified: Node) -> Make:
    folder = certified.options.data_dir / "certs"
    own = context(*(str(folder / name) for name in ("ca.pem", "client.pem", "client.key")))

    def make(method: int, inner: str = "pap", login: bytes = b"cli1", password: bytes = b"pw1", **more: Any) -> Device:
        return Device(login, password, method, inner or "pap", own, **more)

    return make


async def written(node: Node, count: int) -> list[Login]:
    """The logins in the journal, when there are so many."""

    def read_all() -> list[Login]:
        records, _ = node.journal.read(Position(1, 0), 1 << 20)
        found = [one for record in records if record.kind == LOGIN for one in read(record.payload)]
        return found if len(found) >= count else []

    return list(await eventually(read_all))


@each
async def test_the_right_proof_gets_the_plans_rate_keys_and_the_name_inside(
    certified: Node, peer: Peer, device: Make, method: int, inner: str
) -> None:
    one = Supplicant(device(method, inner))
    done = await dial(certified, peer, one, mac("AA:BB"))
    assert (done.code, done.eap) == (a.ACCESS_ACCEPT, packet.SUCCESS)
    assert done.last.get(a.CLASS) == b"milha1:full:500000/250000" and done.last.get(a.USER_NAME) == b"cli1"
    assert done.keys == one.msk and bool(one.msk) == (method != packet.MD5)
    assert all(challenge.get(a.STATE) for challenge in done.challenges)
    (said,) = await written(certified, 1)
    assert (said.login, said.reason, said.calling) == ("cli1", "", "AA:BB")
    assert len(certified.logins.eap.talks) == 0


@by_password
async def test_rfc3579_2_6_5_a_wrong_password_gets_eap_failure_and_no_words(
    certified: Node, peer: Peer, device: Make, method: int, inner: str
) -> None:
    done = await dial(certified, peer, Supplicant(device(method, inner, password=b"wrong")))
    assert (done.code, done.eap) == (a.ACCESS_REJECT, packet.FAILURE)
    assert done.last.get(a.REPLY_MESSAGE) is None and done.keys == b""
    assert [(one.login, one.reason) for one in await written(certified, 1)] == [("cli1", "wrong_password")]


@each
async def test_a_blocked_customer_gets_eap_failure_and_the_reason_is_kept(
    certified: Node, peer: Peer, device: Make, provider: Seed, undone: db.Connection, method: int, inner: str
) -> None:
    await holds.place(undone, TESTER, provider.contracts[:1], "manual", "cut", "secret")
    await certified.index.reconcile(undone)
    one = Supplicant(device(method, inner))
    done = await dial(certified, peer, one)
    assert (done.code, done.eap, done.keys) == (a.ACCESS_REJECT, packet.FAILURE, b"")
    assert [(said.login, said.reason) for said in await written(certified, 1)] == [("cli1", "manual")]


@pytest.mark.parametrize(("method", "inner"), METHODS[2:])
async def test_a_session_that_comes_back_is_decided_and_written_down_again(
    certified: Node, peer: Peer, device: Make, provider: Seed, undone: db.Connection, method: int, inner: str
) -> None:
    one = device(method, inner)
    assert (await dial(certified, peer, Supplicant(one))).code == a.ACCESS_ACCEPT
    again = Supplicant(one)
    done = await dial(certified, peer, again)
    assert done.code == a.ACCESS_ACCEPT and again.resumed and done.keys == again.msk
    assert done.last.get(a.USER_NAME) == b"cli1"
    await holds.place(undone, TESTER, provider.contracts[:1], "manual", "cut", "")
    await certified.index.reconcile(undone)
    assert (await dial(certified, peer, Supplicant(one))).code == a.ACCESS_REJECT
    assert [said.reason for said in await written(certified, 3)] == ["", "", "manual"]


async def test_a_changed_password_ends_the_sessions_that_the_old_one_proved(
    certified: Node, peer: Peer, device: Make, undone: db.Connection
) -> None:
    one = device(packet.TTLS)
    await dial(certified, peer, Supplicant(one))
    row = await undone.fetchrow("select id from access_account where login = 'cli1'")
    sealed = certified.sealer.seal(b"renewed", f"access_account/password_sealed/{row['id']}")
    known = certified.index.entries["cli1"]
    await undone.execute("update access_account set password_sealed = $1 where login = 'cli1'", sealed)
    certified.index.entries["cli1"] = replace(known, credential=type(known.credential)(b"renewed"))
    again = Supplicant(one)
    done = await dial(certified, peer, again)
    assert done.code == a.ACCESS_REJECT and not again.resumed


async def test_a_stranger_inside_is_written_down_by_the_name_inside(certified: Node, peer: Peer, device: Make) -> None:
    done = await dial(certified, peer, Supplicant(device(packet.TTLS, login=b"nobody")))
    assert (done.code, done.eap) == (a.ACCESS_REJECT, packet.FAILURE)
    assert [(one.login, one.reason) for one in await written(certified, 1)] == [("nobody", "unknown_login")]


# ------------------------------------------------------------ brute force


@by_password
async def test_who_guesses_inside_is_slowed_and_the_owner_is_not(
    certified: Node, peer: Peer, device: Make, monkeypatch: pytest.MonkeyPatch, method: int, inner: str
) -> None:
    monkeypatch.setattr(held_back, "LATE_S", 0.01)
    assert (await dial(certified, peer, Supplicant(device(method, inner)), mac("AA"))).code == a.ACCESS_ACCEPT
    for _ in range(10):
        guess = Supplicant(device(method, inner, password=b"wrong"))
        assert (await dial(certified, peer, guess, mac("66"))).code == a.ACCESS_REJECT
    right = await dial(certified, peer, Supplicant(device(method, inner)), mac("66"))
    assert (right.code, right.eap) == (a.ACCESS_REJECT, packet.FAILURE)
    assert (await written(certified, 12))[-1].reason == "slowed"
    assert (await dial(certified, peer, Supplicant(device(method, inner)), mac("AA"))).code == a.ACCESS_ACCEPT


async def test_a_guess_counts_though_the_guesser_never_hears_the_end(certified: Node, peer: Peer, device: Make) -> None:
    """EAP-MSCHAPv2 tells of a failure before it is over; who leaves then has guessed nevertheless."""
    one, message, state = Supplicant(device(packet.MSCHAPV2, password=b"wrong")), b"", None
    message = one.identity()
    for _ in range(3):  # identity, Nak, response
        last = await inside(certified.authenticate(carrying(message, "cli1", state), peer))
        state, message = last.get(a.STATE), one.answer(packet.joined(last)) or b""
    assert last.code == a.ACCESS_CHALLENGE
    assert [one.reason for one in await written(certified, 1)] == ["wrong_password"]
    assert certified.logins.brake.tries("cli1") == 1
    ended = await inside(certified.authenticate(carrying(message, "cli1", state), peer))
    assert ended.code == a.ACCESS_REJECT and len(await written(certified, 1)) == 1


async def test_invented_logins_are_slowed_too(certified: Node, peer: Peer, device: Make) -> None:
    answers = []
    for _ in range(12):
        one = Supplicant(device(packet.MD5, login=b"nobody"))
        first = await inside(certified.authenticate(carrying(one.identity(), "nobody", None), peer))
        second = await inside(
            certified.authenticate(
                carrying(one.answer(packet.joined(first)) or b"", "nobody", first.get(a.STATE)), peer
            )
        )
        last = certified.authenticate(
            carrying(one.answer(packet.joined(second)) or b"", "nobody", second.get(a.STATE)), peer
        )
        answers.append(isinstance(last, asyncio.Future))
    assert answers == [False] * 10 + [True] * 2


# ------------------------------------------------------------ one session too many


async def test_a_ghost_keeps_nobody_out_and_the_accept_that_came_late_has_the_keys(
    certified: Node, peer: Peer, device: Make, undone: db.Connection
) -> None:
    from tests.oss.access.asking import says

    await undone.execute("update access_account set when_full = 'deny', max_sessions = 1 where login = 'cli1'")
    await certified.index.reconcile(undone)
    router = Router()
    certified.enforcer.client = router.client()
    certified.sessions.hear(says(a.ACCT_START, 0, "1", "cli1", mac("AA")), peer, bytes([127, 0, 0, 1]), 0.0, 300)
    router.sessions.add("1")
    refused = await dial(certified, peer, Supplicant(device(packet.TTLS)), mac("BB"))
    assert (refused.code, refused.eap) == (a.ACCESS_REJECT, packet.FAILURE)
    router.sessions.clear()
    one = Supplicant(device(packet.TTLS))
    let_in = await dial(certified, peer, one, mac("BB"))
    assert (let_in.code, let_in.eap) == (a.ACCESS_ACCEPT, packet.SUCCESS) and let_in.keys == one.msk


# ------------------------------------------------------------ what a NAS may send


async def test_rfc3579_2_1_an_eap_start_is_asked_who(certified: Node, peer: Peer) -> None:
    asked = await inside(certified.authenticate(carrying(b"", "x", None), peer))
    heard = packet.parse(packet.joined(asked))
    assert asked.code == a.ACCESS_CHALLENGE and (heard.code, heard.kind) == (packet.REQUEST, packet.IDENTITY)


async def test_rfc3579_2_2_what_is_no_answer_gets_the_question_again_and_is_told_so(
    certified: Node, peer: Peer
) -> None:
    one = Supplicant(Device(b"cli1", b"pw1", packet.MD5))
    first = await inside(certified.authenticate(carrying(one.identity(), "cli1", None), peer))
    again = await inside(certified.authenticate(carrying(b"\2\1\0\1", "cli1", first.get(a.STATE)), peer))
    assert again.code == a.ACCESS_CHALLENGE and packet.joined(again) == packet.joined(first)
    assert again.integer(a.ERROR_CAUSE) == 202 and again.get(a.STATE)


async def test_a_state_of_nobody_is_refused_and_written_down(certified: Node, peer: Peer) -> None:
    answer = packet.build(packet.RESPONSE, 9, packet.TTLS, b"\0")
    lost = await inside(certified.authenticate(carrying(answer, "cli1", bytes(16)), peer))
    assert lost.code == a.ACCESS_REJECT and packet.joined(lost) == bytes((packet.FAILURE, 9, 0, 4))
    assert [(one.login, one.reason) for one in await written(certified, 1)] == [("cli1", "eap_lost")]


async def test_an_identity_with_a_state_of_nobody_begins_anew(certified: Node, peer: Peer) -> None:
    one = Supplicant(Device(b"cli1", b"pw1", packet.MD5))
    asked = await inside(certified.authenticate(carrying(one.identity(), "cli1", bytes(16)), peer))
    assert asked.code == a.ACCESS_CHALLENGE and asked.get(a.STATE) != bytes(16)


async def test_another_nas_cannot_go_on_with_a_conversation(certified: Node, peer: Peer) -> None:
    one = Supplicant(Device(b"cli1", b"pw1", packet.MD5))
    first = await inside(certified.authenticate(carrying(one.identity(), "cli1", None), peer))
    answer = carrying(one.answer(packet.joined(first)) or b"", "cli1", first.get(a.STATE))
    other = Peer(peer.key + 1, "BNG-2", peer.secret)
    assert (await inside(certified.authenticate(answer, other))).code == a.ACCESS_REJECT


@pytest.mark.parametrize(("mtu", "most"), [(None, 1020), (1400, 1360), (9000, 1360), (700, 696), (0, 64)])
async def test_rfc3579_2_4_no_eap_packet_is_larger_than_the_nas_said(
    certified: Node, peer: Peer, device: Make, mtu: int | None, most: int
) -> None:
    pairs = [] if mtu is None else [(a.FRAMED_MTU, mtu)]
    done = await dial(certified, peer, Supplicant(device(packet.TTLS)), *pairs)
    sizes = [len(packet.joined(challenge)) for challenge in done.challenges]
    assert done.code == a.ACCESS_ACCEPT and max(sizes) <= most


async def test_while_the_index_loads_strangers_are_not_talked_with(certified: Node, peer: Peer) -> None:
    certified.index.ready = False
    stranger, known = (carrying(Supplicant(Device(n, b"", packet.MD5)).identity(), "x", None) for n in (b"x", b"cli1"))
    assert certified.authenticate(stranger, peer) is None
    assert certified.authenticate(carrying(packet.joined(known), "cli1", None), peer) is not None
    lost = carrying(packet.build(packet.RESPONSE, 9, packet.MD5, b"\0"), "x", bytes(16))
    assert certified.authenticate(lost, peer) is None


async def test_plain_logins_go_the_plain_way(certified: Node, peer: Peer) -> None:
    assert (await inside(certified.authenticate(asks(), peer))).code == a.ACCESS_ACCEPT


# ------------------------------------------------------------ what is offered


async def test_without_a_certificate_only_methods_without_tls_are_offered(node: Node, peer: Peer) -> None:
    node.logins.eap.open(node.options.data_dir)
    assert list(node.logins.eap.offer.makers) == [packet.MSCHAPV2, packet.MD5]
    done = await dial(node, peer, Supplicant(Device(b"cli1", b"pw1", packet.TTLS)))
    assert done.code == a.ACCESS_REJECT
    (said,) = await written(node, 1)
    assert said.reason == "no_method" and json.loads(said.facts)["wanted"] == "TTLS"


async def test_the_operator_says_which_methods_in_which_order(
    certified: Node, peer: Peer, undone: db.Connection, device: Make
) -> None:
    await settings.write(undone, TESTER, eap_logins.SETTING, ["ttls", "moon", "mschapv2"])
    await certified.logins.eap.read(undone)
    assert list(certified.logins.eap.offer.makers) == [packet.TTLS, packet.MSCHAPV2]
    done = await dial(certified, peer, Supplicant(device(packet.MD5)))
    assert done.code == a.ACCESS_REJECT
    await settings.write(undone, TESTER, eap_logins.SETTING, "nonsense")
    await certified.logins.eap.read(undone)
    assert packet.MD5 in certified.logins.eap.offer.makers


async def test_a_renewed_certificate_is_taken_and_talks_under_way_end_with_the_old_one(
    certified: Node, peer: Peer, device: Make
) -> None:
    folder = certified.options.data_dir / "certs"
    one, eap = Supplicant(device(packet.TTLS)), certified.logins.eap
    message, state, offer = one.identity(), None, eap.offer
    for number in range(20):
        last = await inside(certified.authenticate(carrying(message, "x", state), peer))
        if last.code != a.ACCESS_CHALLENGE:
            break
        if number == 2:
            Authority("New").issue("radius.example").write(folder, "server.pem", "server.key")
            await eap.tick(0.0)
            assert eap.offer is not offer
        state, message = last.get(a.STATE), one.answer(packet.joined(last)) or b""
    assert last.code == a.ACCESS_ACCEPT and number > 2
    refused = await dial(certified, peer, Supplicant(device(packet.TTLS)))  # it does not know the new authority
    assert refused.code == a.ACCESS_REJECT
    assert (await written(certified, 2))[-1].reason == "eap_certificate_refused"


async def test_who_goes_silent_is_forgotten(certified: Node, peer: Peer) -> None:
    await inside(certified.authenticate(carrying(b"", "cli1", None), peer))
    assert len(certified.logins.eap.talks) == 1
    await certified.logins.eap.tick(1e12)
    assert len(certified.logins.eap.talks) == 0


async def test_fifty_thousand_half_open_conversations_of_one_nas_leave_another_its_logins(
    certified: Node, peer: Peer, device: Make
) -> None:
    """Begun, with a method proposed and a State given; none of them is ever heard of again."""
    other, talks = Peer(peer.key + 1, "BNG-2", peer.secret), certified.logins.eap.talks
    one, state, reached = Supplicant(device(packet.TTLS)), None, 0
    message = one.identity()
    for burst in range(10):
        for number in range(5_000):
            begun = carrying(b"\2\0\0\6\1x", "x", None, mac(f"{burst}/{number}"))
            certified.authenticate(begun, other)
        last = await inside(certified.authenticate(carrying(message, "x", state), peer))
        state, message, reached = last.get(a.STATE), one.answer(packet.joined(last)) or b"", reached + 1
        if last.code != a.ACCESS_CHALLENGE:
            break
    assert last.code == a.ACCESS_ACCEPT and reached >= 5
    assert len(talks) == 0


# ------------------------------------------------------------ certificate files


async def test_a_file_that_cannot_be_used_leaves_the_one_before(
    certified: Node, device: Make, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    folder = certified.options.data_dir / "certs"
    (folder / "server.key").write_bytes(b"half a fi")
    await certified.logins.eap.tick(0.0)
    assert "cannot be used" in caplog.text
    caplog.clear()
    await certified.logins.eap.tick(0.0)
    assert caplog.text == ""  # told once
    assert (await dial(certified, peer, Supplicant(device(packet.PEAP)))).code == a.ACCESS_ACCEPT


async def test_files_taken_away_end_the_methods_of_tls(certified: Node) -> None:
    folder: Path = certified.options.data_dir / "certs"
    (folder / "server.pem").unlink()
    (folder / "server.key").unlink()
    await certified.logins.eap.tick(0.0)
    assert list(certified.logins.eap.offer.makers) == [packet.MSCHAPV2, packet.MD5]


def test_every_reason_a_method_can_give_has_a_sentence() -> None:
    codes = {value for name, value in vars(methods).items() if name.isupper() and isinstance(value, str)}
    assert len(codes) >= 5 and codes | {eap_logins.LOST} <= set(reasons.SENTENCES)
    assert "eap_failed" in inspect.getsource(methods)
