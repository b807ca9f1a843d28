"""The same rows however often, in whichever order and batches records come, where the order says nothing itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.access.journal_reader import GHOST, LOST, PACKET, REBOOTED, SUPERSEDED, Record
from oss.base import db
from radius import attributes as a
from tests.oss.access.said import (
    BEGIN,
    INTERIM,
    START,
    STOP,
    apply,
    ending,
    record,
    restarted,
    traffic,
)

TOTALS = "input_octets, output_octets, session_s"
WHERE = "framed_ip, delegated_ipv6_prefix"
# Rolled back after each example, so that one connection serves all.
ON_ROWS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
pytestmark = pytest.mark.usefixtures("one_nas")


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


@ON_ROWS
@given(st.data())
async def test_addresses_and_their_times_are_the_same_in_any_batches(
    undone: db.Connection, data: st.DataObject
) -> None:
    """As routers tell them: all of a session's in a record, or none."""
    kinds = (
        (a.FRAMED_IP_ADDRESS, [b"\x0a\0\0\5", b"\x0a\0\0\6"]),
        (a.DELEGATED_IPV6_PREFIX, [b"\0\x40 \1", b"\0\x40 \2"]),
    )
    ends = sorted(data.draw(st.lists(st.integers(1, 3000), min_size=1, max_size=6, unique=True)))
    journal: list[Record] = []
    for after in [0, *ends]:
        told = data.draw(st.booleans())
        pairs = [(kind, data.draw(st.sampled_from(values))) for kind, values in kinds if told]
        status = START if not after else STOP if after == ends[-1] and data.draw(st.booleans()) else INTERIM
        journal.append(record(status, after, "8000", "cli1", *pairs))
        if status != STOP and data.draw(st.integers(0, 4)) == 0:
            journal.append(ending(LOST, after))
    wanted = await outcome(undone, [[one] for one in journal])
    assert await outcome(undone, batches(data, journal)) == wanted


def as_stop(payload: bytes) -> bytes:
    """The record with another Acct-Status-Type, which is its first attribute."""
    return payload[:25] + bytes([STOP]) + payload[26:]


async def outcome(connection: db.Connection, batches: list[list[Record]]) -> list[list[Any]]:
    """What the tables hold after the batches; then as if nothing had been."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await apply(connection, *batches)
        there = await connection.fetch(
            f"select uid, started_at, last_seen_at, {WHERE}, {TOTALS} from session_open order by uid"
        )
        gone = await connection.fetch(
            f"select uid, started_at, ended_at, terminate_cause, {WHERE}, {TOTALS} "
            "from session_history order by uid, started_at"
        )
        lost = await connection.fetch("select * from session_address order by uid, kind, until_at, address")
    finally:
        await transaction.rollback()
    return [[tuple(row) for row in rows] for rows in (there, gone, lost)]
