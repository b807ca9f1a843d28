"""Accounting records become rows: the same rows however often, in whichever order and batches they come."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.access import accounting
from oss.access.accounting import LEASE_EXPIRED, Fold, Restart, fold
from oss.access.journal import LOST, PACKET, Position, Record
from oss.access.sessions import session_uid
from oss.base import db
from radius import attributes as a
from radius.packet import build
from tests.conftest import Seed

# Now, to the second: the session history has partitions for this month on.
BEGIN = datetime.fromtimestamp(int(datetime.now(UTC).timestamp()), UTC)
NAS = 1
START, INTERIM, STOP, ON, OFF = a.ACCT_START, a.ACCT_INTERIM, a.ACCT_STOP, a.ACCT_ON, a.ACCT_OFF
TOTALS = "input_octets, output_octets, session_s"


def record(
    status: int,
    after_s: int = 0,
    sid: str = "8000",
    login: str = "cli1",
    *pairs: tuple[int, a.Value],
    nas: int = NAS,
    kind: int = PACKET,
    told_s: int | None = None,
    delay_s: int = 0,
) -> Record:
    """What a NAS says ``after_s`` seconds into a session; ``told_s``: the session time it tells."""
    said: list[tuple[int, a.Value]] = [(a.ACCT_STATUS_TYPE, status)]
    if status not in (ON, OFF):
        said += [(a.ACCT_SESSION_ID, sid), (a.USER_NAME, login), (a.CALLING_STATION_ID, "AA:BB")]
        said.append((a.ACCT_SESSION_TIME, after_s if told_s is None else told_s))
    if delay_s:
        said.append((a.ACCT_DELAY_TIME, delay_s))
    body = b"".join(a.attr(attribute, value) for attribute, value in (*said, *pairs))
    at_us = int((BEGIN + timedelta(seconds=after_s + delay_s)).timestamp() * 1e6)
    return Record(kind, nas, at_us, build(a.ACCOUNTING_REQUEST, 1, bytes(16), body), Position(1, 0))


def traffic(received: int, sent: int) -> tuple[tuple[int, int], ...]:
    """A counter of each direction, gigawords and all."""
    return ((42, received % 2**32), (52, received // 2**32), (43, sent % 2**32), (53, sent // 2**32))


def uid(sid: str = "8000", login: str = "cli1", nas: int = NAS) -> uuid.UUID:
    return session_uid(nas, sid, login, "AA:BB")


@pytest_asyncio.fixture(loop_scope="session")
async def one_nas(undone: db.Connection, provider: Seed) -> None:
    """The small provider's NAS is number NAS."""
    await undone.execute("update nas set id = $1", NAS)


async def apply(connection: db.Connection, *batches: list[Record]) -> None:
    for batch in batches:
        await accounting.apply(connection, batch, "node")


async def opened(connection: db.Connection) -> list[Any]:
    return list(
        await connection.fetch("select *, host(framed_ip) as ip from session_open order by login, acct_session_id")
    )


async def closed(connection: db.Connection) -> list[Any]:
    return list(await connection.fetch("select * from session_history order by login, acct_session_id, started_at"))


# ------------------------------------------------------------ folding


def test_a_batch_becomes_one_state_a_session() -> None:
    (found,) = fold(
        [
            record(START, 0),
            record(INTERIM, 300, "8000", "cli1", *traffic(10, 2**40 + 5)),
            record(INTERIM, 600, "8000", "cli1", *traffic(20, 2**40 + 9)),
            record(START, 600, "8001", "cli2"),
        ]
    )
    assert isinstance(found, list) and [one.login for one in found] == ["cli1", "cli2"]
    one = found[0]
    assert (one.input_octets, one.output_octets, one.session_s) == (20, 2**40 + 9, 600)
    assert (one.started_at, one.last_seen_at, one.terminate_cause) == (BEGIN, BEGIN + timedelta(seconds=600), None)


def test_a_record_that_was_delayed_counts_from_when_it_happened() -> None:
    (found,) = fold([record(STOP, 100, delay_s=5000)])
    assert isinstance(found, list) and found[0].last_seen_at == BEGIN + timedelta(seconds=100)
    assert found[0].started_at == BEGIN


def test_a_restart_cuts_the_batch_in_journal_order() -> None:
    before, restart, after = fold([record(START, 0), record(ON, 50), record(START, 60, "8001", told_s=0)])
    assert isinstance(before, list) and isinstance(after, list) and isinstance(restart, Restart)
    assert [one.acct_session_id for one in (*before, *after)] == ["8000", "8001"]
    assert restart == Restart(NAS, BEGIN + timedelta(seconds=50))


