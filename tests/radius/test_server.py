"""What a listener answers, what it drops and what it counts; the datagrams go straight in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.server import AccessReply, Later, Listener, Peer

from .wires import NAS, SECRET, Recorder, hears, peer, recorded

ACCEPT = AccessReply(a.ACCESS_ACCEPT, attr(a.REPLY_MESSAGE, "welcome"))
NEMO = attr(a.USER_NAME, "nemo")


def accept(packet: Packet, peer: Peer) -> AccessReply:
    return ACCEPT


def access(extra: bytes = b"", ident: int = 1, signed: bool = True, secret: Secret = SECRET) -> bytes:
    return request(a.ACCESS_REQUEST, ident, NEMO + extra, secret, message_authenticator=signed)


def accounting(ident: int = 1, secret: Secret = SECRET) -> bytes:
    return request(a.ACCOUNTING_REQUEST, ident, NEMO + attr(a.ACCT_STATUS_TYPE, a.ACCT_START), secret)


def counted(listener: Listener) -> dict[str, int]:
    return {name: count for name, count in listener.counters.items() if count}


class Ledger:
    """An accounting handler that acknowledges when it is told to."""

    def __init__(self, taken: bool | None = None) -> None:
        self.taken = taken
        self.records: list[tuple[Packet, float, Callable[[], None]]] = []

    def __call__(self, packet: Packet, peer: Peer, source: str, at: float, ack: Callable[[], None]) -> bool | None:
        self.records.append((packet, at, ack))
        return self.taken


# Authentication


def test_a_request_is_answered_to_where_it_came_from_and_rightly_signed() -> None:
    listener, wire = recorded("auth", accept)
    question = access(attr(a.PROXY_STATE, b"1") + attr(a.PROXY_STATE, b"2"))
    hears(listener, question, NAS)
    [(octets, addr)] = wire.sent
    answer = Packet.parse(octets)
    assert (addr, answer.code, answer.id) == (NAS, a.ACCESS_ACCEPT, 1)
    assert [kind for kind, _ in answer.attributes()] == [80, 18, 33, 33]
    assert SECRET.verify_reply(answer, question[4:20])
    assert counted(listener) == {"requests": 1, "answers": 1}


def test_the_handler_gets_the_packet_and_the_nas() -> None:
    seen: list[tuple[str | None, str]] = []

    def note(packet: Packet, peer: Peer) -> None:
        seen.append((packet.text(a.USER_NAME), peer.name))

    listener, wire = recorded("auth", note)
    hears(listener, access(), NAS)
    assert seen == [("nemo", "bras-1")]
    assert wire.sent == []


def test_an_unknown_nas_is_ignored_counted_and_remembered() -> None:
    listener, wire = recorded("auth", accept)
    for _ in range(3):
        hears(listener, access(), ("203.0.113.9", 1645))
    assert wire.sent == []
    assert counted(listener) == {"unknown_nas": 3}
    assert listener.knocks.snapshot()["203.0.113.9"].count == 3


def test_counters_are_kept_for_all_and_for_each_nas() -> None:
    one = peer()
    listener, _ = recorded("auth", accept, one)
    hears(listener, access(), NAS)
    hears(listener, b"garbage", NAS)
    assert counted(listener) == {"requests": 2, "answers": 1, "malformed": 1}
    assert one.counters == listener.counters


def test_counters_can_be_shared_between_listeners() -> None:
    shared: dict[str, int] = {}
    first, _ = recorded("auth", accept, counters=shared)
    second, _ = recorded("acct", Ledger(), counters=shared)
    hears(first, access(), NAS)
    hears(second, accounting(), NAS)
    assert (shared["requests"], shared["answers"]) == (2, 1)


@pytest.mark.parametrize("policy", ["auto", "required", "off"])
def test_a_wrong_message_authenticator_is_dropped_under_every_policy(policy: str) -> None:
    one = peer(ma_policy=policy)
    listener, wire = recorded("auth", accept, one)
    hears(listener, access(secret=Secret(b"another")), NAS)
    assert wire.sent == []
    assert counted(listener) == {"requests": 1, "bad_message_authenticator": 1}
    assert not one.signs


def test_an_unsigned_request_is_welcome_until_the_nas_has_proven_that_it_signs() -> None:
    proven: list[Peer] = []
    one = peer()
    listener, wire = recorded("auth", accept, one, on_signs=proven.append)
    hears(listener, access(signed=False), NAS)
    assert (len(wire.sent), one.signs, proven) == (1, False, [])
    for ident in (2, 3):
        hears(listener, access(ident=ident), NAS)
    assert (len(wire.sent), one.signs, proven) == (3, True, [one])
    hears(listener, access(ident=4, signed=False), NAS)
    assert len(wire.sent) == 3
    assert listener.counters["missing_message_authenticator"] == 1


def test_proxy_state_without_a_signature_is_dropped() -> None:
    """The shape of a Blast-RADIUS attack (CVE-2024-3596)."""
    listener, wire = recorded("auth", accept)
    hears(listener, access(attr(a.PROXY_STATE, b"x"), signed=False), NAS)
    assert wire.sent == []
    assert listener.counters["missing_message_authenticator"] == 1
    hears(listener, access(attr(a.PROXY_STATE, b"x")), NAS)
    assert len(wire.sent) == 1


def test_required_drops_every_unsigned_request() -> None:
    listener, wire = recorded("auth", accept, peer(ma_policy="required"))
    hears(listener, access(signed=False), NAS)
    hears(listener, access(ident=2), NAS)
    assert [Packet.parse(octets).id for octets, _ in wire.sent] == [2]


def test_off_takes_unsigned_requests_even_from_a_nas_that_signs() -> None:
    one = peer(ma_policy="off", signs=True)
    listener, wire = recorded("auth", accept, one)
    hears(listener, access(attr(a.PROXY_STATE, b"x"), signed=False), NAS)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("policy", ["auto", "required", "off"])
def test_eap_without_a_signature_is_dropped_under_every_policy(policy: str) -> None:
    """RFC 3579 section 3.1."""
    listener, wire = recorded("auth", accept, peer(ma_policy=policy))
    hears(listener, access(attr(a.EAP_MESSAGE, b"\2\1\0\4"), signed=False), NAS)
    assert wire.sent == []
    assert listener.counters["missing_message_authenticator"] == 1


@pytest.mark.parametrize("kind", ["auth", "acct"])
def test_status_server_is_answered_when_signed_and_proves_nothing(kind: str) -> None:
    """RFC 5997 sections 3 and 4.2: always signed, so it says nothing about the NAS's Access-Requests."""
    one, ledger = peer(), Ledger()
    listener, wire = recorded("auth", accept, one) if kind == "auth" else recorded("acct", ledger, one)
    for signed in (False, True):
        question = request(a.STATUS_SERVER, 5, b"", SECRET, message_authenticator=signed)
        hears(listener, question, NAS)
    [(octets, _)] = wire.sent
    answer = Packet.parse(octets)
    assert answer.code == (a.ACCESS_ACCEPT if kind == "auth" else a.ACCOUNTING_RESPONSE)
    assert answer.get(a.REPLY_MESSAGE) is None
    assert SECRET.verify_reply(answer, question[4:20])
    assert listener.counters["bad_status"] == 1
    assert (one.signs, ledger.records) == (False, [])


