"""Live sessions: known by what stays the same, counted in 64 bits, ended by what makes them impossible, leased only
while their NAS can be heard."""

from __future__ import annotations

import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import sessions
from oss.access.sessions import (
    LATE_S,
    LEAST_LOOKED_AT,
    LONGEST_GAP_S,
    REBOOTED,
    ROUND_TICKS,
    SUPERSEDED,
    WITNESS_S,
    Heard,
    Live,
    Sessions,
    octets,
    refresh,
    session_uid,
)
from radius import attributes as a
from radius.integrity import Secret
from radius.packet import Packet, build
from radius.server import Peer
from radius.vendors import SessionKeys
from tests.oss.access.asking import mac, port, says

INTERIM_S = 300
NUMBERS = st.integers(0, 2**32 - 1)
ROUTER, OTHER_ROUTER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
START, INTERIM, STOP, ON, OFF = a.ACCT_START, a.ACCT_INTERIM, a.ACCT_STOP, a.ACCT_ON, a.ACCT_OFF


def peer(key: int = 1) -> Peer:
    return Peer(key, f"nas {key}", Secret(b"s"))


NAS = peer()


def packet(*pairs: tuple[int, a.Value], status: int = a.ACCT_INTERIM) -> Packet:
    body = b"".join(a.attr(kind, value) for kind, value in ((a.ACCT_STATUS_TYPE, status), *pairs))
    return Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))


def live(nas: Peer, sid: str = "1", login: str = "cli1", seen: float = 0.0) -> Live:
    return Live(session_uid(nas.key, sid, login, None).bytes, nas, sid.encode(), login, ROUTER, seen=seen)


def hear(table: Sessions, now: float, said: Packet, nas: Peer = NAS, router: bytes = ROUTER) -> Heard:
    return table.hear(said, nas, router, now, INTERIM_S)


def start(table: Sessions, now: float, sid: str, login: str, *pairs: tuple[int, a.Value], **where: bytes) -> Heard:
    return hear(table, now, says(START, 0, sid, login, *pairs), **where)


def ended(heard: Heard) -> list[tuple[str, str, str]]:
    return [(one.live.acct_session_id.decode(), one.live.login, one.cause) for one in heard.endings]


def online(table: Sessions) -> list[str]:
    return sorted(one.acct_session_id.decode() for one in table.by_uid.values())


def swept(table: Sessions) -> list[str]:
    while table.sweep():
        pass
    return online(table)


# ------------------------------------------------------------ what a session is


def test_start_interim_and_stop_have_one_identity_and_others_another() -> None:
    one = session_uid(1, "8000", "cli1", "AA:BB")
    assert one == session_uid(1, "8000", "cli1", "AA:BB") and isinstance(one, uuid.UUID)
    assert one.bytes == sessions.identity(1, b"8000", "cli1", b"AA:BB")
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
        (START, "milha1:full:500/250", "full:500/250"),
        (START, "somebody else's", None),
        # What an interim's Class says was given at login may have been changed since.
        (INTERIM, "milha1:full:500/250", None),
    ],
)
def test_the_class_of_a_start_tells_what_the_session_was_given(status: int, mark: str, applied: str | None) -> None:
    found = hear(Sessions(), 0.0, says(status, 0, "7", "cli1", (a.CLASS, mark))).live
    assert found is not None
    assert (found.applied, found.acct_session_id, found.source) == (applied, b"7", ROUTER)


def test_a_session_is_identified_to_its_nas_by_all_that_is_known_of_it() -> None:
    told = (a.FRAMED_IP_ADDRESS, 0x0A000005), mac("AA:BB"), port("ether1")
    found = start(Sessions(), 0.0, "7", "cli1", *told).live
    assert found is not None
    assert found.keys() == SessionKeys("cli1", "7", "10.0.0.5", "AA:BB", "ether1")
    assert live(NAS).keys() == SessionKeys("cli1", "1", None, None, None)


def test_an_interim_tells_address_traffic_and_speed() -> None:
    one = live(NAS)
    first = ((a.FRAMED_IP_ADDRESS, 0x0A000005), (a.ACCT_SESSION_TIME, 100), (a.ACCT_OUTPUT_OCTETS, 1_000_000))
    refresh(one, packet(*first), 50.0, 50.0)
    assert (one.framed_ip, one.seen) == (bytes([10, 0, 0, 5]), 50.0)
    refresh(one, packet((a.ACCT_SESSION_TIME, 110), (a.ACCT_OUTPUT_OCTETS, 11_000_000)), 60.0, 60.0)
    assert (one.output_bps, one.previous_seen, one.seen) == (8_000_000.0, 50.0, 60.0)
    assert one.framed_ip == bytes([10, 0, 0, 5])


