"""The database stopped under load: logins go on, accounting is acknowledged and applied later in order."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

from bench import seeding
from oss.base import db, migrations
from oss.base.postgres import EmbeddedPostgres
from tests.e2e.conftest import SOAK, House
from tests.waiting import eventually

AWAY_S = 600 if SOAK else 60
COUNT = 40


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


@pytest.mark.slow
async def test_a_stopped_database_costs_no_login_and_no_accounting(
    own_server: EmbeddedPostgres, open_tmp: Path
) -> None:
    dsn = await own_server.start()
    await migrations.migrate(dsn)
    async with db.database(dsn, pool=4), House.at(open_tmp, dsn) as house:
        await house.seed(COUNT)
        await house.provide()
        await house.start_lab(COUNT, "--interim-s", "1")
        await house.lab.until(online=COUNT)
        await own_server.stop()
        stopped = time.monotonic()
        during = await logins(house, AWAY_S - 5)
        churned = [seeding.login(n) for n in range(1, 11)]
        await house.lab.hangup(churned)
        await house.lab.dial(churned)
        stats = await house.lab.until(online=COUNT, pending=0)
        acknowledged = (await house.lab.ledger())["count"]
        assert time.monotonic() - stopped >= AWAY_S - 5
        await own_server.start()
        assert during["lost"] == 0
        assert during["rejected"] == 0
        assert acknowledged > COUNT * (AWAY_S - 10)
        assert stats["acct"]["dropped"] == 0
        await eventually(lambda: _as_the_nas_says(house), 60)
        await eventually(lambda: "database back" in house.log.read_text(), 30)
        text = house.log.read_text()
    assert text.count("database away") == 1
    assert text.count("database back") == 1


async def _as_the_nas_says(house: House) -> bool:
    """Open rows equal the NAS's table, and what it ended meanwhile is history."""
    try:
        rows = {r["acct_session_id"] for r in await db.fetch("select acct_session_id from session_open")}
        ended = await db.fetchval("select count(*) from session_history")
    except db.AWAY:
        return False
    return rows == {row["acct_session_id"] for row in await house.lab.sessions()} and ended == 10