@pytest.mark.parametrize(
    ("cause", "words"), [(1, "User-Request"), (18, "Host-Request"), (99, "99"), (None, "Unknown"), (0, "Unknown")]
)
def test_the_cause_of_an_end_is_told_in_words(cause: int | None, words: str) -> None:
    pairs = [] if cause is None else [(a.ACCT_TERMINATE_CAUSE, cause)]
    (found,) = fold([record(STOP, 10, "8000", "cli1", *pairs)])
    assert isinstance(found, list) and found[0].terminate_cause == words


def test_addresses_of_both_families_are_read() -> None:
    prefix = bytes([0, 56]) + bytes.fromhex("20010db8000100")
    pairs = ((a.FRAMED_IP_ADDRESS, 0x0A000005), (a.FRAMED_IPV6_PREFIX, prefix), (a.DELEGATED_IPV6_PREFIX, prefix))
    (found,) = fold([record(START, 0, "8000", "cli1", *pairs, (a.NAS_PORT_ID, "ether\x001"))])
    assert isinstance(found, list)
    assert (found[0].framed_ip, found[0].nas_port_id) == ("10.0.0.5", "ether1")
    assert found[0].framed_ipv6_prefix == found[0].delegated_ipv6_prefix == "2001:db8:1::/56"


@pytest.mark.parametrize("prefix", [b"\0", bytes([0, 129, 1]), bytes([0, 64]) + bytes(17)])
def test_a_prefix_that_is_none_is_left_out(prefix: bytes) -> None:
    (found,) = fold([record(START, 0, "8000", "cli1", (a.FRAMED_IPV6_PREFIX, prefix))])
    assert isinstance(found, list) and found[0].framed_ipv6_prefix is None


def test_what_is_no_session_is_passed_over() -> None:
    foreign = Record(PACKET, NAS, 0, b"not a packet", Position(1, 0))
    nameless = Record(PACKET, NAS, 0, build(4, 1, bytes(16), a.attr(40, START)), Position(1, 0))
    assert fold([foreign, nameless, record(15, 0), record(START, 0, "", "cli1")]) == [[]]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2000)), min_size=1, max_size=12), st.randoms())
def test_folding_does_not_depend_on_order_or_repetition(seconds: list[tuple[int, int]], chance: random.Random) -> None:
    records = [record(INTERIM, at, str(sid), "cli1", *traffic(at, at * 9)) for sid, at in seconds]
    again = records + chance.choices(records, k=5)
    chance.shuffle(again)

    def states(of: list[Record]) -> list[Fold]:
        (found,) = fold(of)
        assert isinstance(found, list)
        return sorted(found, key=lambda one: one.acct_session_id)

    assert states(again) == states(records)


# ------------------------------------------------------------ rows