def test_a_late_duplicate_does_not_turn_counters_back() -> None:
    one = live(NAS)
    later = ((a.ACCT_SESSION_TIME, 200), (a.ACCT_OUTPUT_OCTETS, 900), (a.ACCT_INPUT_OCTETS, 90))
    refresh(one, packet(*later), 1.0, 1.0)
    speed = one.output_bps
    refresh(one, packet((a.ACCT_SESSION_TIME, 100), (a.ACCT_OUTPUT_OCTETS, 500), (a.ACCT_INPUT_OCTETS, 50)), 2.0, 2.0)
    assert (one.session_s, one.output_octets, one.input_octets, one.output_bps) == (200, 900, 90, speed)


# ------------------------------------------------------------ the table


def test_a_session_is_found_until_it_is_removed() -> None:
    table = Sessions()
    first, second = live(NAS, "1"), live(NAS, "2")
    for one in (first, second):
        table.add(one)
        table.dirty.add(one)
        table.drifting.add(one)
    assert table.by_login["cli1"] == [first, second]
    assert table.remove(first.uid) is first and table.remove(first.uid) is None
    assert table.by_login["cli1"] == [second] and table.dirty == table.drifting == {second}
    table.remove(second.uid)
    assert not table.by_login and not table.by_uid


def test_what_comes_of_a_session_after_its_stop_comes_too_late() -> None:
    table, one = Sessions(), live(NAS)
    table.add(one)
    table.end(one.uid, 1000.0)
    assert not table.by_uid and table.has_ended(one.uid, began=400.0) and table.has_ended(one.uid, began=1030.0)
    assert not table.has_ended(one.uid, began=1061.0)  # another session with the same identity
    assert not table.has_ended(os.urandom(16), began=400.0)


def test_ended_sessions_are_forgotten_in_time() -> None:
    table = Sessions()
    uids = [os.urandom(16) for _ in range(100)]
    for number, uid in enumerate([*uids, uids[0]]):
        table.end(uid, number * 10.0)
    assert list(table.ended) == [*uids[40:], uids[0]]


def test_a_start_or_an_interim_that_comes_after_the_stop_makes_no_session() -> None:
    table = Sessions()
    hear(table, 1000.0, says(STOP, 90, "1"))
    assert hear(table, 1005.0, says(INTERIM, 60, "1")).live is None
    assert hear(table, 1010.0, says(START, 0, "1", "cli1", (a.ACCT_DELAY_TIME, 100))).live is None
    assert hear(table, 1000.0 + LATE_S - 1, says(START, 0, "1")).live is None
    assert not table.by_uid


def test_an_identity_used_again_a_minute_after_its_stop_is_another_session() -> None:
    table = Sessions()
    hear(table, 1000.0, says(STOP, 90, "1"))
    assert start(table, 1001.0 + LATE_S, "1", "cli1").fresh and online(table) == ["1"]


def test_a_start_that_comes_after_its_interim_is_of_the_same_session() -> None:
    table = Sessions()
    hear(table, 1000.0, says(INTERIM, 300, "1", "cli1", mac("AA"), port("p1")))
    late = hear(table, 1002.0, says(START, 0, "1", "cli1", mac("AA"), port("p1"), (a.ACCT_DELAY_TIME, 302)))
    assert late.live is not None and not late.fresh and late.endings == ()
    assert (late.live.session_s, late.live.began) == (300, 700.0)


def test_records_without_a_session_are_heard_but_are_none() -> None:
    table = Sessions()
    assert hear(table, 0.0, packet(status=START)) == Heard()
    assert hear(table, 0.0, packet((a.USER_NAME, "cli1"), status=START)) == Heard()
    assert not table.by_uid


# ------------------------------------------------------------ a line that dials again


def test_the_same_mac_and_login_take_the_place_of_the_older_session() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", mac("AA"), port("p1"))
    again = start(table, 100.0, "2", "cli1", mac("aa"), port("p2"))  # a MAC in other letters, moved to another port
    assert ended(again) == [("1", "cli1", SUPERSEDED)] and online(table) == ["2"]


