"""Live sessions: known by what stays the same, counted in 64 bits, leased only while their NAS can be heard."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import sessions
from oss.access.sessions import LONGEST_GAP_S, Live, Sessions, new_live, octets, refresh, session_uid
from radius import attributes as a
from radius.integrity import Secret
from radius.packet import Packet, build
from radius.server import Peer

INTERIM_S = 300
NUMBERS = st.integers(0, 2**32 - 1)


def peer(key: int = 1) -> Peer:
    return Peer(key, f"nas {key}", Secret(b"s"))


def packet(*pairs: tuple[int, a.Value], status: int = a.ACCT_INTERIM) -> Packet:
    body = b"".join(a.attr(kind, value) for kind, value in ((a.ACCT_STATUS_TYPE, status), *pairs))
    return Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))


def live(nas: Peer, sid: str = "1", login: str = "cli1", seen: float = 0.0) -> Live:
    return Live(session_uid(nas.key, sid, login, None), nas, sid, login, "10.0.0.1", seen=seen)


def test_start_interim_and_stop_have_one_identity_and_others_another() -> None:
    one = session_uid(1, "8000", "cli1", "AA:BB")
    assert one == session_uid(1, "8000", "cli1", "AA:BB") and isinstance(one, uuid.UUID)
    others = {session_uid(2, "8000", "cli1", "AA:BB"), session_uid(1, "8001", "cli1", "AA:BB")}
    others |= {session_uid(1, "8000", "cli2", "AA:BB"), session_uid(1, "8000", "cli1", None)}
    assert len(others | {one}) == 5


@given(NUMBERS, NUMBERS)
def test_octets_have_sixty_four_bits_of_which_the_database_keeps_sixty_three(low: int, high: int) -> None:
    found = octets(packet((42, low), (52, high)), a.ACCT_INPUT_OCTETS, a.ACCT_INPUT_GIGAWORDS)
    assert found == min(high * 2**32 + low, 2**63 - 1)


@pytest.mark.parametrize(("sent", "login"), [(" Cli1 ", "cli1"), ("ÍRIS@isp", "íris@isp")])
def test_a_login_is_looked_up_as_it_is_kept(sent: str, login: str) -> None:
    assert sessions.login_of(packet((a.USER_NAME, sent))) == login


def test_a_packet_without_a_name_has_no_login() -> None:
    assert sessions.login_of(packet()) is None and sessions.login_of(packet((a.USER_NAME, ""))) is None


@pytest.mark.parametrize(
    ("status", "mark", "applied"),
    [
        (a.ACCT_START, "milha1:full:500/250", "full:500/250"),
        (a.ACCT_START, "somebody else's", None),
        # What an interim's Class says was given at login may have been changed since.
        (a.ACCT_INTERIM, "milha1:full:500/250", None),
    ],
)
def test_the_class_of_a_start_tells_what_the_session_was_given(status: int, mark: str, applied: str | None) -> None:
    said = packet((a.CLASS, mark), (a.ACCT_SESSION_ID, "7"), status=status)
    found = new_live(said, peer(), "10.0.0.1", "cli1", session_uid(1, "7", "cli1", None))
    assert (found.applied, found.acct_session_id, found.source) == (applied, "7", "10.0.0.1")


def test_an_interim_tells_address_traffic_and_speed() -> None:
    one = live(peer())
    first = ((a.FRAMED_IP_ADDRESS, 0x0A000005), (a.CALLING_STATION_ID, "AA:BB"), (a.NAS_PORT_ID, "ether1"))
    refresh(one, packet(*first, (a.ACCT_SESSION_TIME, 100), (a.ACCT_OUTPUT_OCTETS, 1_000_000)), 50.0)
    assert (one.framed_ip, one.calling, one.nas_port_id, one.seen) == ("10.0.0.5", "AA:BB", "ether1", 50.0)
    refresh(one, packet((a.ACCT_SESSION_TIME, 110), (a.ACCT_OUTPUT_OCTETS, 11_000_000)), 60.0)
    assert (one.output_bps, one.previous_seen, one.seen) == (8_000_000.0, 50.0, 60.0)
    assert one.framed_ip == "10.0.0.5" and one.keys().framed_ip == "10.0.0.5"


def test_a_late_duplicate_does_not_turn_counters_back() -> None:
    one = live(peer())
    later = ((a.ACCT_SESSION_TIME, 200), (a.ACCT_OUTPUT_OCTETS, 900), (a.ACCT_INPUT_OCTETS, 90))
    refresh(one, packet(*later), 1.0)
    speed = one.output_bps
    refresh(one, packet((a.ACCT_SESSION_TIME, 100), (a.ACCT_OUTPUT_OCTETS, 500), (a.ACCT_INPUT_OCTETS, 50)), 2.0)
    assert (one.session_s, one.output_octets, one.input_octets, one.output_bps) == (200, 900, 90, speed)


# ------------------------------------------------------------ the table


def test_a_session_is_found_until_it_is_removed() -> None:
    table, nas = Sessions(), peer()
    first, second = live(nas, "1"), live(nas, "2")
    for one in (first, second):
        table.add(one)
        table.dirty.add(one)
        table.drifting.add(one)
    assert table.by_login["cli1"] == [first, second]
    assert table.remove(first.uid) is first and table.remove(first.uid) is None
    assert table.by_login["cli1"] == [second] and table.dirty == table.drifting == {second}
    table.remove(second.uid)
    assert not table.by_login and not table.by_uid


def test_a_nas_that_restarts_loses_its_own_sessions_only() -> None:
    table, mine, other = Sessions(), peer(1), peer(2)
    for one in (live(mine, "1"), live(mine, "2"), live(other, "3")):
        table.add(one)
    assert len(table.remove_nas(1)) == 2
    assert [one.peer for one in table.by_uid.values()] == [other]


def test_what_comes_of_a_session_after_its_stop_comes_too_late() -> None:
    table, one = Sessions(), live(peer())
    table.add(one)
    table.end(one.uid, 1000.0)
    assert not table.by_uid and table.has_ended(one.uid, began=400.0) and table.has_ended(one.uid, began=1030.0)
    assert not table.has_ended(one.uid, began=1061.0)  # another session with the same identity
    assert not table.has_ended(uuid.uuid4(), began=400.0)


def test_ended_sessions_are_forgotten_in_time() -> None:
    table = Sessions()
    uids = [uuid.uuid4() for _ in range(100)]
    for number, uid in enumerate([*uids, uids[0]]):
        table.end(uid, number * 10.0)
    assert list(table.ended) == [*uids[40:], uids[0]]


# ------------------------------------------------------------ leases


def hear_all(table: Sessions, start: float, end: float, every: float, interim_s: float = INTERIM_S) -> float:
    """The NAS is heard every so many seconds, by packets of other sessions."""
    now = start
    while now <= end:
        table.hear(1, now, interim_s)
        now += every
    return now - every


def expired(table: Sessions, now: float) -> list[str]:
    return [one.acct_session_id for one in table.expired(now, {1: INTERIM_S})]


def test_a_session_silent_for_three_interims_is_lost() -> None:
    table = Sessions()
    table.add(live(peer(), "silent", seen=0.0))
    now = hear_all(table, 0, 900, 10)
    assert expired(table, now) == []
    now = hear_all(table, 910, 920, 10)
    assert expired(table, now) == ["silent"]


def test_a_session_is_not_lost_while_its_nas_is_away() -> None:
    table = Sessions()
    table.add(live(peer(), "patient", seen=0.0))
    hear_all(table, 0, 100, 10)
    assert expired(table, 5000) == []  # nothing at all is heard
    now = hear_all(table, 5000, 5700, 10)
    assert expired(table, now) == []  # 100 s before the gap and 700 s after it
    now = hear_all(table, 5710, 5820, 10)
    assert expired(table, now) == ["patient"]


def test_a_quiet_nas_is_not_taken_for_one_that_is_away() -> None:
    """Two sessions, of which one ends without a Stop: the other is heard once an interim, which is no gap."""
    table = Sessions()
    table.add(live(peer(), "ghost", seen=0.0))
    now = hear_all(table, 0, 3 * INTERIM_S, INTERIM_S)
    assert expired(table, now) == []
    now = hear_all(table, 4 * INTERIM_S, 4 * INTERIM_S, INTERIM_S)
    assert expired(table, now) == ["ghost"]


@given(st.lists(st.floats(1, 2000), min_size=1, max_size=30))
def test_a_lease_counts_heard_time_only(gaps: list[float]) -> None:
    table, now, heard = Sessions(), 0.0, 0.0
    table.add(live(peer(), "x", seen=0.0))
    table.hear(1, 0.0, INTERIM_S)
    for gap in gaps:
        now += gap
        heard += gap if gap <= INTERIM_S + LONGEST_GAP_S else 0.0
        table.hear(1, now, INTERIM_S)
    left = 3 * INTERIM_S - heard
    assert bool(expired(table, now)) == (left < 0) or abs(left) < 1e-6