@pytest.mark.usefixtures("one_nas")
class TestRows:
    """Each test applies journal batches to the session tables."""

    async def test_a_start_opens_a_session_of_its_contract(self, undone: db.Connection, provider: Seed) -> None:
        ip = (a.FRAMED_IP_ADDRESS, 0x0A000005)
        await apply(undone, [record(START, 0, "8000", "cli1", ip), record(START, 0, "8001", "stranger")])
        mine, stranger = await opened(undone)
        assert (mine["uid"], mine["contract_id"], mine["ip"]) == (uid(), provider.contracts[0], "10.0.0.5")
        assert (mine["started_at"], mine["node"], mine["calling_station_id"]) == (BEGIN, "node", "AA:BB")
        assert (stranger["contract_id"], stranger["account_id"]) == (None, None)

    async def test_an_interim_moves_the_totals_and_tells_the_speed(self, undone: db.Connection) -> None:
        await apply(
            undone,
            [record(START, 0)],
            [record(INTERIM, 100, "8000", "cli1", *traffic(1_000, 10_000))],
            [record(INTERIM, 200, "8000", "cli1", *traffic(2_000, 60_000))],
        )
        (row,) = await opened(undone)
        assert (row["input_octets"], row["output_octets"], row["session_s"]) == (2_000, 60_000, 200)
        assert (row["input_bps"], row["output_bps"]) == (80, 4_000)

    async def test_a_stop_moves_the_session_to_its_history(self, undone: db.Connection, provider: Seed) -> None:
        stop = record(STOP, 500, "8000", "cli1", *traffic(5, 2**35), (a.ACCT_TERMINATE_CAUSE, 1))
        await apply(undone, [record(START, 0, "8000", "cli1", (a.FRAMED_IP_ADDRESS, 0x0A000005))], [stop])
        (row,) = await closed(undone)
        assert await opened(undone) == [] and str(row["framed_ip"]) == "10.0.0.5"
        assert (row["started_at"], row["ended_at"]) == (BEGIN, BEGIN + timedelta(seconds=500))
        assert (row["output_octets"], row["terminate_cause"], row["contract_id"]) == (
            *(2**35, "User-Request", provider.contracts[0]),
        )

    async def test_a_session_we_never_saw_begin_has_a_history_too(self, undone: db.Connection) -> None:
        await apply(undone, [record(STOP, 500, "8000", "cli1", *traffic(5, 6))])
        assert [(row["input_octets"], row["started_at"]) for row in await closed(undone)] == [(5, BEGIN)]

    async def test_a_late_interim_after_the_stop_does_not_reopen(self, undone: db.Connection) -> None:
        late = record(INTERIM, 400, "8000", "cli1", *traffic(1, 1))
        # Sent before the stop, heard after it; and one with a clock that is wrong.
        wrong = record(INTERIM, 600, "8000", "cli1", *traffic(1, 1))
        await apply(undone, [record(START, 0)], [record(STOP, 500, "8000", "cli1", *traffic(5, 6))], [late], [wrong])
        (row,) = await closed(undone)
        assert await opened(undone) == [] and (row["input_octets"], row["session_s"]) == (5, 500)

    async def test_a_stop_heard_twice_is_one_history(self, undone: db.Connection) -> None:
        stop = record(STOP, 500, "8000", "cli1", *traffic(5, 6))
        await apply(undone, [record(START, 0)], [stop, stop], [stop])
        assert len(await closed(undone)) == 1

    # -------------------------------------------------------- restarts

    @pytest.mark.parametrize("status", [ON, OFF])
    async def test_a_nas_that_restarts_closes_its_sessions(self, undone: db.Connection, status: int) -> None:
        await apply(undone, [record(START, 0), record(INTERIM, 90, "8000", "cli1", *traffic(7, 8))])
        await apply(
            undone, [record(START, 0, "9", "cli2", told_s=0), record(status, 100), record(START, 200, "8001", told_s=0)]
        )
        rows = await closed(undone)
        assert [(row["acct_session_id"], row["terminate_cause"]) for row in rows] == [
            ("8000", "NAS-Reboot"),
            ("9", "NAS-Reboot"),
        ]
        assert (rows[0]["input_octets"], rows[0]["ended_at"]) == (7, BEGIN + timedelta(seconds=90))
        assert [row["acct_session_id"] for row in await opened(undone)] == ["8001"]

    async def test_a_restart_heard_late_spares_what_began_after_it(self, undone: db.Connection) -> None:
        await apply(undone, [record(START, 200, told_s=0)], [record(ON, 100, delay_s=400)])
        assert len(await opened(undone)) == 1 and await closed(undone) == []

    async def test_a_restart_of_one_nas_spares_the_others(self, undone: db.Connection) -> None:
        other = await undone.fetchval(
            "insert into nas (name, network, secret_sealed) values ('x', '10.9.9.9', 'x') returning id"
        )
        await apply(undone, [record(START, 0, nas=other), record(START, 0)], [record(ON, 100)])
        assert [row["nas_id"] for row in await opened(undone)] == [other]

    # -------------------------------------------------------- identities that come again

    async def test_a_nas_may_count_its_sessions_from_the_beginning_again(self, undone: db.Connection) -> None:
        """After a restart the same customer gets the same Acct-Session-Id at once."""
        await apply(undone, [record(START, 0)], [record(INTERIM, 300)], [record(ON, 310)])
        await apply(undone, [record(INTERIM, 305)])  # of the session that is gone, late
        assert await opened(undone) == []
        await apply(undone, [record(START, 320, told_s=0)], [record(INTERIM, 620, told_s=300)])
        (row,) = await opened(undone)
        assert row["started_at"] == BEGIN + timedelta(seconds=320) and len(await closed(undone)) == 1
        await apply(undone, [record(STOP, 700, told_s=380)])
        assert [row["session_s"] for row in await closed(undone)] == [300, 380] and await opened(undone) == []

    async def test_an_identity_may_come_again_a_while_after_its_stop(self, undone: db.Connection) -> None:
        await apply(undone, [record(START, 0)], [record(STOP, 500)])
        await apply(undone, [record(START, 520, told_s=0)])  # a late one of the same session, as far as we can tell
        assert await opened(undone) == []
        await apply(undone, [record(START, 600, told_s=0)])
        assert [row["uid"] for row in await opened(undone)] == [uid()]

    # -------------------------------------------------------- leases

    async def test_a_session_whose_lease_ran_out_is_closed_as_such(self, undone: db.Connection) -> None:
        await apply(undone, [record(START, 0)], [record(STOP, 900, told_s=0, kind=LOST)])
        (row,) = await closed(undone)
        assert (row["terminate_cause"], row["started_at"]) == (LEASE_EXPIRED, BEGIN)

    async def test_a_session_that_is_heard_again_is_open_again(self, undone: db.Connection, provider: Seed) -> None:
        await apply(
            undone,
            [record(START, 0, "8000", "cli1", (a.FRAMED_IP_ADDRESS, 0x0A000005))],
            [record(INTERIM, 300, "8000", "cli1", *traffic(30, 31))],
            [record(STOP, 1200, told_s=300, kind=LOST)],
            [record(INTERIM, 1500, "8000", "cli1", *traffic(90, 91))],
        )
        (row,) = await opened(undone)
        assert await closed(undone) == [] and row["contract_id"] == provider.contracts[0]
        assert (row["started_at"], row["input_octets"], row["session_s"], row["ip"]) == (BEGIN, 90, 1500, "10.0.0.5")

    async def test_the_real_end_of_a_session_given_up_counts(self, undone: db.Connection) -> None:
        lost = record(STOP, 1200, told_s=300, kind=LOST)
        stop = record(STOP, 2000, "8000", "cli1", *traffic(99, 98), (a.ACCT_TERMINATE_CAUSE, 1))
        await apply(undone, [record(START, 0)], [lost], [stop], [record(INTERIM, 2100)])
        (row,) = await closed(undone)
        assert await opened(undone) == [] and (row["terminate_cause"], row["input_octets"]) == ("User-Request", 99)

    @pytest.mark.parametrize("together", [True, False])
    async def test_given_up_and_heard_again_ends_the_same_in_any_batches(
        self, undone: db.Connection, together: bool
    ) -> None:
        records = [record(START, 0), record(STOP, 1200, told_s=0, kind=LOST), record(INTERIM, 1500)]
        await apply(undone, *([records] if together else [[one] for one in records]))
        (row,) = await opened(undone)
        assert await closed(undone) == [] and (row["session_s"], row["started_at"]) == (1500, BEGIN)

    # -------------------------------------------------------- what routers get wrong

    async def test_counters_no_column_holds_do_not_stop_the_journal(self, undone: db.Connection) -> None:
        most = traffic(2**64 - 1, 2**64 - 1)
        await apply(undone, [record(START, 0)], [record(INTERIM, 1, "8000", "cli1", *most)])
        await apply(undone, [record(INTERIM, 2**32 - 1, "9", "cli2", *most)])
        rows = await opened(undone)
        assert [row["input_octets"] for row in rows] == [2**63 - 1] * 2 and rows[0]["input_bps"] <= 9 * 10**18

    async def test_a_record_of_a_nas_that_is_gone_is_left_out(self, undone: db.Connection) -> None:
        await apply(undone, [record(START, 0, "1", nas=987_654), record(START, 0)])
        assert [row["acct_session_id"] for row in await opened(undone)] == ["8000"]

    async def test_what_the_database_refuses_costs_that_record_alone(
        self, undone: db.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(accounting, "_text", lambda value: value or "")  # lets NUL through
        records = [record(START, 0, str(sid)) for sid in range(7)]
        records.insert(3, record(START, 0, "bad\x00"))
        await apply(undone, records)
        assert [row["acct_session_id"] for row in await opened(undone)] == [str(sid) for sid in range(7)]
        assert [one.getMessage() for one in caplog.records] == ["accounting record refused by the database"]

    # -------------------------------------------------------- any order, any batches

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    async def test_order_repetition_and_batches_do_not_matter(self, undone: db.Connection, data: st.DataObject) -> None:
        records: list[Record] = []
        for sid in range(data.draw(st.integers(1, 3))):
            ends = sorted(data.draw(st.lists(st.integers(1, 3000), min_size=1, max_size=4, unique=True)))
            steps = [(START, 0), *((INTERIM, at) for at in ends)]
            if data.draw(st.booleans()):
                steps[-1] = (STOP, ends[-1])
            records += [record(status, at, str(sid), f"cli{sid}", *traffic(at * 7, at * 2**24)) for status, at in steps]
        wanted = await outcome(undone, [records])
        shuffled = data.draw(st.permutations(records + data.draw(st.lists(st.sampled_from(records), max_size=4))))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
        ends = [*cuts, len(shuffled)]
        batches = [shuffled[begin:end] for begin, end in zip([0, *cuts], ends, strict=True)]
        assert await outcome(undone, batches) == wanted


async def outcome(connection: db.Connection, batches: list[list[Record]]) -> tuple[list[Any], list[Any]]:
    """What the tables hold after the batches; then as if nothing had been."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await apply(connection, *batches)
        there = await connection.fetch(f"select uid, started_at, last_seen_at, {TOTALS} from session_open order by uid")
        gone = await connection.fetch(
            f"select uid, started_at, ended_at, terminate_cause, {TOTALS} from session_history order by uid"
        )
    finally:
        await transaction.rollback()
    return [tuple(row) for row in there], [tuple(row) for row in gone]
