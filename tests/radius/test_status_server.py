"""Status-Server by the paragraphs of RFC 5997: whether we are there, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from radius import attributes as a
from radius.admission import Bucket
from radius.attributes import attr
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.server import AccessReply, Kind, Listener, Peer, PeerTable

from .wires import NAS, SECRET, Recorder, hears, peer, recorded

BOTH: list[Kind] = ["auth", "acct"]
ANSWERS = {"auth": a.ACCESS_ACCEPT, "acct": a.ACCOUNTING_RESPONSE}


def accept(packet: Packet, peer: Peer) -> AccessReply:
    raise AssertionError("no handler hears of it")


def taken(packet: Packet, peer: Peer, source: object, at: float, ack: Callable[[], None]) -> None:
    raise AssertionError("no handler hears of it")


def port(kind: Kind, one: Peer | None = None) -> tuple[Listener, Recorder]:
    return recorded(kind, accept if kind == "auth" else taken, one)


def status(ident: int = 1, secret: Secret = SECRET, signed: bool = True, body: bytes = b"") -> bytes:
    return request(a.STATUS_SERVER, ident, body, secret, message_authenticator=signed)


@pytest.mark.parametrize("kind", BOTH)
def test_4_1_and_4_2_each_port_answers_with_its_own_code_and_carries_nothing(kind: Kind) -> None:
    listener, wire = port(kind)
    question = status(9, body=attr(a.NAS_IDENTIFIER, "proxy") + attr(a.PROXY_STATE, b"7"))
    hears(listener, question, NAS)
    [(octets, _)] = wire.sent
    answer = Packet.parse(octets)
    assert (answer.code, answer.id) == (ANSWERS[kind], 9)
    signature = {a.MESSAGE_AUTHENTICATOR} if kind == "auth" else set()
    assert {one for one, _ in answer.attributes()} == signature | {a.PROXY_STATE}
    assert SECRET.verify_reply(answer, question[4:20])


@pytest.mark.parametrize("kind", BOTH)
def test_3_without_a_message_authenticator_it_is_silently_discarded(kind: Kind) -> None:
    one = peer(ma_policy="off")
    listener, wire = port(kind, one)
    hears(listener, status(signed=False), NAS)
    hears(listener, status(secret=Secret(b"another")), NAS)
    assert (wire.sent, one.counters["bad_status"]) == ([], 2)
    assert one.counters["missing_message_authenticator"] == one.counters["bad_message_authenticator"] == 0
    assert listener.knocks.snapshot() == {}


@pytest.mark.parametrize("kind", BOTH)
def test_4_1_it_is_never_a_repetition_and_no_answer_is_kept(kind: Kind) -> None:
    listener, wire = port(kind)
    for _ in range(3):
        hears(listener, status(), NAS)
    assert (len(wire.sent), listener.counters["duplicates"], len(listener.replies)) == (3, 0, 0)


@pytest.mark.parametrize("kind", BOTH)
def test_4_2_the_answers_are_limited_and_the_logins_are_not(kind: Kind) -> None:
    one = peer(status_limit=Bucket(2))
    listener, wire = port(kind, one)
    listener.receive([(status(number), NAS) for number in range(50)])
    assert len(wire.sent) == 2 and one.counters["limited"] == 48


def test_it_does_not_prove_that_a_nas_signs_its_logins() -> None:
    one = peer()
    listener, _ = port("auth", one)
    hears(listener, status(), NAS)
    assert (one.signs, one.unsigned) == (False, 0)


@pytest.mark.parametrize("kind", BOTH)
def test_a_stranger_who_only_asks_whether_we_are_there_is_not_offered_as_a_nas(kind: Kind) -> None:
    listener = Listener(kind, PeerTable([]), accept if kind == "auth" else taken)
    listener.attach(Recorder())
    hears(listener, status(), NAS)
    assert (listener.counters["unknown_nas"], listener.knocks.snapshot()) == (1, {})