def test_a_late_word_of_an_older_session_ends_no_newer_one() -> None:
    """Its router still keeps it, or its Start was lost and is told again."""
    table = Sessions()
    start(table, 100.0, "2", "cli1", mac("AA"), port("p1"))
    for said in (says(INTERIM, 110, "1", "cli1", mac("AA"), port("p1")), says(STOP, 115, "1", "cli1", mac("AA"))):
        assert hear(table, 110.0, said).endings == ()
    assert online(table) == ["2"]


def test_a_late_word_from_before_a_restart_tells_of_none() -> None:
    table = Sessions()
    start(table, 100.0, "1", "cli1", mac("M1"))
    heard = hear(table, 110.0, says(START, 0, "1", "cli2", mac("M2"), (a.ACCT_DELAY_TIME, 50)))
    assert heard.restarted is None and not table.by_login["cli1"][0].gone


def test_a_mac_supersedes_across_routers() -> None:
    table, other = Sessions(), peer(2)
    start(table, 0.0, "1", "cli1", mac("AA"))
    assert ended(hear(table, 100.0, says(START, 0, "9", "cli1", mac("AA")), other, OTHER_ROUTER)) == [
        ("1", "cli1", SUPERSEDED)
    ]


def test_another_login_on_the_same_mac_and_port_takes_the_line_over() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", mac("AA"), port("p1"))
    assert ended(start(table, 100.0, "2", "cli2", mac("AA"), port("p1"))) == [("1", "cli1", SUPERSEDED)]
    assert online(table) == ["2"] and "cli1" not in table.by_login


@pytest.mark.parametrize(
    ("first", "second"),
    [((), ()), ((mac("AA"),), ()), ((), (mac("AA"),))],
    ids=["neither has a MAC", "the newer has none", "the older had none"],
)
def test_where_a_mac_is_missing_the_port_tells(
    first: tuple[tuple[int, a.Value], ...], second: tuple[tuple[int, a.Value], ...]
) -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", port("p1"), *first)
    assert ended(start(table, 100.0, "2", "cli1", port("p1"), *second)) == [("1", "cli1", SUPERSEDED)]


@pytest.mark.parametrize(
    ("login", "pairs"),
    [
        ("cli1", (mac("BB"), port("p1"))),  # another line of the same account
        ("cli2", (mac("BB"), port("p1"))),  # another customer behind the same port
        ("cli2", (mac("AA"), port("p2"))),  # a MAC that was cloned, on another port
        ("cli2", (port("p1"),)),  # another customer without a MAC
        ("cli1", ()),  # nothing tells
    ],
)
def test_other_lines_are_not_superseded(login: str, pairs: tuple[tuple[int, a.Value], ...]) -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", mac("AA"), port("p1"))
    assert ended(start(table, 100.0, "2", login, *pairs)) == [] and online(table) == ["1", "2"]


def test_sessions_without_mac_and_port_stand_side_by_side() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1")
    assert ended(start(table, 100.0, "2", "cli1")) == [] and online(table) == ["1", "2"]


def test_a_port_without_a_mac_is_of_one_router_only() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", port("p1"))
    assert ended(start(table, 100.0, "2", "cli1", port("p1"), router=OTHER_ROUTER)) == []


def test_the_line_that_asks_is_not_among_the_others_of_its_account() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", mac("AA"), port("p1"))
    start(table, 0.0, "2", "cli1", mac("BB"), port("p2"))
    found = table.others("cli1", b"AA", (None, b"p1"))
    assert [one.acct_session_id for one in found] == [b"2"] and table.others("cli2", b"AA", (None, None)) == []
    hear(table, 10.0, says(ON))
    assert table.others("cli1", b"AA", (None, b"p1")) == []


# ------------------------------------------------------------ routers that restart


@pytest.mark.parametrize("status", [ON, OFF])
def test_a_router_that_says_so_loses_its_sessions_at_once(status: int) -> None:
    table = Sessions()
    for sid in ("1", "2"):
        start(table, 0.0, sid, f"cli{sid}")
    hear(table, 10.0, says(START, 0, "3", "cli3"), peer(2), OTHER_ROUTER)
    mine = [table.by_login[name][0] for name in ("cli1", "cli2")]
    assert hear(table, 20.0, says(status)).live is None
    assert all(one.gone for one in mine) and not table.by_login["cli3"][0].gone
    assert swept(table) == ["3"]


