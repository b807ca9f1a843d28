"""What is heard of a NAS is counted by time, measured, and forgotten as time goes by."""

from __future__ import annotations

import pytest

from oss.access.nas_ears import MARK_S, WATCHED_LINES, Ears, trips
from radius import attributes as a
from radius.auth import pap_encrypt
from radius.integrity import Secret
from radius.packet import Packet, build
from radius.peers import Peer
from tests.oss.access.asking import AUTHENTICATOR, SECRET, asks, says

ROUTER = bytes([10, 0, 0, 1])
T0 = 1_700_000_000


@pytest.fixture
def peer() -> Peer:
    return Peer(1, "BNG-1", SECRET)


def test_counts_of_the_last_minutes_forget_what_was_before(peer: Peer) -> None:
    ears = Ears()
    heard, now = ears.of[1], float(T0)
    for minute in range(12):
        heard.rejects += 1
        peer.counters["requests"] += 10
        for tick in range(121):
            ears.mark({1: peer}, now + minute * 60 + tick / 2)
    end = now + 12 * 60
    assert heard.counts(peer)["rejects"] == 12
    assert 5 <= heard.since(peer, 300, end)["rejects"] <= 6
    assert heard.since(peer, 60, end)["requests"] <= 20
    assert len(heard.marks) <= 300 / MARK_S + 1


def test_before_the_first_mark_everything_is_of_late(peer: Peer) -> None:
    ears = Ears()
    ears.refused(1, "ana", "wrong_password", T0 * 1_000_000)
    facts = ears.facts(peer, T0 + 1.0)
    assert (facts["recent"]["rejects"], facts["lately"]["rejects"], facts["heard_at"]) == (1, 1, float(T0))


def record(status: int, at: int | None, delay_s: int = 0) -> Packet:
    pairs: list[tuple[int, a.Value]] = [] if at is None else [(a.EVENT_TIMESTAMP, at)]
    return says(status, 0, "1", "ana", *pairs, (a.ACCT_DELAY_TIME, delay_s))


def test_the_clock_is_the_middle_of_what_records_told_and_a_late_record_tells_none(peer: Peer) -> None:
    ears = Ears()
    for second, said in enumerate((3600, 3601, 9999)):
        ears.told(record(a.ACCT_INTERIM, T0 + second + said), 1, ROUTER, (T0 + second) * 1_000_000, None)
    ears.told(record(a.ACCT_INTERIM, T0, delay_s=500), 1, ROUTER, (T0 + 500) * 1_000_000, None)
    facts = ears.facts(peer, T0 + 9.0)
    assert (facts["skew_s"], facts["lately"]["delayed"], facts["lately"]["interims"]) == (3601.0, 1, 4)


def test_a_router_that_tells_no_time_has_no_clock(peer: Peer) -> None:
    ears = Ears()
    ears.told(record(a.ACCT_START, None), 1, ROUTER, T0 * 1_000_000, None)
    assert ears.facts(peer, T0 + 1.0)["skew_s"] is None


def test_a_password_hidden_with_another_secret_is_garbled_and_a_mistyped_one_is_not(peer: Peer) -> None:
    def asking(secret: Secret, password: str) -> Packet:
        hidden = pap_encrypt(password.encode(), secret, AUTHENTICATOR)
        body = a.attr(a.USER_NAME, "ana") + a.attr(a.USER_PASSWORD, hidden)
        return Packet.parse(build(a.ACCESS_REQUEST, 1, AUTHENTICATOR, body))

    ears = Ears()
    for password in ("mistyped", "senha errada", "ação", ""):
        ears.disproven(asking(SECRET, password), peer, "ana")
    assert ears.of[1].garbled == 0
    ears.disproven(asking(Secret(b"another"), "pw1"), peer, "ana")
    ears.disproven(asking(Secret(b"another"), "pw1"), peer, "bia")
    assert (ears.of[1].garbled, ears.of[1].garbled_logins) == (2, {"ana", "bia"})
    signed = asks("ana", (a.MESSAGE_AUTHENTICATOR, bytes(16)), password=b"\x01\x02")
    ears.disproven(signed, peer, "cai")
    assert ears.of[1].garbled == 2, "its signature has proven the secret"


def test_a_watch_keeps_the_newest_lines_and_counts_all(peer: Peer) -> None:
    ears = Ears()
    watch = ears.watch(peer, T0 + 60.0)
    for number in range(WATCHED_LINES + 5):
        ears.refused(1, f"cli{number}\0", "unknown_login", T0 * 1_000_000 + number)
    peer.counters["bad_authenticator"] += 3
    assert ears.look(1, peer, T0 + 1.0) is watch
    assert (watch.count, len(watch.lines)) == (WATCHED_LINES + 6, WATCHED_LINES)
    assert watch.lines[-1][1:] == ("fault", "", "bad_authenticator", 3)
    assert watch.lines[-2][2] == f"cli{WATCHED_LINES + 4}"
    ears.look(1, peer, T0 + 2.0)
    assert watch.count == WATCHED_LINES + 6, "a fault is told once"
    ears.look(1, peer, T0 + 60.0)
    assert ears.of[1].watch is None and not ears.watched


def test_round_trips_are_told_by_their_middle_and_their_worst() -> None:
    assert trips([]) is None
    assert trips([0.001 * n for n in range(1, 101)]) == {"count": 100, "p50_ms": 51.0, "p99_ms": 100.0}
