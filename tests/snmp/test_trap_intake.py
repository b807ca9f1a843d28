"""Who is heard, in which order, and what becomes of the rest - without a socket."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snmp.trap_fold import Heard
from snmp.trap_intake import Intake
from snmp.trap_message import acknowledged
from snmp.trap_sources import MOST_STRANGERS, Bucket, Source, Strangers
from snmp.trap_turns import Queue, Turns

from .trap_wires import OURS, UNHURRIED, link_down

FLOODER, QUIET = ("192.0.2.1", 161), ("192.0.2.2", 161)


def intake(**options: Any) -> tuple[Intake, list[Heard]]:
    """Two sources, and what is told of them."""
    heard: list[Heard] = []
    known = {FLOODER[0]: OURS, QUIET[0]: Source(2, frozenset({b"public"}))}
    return Intake(options.pop("sources", known), heard.append, **options), heard


def settled(one: Intake) -> None:
    """Every datagram that was received is counted under one head."""
    for counts in one.counts().values():
        heads = ("limited", "crowded", "refused", "malformed", "prepared", "retransmitted", "told", "folded")
        assert counts.received == sum(getattr(counts, head) for head in heads)


def test_a_flood_of_one_source_does_not_keep_another_waiting() -> None:
    one, heard = intake()
    for number in range(10_000):
        one.hear(link_down(number), FLOODER, 0.0, 0.0)
    for number in range(20):
        one.hear(link_down(number), QUIET, 0.0, 0.0)
    one.work(40)
    assert [told.event.if_index for told in heard if told.source == 2] == list(range(20))


def test_a_source_that_has_its_share_waiting_loses_its_own_and_no_others() -> None:
    one, heard = intake(turns=Turns(most=100, in_all=1000, least=10))
    for number in range(500):
        one.hear(link_down(number), FLOODER, 0.0, 0.0)
        if number % 10 == 0:
            one.hear(link_down(number), QUIET, 0.0, 0.0)
    one.close()
    assert (one.counts()[1].crowded, one.counts()[1].told) == (400, 100)
    assert (one.counts()[2].crowded, one.counts()[2].told) == (0, 50)
    assert len(heard) == 150
    settled(one)


def test_a_source_above_its_rate_is_cut_there_and_the_others_are_not() -> None:
    slow = Source(1, frozenset({b"public"}), per_second=10, burst=20)
    one, _ = intake(sources={FLOODER[0]: slow, QUIET[0]: Source(2, frozenset({b"public"}))})
    for number in range(1000):
        one.hear(link_down(number), FLOODER, 100.0 + number / 100, 0.0)
        one.hear(link_down(number), QUIET, 100.0 + number / 100, 0.0)
    one.close()
    assert 1000 - one.counts()[1].limited in range(110, 125)  # a burst, and 10 s of 10 a second
    assert (one.counts()[2].limited, one.counts()[2].told) == (0, 1000)
    settled(one)


def test_strangers_are_counted_and_not_read() -> None:
    one, heard = intake()
    for host in range(MOST_STRANGERS + 10):
        one.hear(b"\xff" * 100, (f"10.0.{host // 256}.{host % 256}", 1), 0.0, float(host))
    assert (one.waiting, heard, one.strangers.count) == (False, [], MOST_STRANGERS + 10)
    seen = one.strangers.snapshot()
    assert (len(seen), next(iter(seen))) == (MOST_STRANGERS, "10.0.4.9")
    assert "10.0.0.9" not in seen


def test_a_stranger_is_remembered_from_first_to_last() -> None:
    strangers = Strangers()
    for at in (5.0, 6.0, 9.0):
        strangers.note("10.0.0.1", at)
    (one,) = strangers.snapshot().values()
    assert (one.count, one.first_at, one.last_at) == (3, 5.0, 9.0)


@pytest.mark.parametrize("community", [b"private", b"publi", b"publicx", b"", b"PUBLIC"])
def test_another_community_is_refused_before_it_waits(community: bytes) -> None:
    one, _ = intake()
    one.hear(link_down(1, community=community), FLOODER, 0.0, 0.0)
    assert (one.waiting, one.counts()[1].refused, one.counts()[1].received) == (False, 1, 1)


def test_a_known_community_in_longer_lengths_than_it_needs_is_heard() -> None:
    octets = link_down(4)
    longer = b"\x30\x82" + (len(octets) - 2 + 1).to_bytes(2, "big") + b"\x02\x01\x01\x04\x81" + octets[6:]
    one, heard = intake()
    one.hear(longer, FLOODER, 0.0, 0.0)
    one.work(1)
    assert [told.event.if_index for told in heard] == [4]


def test_garbage_is_counted_with_its_reason() -> None:
    one, heard = intake()
    whole = link_down(1)
    for octets in (b"", b"0", b"nonsense", whole[:-1], whole + b"x", whole[:30] + b"\xff" * 10 + whole[40:]):
        one.hear(octets, FLOODER, 0.0, 0.0)
        one.work(1)
    assert (one.counts()[1].malformed, heard) == (6, [])
    assert one.last_errors()[1]
    settled(one)


def test_an_inform_is_answered_once_for_each_copy_and_told_once() -> None:
    one, heard = intake()
    inform = link_down(3, request=77, inform=True)
    for copy in range(3):
        one.hear(inform, (FLOODER[0], 1000 + copy), 0.0, 0.0)
    answers = one.work(10)
    assert [address[1] for _, address in answers] == [1000, 1001, 1002]
    assert all(acknowledged(octets, b"public", 77) for octets, _ in answers)
    assert [(told.event.if_index, told.count) for told in heard] == [(3, 1)]
    assert (one.counts()[1].answered, one.counts()[1].retransmitted) == (3, 2)
    settled(one)


def test_an_inform_that_was_not_understood_is_not_answered() -> None:
    one, _ = intake()
    inform = link_down(3, inform=True)
    one.hear(inform[:-3] + b"\x99\x01\x03", FLOODER, 0.0, 0.0)
    one.hear(link_down(3, inform=True, community=b"other"), FLOODER, 0.0, 0.0)
    assert one.work(10) == []


def test_a_late_copy_of_an_inform_does_not_undo_what_came_between() -> None:
    one, heard = intake()
    first, second = link_down(3, request=1, inform=True), link_down(3, request=2, inform=True, community=b"public")
    up = second.replace(bytes.fromhex("2b060106030101050 3".replace(" ", "")), bytes.fromhex("2b06010603010105 04"))
    for octets in (first, up, first):
        one.hear(octets, FLOODER, 0.0, 0.0)
        one.work(1)
    assert [str(told.event.kind) for told in heard] == ["link_down", "link_up"]


def test_one_source_of_two_addresses_has_one_queue_and_one_count() -> None:
    one, _ = intake(sources={"192.0.2.1": OURS, "2001:db8::1": OURS})
    one.hear(link_down(1), ("192.0.2.1", 1), 0.0, 0.0)
    one.hear(link_down(2), ("2001:db8::1", 1, 0, 0), 0.0, 0.0)
    assert len(one.work(10)) == 0
    assert {key: counts.told for key, counts in one.counts().items()} == {1: 2}


def test_a_new_table_keeps_the_counts_of_those_that_stay() -> None:
    one, _ = intake()
    one.hear(link_down(1), FLOODER, 0.0, 0.0)
    one.know({"192.0.2.9": Source(1, frozenset({b"other"})), "192.0.2.3": Source(3)})
    one.work(10)
    one.hear(link_down(2, community=b"other"), ("192.0.2.9", 1), 0.0, 0.0)
    one.hear(link_down(2), QUIET, 0.0, 0.0)
    one.work(10)
    assert (one.counts()[1].told, one.strangers.count, set(one.counts())) == (2, 1, {1, 3})


def test_version_3_from_where_nobody_has_a_user_is_refused() -> None:
    one, _ = intake()
    one.hear(bytes.fromhex("3003020103"), FLOODER, 0.0, 0.0)
    assert one.counts()[1].refused == 1


@UNHURRIED
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=200), st.integers(1, 20), st.integers(1, 30))
def test_turns_lose_nothing_they_took_and_keep_each_source_in_order(
    steps: list[tuple[int, bool]], most: int, in_all: int
) -> None:
    turns: Turns[Queue] = Turns(most, in_all, least=2)
    queues = [Queue() for _ in range(5)]
    taken: list[list[bytes]] = [[] for _ in queues]
    given_: list[list[bytes]] = [[] for _ in queues]
    for number, (which, takes) in enumerate(steps):
        octets = b"%d" % number
        if turns.offer(queues[which], octets, ("host", which), float(number // 3)):
            taken[which].append(octets)
        if takes and (next_one := turns.take()) is not None:
            queue, datagram, mark = next_one
            given_[queues.index(queue)].append(datagram)
            assert mark == (("host", queues.index(queue)), float(int(datagram) // 3))
        assert all(len(queue.datagrams) <= most for queue in queues)
    while (next_one := turns.take()) is not None:
        given_[queues.index(next_one[0])].append(next_one[1])
    assert given_ == taken


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(10, 5)
    assert [bucket.take(100.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert [bucket.take(100.25) for _ in range(4)] == [True, True, False, False]
    assert sum(bucket.take(200.0) for _ in range(9)) == 5
