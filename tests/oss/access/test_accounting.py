"""What was folded becomes rows: sessions that open and close, restarts, identities that come again."""

from __future__ import annotations

from typing import Any

import pytest

from oss.access.journal_reader import REBOOTED
from oss.base import db
from radius import attributes as a
from tests.conftest import Seed
from tests.oss.access.said import (
    BEGIN,
    ELSEWHERE,
    HERE,
    INTERIM,
    OFF,
    ON,
    START,
    STOP,
    Pair,
    apply,
    at,
    closed,
    ending,
    opened,
    record,
    restarted,
    traffic,
    uid,
)

IP = (a.FRAMED_IP_ADDRESS, 0x0A000005)
USER_REQUEST = (a.ACCT_TERMINATE_CAUSE, 1)

pytestmark = pytest.mark.usefixtures("one_nas")


# ------------------------------------------------------------ a session's life


async def test_a_start_opens_a_session_of_its_contract(undone: db.Connection, provider: Seed) -> None:
    await apply(undone, [record(START, 0, "8000", "cli1", IP, source=HERE), record(START, 0, "8001", "stranger")])
    mine, stranger = await opened(undone)
    assert (mine["uid"], mine["contract_id"], mine["ip"]) == (uid(), provider.contracts[0], "10.0.0.5")
    assert (mine["started_at"], mine["node"], mine["calling_station_id"]) == (BEGIN, "node", "AA:BB")
    assert str(mine["nas_ip"]) == "10.0.0.1"
    assert (stranger["contract_id"], stranger["account_id"], stranger["nas_ip"]) == (None, None, None)


async def test_what_a_session_was_given_stands_in_its_row_from_the_first(undone: db.Connection) -> None:
    mine, others = (a.CLASS, b"milha1:full:1/2"), (a.CLASS, b"their own")
    await apply(undone, [record(START, 0, "8000", "cli1", mine), record(START, 0, "8001", "cli2", others)])
    await apply(undone, [record(INTERIM, 9, "8002", "cli3", mine)])  # it may have been changed meanwhile
    assert [row["applied"] for row in await opened(undone)] == ["full:1/2", None, None]


async def test_what_the_node_says_is_applied_outlives_a_start_that_is_told_again(undone: db.Connection) -> None:
    start = record(START, 0, "8000", "cli1", (a.CLASS, b"milha1:full:1/2"))
    await apply(undone, [start])
    await undone.execute("update session_open set applied = 'reduced:1/1'")
    await apply(undone, [start])
    assert [row["applied"] for row in await opened(undone)] == ["reduced:1/1"]


async def test_addresses_of_both_families_and_the_port_are_kept(undone: db.Connection) -> None:
    prefix = bytes([0, 56]) + bytes.fromhex("20010db8000100")
    pairs: tuple[Pair, ...] = (IP, (a.FRAMED_IPV6_PREFIX, prefix), (a.DELEGATED_IPV6_PREFIX, prefix))
    await apply(undone, [record(START, 0, "8000", "cli1", *pairs, (a.NAS_PORT_ID, "ether\x001"))])
    (row,) = await opened(undone)
    assert (row["ip"], row["nas_port_id"]) == ("10.0.0.5", "ether1")  # no NUL in PostgreSQL's text
    assert row["framed_ipv6_prefix"] == row["delegated_ipv6_prefix"] == "2001:db8:1::/56"


async def test_a_router_that_speaks_ipv6_is_kept(undone: db.Connection) -> None:
    await apply(undone, [record(START, 0, source=bytes.fromhex("20010db8") + bytes(11) + b"\1")])
    assert [str(row["nas_ip"]) for row in await opened(undone)] == ["2001:db8::1"]