def test_a_restart_that_is_told_late_ends_what_was_heard_before_it_and_no_more() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1")
    start(table, 75.0, "2", "cli2")
    hear(table, 100.0, says(ON, 0, "0", "-", (a.ACCT_DELAY_TIME, 30)))
    assert swept(table) == ["2"]


def test_routers_behind_one_row_of_nas_are_told_apart() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1")
    start(table, 0.0, "2", "cli2", router=OTHER_ROUTER)
    hear(table, 10.0, says(ON))
    assert swept(table) == ["2"]


def test_what_begins_after_a_restart_is_not_swept_with_what_was_before() -> None:
    table = Sessions()
    for number in range(500):
        start(table, 0.0, f"old{number}", f"cli{number}", mac(f"M{number}"))
    hear(table, 10.0, says(ON))
    assert start(table, 11.0, "new", "cli7", mac("M7")).endings == ()  # the old one is gone: nothing to supersede
    assert [one.acct_session_id for one in table.by_login["cli7"] if not one.gone] == [b"new"]
    assert table.sweep() and len(table.by_uid) > 200  # piece by piece
    assert swept(table) == ["new"]


def test_an_identity_given_to_another_login_tells_of_a_restart() -> None:
    """A router gives an Acct-Session-Id once until it restarts: all that was heard before is over, at once."""
    table = Sessions()
    for number in range(1, 4):
        start(table, float(number), f"{number}", f"cli{number}", mac(f"M{number}"))
    hear(table, 10.0, says(START, 0, "9", "cli9"), NAS, OTHER_ROUTER)
    heard = start(table, 100.0, "2", "cli7", mac("M7"))
    assert heard.fresh and heard.restarted == 2.0
    assert [name for name in ("cli1", "cli2", "cli3") if table.by_login[name][0].gone] == ["cli1", "cli2"]
    assert swept(table) == ["2", "3", "9"]  # number 3 was heard later than the one whose identity came again
    assert [one.login for one in table.by_login["cli7"]] == ["cli7"]


def test_an_identity_begun_again_much_later_ends_that_session() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", mac("M1"))
    start(table, 0.0, "2", "cli2", mac("M2"))
    heard = start(table, LATE_S + 1.0, "1", "cli1", mac("M1"))
    assert (ended(heard), heard.restarted, heard.fresh) == ([("1", "cli1", REBOOTED)], None, True)
    assert online(table) == ["1", "2"]


def test_a_stop_of_an_identity_begun_again_is_not_the_older_sessions() -> None:
    """Its Start was lost or comes later."""
    table = Sessions()
    start(table, 0.0, "1", "cli1", mac("M1"))
    heard = hear(table, LATE_S + 10.0, says(STOP, 5, "1", "cli1", mac("M1")))
    assert (ended(heard), online(table)) == ([("1", "cli1", REBOOTED)], [])


def test_two_identities_begun_again_within_minutes_are_a_restart() -> None:
    table = Sessions()
    for number in range(1, 5):
        start(table, float(number), f"{number}", f"cli{number}", mac(f"M{number}"))
    start(table, 1000.0, "1", "cli1", mac("M1"))
    heard = start(table, 1000.0 + WITNESS_S - 10, "4", "cli4", mac("M4"))
    assert heard.restarted == 4.0 and ended(heard) == [("4", "cli4", REBOOTED)]
    assert swept(table) == ["1", "4"]  # as begun since


def test_two_identities_begun_again_far_apart_are_two_lost_stops() -> None:
    table = Sessions()
    for number in range(1, 5):
        start(table, float(number), f"{number}", f"cli{number}", mac(f"M{number}"))
    start(table, 1000.0, "1", "cli1", mac("M1"))
    heard = start(table, 1010.0 + WITNESS_S, "2", "cli2", mac("M2"))
    assert heard.restarted is None and swept(table) == ["1", "2", "3", "4"]


def test_a_session_heard_again_after_an_announced_restart_is_a_new_one_with_its_old_identity() -> None:
    table = Sessions()
    start(table, 0.0, "1", "cli1", mac("M1"))
    hear(table, 10.0, says(ON))
    heard = start(table, 12.0, "1", "cli1", mac("M1"))
    assert heard.fresh and heard.endings == () and heard.restarted is None
    assert heard.live is not None and not heard.live.gone and swept(table) == ["1"]


# ------------------------------------------------------------ leases


