"""The database stopped under load: logins go on, accounting is acknowledged and applied later in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench import seeding
from oss.base import db, migrations
from oss.base.postgres import EmbeddedPostgres
from tests.e2e.conftest import SOAK, House
from tests.e2e.loads import Load, differing, missing, rows_if_any_answer
from tests.waiting import eventually

log = logging.getLogger(__name__)
AWAY_S = 600 if SOAK else 60
COUNT = 40  # lines of the lab
LINES = 600  # of the storm
RECORDS_PER_S = 500
ROUTERS = [f"127.0.0.{number}" for number in range(11, 15)]
OF_THE_LAB = f"login <= '{seeding.login(COUNT)}'"
DRAINED_WITHIN_S = 300

# Of each session that changed its address: how long it had the first one.
MOVED = """select h.acct_session_id, h.login, h.started_at, h.ended_at, s.from_at, s.until_at
from session_address s join session_history h on h.uid = s.uid where s.kind = 'framed_ip'"""


async def logins(house: House, seconds: int) -> dict[str, float]:
    """Open-loop logins at 50/s from a process of their own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oss.lab.load", "--auth", f"127.0.0.1:{house.settings.radius_auth_port}"),
        *("--secret", "testing123", "--rate", "50", "--seconds", str(seconds), "--logins", f"b:00001-{COUNT:05d}:pw"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    found: dict[str, float] = json.loads(out)
    return found


@contextlib.asynccontextmanager
async def under_way(server: EmbeddedPostgres, parent: Path) -> AsyncIterator[tuple[House, Load]]:
    """A provider with a database of its own, 40 lines of the lab online, and a storm of accounting that has begun."""
    dsn = await server.start()
    await migrations.migrate(dsn)
    async with db.database(dsn, pool=4), House.at(parent, dsn) as house:
        await house.seed(COUNT + LINES, routers=ROUTERS)
        await house.provide()
        await house.start_lab(COUNT, "--interim-s", "1")
        await house.lab.until(online=COUNT)
        lines = ("--logins", f"b:{COUNT + 1:05d}-{COUNT + LINES:05d}:pw")
        storm = await house.load("storm", ROUTERS, *lines, "--rate", str(RECORDS_PER_S))
        await storm.do("go")
        yield house, storm


@pytest.mark.slow
async def test_a_stopped_database_costs_no_login_and_no_accounting(
    own_server: EmbeddedPostgres, open_tmp: Path
) -> None:
    async with under_way(own_server, open_tmp) as (house, storm):
        before = await storm.do("figures")
        await own_server.stop()
        stopped = time.monotonic()
        during = await logins(house, AWAY_S - 5)
        churned = [seeding.login(n) for n in range(1, 11)]
        await house.lab.hangup(churned)
        await house.lab.dial(churned)
        stats = await house.lab.until(online=COUNT, pending=0)
        acknowledged = (await house.lab.ledger())["count"]
        assert time.monotonic() - stopped >= AWAY_S - 5
        told = (await storm.do("figures"))["records"] - before["records"]
        await own_server.start()
        await _drains(storm, told)
        assert during["lost"] == 0
        assert during["rejected"] == 0
        assert acknowledged > COUNT * (AWAY_S - 10)
        assert stats["acct"]["dropped"] == 0
        assert told > RECORDS_PER_S * AWAY_S / 2
        await eventually(lambda: _as_the_nas_says(house), 60)
        await _agrees_at_the_end(storm)
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: "database back" in house.log.read_text(), 30)
        text = house.log.read_text()
        parts = await db.fetchval("select stats->'parts' from node")
    assert re.findall("database (?:away|back)", text) == ["database away", "database back"], f"{text[-6000:]} {parts}"
    assert "Traceback" not in text, text[-9000:]


async def _drains(storm: Load, told: int) -> None:
    """What was acknowledged meanwhile becomes rows, in the journal's order, while as much as ever comes in."""
    began, words = time.monotonic(), await storm.words()
    here = (0, 0, 0)

    async def drained() -> bool:
        nonlocal here
        with contextlib.suppress(db.AWAY):
            last, here = here, await _position()
            assert last <= here, "the journal's position went back"
            assert last[2] <= here[2]
        rows = await rows_if_any_answer()
        return rows is not None and not missing(words, rows)

    await eventually(drained, DRAINED_WITHIN_S)
    log.warning("%d records told meanwhile are stored %.1f s after the return", told, time.monotonic() - began)
    assert (await _position())[2] >= told  # read again: rows were looked at after the last look at it


async def _position() -> tuple[int, int, int]:
    row = await db.fetchrow("select segment, position, records from journal_position")
    assert row is not None
    return row["segment"], row["position"], row["records"]


async def _agrees_at_the_end(storm: Load) -> None:
    """All sessions end: history has their totals, their last address, and from when to when they had the one before."""
    await storm.do("finish")
    words = await storm.words()

    async def odd() -> list[str]:
        rows = await rows_if_any_answer()
        mine = {key: row for key, row in (rows or {}).items() if key[1] > seeding.login(COUNT)}
        return differing(words, mine)

    async def agree() -> bool:
        return not await odd()

    with contextlib.suppress(TimeoutError):
        await eventually(agree, DRAINED_WITHIN_S)
    assert not (found := await odd()), f"{len(found)}, for example {found[:5]}"
    _had_their_addresses_in_order(words, await db.fetch(MOVED))


def _had_their_addresses_in_order(words: dict[tuple[str, str], dict[str, Any]], rows: list[Any]) -> None:
    moved = {key for key, word in words.items() if word["framed_ip"].startswith("10.16.")}
    assert len(moved) > LINES
    assert {(row["acct_session_id"], row["login"]) for row in rows} == moved
    assert len(rows) == len(moved)
    for row in rows:
        # When a session began is told by each record anew; one that was long under way may have moved it back.
        assert row["started_at"] <= row["from_at"] < row["started_at"] + timedelta(seconds=2), row
        assert row["from_at"] <= row["until_at"] <= row["ended_at"], row


async def _as_the_nas_says(house: House) -> bool:
    """The lab's open rows equal its NAS's table, and what it ended meanwhile is history."""
    try:
        rows = await db.fetch(f"select acct_session_id from session_open where {OF_THE_LAB}")
        ended = await db.fetchval(f"select count(*) from session_history where {OF_THE_LAB}")
    except db.AWAY:
        return False
    known = {row["acct_session_id"] for row in await house.lab.sessions()}
    return {row["acct_session_id"] for row in rows} == known and ended == 10