async def test_an_interim_moves_the_totals_and_tells_the_speed(undone: db.Connection) -> None:
    await apply(
        undone,
        [record(START, 0)],
        [record(INTERIM, 100, "8000", "cli1", *traffic(1_000, 10_000))],
        [record(INTERIM, 200, "8000", "cli1", *traffic(2_000, 60_000))],
    )
    (row,) = await opened(undone)
    assert (row["input_octets"], row["output_octets"], row["session_s"]) == (2_000, 60_000, 200)
    assert (row["input_bps"], row["output_bps"]) == (80, 4_000)


async def test_a_stop_moves_the_session_to_its_history(undone: db.Connection, provider: Seed) -> None:
    stop = record(STOP, 500, "8000", "cli1", *traffic(5, 2**35), USER_REQUEST)
    await apply(undone, [record(START, 0, "8000", "cli1", IP, source=HERE)], [stop])
    (row,) = await closed(undone)
    assert await opened(undone) == [] and (str(row["framed_ip"]), str(row["nas_ip"])) == ("10.0.0.5", "10.0.0.1")
    assert (row["started_at"], row["ended_at"]) == (BEGIN, at(500))
    assert (row["output_octets"], row["terminate_cause"], row["contract_id"]) == (
        *(2**35, "User-Request", provider.contracts[0]),
    )


async def test_a_session_we_never_saw_begin_has_a_history_too(undone: db.Connection) -> None:
    await apply(undone, [record(STOP, 500, "8000", "cli1", *traffic(5, 6))])
    assert [(row["input_octets"], row["started_at"]) for row in await closed(undone)] == [(5, BEGIN)]


async def test_a_session_that_begins_and_ends_in_one_batch_has_a_history(undone: db.Connection) -> None:
    await apply(undone, [record(START, 0, "8000", "cli1", IP), record(STOP, 5, "8000", "cli1", *traffic(5, 6))])
    (row,) = await closed(undone)
    assert await opened(undone) == [] and (row["input_octets"], str(row["framed_ip"])) == (5, "10.0.0.5")


async def test_a_late_interim_after_the_stop_does_not_reopen(undone: db.Connection) -> None:
    late = record(INTERIM, 400, "8000", "cli1", *traffic(1, 1))
    # Sent before the stop, heard after it; and one with a clock that is wrong.
    wrong = record(INTERIM, 600, "8000", "cli1", *traffic(1, 1))
    await apply(undone, [record(START, 0)], [record(STOP, 500, "8000", "cli1", *traffic(5, 6))], [late], [wrong])
    (row,) = await closed(undone)
    assert await opened(undone) == [] and (row["input_octets"], row["ended_at"]) == (5, at(500))


async def test_a_nas_that_says_itself_that_it_reboots_is_not_contradicted_by_what_it_repeats(
    undone: db.Connection,
) -> None:
    """The same cause as of ends that we conclude from a restart, which are only a conclusion."""
    stop = record(STOP, 500, "8000", "cli1", (a.ACCT_TERMINATE_CAUSE, 11))
    repeated = record(INTERIM, 503, told_s=490)  # not acknowledged in time, sent again as it was
    await apply(undone, [record(START, 0)], [stop], [repeated])
    (row,) = await closed(undone)
    assert await opened(undone) == [] and (row["terminate_cause"], row["ended_at"]) == ("NAS-Reboot", at(500))


async def test_what_comes_late_still_counts(undone: db.Connection) -> None:
    """A Stop without counters, and the last interim behind it."""
    late = record(INTERIM, 400, "8000", "cli1", *traffic(70, 80), IP)
    await apply(undone, [record(STOP, 500)], [late])
    (row,) = await closed(undone)
    assert (row["input_octets"], row["output_octets"], str(row["framed_ip"])) == (70, 80, "10.0.0.5")


async def test_a_stop_heard_twice_is_one_history(undone: db.Connection) -> None:
    stop = record(STOP, 500, "8000", "cli1", *traffic(5, 6))
    await apply(undone, [record(START, 0)], [stop, stop], [stop])
    assert len(await closed(undone)) == 1


