"""What was folded becomes rows: the same rows however often, in whichever order and batches it comes."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.access import accounting
from oss.access.journal_reader import GHOST, LOST, PACKET, REBOOTED, SUPERSEDED, Record
from oss.access.sessions import LEASE_EXPIRED
from oss.base import db
from radius import attributes as a
from tests.conftest import Seed
from tests.oss.access.said import (
    BEGIN,
    ELSEWHERE,
    HERE,
    INTERIM,
    NAS,
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

TOTALS = "input_octets, output_octets, session_s"
OURS = {LOST: "Lease-Expired", SUPERSEDED: "Superseded", REBOOTED: "NAS-Reboot", GHOST: "Unknown-To-NAS"}
IP = (a.FRAMED_IP_ADDRESS, 0x0A000005)
USER_REQUEST = (a.ACCT_TERMINATE_CAUSE, 1)
# Rolled back after each example, so that one connection serves all.
ON_ROWS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

pytestmark = pytest.mark.usefixtures("one_nas")


@pytest_asyncio.fixture(loop_scope="session")
async def one_nas(undone: db.Connection, provider: Seed) -> None:
    """The small provider's NAS is number NAS, and the connection is an applier's."""
    await undone.execute("update nas set id = $1", NAS)
    await undone.execute(accounting.PREPARE)


# ------------------------------------------------------------ a session's life


async def test_a_start_opens_a_session_of_its_contract(undone: db.Connection, provider: Seed) -> None:
    await apply(undone, [record(START, 0, "8000", "cli1", IP, source=HERE), record(START, 0, "8001", "stranger")])
    mine, stranger = await opened(undone)
    assert (mine["uid"], mine["contract_id"], mine["ip"]) == (uid(), provider.contracts[0], "10.0.0.5")
    assert (mine["started_at"], mine["node"], mine["calling_station_id"]) == (BEGIN, "node", "AA:BB")
    assert str(mine["nas_ip"]) == "10.0.0.1"
    assert (stranger["contract_id"], stranger["account_id"], stranger["nas_ip"]) == (None, None, None)


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


# ------------------------------------------------------------ ends that we conclude


@pytest.mark.parametrize(("kind", "cause"), OURS.items())
async def test_a_session_that_we_say_has_ended_is_closed_as_of_when_it_was_heard_last(
    undone: db.Connection, kind: int, cause: str
) -> None:
    await apply(undone, [record(START, 0)], [record(INTERIM, 300)], [ending(kind, 300)])
    (row,) = await closed(undone)
    assert await opened(undone) == []
    assert (row["terminate_cause"], row["started_at"], row["ended_at"]) == (cause, BEGIN, at(300))


@pytest.mark.parametrize("kind", OURS)
async def test_a_session_that_is_heard_again_is_open_again(undone: db.Connection, provider: Seed, kind: int) -> None:
    await apply(
        undone,
        [record(START, 0, "8000", "cli1", IP, source=HERE)],
        [record(INTERIM, 300, "8000", "cli1", *traffic(30, 31))],
        [ending(kind, 300)],
        [record(INTERIM, 350, "8000", "cli1", *traffic(90, 91))],
    )
    (row,) = await opened(undone)
    assert await closed(undone) == [] and row["contract_id"] == provider.contracts[0]
    assert (row["started_at"], row["input_octets"], row["session_s"], row["ip"]) == (BEGIN, 90, 350, "10.0.0.5")
    assert (row["last_seen_at"], row["node"], str(row["nas_ip"])) == (at(350), "node", "10.0.0.1")


@pytest.mark.parametrize("kind", OURS)
async def test_what_was_sent_before_the_end_we_concluded_does_not_open_it(undone: db.Connection, kind: int) -> None:
    await apply(undone, [record(START, 0)], [record(INTERIM, 300)], [ending(kind, 300)], [record(INTERIM, 200)])
    assert await opened(undone) == [] and len(await closed(undone)) == 1


@pytest.mark.parametrize("kind", OURS)
@pytest.mark.parametrize("together", [True, False])
async def test_the_real_end_of_a_session_we_gave_up_counts(undone: db.Connection, kind: int, together: bool) -> None:
    stop = record(STOP, 1000, "8000", "cli1", *traffic(99, 98), USER_REQUEST)
    records = [record(START, 0), ending(kind, 300), stop, record(INTERIM, 700)]
    await apply(undone, *([records] if together else [[one] for one in records]))
    (row,) = await closed(undone)
    assert await opened(undone) == [] and row["ended_at"] == at(1000)
    assert (row["terminate_cause"], row["input_octets"], row["session_s"]) == ("User-Request", 99, 1000)


@pytest.mark.parametrize("kind", OURS)
async def test_our_conclusion_does_not_change_what_the_nas_said(undone: db.Connection, kind: int) -> None:
    stop = record(STOP, 500, "8000", "cli1", USER_REQUEST)
    await apply(undone, [record(START, 0)], [stop], [ending(kind, 300)])
    (row,) = await closed(undone)
    assert (row["terminate_cause"], row["ended_at"]) == ("User-Request", at(500))


@pytest.mark.parametrize("together", [True, False])
async def test_given_up_and_heard_again_ends_the_same_in_any_batches(undone: db.Connection, together: bool) -> None:
    records = [record(START, 0), ending(LOST, 0), record(INTERIM, 1500)]
    await apply(undone, *([records] if together else [[one] for one in records]))
    (row,) = await opened(undone)
    assert await closed(undone) == [] and (row["session_s"], row["started_at"]) == (1500, BEGIN)


async def test_a_session_of_a_nas_that_is_gone_stays_closed(undone: db.Connection) -> None:
    other = await undone.fetchval(
        "insert into nas (name, network, secret_sealed) values ('x', '10.9.9.9', 'x') returning id"
    )
    lost = record(STOP, 300, nas=other, kind=LOST)
    await apply(undone, [record(START, 0, nas=other)], [lost])
    await undone.execute("delete from nas where id = $1", other)
    await apply(undone, [record(INTERIM, 600, nas=other)])
    assert await opened(undone) == [] and [row["terminate_cause"] for row in await closed(undone)] == [LEASE_EXPIRED]


# ------------------------------------------------------------ addresses that change

OLD, NEW, NEWEST = bytes([10, 0, 0, 5]), bytes([10, 0, 0, 6]), bytes([10, 0, 0, 7])
PREFIXES = [bytes([0, 56]) + bytes.fromhex(f"20010db8000{number}00") for number in (1, 2)]


async def moved(connection: db.Connection) -> list[Any]:
    rows = await connection.fetch("select kind, address, from_at, until_at from session_address order by until_at")
    return [tuple(row) for row in rows]


def with_ip(status: int, after_s: int, ip: bytes) -> Record:
    return record(status, after_s, "8000", "cli1", (a.FRAMED_IP_ADDRESS, ip))


@pytest.mark.parametrize("together", [True, False])
async def test_an_address_that_a_session_lost_is_kept_with_its_time(undone: db.Connection, together: bool) -> None:
    steps = [with_ip(START, 0, OLD), with_ip(INTERIM, 300, OLD), with_ip(INTERIM, 600, NEW), with_ip(INTERIM, 900, NEW)]
    steps.append(with_ip(INTERIM, 1200, NEWEST))
    await apply(undone, *([steps] if together else [[one] for one in steps]))
    assert await moved(undone) == [
        ("framed_ip", "10.0.0.5", at(0), at(600)),
        ("framed_ip", "10.0.0.6", at(600), at(1200)),
    ]
    (row,) = await opened(undone)
    assert row["ip"] == "10.0.0.7"
    address = await undone.fetchrow("select uid, nas_id, login from session_address limit 1")
    assert tuple(address) == (uid(), NAS, "cli1")


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [(a.FRAMED_IPV6_PREFIX, "framed_ipv6_prefix"), (a.DELEGATED_IPV6_PREFIX, "delegated_ipv6_prefix")],
)
@pytest.mark.parametrize("together", [True, False])
async def test_so_is_a_prefix(undone: db.Connection, attribute: int, kind: str, together: bool) -> None:
    steps = [
        record(START, 0, "8000", "cli1", (attribute, PREFIXES[0])),
        record(INTERIM, 300, "8000", "cli1", (attribute, PREFIXES[1])),
    ]
    await apply(undone, *([steps] if together else [[one] for one in steps]))
    assert await moved(undone) == [(kind, "2001:db8:1::/56", at(0), at(300))]
    assert [row[kind] for row in await opened(undone)] == ["2001:db8:2::/56"]


@pytest.mark.parametrize("together", [True, False])
async def test_an_address_that_comes_back_is_two_times(undone: db.Connection, together: bool) -> None:
    steps = [with_ip(START, 0, OLD), with_ip(INTERIM, 10, NEW), with_ip(INTERIM, 20, OLD), with_ip(INTERIM, 30, NEW)]
    await apply(undone, *([steps] if together else [[one] for one in steps]))
    assert [(address, since, until) for _, address, since, until in await moved(undone)] == [
        ("10.0.0.5", at(0), at(10)),
        ("10.0.0.6", at(10), at(20)),
        ("10.0.0.5", at(20), at(30)),
    ]


@pytest.mark.parametrize("together", [True, False])
async def test_an_address_that_only_the_stop_tells_of_does_not_hide_the_one_before(
    undone: db.Connection, together: bool
) -> None:
    steps = [with_ip(START, 0, OLD), with_ip(STOP, 500, NEW)]
    await apply(undone, *([steps] if together else [[one] for one in steps]))
    (row,) = await closed(undone)
    assert str(row["framed_ip"]) == "10.0.0.6"
    assert await moved(undone) == [("framed_ip", "10.0.0.5", at(0), at(500))]


async def test_an_older_record_that_comes_late_changes_no_address(undone: db.Connection) -> None:
    await apply(undone, [with_ip(INTERIM, 600, NEW)], [with_ip(INTERIM, 300, OLD)])
    assert await moved(undone) == [] and [row["ip"] for row in await opened(undone)] == ["10.0.0.6"]


async def test_a_batch_that_is_applied_again_writes_no_address_twice(undone: db.Connection) -> None:
    batch = [with_ip(START, 0, OLD), with_ip(INTERIM, 300, NEW)]
    await apply(undone, batch, batch, batch)
    assert await moved(undone) == [("framed_ip", "10.0.0.5", at(0), at(300))]
    assert [row["ip"] for row in await opened(undone)] == ["10.0.0.6"]


async def test_a_record_without_an_address_takes_none_away(undone: db.Connection) -> None:
    await apply(undone, [with_ip(START, 0, OLD)], [record(INTERIM, 300)])
    assert await moved(undone) == [] and [row["ip"] for row in await opened(undone)] == ["10.0.0.5"]


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


# ------------------------------------------------------------ any order, any batches


def batches(data: st.DataObject, records: list[Record]) -> list[list[Record]]:
    """The records in their order, cut anywhere."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=4)))
    return [records[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(records)], strict=True)]