@pytest.mark.parametrize("kind", ["auth", "acct"])
def test_other_codes_than_the_port_is_for_are_dropped(kind: str) -> None:
    listener, wire = recorded("auth", accept) if kind == "auth" else recorded("acct", Ledger())
    own = a.ACCESS_REQUEST if kind == "auth" else a.ACCOUNTING_REQUEST
    others = set(range(256)) - {own, a.STATUS_SERVER}
    for code in others:
        hears(listener, request(code, 1, NEMO, SECRET), NAS)
    assert wire.sent == []
    assert listener.counters["unexpected_code"] == len(others)


def test_a_request_full_of_proxy_state_cannot_be_answered_and_is_counted() -> None:
    listener, wire = recorded("auth", accept)
    most = attr(a.PROXY_STATE, bytes(253)) * 15 + attr(a.PROXY_STATE, bytes(225))
    assert len(access(most)) == 4096
    hears(listener, access(most), NAS)
    assert wire.sent == []
    assert counted(listener) == {"requests": 1, "unanswerable": 1}


# Repetitions: RFC 5080 section 2.2.2


def test_a_repetition_gets_the_same_octets_and_the_handler_is_not_asked_again() -> None:
    asked: list[Packet] = []
    listener, wire = recorded("auth", lambda packet, peer: asked.append(packet) or ACCEPT)  # type: ignore[func-returns-value]
    question = access()
    for _ in range(3):
        hears(listener, question, NAS)
    assert len(asked) == 1
    assert len(wire.sent) == 3
    assert len(set(wire.sent)) == 1
    assert counted(listener) == {"requests": 3, "answers": 1, "duplicates": 2}