# ------------------------------------------------------------ restarts


@pytest.mark.parametrize("status", [ON, OFF])
async def test_a_nas_that_restarts_closes_its_sessions(undone: db.Connection, status: int) -> None:
    await apply(undone, [record(START, 0), record(INTERIM, 90, "8000", "cli1", *traffic(7, 8))])
    await apply(
        undone, [record(START, 0, "9", "cli2", told_s=0), record(status, 100), record(START, 200, "8001", told_s=0)]
    )
    rows = await closed(undone)
    assert [(row["acct_session_id"], row["terminate_cause"]) for row in rows] == [
        ("8000", "NAS-Reboot"),
        ("9", "NAS-Reboot"),
    ]
    assert (rows[0]["input_octets"], rows[0]["ended_at"]) == (7, at(90))
    assert [row["acct_session_id"] for row in await opened(undone)] == ["8001"]


async def test_a_restart_heard_late_spares_what_began_after_it(undone: db.Connection) -> None:
    await apply(undone, [record(START, 200, told_s=0)], [record(ON, 100, delay_s=400)])
    assert len(await opened(undone)) == 1 and await closed(undone) == []


async def test_a_restart_of_one_nas_spares_the_others(undone: db.Connection) -> None:
    other = await undone.fetchval(
        "insert into nas (name, network, secret_sealed) values ('x', '10.9.9.9', 'x') returning id"
    )
    await apply(undone, [record(START, 0, nas=other), record(START, 0)], [record(ON, 100)])
    assert [row["nas_id"] for row in await opened(undone)] == [other]


@pytest.mark.parametrize("how", [lambda: record(ON, 100, source=HERE), lambda: restarted(100, source=HERE)])
async def test_routers_behind_one_nas_are_told_apart_by_their_address(undone: db.Connection, how: Any) -> None:
    """Sessions kept from before the address was known may be anyone's: they end, too."""
    await apply(
        undone,
        [
            record(START, 0, "here", source=HERE),
            record(START, 0, "elsewhere", source=ELSEWHERE),
            record(START, 0, "nowhere"),
        ],
        [how()],
    )
    assert [row["acct_session_id"] for row in await opened(undone)] == ["elsewhere"]
    assert [(row["acct_session_id"], row["terminate_cause"]) for row in await closed(undone)] == [
        ("here", "NAS-Reboot"),
        ("nowhere", "NAS-Reboot"),
    ]


async def test_a_restart_from_no_address_ends_the_sessions_of_every_router_of_that_nas(undone: db.Connection) -> None:
    await apply(undone, [record(START, 0, "1", source=HERE), record(START, 0, "2", source=ELSEWHERE)], [record(ON, 9)])
    assert await opened(undone) == [] and len(await closed(undone)) == 2


async def test_a_restart_without_a_word_spares_what_was_heard_after_it(undone: db.Connection) -> None:
    """An announced one says when it was; this one is known by what was heard last before it."""
    await apply(
        undone,
        [record(START, 0, "silent"), record(START, 0, "at once"), record(START, 0, "later")],
        [record(INTERIM, 100, "at once"), record(INTERIM, 101, "later")],
        [restarted(100)],
    )
    assert [row["acct_session_id"] for row in await opened(undone)] == ["later"]
    assert [(row["acct_session_id"], row["ended_at"]) for row in await closed(undone)] == [
        ("at once", at(100)),
        ("silent", at(0)),
    ]


async def test_a_session_heard_again_after_its_router_restarted_is_open_again(undone: db.Connection) -> None:
    await apply(undone, [record(START, 0)], [restarted(100)], [record(INTERIM, 300)])
    assert await closed(undone) == [] and [row["session_s"] for row in await opened(undone)] == [300]


# ------------------------------------------------------------ identities that come again