def life(data: st.DataObject, sid: int, *, stop: bool) -> list[Record]:
    """A session's Start, interims, perhaps a Stop, and perhaps an end that we concluded while it went on."""
    ends = sorted(data.draw(st.lists(st.integers(1, 3000), min_size=1, max_size=4, unique=True)))
    steps = [(START, 0), *((INTERIM, after) for after in ends)]
    if stop:
        steps[-1] = (STOP, ends[-1])
    return [record(status, after, str(sid), f"cli{sid}", *traffic(after * 7, after * 2**24)) for status, after in steps]


@ON_ROWS
@given(st.data())
async def test_order_repetition_and_batches_do_not_matter(undone: db.Connection, data: st.DataObject) -> None:
    """Start, interims and Stop; where a Stop tells the end, also ends that we concluded before it."""
    records: list[Record] = []
    for sid in range(data.draw(st.integers(1, 3))):
        stop = data.draw(st.booleans())
        heard = life(data, sid, stop=stop)
        records += heard
        last = heard[-1].at_us // 1_000_000 - int(BEGIN.timestamp())
        if stop and data.draw(st.booleans()):
            kind = data.draw(st.sampled_from([LOST, SUPERSEDED, REBOOTED, GHOST]))
            records.append(ending(kind, data.draw(st.integers(0, last)), str(sid), f"cli{sid}"))
    wanted = await outcome(undone, [records])
    again = records + data.draw(st.lists(st.sampled_from(records), max_size=4))
    assert await outcome(undone, batches(data, data.draw(st.permutations(again)))) == wanted


