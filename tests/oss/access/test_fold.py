"""A batch of the journal becomes one state per session, cut where an order matters."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access.fold import Fold, Restart, fold
from oss.access.journal_reader import GHOST, LOGIN, LOST, PACKET, REBOOTED, SUPERSEDED, Record
from oss.access.login_log import accepted, refused
from radius import attributes as a
from radius.packet import build
from tests.oss.access.said import (
    BEGIN_US,
    ELSEWHERE,
    HERE,
    INTERIM,
    NAS,
    OFF,
    ON,
    START,
    STOP,
    at_us,
    ending,
    record,
    restarted,
    traffic,
    uid,
)

OURS = {LOST: "Lease-Expired", SUPERSEDED: "Superseded", REBOOTED: "NAS-Reboot", GHOST: "Unknown-To-NAS"}
FIRST_IP, SECOND_IP = (a.FRAMED_IP_ADDRESS, 0x0A000005), (a.FRAMED_IP_ADDRESS, 0x0A000006)


def parts(*records: Record) -> list[list[Fold]]:
    """The parts of a batch without restarts."""
    found: list[list[Fold]] = []
    for part in fold(records).parts:
        assert isinstance(part, list)
        found.append(part)
    return found


def test_a_record_of_a_kind_of_tomorrow_is_passed_over() -> None:
    """A newer version wrote it, and is back to this one; the records around it must not wait for ever."""
    start = record(START, 0)
    assert only(start, start._replace(kind=99)).cause is None and parts(start._replace(kind=99)) == []


def only(*records: Record) -> Fold:
    ((one,),) = parts(*records)
    return one


def state(one: Fold) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Fold.__slots__}


# ------------------------------------------------------------ one state a session


def test_a_batch_becomes_one_state_a_session() -> None:
    ((one, other),) = parts(
        record(START, 0),
        record(INTERIM, 300, "8000", "cli1", *traffic(10, 2**40 + 5)),
        record(INTERIM, 600, "8000", "cli1", *traffic(20, 2**40 + 9)),
        record(START, 600, "8001", "cli2"),
    )
    assert (one.login, other.login) == ("cli1", "cli2")
    assert (one.input_octets, one.output_octets, one.session_s) == (20, 2**40 + 9, 600)
    assert (one.started_us, one.last_seen_us, one.cause) == (BEGIN_US, at_us(600), None)


def test_a_session_is_known_by_nas_session_id_login_and_station() -> None:
    one = only(record(START, 0, source=HERE))
    assert (one.uid, one.nas_id, one.nas_ip) == (uid().bytes, NAS, HERE)
    assert (one.sid, one.calling) == (b"8000", b"AA:BB")


def test_a_login_is_trimmed_and_lower_case_as_it_is_looked_up() -> None:
    assert only(record(START, 0, "8000", " CLI1 "), record(INTERIM, 5)).uid == uid().bytes


def test_a_record_that_was_delayed_counts_from_when_it_happened() -> None:
    one = only(record(STOP, 100, delay_s=5000))
    assert (one.started_us, one.last_seen_us) == (BEGIN_US, at_us(100))


def test_counters_beyond_what_a_column_holds_stand_at_the_most() -> None:
    one = only(record(INTERIM, 9, "8000", "cli1", *traffic(2**64 - 1, 2**63)))
    assert one.input_octets == one.output_octets == 2**63 - 1


def test_what_is_no_session_is_passed_over() -> None:
    foreign = Record(PACKET, NAS, 0, b"", b"not a packet")
    nameless = Record(PACKET, NAS, 0, b"", build(4, 1, bytes(16), a.attr(40, START)))
    assert fold([foreign, nameless, record(15, 0), record(START, 0, "", "cli1")]).parts == []


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2000)), min_size=1, max_size=12), st.randoms())
def test_folding_does_not_depend_on_order_or_repetition(seconds: list[tuple[int, int]], chance: random.Random) -> None:
    records = [record(INTERIM, at, str(sid), "cli1", *traffic(at, at * 9)) for sid, at in seconds]
    again = records + chance.choices(records, k=5)
    chance.shuffle(again)

    def states(of: list[Record]) -> list[dict[str, Any]]:
        (found,) = parts(*of)
        return [state(one) for one in sorted(found, key=lambda one: one.sid)]

    assert states(again) == states(records)


# ------------------------------------------------------------ how it ended


@pytest.mark.parametrize(
    ("cause", "words"), [(1, "User-Request"), (18, "Host-Request"), (99, "99"), (None, "Unknown"), (0, "Unknown")]
)
def test_the_cause_of_an_end_is_told_in_words(cause: int | None, words: str) -> None:
    pairs = [] if cause is None else [(a.ACCT_TERMINATE_CAUSE, cause)]
    one = only(record(STOP, 10, "8000", "cli1", *pairs))
    assert (one.cause, one.ours) == (words, False)


@pytest.mark.parametrize(("kind", "words"), OURS.items())
def test_an_end_that_we_conclude_is_told_as_ours_and_when_it_was_heard_last(kind: int, words: str) -> None:
    one = only(record(START, 0), record(INTERIM, 300), ending(kind, 300))
    assert (one.cause, one.ours, one.last_seen_us) == (words, True, at_us(300))


@pytest.mark.parametrize("kind", OURS)
def test_the_nas_own_word_of_the_end_counts_more_than_ours(kind: int) -> None:
    stop = record(STOP, 500, "8000", "cli1", *traffic(9, 9), (a.ACCT_TERMINATE_CAUSE, 1))
    for records in ([ending(kind, 300), stop], [stop, ending(kind, 300)]):
        one = only(record(START, 0), *records)
        assert (one.cause, one.ours, one.last_seen_us, one.input_octets) == ("User-Request", False, at_us(500), 9)


@pytest.mark.parametrize("kind", OURS)
def test_a_session_heard_after_the_end_we_concluded_is_open(kind: int) -> None:
    one = only(record(START, 0), ending(kind, 300), record(INTERIM, 600))
    assert (one.cause, one.ours, one.last_seen_us) == (None, False, at_us(600))


@pytest.mark.parametrize("kind", OURS)
def test_what_was_sent_before_the_end_we_concluded_does_not_open_it(kind: int) -> None:
    one = only(record(START, 0), record(INTERIM, 300), ending(kind, 300), record(INTERIM, 200), record(START, 0))
    assert (one.cause, one.ours, one.last_seen_us) == (OURS[kind], True, at_us(300))


def test_a_late_interim_after_the_nas_own_stop_does_not_open_it() -> None:
    assert only(record(START, 0), record(STOP, 500), record(INTERIM, 400)).cause == "Unknown"


def test_the_first_end_we_concluded_stays() -> None:
    assert only(record(START, 0), ending(SUPERSEDED, 300), ending(LOST, 300)).cause == "Superseded"


# ------------------------------------------------------------ where a batch is cut


@pytest.mark.parametrize("status", [ON, OFF])
def test_a_restart_cuts_the_batch_in_journal_order(status: int) -> None:
    before, restart, after = fold(
        [record(START, 0), record(status, 50, source=HERE), record(START, 60, "8001", told_s=0)]
    ).parts
    assert isinstance(before, list) and isinstance(after, list)
    assert [one.sid for one in (*before, *after)] == [b"8000", b"8001"]
    assert restart == Restart(NAS, HERE, at_us(50), unannounced=False)


def test_a_restart_told_late_counts_from_when_it_happened() -> None:
    assert fold([record(ON, 50, delay_s=400)]).parts == [Restart(NAS, b"", at_us(50), unannounced=False)]


def test_a_restart_without_a_word_cuts_the_batch_too() -> None:
    before, restart, after = fold(
        [record(START, 0), restarted(40, source=ELSEWHERE), record(START, 60, "8001", told_s=0)]
    ).parts
    assert isinstance(before, list) and isinstance(after, list)
    assert restart == Restart(NAS, ELSEWHERE, at_us(40), unannounced=True)


def test_an_identity_that_comes_again_a_while_after_its_end_is_another_session() -> None:
    first, second = parts(record(START, 0), record(STOP, 500), record(START, 600, told_s=0))
    assert (first[0].last_seen_us, second[0].started_us, second[0].cause) == (at_us(500), at_us(600), None)


def test_one_begun_soon_after_the_end_is_the_same_told_late() -> None:
    assert only(record(START, 0), record(STOP, 500), record(START, 520, told_s=0)).cause == "Unknown"


def test_after_a_reboot_an_identity_may_come_again_at_once() -> None:
    first, second = parts(record(START, 0), ending(REBOOTED, 300), record(START, 310, told_s=0))
    assert (first[0].cause, second[0].started_us) == ("NAS-Reboot", at_us(310))


PREFIX = bytes([0, 56]) + bytes.fromhex("20010db8000100")
OTHER_PREFIX = bytes([0, 56]) + bytes.fromhex("20010db8000200")


@pytest.mark.parametrize(
    ("attribute", "old", "new", "name"),
    [
        (a.FRAMED_IP_ADDRESS, bytes([10, 0, 0, 5]), bytes([10, 0, 0, 6]), "framed_ip"),
        (a.FRAMED_IPV6_PREFIX, PREFIX, OTHER_PREFIX, "framed_ipv6_prefix"),
        (a.DELEGATED_IPV6_PREFIX, PREFIX, OTHER_PREFIX, "delegated_ipv6_prefix"),
    ],
)
def test_an_address_that_changes_cuts_the_batch(attribute: int, old: bytes, new: bytes, name: str) -> None:
    first, second = parts(
        record(START, 0, "8000", "cli1", (attribute, old)),
        record(START, 0, "9", "cli2"),
        record(INTERIM, 300, "8000", "cli1", (attribute, new)),
        record(INTERIM, 600),
    )
    assert [getattr(part[0], name) for part in (first, second)] == [old, new]
    assert [len(part) for part in (first, second)] == [2, 1] and second[0].last_seen_us == at_us(600)


def test_an_address_that_comes_later_or_is_not_repeated_cuts_nothing() -> None:
    prefix = (a.FRAMED_IPV6_PREFIX, PREFIX)
    one = only(
        record(START, 0),
        record(INTERIM, 300, "8000", "cli1", FIRST_IP),
        record(INTERIM, 600, "8000", "cli1", prefix),
        record(INTERIM, 900, "8000", "cli1", FIRST_IP),
    )
    assert (one.framed_ip, one.framed_ipv6_prefix) == (bytes([10, 0, 0, 5]), PREFIX)


def test_of_two_addresses_changing_neither_is_taken_over_half() -> None:
    first, second = parts(
        record(START, 0, "8000", "cli1", FIRST_IP, (a.FRAMED_IPV6_PREFIX, PREFIX)),
        record(INTERIM, 300, "8000", "cli1", SECOND_IP, (a.FRAMED_IPV6_PREFIX, OTHER_PREFIX)),
    )
    assert [(one.framed_ip[-1], one.framed_ipv6_prefix) for (one,) in (first, second)] == [
        (5, PREFIX),
        (6, OTHER_PREFIX),
    ]


@pytest.mark.parametrize("prefix", [b"\0", bytes([0, 129, 1]), bytes([0, 64]) + bytes(17)])
def test_a_prefix_that_is_none_is_left_out(prefix: bytes) -> None:
    assert only(record(START, 0, "8000", "cli1", (a.FRAMED_IPV6_PREFIX, prefix))).framed_ipv6_prefix == b""


def test_an_ipv4_address_that_is_none_is_left_out() -> None:
    assert only(record(START, 0, "8000", "cli1", (a.FRAMED_IP_ADDRESS, b"\1\2\3"))).framed_ip == b""


# ------------------------------------------------------------ logins


def test_logins_are_gathered_in_order_and_cut_nothing() -> None:
    first = accepted(at_us(0), NAS, "cli1", b"AA:BB", None)
    second = refused(at_us(1), NAS, "cli2", "overdue", None, None, 7, {"invoice": "1-2"})
    logins = [Record(LOGIN, 0, 0, b"", payload) for payload in (first, second)]
    folded = fold([record(START, 0), logins[0], record(INTERIM, 5), logins[1]])
    assert len(folded.parts) == 1
    assert [(one.at_us, one.login, one.reason, one.contract_id) for one in folded.logins] == [
        (at_us(0), "cli1", "", None),
        (at_us(1), "cli2", "overdue", 7),
    ]