async def test_a_nas_may_count_its_sessions_from_the_beginning_again(undone: db.Connection) -> None:
    """After a restart the same customer gets the same Acct-Session-Id at once."""
    await apply(undone, [record(START, 0)], [record(INTERIM, 300)], [record(ON, 310)])
    await apply(undone, [record(INTERIM, 295)])  # of the session that is gone, late
    assert await opened(undone) == []
    await apply(undone, [record(START, 320, told_s=0)], [record(INTERIM, 620, told_s=300)])
    (row,) = await opened(undone)
    assert row["started_at"] == at(320) and len(await closed(undone)) == 1
    await apply(undone, [record(STOP, 700, told_s=380)])
    assert [row["session_s"] for row in await closed(undone)] == [300, 380] and await opened(undone) == []


@pytest.mark.parametrize("together", [True, False])
async def test_an_identity_counted_anew_is_another_session_in_any_batches(
    undone: db.Connection, together: bool
) -> None:
    records = [record(START, 0), ending(REBOOTED, 300), record(START, 310, told_s=0), record(STOP, 400, told_s=90)]
    await apply(undone, *([records] if together else [[one] for one in records]))
    assert [(row["started_at"], row["terminate_cause"], row["session_s"]) for row in await closed(undone)] == [
        (BEGIN, "NAS-Reboot", 300),
        (at(310), "Unknown", 90),
    ]


async def test_an_identity_may_come_again_a_while_after_its_stop(undone: db.Connection) -> None:
    await apply(undone, [record(START, 0)], [record(STOP, 500)])
    await apply(undone, [record(START, 520, told_s=0)])  # a late one of the same session, as far as we can tell
    assert await opened(undone) == []
    await apply(undone, [record(START, 600, told_s=0)])
    assert [row["uid"] for row in await opened(undone)] == [uid()]


async def test_what_comes_late_goes_to_the_session_that_began_nearer(undone: db.Connection) -> None:
    """One with the same identity is open: the first one's last words are not the second one's."""
    await apply(undone, [record(START, 0)], [record(STOP, 500)], [record(START, 600, told_s=0)])
    await apply(undone, [record(STOP, 500, "8000", "cli1", *traffic(7, 7))])
    (row,) = await opened(undone)
    assert row["input_octets"] == 0 and [row["input_octets"] for row in await closed(undone)] == [7]
    await apply(undone, [record(INTERIM, 900, "8000", "cli1", *traffic(3, 3), told_s=300)])
    assert [row["input_octets"] for row in await opened(undone)] == [3]


# ------------------------------------------------------------ what routers get wrong


async def test_counters_no_column_holds_do_not_stop_the_journal(undone: db.Connection) -> None:
    most = traffic(2**64 - 1, 2**64 - 1)
    await apply(undone, [record(START, 0)], [record(INTERIM, 1, "8000", "cli1", *most)])
    await apply(undone, [record(INTERIM, 2**32 - 1, "9", "cli2", *most)])
    rows = await opened(undone)
    assert [row["input_octets"] for row in rows] == [2**63 - 1] * 2 and rows[0]["input_bps"] <= 9 * 10**18


async def test_a_record_of_a_nas_that_is_gone_is_left_out(undone: db.Connection) -> None:
    await apply(undone, [record(START, 0, "1", nas=987_654), record(START, 0)])
    assert [row["acct_session_id"] for row in await opened(undone)] == ["8000"]


async def test_what_the_database_refuses_costs_that_session_alone(
    undone: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await undone.execute("alter table session_open add constraint odd check (acct_session_id <> 'bad')")
    records = [record(START, 0, str(sid)) for sid in range(7)]
    records.insert(3, record(START, 0, "bad"))
    await apply(undone, records, [record(INTERIM, 300, "0")])
    assert [row["acct_session_id"] for row in await opened(undone)] == [str(sid) for sid in range(7)]
    assert [one.getMessage() for one in caplog.records] == ["session refused by the database"]
    assert caplog.records[0].__dict__["facts"]["session"] == b"bad".hex()
