"""Conversations by State: bounded in number, memory and time, and fair to those who open few."""

from __future__ import annotations

import pytest

from radius.eap import packet
from radius.eap.conversation import Conversation
from radius.eap.offers import offer
from radius.eap.table import MOST_OF_LINE, Conversations
from radius.eap.tls import OCTETS, TlsServer
from tests.radius.eap.talking import Book, identity, response

NOTHING = offer(["md5"], None)


def talk() -> Conversation:
    return Conversation(NOTHING, 1020)


def opened(table: Conversations, nas: int, count: int, line: str = "line {}") -> list[bytes]:
    """States of conversations begun one after the other."""
    return [table.put(nas, line.format(n).encode(), talk(), float(n)) for n in range(count)]


def test_rfc2865_5_24_a_state_brings_its_conversation_back_to_its_own_nas_only() -> None:
    table, one = Conversations(), talk()
    state = table.put(1, b"", one, 0.0)
    assert len(state) == 16 and table.take(2, state) is None and table.take(1, bytes(16)) is None
    assert table.take(1, state) is one and table.take(1, state) is None
    assert table.put(1, b"", one, 1.0, state) == state and len(table) == 1


def test_who_goes_silent_is_forgotten() -> None:
    table = Conversations(idle_s=30.0)
    states = opened(table, 1, 3)
    table.forget(31.5)
    assert [table.take(1, state) is not None for state in states] == [False, False, True]
    assert len(table) == table.octets == 0


def test_a_nas_that_opens_too_many_loses_its_oldest_and_no_other_does() -> None:
    table = Conversations(most=100)
    quiet = opened(table, 2, 20)
    greedy = opened(table, 1, 500)
    assert all(table.take(2, state) is not None for state in quiet)
    assert [table.take(1, state) is not None for state in greedy] == [False] * 450 + [True] * 50
    assert table.lost == 450


def test_where_all_together_are_too_many_the_greediest_gives_way() -> None:
    table = Conversations(most=90)
    opened(table, 1, 45)
    opened(table, 2, 40)
    mine = opened(table, 3, 20)
    assert len(table) == 90 and all(table.take(3, state) is not None for state in mine)
    assert table.lost == 15


def test_a_line_that_begins_again_and_again_takes_from_itself_alone() -> None:
    table = Conversations()
    neighbour = opened(table, 1, 5)
    own = opened(table, 1, 100, "same")
    assert all(table.take(1, state) is not None for state in neighbour)
    assert sum(table.take(1, state) is not None for state in own) == MOST_OF_LINE


def test_a_tls_session_weighs_what_it_takes(server: TlsServer) -> None:
    hello = _hello()
    table = Conversations(most_octets=100 * OCTETS)
    for number in range(200):
        one = Conversation(offer(["ttls"], server), 1020)
        one.hear(response(one.hear(identity(), Book()), packet.TTLS, b"\0" + hello), Book())
        table.put(1, b"%d" % number, one, 0.0)
    assert 40 <= len(table) <= 50 and table.octets <= 50 * OCTETS


def _hello() -> bytes:
    from OpenSSL import SSL

    from oss.lab.supplicant import context

    client = SSL.Connection(context(), None)
    client.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    return client.bio_read(16_384)


def test_fifty_thousand_from_one_source_leave_another_its_own_and_little_memory(server: TlsServer) -> None:
    table = Conversations()
    mine = table.put(2, b"me", talk(), 0.0)
    for number in range(50_000):
        table.put(1, b"%d" % number, Conversation(offer(["ttls"], server), 1020), 1.0)
    assert table.take(2, mine) is not None and len(table) <= table.most // 2
