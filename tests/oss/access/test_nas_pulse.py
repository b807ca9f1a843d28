"""What a node counts of each router stands in rows: once, by five minutes, and lost with no failed round."""

from __future__ import annotations

import json

import pytest_asyncio

from oss.access.nas_clock import Clocks
from oss.access.nas_pulse import NasPulse
from oss.access.nas_signing import LATELY
from oss.base import db
from radius.integrity import Secret
from radius.knocks import Caller, Knocks
from radius.server import Peer
from tests.oss.access.test_scribe import Desk

AT = 1_764_000_000.0  # the beginning of five minutes


class Node:
    def __init__(self) -> None:
        self.peers = {number: Peer(number, f"BNG-{number}", Secret(b"s")) for number in (1, 2)}
        self.now = AT
        self.pulse = NasPulse(self.peers, Clocks(), lambda: self.now)

    async def round(self, connection: db.Connection, later: float = 2.0) -> None:
        self.now += later
        await self.pulse.write(connection, "node")
        self.pulse.written()

    def asks(self, number: int, requests: int, **more: int) -> None:
        for what, count in {"requests": requests, **more}.items():
            self.peers[number].counters[what] += count


@pytest_asyncio.fixture(loop_scope="session")
async def node(undone: db.Connection) -> Node:
    return Node()


async def tallies(connection: db.Connection) -> dict[tuple[int, str], int]:
    rows = await connection.fetch("select nas_id, what, sum(count)::bigint as count from nas_tally group by 1, 2")
    return {(row["nas_id"], row["what"]): row["count"] for row in rows}


async def test_only_what_is_new_is_written(undone: db.Connection, node: Node) -> None:
    node.asks(1, 10, answers=9, limited=1)
    await node.round(undone)
    node.asks(1, 4, answers=4)
    await node.round(undone)
    await node.round(undone)
    assert await tallies(undone) == {(1, "requests"): 14, (1, "answers"): 13, (1, "limited"): 1}


async def test_each_five_minutes_have_a_row(undone: db.Connection, node: Node) -> None:
    for _ in range(3):
        node.asks(1, 5)
        await node.round(undone, 150)
    assert await undone.fetchval("select count(*) from nas_tally") == 2


async def test_a_round_that_failed_is_written_by_the_next(undone: db.Connection, node: Node) -> None:
    node.asks(1, 10)
    save = undone.transaction()
    await save.start()
    await node.pulse.write(undone, "node")
    await save.rollback()
    await node.round(undone)
    assert await tallies(undone) == {(1, "requests"): 10}


async def test_who_falls_silent_asks_nothing_a_second_and_keeps_its_last_time(
    undone: db.Connection, node: Node
) -> None:
    node.asks(1, 100)
    await node.round(undone)
    rows = [await undone.fetchrow("select * from nas_state")]
    await node.round(undone)
    rows.append(await undone.fetchrow("select * from nas_state"))
    assert [row["per_second"] for row in rows] == [50, 0]
    assert {row["heard_at"].timestamp() for row in rows} == {AT + 2}


async def test_logins_without_a_signature_are_counted_for_the_question_before_they_are_required(
    undone: db.Connection, node: Node
) -> None:
    node.now = (await undone.fetchval("select extract(epoch from now())::float8")) - 60
    node.asks(1, 3)
    node.peers[1].unsigned = 3
    await node.round(undone)
    assert await undone.fetchval(LATELY, 1) == 3


async def test_who_knocks_is_written_with_how_it_introduced_itself(undone: db.Connection) -> None:
    desk = Desk()
    said = Caller("wrong_secret", 'a "quoted" name', "mikrotik", "acct", 7)
    desk.knocks.note("192.0.2.1", AT, said)
    await desk.rounds(undone)
    desk.knocks.note("192.0.2.1", AT + 5, said)
    desk.scribe._minutes_at = 0.0
    await desk.rounds(undone)
    row = await undone.fetchrow("select * from nas_knock")
    (one,) = json.loads(row["callers"])
    assert row["count"] == 2 and (one["count"], one["last_at"] - one["first_at"]) == (2, 5)
    assert (one["kind"], one["nas"], one["identifier"], one["ports"]) == (
        "wrong_secret",
        7,
        'a "quoted" name',
        ["acct"],
    )


async def test_after_knocks_were_forgotten_those_that_come_again_are_added(undone: db.Connection) -> None:
    desk: Desk = Desk()
    desk.knocks.note("192.0.2.1", AT)
    desk.knocks.note("192.0.2.1", AT)
    await desk.rounds(undone)
    desk.knocks.forget()
    assert isinstance(desk.knocks, Knocks)
    desk.knocks.note("192.0.2.1", AT)
    desk.scribe._minutes_at = 0.0
    await desk.rounds(undone)
    assert await undone.fetchval("select count from nas_knock") == 3
