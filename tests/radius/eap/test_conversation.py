"""A conversation of EAP: who speaks, which method, and what is not heard."""

from __future__ import annotations

import pytest

from radius.auth import chap_response
from radius.eap import packet
from radius.eap.conversation import MOST_TURNS, Challenge, Conversation, Ended, Offer
from radius.eap.md5 import Md5
from radius.eap.method import FAILED, NO_METHOD, WRONG, Disproven, Proven
from radius.eap.mschapv2 import MsChapV2
from radius.eap.offers import METHODS, offer
from radius.eap.tls import TlsServer
from tests.radius.eap.talking import PASSWORD, Book, identity, response

BOTH = Offer({packet.MSCHAPV2: MsChapV2, packet.MD5: Md5})
ONE = Offer({packet.MD5: Md5})


def kind_of(outcome: Challenge | Ended) -> int:
    assert isinstance(outcome, Challenge)
    return packet.parse(outcome.message).kind


def proof(challenge: Challenge | Ended, password: bytes = PASSWORD) -> bytes:
    """EAP-MD5's Response."""
    assert isinstance(challenge, Challenge)
    asked = packet.parse(challenge.message)
    answer = chap_response(bytes((asked.ident,)), password, asked.data[1:17])[1:]
    return response(challenge, packet.MD5, bytes((16,)) + answer)


def test_rfc3579_2_1_an_identity_that_the_nas_asked_for_begins_with_the_first_method() -> None:
    talk = Conversation(BOTH, 1020)
    first = talk.hear(identity(), Book())
    assert kind_of(first) == packet.MSCHAPV2 and talk.identity == b"User"


def test_rfc3579_2_1_an_eap_start_is_answered_by_the_question_who() -> None:
    talk = Conversation(ONE, 1020)
    asked = talk.ask_identity()
    assert kind_of(asked) == packet.IDENTITY
    assert kind_of(talk.hear(response(asked, packet.IDENTITY, b"User"), Book())) == packet.MD5


def test_rfc3748_5_3_1_a_nak_gets_the_method_it_wishes() -> None:
    talk = Conversation(BOTH, 1020)
    first = talk.hear(identity(), Book())
    second = talk.hear(response(first, packet.NAK, bytes((packet.TLS, packet.MD5))), Book())
    assert kind_of(second) == packet.MD5
    ended = talk.hear(proof(second), Book())
    assert isinstance(ended, Ended) and ended.step == Proven(b"User")


@pytest.mark.parametrize("wished", [b"\0", b"", bytes((packet.TLS,)), bytes((packet.MSCHAPV2,))])
def test_rfc3748_5_3_1_a_nak_that_wishes_nothing_we_have_ends_it(wished: bytes) -> None:
    talk = Conversation(BOTH, 1020)
    ended = talk.hear(response(talk.hear(identity(), Book()), packet.NAK, wished), Book())
    assert isinstance(ended, Ended) and isinstance(ended.step, Disproven) and ended.step.reason == NO_METHOD
    assert ended.step.facts["offered"] == "MSCHAPv2, MD5"


def test_rfc3748_5_3_1_a_second_nak_is_not_heard() -> None:
    talk = Conversation(BOTH, 1020)
    first = talk.hear(identity(), Book())
    second = talk.hear(response(first, packet.NAK, bytes((packet.MD5,))), Book())
    third = talk.hear(response(second, packet.NAK, bytes((packet.MSCHAPV2,))), Book())
    assert third == Challenge(second.message, again=True)  # type: ignore[union-attr]


def test_rfc3748_5_3_2_an_expanded_nak_wishes_nothing_we_have() -> None:
    talk = Conversation(BOTH, 1020)
    ended = talk.hear(response(talk.hear(identity(), Book()), packet.EXPANDED, bytes(7)), Book())
    assert isinstance(ended, Ended) and ended.step.reason == NO_METHOD  # type: ignore[union-attr]


def test_nothing_offered_ends_it() -> None:
    ended = Conversation(Offer({}), 1020).hear(identity(), Book())
    assert isinstance(ended, Ended) and ended.step.reason == NO_METHOD  # type: ignore[union-attr]


@pytest.mark.parametrize("what", ["identifier", "type", "request", "garbage"])
def test_rfc3748_4_1_what_is_no_answer_is_not_heard_and_the_question_stands(what: str) -> None:
    talk = Conversation(ONE, 1020)
    asked = talk.hear(identity(), Book())
    right = proof(asked)
    stray = {
        "identifier": right[:1] + bytes((right[1] ^ 1,)) + right[2:],
        "type": right[:4] + bytes((packet.TLS,)) + right[5:],
        "request": bytes((packet.REQUEST,)) + right[1:],
        "garbage": b"\2\1",
    }[what]
    assert talk.hear(stray, Book()) == Challenge(asked.message, again=True)  # type: ignore[union-attr]
    ended = talk.hear(right, Book())
    assert isinstance(ended, Ended) and isinstance(ended.step, Proven)


@pytest.mark.parametrize("message", [b"", b"\2", identity(b""), identity(b"x" * 254), b"\1\7\0\5\1", b"\3\7\0\4"])
def test_what_begins_with_no_identity_ends_at_once(message: bytes) -> None:
    ended = Conversation(ONE, 1020).hear(message, Book())
    assert isinstance(ended, Ended) and ended.step.reason == FAILED  # type: ignore[union-attr]


def test_a_conversation_has_so_many_turns_and_no_more() -> None:
    talk = Conversation(ONE, 1020)
    talk.hear(identity(), Book())
    outcomes = [talk.hear(b"noise", Book()) for _ in range(MOST_TURNS)]
    assert all(isinstance(one, Challenge) for one in outcomes[:-1]) and isinstance(outcomes[-1], Ended)


def test_rfc3748_5_4_a_wrong_password_proves_nothing_and_a_stranger_is_nobody() -> None:
    for book, password, reason in ((Book(), b"wrong", WRONG), (Book({}), PASSWORD, "unknown_login")):
        talk = Conversation(ONE, 1020)
        ended = talk.hear(proof(talk.hear(identity(), book), password), book)
        assert isinstance(ended, Ended) and ended.step == Disproven(b"User", reason)
        assert ended.message(success=False)[:1] == bytes((packet.FAILURE,))


@pytest.mark.parametrize("data", [b"", b"\x10", b"\x0f" + bytes(15), b"\x10" + bytes(15)])
def test_rfc3748_5_4_a_value_of_another_size_proves_nothing(data: bytes) -> None:
    talk = Conversation(ONE, 1020)
    ended = talk.hear(response(talk.hear(identity(), Book()), packet.MD5, data), Book())
    assert isinstance(ended, Ended) and ended.step.reason == FAILED  # type: ignore[union-attr]


def test_methods_are_offered_in_the_operators_order_and_those_of_tls_with_a_certificate_only(
    server: TlsServer,
) -> None:
    assert list(offer(METHODS, None).makers) == [packet.MSCHAPV2, packet.MD5]
    assert list(offer(METHODS, server).makers) == list(METHODS.values())
    assert list(offer(["md5", "tls", "moon"], server).makers) == [packet.MD5, packet.TLS]
