"""Whatever a peer sends: nothing is raised, nothing grows, and nobody is let in who proved nothing."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.lab.supplicant import Device, Supplicant, context
from radius.eap import packet, ttls
from radius.eap.conversation import MOST_TURNS, Challenge, Conversation, Ended
from radius.eap.method import Proven
from radius.eap.offers import METHODS, offer
from radius.eap.tls import TlsServer
from radius.errors import Malformed
from tests.radius.eap.talking import Book, converse, identity

ROUNDS = 3000 if os.environ.get("MILHA_SOAK") else 150
STRANGE = settings(
    max_examples=ROUNDS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FROM_PEERS = st.lists(
    st.one_of(
        st.binary(max_size=80),
        st.builds(
            lambda kind, data: (kind, data),
            st.sampled_from([*METHODS.values(), packet.IDENTITY, packet.NAK, packet.EXPANDED, packet.NOTIFICATION]),
            st.binary(max_size=300),
        ),
    ),
    max_size=12,
)


@pytest.fixture(scope="session")
def steady(certs: Path) -> TlsServer:
    return TlsServer(certs / "server.pem", certs / "server.key", certs / "ca.pem")


@STRANGE
@given(words=FROM_PEERS, order=st.permutations(list(METHODS)))
def test_invented_conversations_end_in_nothing_proven(
    steady: TlsServer, words: list[bytes | tuple[int, bytes]], order: list[str]
) -> None:
    talk = Conversation(offer(order, steady), 1020)
    outcome = talk.hear(identity(), Book())
    for word in words:
        if not isinstance(outcome, Challenge):
            break
        raw = word if isinstance(word, bytes) else packet.build(packet.RESPONSE, outcome.message[1], *word)
        outcome = talk.hear(raw, Book())
    assert not (isinstance(outcome, Ended) and isinstance(outcome.step, Proven))
    assert talk.octets < 200_000


@lru_cache
def _context(tls13: bool) -> object:
    return context(tls13=tls13)


@STRANGE
@given(
    which=st.sampled_from([(packet.TTLS, "pap"), (packet.TTLS, "mschapv2"), (packet.PEAP, ""), (packet.MSCHAPV2, "")]),
    tls13=st.booleans(),
    at=st.integers(0, 8),
    where=st.floats(0, 1, exclude_max=True),
    flip=st.integers(1, 255),
    cut=st.booleans(),
)
def test_one_octet_wrong_in_a_right_login_never_lets_another_in_and_raises_nothing(
    steady: TlsServer, which: tuple[int, str], tls13: bool, at: int, where: float, flip: int, cut: bool
) -> None:
    """The login may still go well, where what was changed says nothing; then it is the same one's."""
    one = Device(b"User", b"clientPass", which[0], which[1] or "pap", _context(tls13))  # type: ignore[arg-type]

    def spoil(number: int, message: bytes) -> bytes:
        if number != at or not message:
            return message
        place = int(where * len(message))
        return message[:place] if cut else message[:place] + bytes((message[place] ^ flip,)) + message[place + 1 :]

    talk, book, sender = Conversation(offer(METHODS, steady), 1020), Book(), Supplicant(one)
    message, turns = sender.identity(), 0
    outcome = talk.hear(spoil(0, message), book)
    while isinstance(outcome, Challenge) and turns < MOST_TURNS + 5:
        turns += 1
        try:
            message = sender.answer(outcome.message) or b""
        except (Malformed, IndexError, AssertionError):
            message = b""
        outcome = talk.hear(spoil(turns, message), book)
    assert isinstance(outcome, Ended)
    assert not isinstance(outcome.step, Proven) or outcome.step.identity == b"User"


@STRANGE
@given(st.binary(max_size=200))
def test_attributes_inside_are_read_or_malformed(octets: bytes) -> None:
    try:
        found = ttls.parse(octets)
    except Malformed:
        return
    assert sum(map(len, found.values())) <= len(octets)


def test_the_same_conversation_unspoilt_lets_him_in(steady: TlsServer) -> None:
    one = Device(b"User", b"clientPass", packet.TTLS, "pap", _context(False))  # type: ignore[arg-type]
    assert converse(offer(METHODS, steady), Supplicant(one)).proven