def test_another_port_identifier_or_authenticator_is_another_request() -> None:
    listener, wire = recorded("auth", accept)
    question = access()
    hears(listener, question, NAS)
    hears(listener, question, (NAS[0], NAS[1] + 1))
    hears(listener, question, ("127.0.0.2", NAS[1]))
    hears(listener, access(), NAS)
    hears(listener, access(ident=2), NAS)
    assert len(wire.sent) == 5
    assert counted(listener) == {"requests": 5, "answers": 5}


def test_silence_is_not_remembered() -> None:
    """A login that came while the index was loading is heard when it is repeated."""
    answers = iter([None, ACCEPT])
    listener, wire = recorded("auth", lambda packet, peer: next(answers))
    question = access()
    hears(listener, question, NAS)
    assert wire.sent == []
    hears(listener, question, NAS)
    assert len(wire.sent) == 1
    assert listener.counters["dropped"] == 1


def test_a_handler_that_fails_costs_one_datagram_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = iter([1, 1, 0])
    one = peer()
    listener, wire = recorded("auth", lambda packet, peer: AccessReply(2 // (1 - next(outcomes))), one)
    question = access()
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            hears(listener, question, NAS)
    assert len(wire.sent) == 1
    assert listener.counters["failed"] == one.counters["failed"] == 2
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_a_handler_whose_own_attributes_do_not_fit_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    listener, _ = recorded("auth", lambda packet, peer: AccessReply(2, attr(18, bytes(300))))
    hears(listener, access(), NAS)
    assert counted(listener) == {"requests": 1, "failed": 1}
    assert "could not be served" in caplog.text


# Answers that take a moment


class Thinker:
    """A handler that answers when it is told to."""

    def __init__(self) -> None:
        self.later: list[Later] = []

    def __call__(self, packet: Packet, peer: Peer) -> Later:
        self.later.append(asyncio.get_running_loop().create_future())
        return self.later[-1]


async def heard() -> None:
    """The listener's callback has run."""
    await asyncio.sleep(0)


async def told(later: Later, answer: AccessReply | None) -> None:
    """The handler has made up its mind, and the listener has heard it."""
    later.set_result(answer)
    await heard()


async def test_an_answer_may_come_later_and_repetitions_wait_for_it() -> None:
    handler = Thinker()
    listener, wire = recorded("auth", handler)
    question = access()
    for _ in range(3):
        hears(listener, question, NAS)
    assert (len(handler.later), wire.sent) == (1, [])
    await told(handler.later[0], ACCEPT)
    [(octets, addr)] = wire.sent
    assert addr == NAS and SECRET.verify_reply(Packet.parse(octets), question[4:20])
    hears(listener, question, NAS)
    assert len(wire.sent) == 2 and len(set(wire.sent)) == 1 and len(handler.later) == 1
    assert counted(listener) == {"requests": 4, "duplicates": 3, "answers": 1}


async def test_others_are_answered_while_one_is_thought_about() -> None:
    handler = Thinker()
    listener, wire = recorded("auth", lambda packet, peer: handler(packet, peer) if packet.id == 1 else ACCEPT)
    hears(listener, access(), NAS)
    hears(listener, access(ident=2), NAS)
    assert [Packet.parse(octets).id for octets, _ in wire.sent] == [2]
    await told(handler.later[0], ACCEPT)
    assert [Packet.parse(octets).id for octets, _ in wire.sent] == [2, 1]


async def test_silence_that_comes_later_is_not_remembered_either() -> None:
    handler, one = Thinker(), peer()
    listener, wire = recorded("auth", handler, one)
    question = access()
    hears(listener, question, NAS)
    await told(handler.later[0], None)
    assert wire.sent == [] and listener.counters["dropped"] == one.counters["dropped"] == 1
    hears(listener, question, NAS)
    await told(handler.later[1], ACCEPT)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_a_thought_that_is_not_finished_has_failed_and_its_repetition_is_new(how: str) -> None:
    handler, one = Thinker(), peer()
    listener, wire = recorded("auth", handler, one)
    question = access()
    hears(listener, question, NAS)
    if how == "cancelled":
        handler.later[0].cancel()
    else:
        handler.later[0].set_exception(ValueError("no idea"))
    await heard()
    assert wire.sent == [] and listener.counters["failed"] == one.counters["failed"] == 1
    hears(listener, question, NAS)
    await told(handler.later[1], ACCEPT)
    assert len(wire.sent) == 1


async def test_an_answer_that_was_ready_at_once_is_sent() -> None:
    ready: Later = asyncio.get_running_loop().create_future()
    ready.set_result(ACCEPT)
    listener, wire = recorded("auth", lambda packet, peer: ready)
    hears(listener, access(), NAS)
    await heard()
    assert len(wire.sent) == 1


async def test_an_answer_after_the_socket_closed_is_lost_in_peace() -> None:
    handler = Thinker()
    listener, wire = recorded("auth", handler)
    hears(listener, access(), NAS)
    await listener.close()
    await told(handler.later[0], ACCEPT)
    assert wire.sent == []


async def test_a_late_answer_that_does_not_fit_costs_nothing_but_itself() -> None:
    """The request was filled up with Proxy-State, which must come back."""
    handler = Thinker()
    listener, wire = recorded("auth", handler)
    hears(listener, access(attr(a.PROXY_STATE, bytes(250)) * 15), NAS)
    await told(handler.later[0], AccessReply(a.ACCESS_ACCEPT, attr(a.REPLY_MESSAGE, bytes(250)) * 2))
    assert wire.sent == [] and listener.counters["unanswerable"] == 1
    hears(listener, access(ident=2), NAS)
    await told(handler.later[1], ACCEPT)
    assert len(wire.sent) == 1


# Accounting


def test_a_record_is_acknowledged_when_it_is_durable_and_not_before() -> None:
    ledger = Ledger()
    listener, wire = recorded("acct", ledger)
    question = accounting()
    hears(listener, question, NAS)
    assert wire.sent == []
    [(packet, at, ack)] = ledger.records
    assert packet.integer(a.ACCT_STATUS_TYPE) == a.ACCT_START
    assert at > 1_700_000_000
    ack()
    [(octets, addr)] = wire.sent
    assert addr == NAS
    assert len(octets) == 20
    assert SECRET.verify_reply(Packet.parse(octets), question[4:20])


def test_a_pending_record_is_not_queued_twice_and_its_answer_is_repeated() -> None:
    ledger = Ledger()
    listener, wire = recorded("acct", ledger)
    question = accounting()
    for _ in range(4):
        hears(listener, question, NAS)
    assert (len(ledger.records), wire.sent) == (1, [])
    ledger.records[0][2]()
    hears(listener, question, NAS)
    assert len(ledger.records) == 1
    assert len(wire.sent) == 2
    assert len(set(wire.sent)) == 1
    assert counted(listener) == {"requests": 5, "duplicates": 4, "answers": 1}


def test_a_record_that_was_not_taken_is_new_when_it_is_repeated() -> None:
    ledger = Ledger(taken=False)
    listener, wire = recorded("acct", ledger)
    question = accounting()
    hears(listener, question, NAS)
    ledger.taken = None
    hears(listener, question, NAS)
    ledger.records[1][2]()
    assert (len(ledger.records), len(wire.sent), listener.counters["dropped"]) == (2, 1, 1)


async def test_an_acknowledgement_after_the_socket_closed_is_lost_in_peace() -> None:
    ledger = Ledger()
    listener, wire = recorded("acct", ledger)
    hears(listener, accounting(), NAS)
    await listener.close()
    ledger.records[0][2]()
    assert wire.sent == []


def test_a_record_with_a_wrong_authenticator_is_dropped() -> None:
    """RFC 2866 section 3."""
    ledger = Ledger()
    listener, _ = recorded("acct", ledger)
    hears(listener, accounting(secret=Secret(b"another")), NAS)
    assert ledger.records == []
    assert counted(listener) == {"requests": 1, "bad_authenticator": 1}


def test_a_record_may_be_signed_but_not_wrongly() -> None:
    ledger = Ledger()
    listener, _ = recorded("acct", ledger)
    hears(listener, request(a.ACCOUNTING_REQUEST, 1, NEMO, SECRET, message_authenticator=True), NAS)
    assert len(ledger.records) == 1
    wrong = request(a.ACCOUNTING_REQUEST, 2, NEMO + attr(a.MESSAGE_AUTHENTICATOR, bytes(16)), SECRET)
    hears(listener, wrong, NAS)
    assert len(ledger.records) == 1
    assert listener.counters["bad_message_authenticator"] == 1


def test_a_peer_that_fails_to_be_found_costs_one_datagram(caplog: pytest.LogCaptureFixture) -> None:
    listener, wire = recorded("auth", accept)
    hears(listener, access(), ("not an address", 1))
    assert isinstance(wire, Recorder)
    assert counted(listener) == {"failed": 1}
    assert "could not be served" in caplog.text