@ON_ROWS
@given(st.data())
async def test_where_the_order_matters_the_batches_still_do_not(undone: db.Connection, data: st.DataObject) -> None:
    """Ends that we conclude, heard again or not, and restarts: the same journal, cut anywhere or read one by one."""
    lives = [life(data, sid, stop=data.draw(st.booleans())) for sid in range(data.draw(st.integers(1, 2)))]
    journal: list[Record] = []
    for one in sorted((one for each in lives for one in each), key=lambda one: one.at_us):
        journal.append(one)
        if data.draw(st.booleans()):
            kind = data.draw(st.sampled_from([LOST, SUPERSEDED, REBOOTED, GHOST]))
            journal.append(one._replace(kind=kind, payload=as_stop(one.payload)))  # last heard just now
        if data.draw(st.integers(0, 9)) == 0:
            journal.append(restarted(data.draw(st.integers(0, 3000))))
        if data.draw(st.integers(0, 3)) == 0:  # one comes again, late
            journal.append(data.draw(st.sampled_from([each for each in journal if each.kind == PACKET])))
    wanted = await outcome(undone, [[one] for one in journal])
    assert await outcome(undone, batches(data, journal)) == wanted


def as_stop(payload: bytes) -> bytes:
    """The record with another Acct-Status-Type, which is its first attribute."""
    return payload[:25] + bytes([STOP]) + payload[26:]


async def outcome(connection: db.Connection, batches: list[list[Record]]) -> tuple[list[Any], list[Any]]:
    """What the tables hold after the batches; then as if nothing had been."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await apply(connection, *batches)
        there = await connection.fetch(f"select uid, started_at, last_seen_at, {TOTALS} from session_open order by uid")
        gone = await connection.fetch(
            f"select uid, started_at, ended_at, terminate_cause, {TOTALS} from session_history order by uid, started_at"
        )
    finally:
        await transaction.rollback()
    return [tuple(row) for row in there], [tuple(row) for row in gone]
