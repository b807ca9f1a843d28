"""Addresses that a session had and lost while it was open: which, from when and until when."""

from __future__ import annotations

from typing import Any

import pytest

from oss.access.journal_reader import LOST, Record
from oss.base import db
from radius import attributes as a
from tests.oss.access.said import (
    INTERIM,
    NAS,
    START,
    STOP,
    apply,
    at,
    closed,
    ending,
    opened,
    record,
    uid,
)

pytestmark = pytest.mark.usefixtures("one_nas")


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


@pytest.mark.parametrize("cuts", [[], [1], [2], [1, 2]])
async def test_a_session_heard_again_with_another_address_has_that_one(undone: db.Connection, cuts: list[int]) -> None:
    steps = [with_ip(START, 0, OLD), ending(LOST, 0), with_ip(INTERIM, 300, NEW)]
    await apply(undone, *(steps[begin:end] for begin, end in zip([0, *cuts], [*cuts, 3], strict=True)))
    (row,) = await opened(undone)
    assert (row["ip"], row["last_seen_at"]) == ("10.0.0.6", at(300)) and await closed(undone) == []
    assert await moved(undone) == [("framed_ip", "10.0.0.5", at(0), at(300))]


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
