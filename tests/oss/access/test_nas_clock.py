"""How far a router's clock is off, from the Event-Timestamp of its accounting."""

from __future__ import annotations

from oss.access.nas_clock import ENOUGH, MOST, WINDOW, Clocks
from radius import attributes as a
from radius.packet import Packet, build

ROUTER, OTHER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
NOON = 1_700_000_000.0


def said(at: float | None, delay: int | None = None) -> Packet:
    body = b"" if at is None else a.attr(a.EVENT_TIMESTAMP, int(at))
    body += b"" if delay is None else a.attr(a.ACCT_DELAY_TIME, delay)
    return Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))


def heard(skews: list[float], source: bytes = ROUTER, clocks: Clocks | None = None) -> Clocks:
    clocks = clocks or Clocks()
    for number, skew in enumerate(skews):
        clocks.hear(said(NOON + 2 * number + skew), 7, source, NOON + 2 * number)
    return clocks


def test_rfc_2869_5_3_the_clock_is_what_the_events_say_less_when_they_came() -> None:
    assert heard([90.0] * ENOUGH).skews_ms() == {7: 90_000}
    assert heard([-3600.0] * ENOUGH).skews_ms() == {7: -3_600_000}


def test_rfc_2866_5_2_what_waited_in_the_router_is_no_skew() -> None:
    clocks = Clocks()
    for number in range(ENOUGH):
        at = NOON + 2 * number
        clocks.hear(said(at - 45, delay=45), 7, ROUTER, at)
    assert clocks.skews_ms() == {7: 0}


def test_the_median_leaves_out_what_was_late_on_its_way() -> None:
    assert heard([0.0, -300.0, 0.0, 0.0, 900.0]).skews_ms() == {7: 0}


def test_a_clock_that_was_set_right_is_right_again() -> None:
    assert heard([500.0] * WINDOW + [0.0] * (WINDOW // 2 + 1)).skews_ms() == {7: 0}


def test_one_record_a_second_is_looked_at() -> None:
    clocks = Clocks()
    for _ in range(1000):
        clocks.hear(said(NOON), 7, ROUTER, NOON)
    assert clocks.skews_ms() == {}


def test_of_several_routers_behind_one_row_the_one_farthest_off_counts() -> None:
    assert heard([-200.0] * ENOUGH, OTHER, heard([1.0] * ENOUGH)).skews_ms() == {7: -200_000}


def test_a_router_that_tells_no_time_has_no_clock_and_a_flood_of_addresses_fills_nothing() -> None:
    clocks = Clocks()
    clocks.hear(said(None), 7, ROUTER, NOON)
    for number in range(MOST + 50):
        clocks.hear(said(NOON), number, ROUTER, NOON)
    assert clocks.skews_ms() == {} and len(clocks._heard) == MOST