def listen(table: Sessions, begin: float, end: float, every: float, interim_s: float = INTERIM_S) -> float:
    """The NAS is heard every so many seconds, by packets that say nothing of a session."""
    now = begin
    while now <= end:
        table.hear(packet(), NAS, ROUTER, now, interim_s)
        now += every
    return now - every


def expired(table: Sessions, now: float) -> list[str]:
    return [one.acct_session_id.decode() for one in table.expired(now, {1: INTERIM_S})]


def test_a_session_silent_for_three_interims_is_lost() -> None:
    table = Sessions()
    start(table, 0.0, "silent", "cli1")
    now = listen(table, 0, 900, 10)
    assert expired(table, now) == []
    now = listen(table, 910, 920, 10)
    assert expired(table, now) == ["silent"]


def test_a_session_is_not_lost_while_its_nas_is_away() -> None:
    table = Sessions()
    start(table, 0.0, "patient", "cli1")
    listen(table, 0, 100, 10)
    assert expired(table, 5000) == []  # nothing at all is heard
    now = listen(table, 5000, 5700, 10)
    assert expired(table, now) == []  # 100 s before the gap and 700 s after it
    now = listen(table, 5710, 5820, 10)
    assert expired(table, now) == ["patient"]


def test_a_quiet_nas_is_not_taken_for_one_that_is_away() -> None:
    """Two sessions, of which one ends without a Stop: the other is heard once an interim, which is no gap."""
    table = Sessions()
    start(table, 0.0, "ghost", "cli1")
    now = listen(table, 0, 3 * INTERIM_S, INTERIM_S)
    assert expired(table, now) == []
    now = listen(table, 4 * INTERIM_S, 4 * INTERIM_S, INTERIM_S)
    assert expired(table, now) == ["ghost"]


def test_a_restored_session_has_a_whole_lease_again() -> None:
    table = Sessions()
    table.hear(packet(), NAS, ROUTER, 5000.0, INTERIM_S)
    one = live(NAS, "restored")
    table.add(one)
    table.renew(one, 5000.0, 700.0, 100.0)
    assert (one.began, one.seen) == (4300.0, 4900.0)
    assert expired(table, listen(table, 5000, 5900, 10)) == []
    assert expired(table, listen(table, 5910, 5920, 10)) == ["restored"]


def test_a_session_restored_for_a_nas_not_heard_yet_waits_for_it() -> None:
    table, one = Sessions(), live(NAS, "restored")
    table.add(one)
    table.renew(one, 0.0, 0.0, 0.0)
    assert expired(table, 5000.0) == []
    assert expired(table, listen(table, 5000, 5890, 10)) == []
    assert expired(table, listen(table, 5900, 5910, 10)) == ["restored"]


def test_leases_are_looked_at_in_pieces_and_all_within_a_round() -> None:
    table, count = Sessions(), LEAST_LOOKED_AT * 2 + 100
    for number in range(count):
        start(table, 0.0, f"{number}", f"cli{number}")
    now = listen(table, 0, 1000, 10)
    pieces = [len(expired(table, now)) for _ in range(3)]
    assert pieces == [LEAST_LOOKED_AT, LEAST_LOOKED_AT, 100]
    assert count < LEAST_LOOKED_AT * ROUND_TICKS


def test_a_session_that_ended_since_the_round_began_is_not_lost_too() -> None:
    table = Sessions()
    for number in range(LEAST_LOOKED_AT + 5):
        start(table, 0.0, f"{number}", f"cli{number}")
    now = listen(table, 0, 1000, 10)
    assert len(expired(table, now)) == LEAST_LOOKED_AT
    hear(table, now, says(STOP, 1000, f"{LEAST_LOOKED_AT + 1}", f"cli{LEAST_LOOKED_AT + 1}"))
    assert len(expired(table, now)) == 4


@given(st.lists(st.floats(1, 2000), min_size=1, max_size=30))
def test_a_lease_counts_heard_time_only(gaps: list[float]) -> None:
    table, now, heard = Sessions(), 0.0, 0.0
    start(table, 0.0, "x", "cli1")
    for gap in gaps:
        now += gap
        heard += gap if gap <= INTERIM_S + LONGEST_GAP_S else 0.0
        listen(table, now, now, 1)
    left = 3 * INTERIM_S - heard
    assert bool(expired(table, now)) == (left < 0) or abs(left) < 1e-6
