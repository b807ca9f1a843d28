"""States that are a conversation: what is only begun is kept by its NAS."""

from __future__ import annotations

import pytest

from radius.eap import packet
from radius.eap.begun import Sealed
from radius.eap.conversation import Begun, Challenge, Conversation, Ended
from radius.eap.offers import METHODS, offer
from radius.eap.table import IDLE_S
from radius.eap.tls import TlsServer
from tests.radius.eap.talking import Book, identity, response

ONE = Begun(b"User", 1020, packet.TTLS, 8, 1, True)
LONG = ONE._replace(identity=b"x" * 253)


def test_rfc2865_5_24_a_state_brings_back_what_was_begun_to_its_own_nas_only() -> None:
    sealed = Sealed()
    state = sealed.state(1, ONE, 7.0)
    assert state is not None and len(state) < 64
    assert sealed.begun(1, state, 7.5) == ONE and sealed.begun(2, state, 7.5) is None
    assert sealed.begun(1, state, 7.0 + IDLE_S - 1) == ONE and sealed.begun(1, state, 7.0 + IDLE_S + 3) is None


def test_a_state_that_somebody_changed_or_another_process_made_is_none_of_ours() -> None:
    sealed = Sealed()
    state = sealed.state(1, ONE, 0.0)
    assert state is not None
    for place in range(len(state)):
        assert sealed.begun(1, state[:place] + bytes((state[place] ^ 1,)) + state[place + 1 :], 0.0) is None
    assert all(sealed.begun(1, state[:size], 0.0) is None for size in range(len(state)))
    assert Sealed().begun(1, state, 0.0) is None


def test_no_two_states_are_the_same() -> None:
    sealed = Sealed()
    assert len({sealed.state(1, ONE, 0.0) for _ in range(1000)}) == 1000


def test_a_name_that_does_not_fit_is_not_cut() -> None:
    """Its conversation is kept here, as one that goes on is."""
    assert Sealed().state(1, LONG, 0.0) is None


def again(server: TlsServer, talk: Conversation) -> Conversation:
    assert talk.begun is not None
    found = Conversation.of(offer(METHODS, server), talk.begun)
    assert found is not None
    return found


def test_a_conversation_made_anew_goes_on_as_the_one_before(server: TlsServer) -> None:
    talk = Conversation(offer(METHODS, server), 1020)
    first = talk.hear(identity(), Book())
    anew = again(server, talk)
    assert anew.hear(b"\2\0\0\1", Book()) == Challenge(first.message, again=True)  # type: ignore[arg-type]
    second = anew.hear(response(first, packet.NAK, bytes((packet.TTLS,))), Book())
    assert isinstance(second, Challenge) and packet.parse(second.message).kind == packet.TTLS
    refused = again(server, anew).hear(response(second, packet.NAK, bytes((packet.PEAP,))), Book())
    assert isinstance(refused, Challenge) and refused.again  # a second Nak is not heard: RFC 3748 section 5.3.1


def test_its_turns_are_counted_on(server: TlsServer) -> None:
    talk = Conversation(offer(METHODS, server), 1020)
    outcome = talk.hear(identity(), Book())
    for _ in range(200):
        talk = again(server, talk)
        outcome = talk.hear(b"nothing", Book())
        if isinstance(outcome, Ended):
            break
    assert isinstance(outcome, Ended)


@pytest.mark.parametrize("name", ["md5", "mschapv2"])
def test_a_method_that_holds_a_challenge_cannot_be_made_anew(name: str) -> None:
    talk = Conversation(offer([name], None), 1020)
    assert talk.begun is None
    talk.hear(identity(), Book())
    assert talk.begun is None


def test_nor_can_a_tunnel_of_which_something_was_heard(server: TlsServer) -> None:
    talk = Conversation(offer(["ttls"], server), 1020)
    first = talk.hear(identity(), Book())
    assert talk.begun is not None
    talk.hear(response(first, packet.TTLS, b"\xc0\0\0\0\x20hello"), Book())  # a first fragment
    assert talk.begun is None


def test_a_method_that_is_offered_no_more_is_not_made() -> None:
    assert Conversation.of(offer(METHODS, None), ONE) is None
