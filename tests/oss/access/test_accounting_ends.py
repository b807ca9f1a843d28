"""Ends that we conclude ourselves: as of when the session was heard last, until its NAS says otherwise."""

from __future__ import annotations

import pytest

from oss.access.journal_reader import GHOST, LOST, REBOOTED, SUPERSEDED
from oss.access.sessions import LEASE_EXPIRED
from oss.base import db
from radius import attributes as a
from tests.conftest import Seed
from tests.oss.access.said import (
    BEGIN,
    HERE,
    INTERIM,
    START,
    STOP,
    apply,
    at,
    closed,
    ending,
    opened,
    record,
    traffic,
)

OURS = {LOST: "Lease-Expired", SUPERSEDED: "Superseded", REBOOTED: "NAS-Reboot", GHOST: "Unknown-To-NAS"}
IP = (a.FRAMED_IP_ADDRESS, 0x0A000005)
USER_REQUEST = (a.ACCT_TERMINATE_CAUSE, 1)
pytestmark = pytest.mark.usefixtures("one_nas")


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
