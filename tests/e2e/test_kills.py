"""kill -9 at random moments and at the fault points: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from typing import Any

import pytest

from bench import seeding
from billing import payments
from oss.base import db, faults, jobs
from tests.conftest import TESTER
from tests.e2e.conftest import SOAK, House
from tests.waiting import eventually

KILLS = 100 if SOAK else 20
COUNT = 60
PASSES = {"accept": 90, "journal": 25, "acknowledge": 80, "apply": 15, "commit": 15}


async def kill_once(house: House, number: int, chance: random.Random) -> None:
    """One life of the provider: killed at a fault point on odd rounds, at a random moment on even ones."""
    point = faults.POINTS[number // 2 % len(faults.POINTS)]
    fault = {"MILHA_FAULT": f"{point}@{chance.randint(2, PASSES[point])}"} if number % 2 else {}
    try:
        process = await house.provide(**fault)
    except RuntimeError:
        return  # the fault came before it was ready: a death like any other
    logins = [seeding.login(chance.randint(1, COUNT)) for _ in range(8)]
    await house.lab.hangup(logins)
    await house.lab.dial(logins)
    async with db.transaction() as connection:
        await pay_oldest(connection)
    try:
        async with asyncio.timeout(5.0 if fault else chance.uniform(0.1, 1.2)):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def pay_oldest(connection: db.Connection) -> None:
    """Somebody pays while the provider lives or dies."""
    row = await connection.fetchrow("select id, amount_cents from invoice where status = 'open' order by id limit 1")
    if row is not None:
        amount = row["amount_cents"]
        await payments.register(connection, TESTER, invoice_id=row["id"], amount_cents=amount, method="pix")


def last_words(ledger: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The newest acknowledged record of each session."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in ledger:
        if line["user"]:
            found[line["acct_session_id"], line["user"]] = line
    return found


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_however_the_provider_dies(house: House) -> None:
    chance = random.Random(4711)
    await house.seed(COUNT, overdue=range(1, 41))
    await house.start_lab(COUNT, "--interim-s", "1")
    for number in range(KILLS):
        await kill_once(house, number, chance)
    await house.provide()
    await house.lab.until(online=COUNT, timeout_s=90)
    await eventually(lambda: _tables_agree(house), 30)
    await house.lab.redial(False)
    await house.lab.hangup([seeding.login(n) for n in range(1, COUNT + 1)])
    await house.lab.until(online=0, pending=0, timeout_s=60)
    await eventually(lambda: _nothing_open(), 30)
    await _assert_ledger_is_in_the_database(await house.ledger())
    await _assert_effects_happened_once()


async def _tables_agree(house: House) -> bool:
    """Open rows equal the NAS's own table, both ways."""
    table = {(row["acct_session_id"], row["login"]) for row in await house.lab.sessions()}
    rows = {(r["acct_session_id"], r["login"]) for r in await db.fetch("select * from session_open")}
    return table == rows


async def _nothing_open() -> bool:
    return await db.fetchval("select count(*) from session_open") == 0


async def _assert_ledger_is_in_the_database(ledger: list[dict[str, Any]]) -> None:
    rows = await db.fetch("select * from session_history")
    by_session: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        by_session[row["acct_session_id"], row["login"]].append(row)
    words = last_words(ledger)
    assert len(words) > COUNT
    assert set(by_session) == set(words)
    for key, line in words.items():
        assert line["status"] == "stop"
        assert len(by_session[key]) == 1, f"{key} stands {len(by_session[key])} times"
        row = by_session[key][0]
        told = (line["in_octets"], line["out_octets"], line["session_time"])
        assert (row["input_octets"], row["output_octets"], row["session_s"]) == told, key


async def _assert_effects_happened_once() -> None:
    await eventually(lambda: _no_jobs(), max(jobs.LEASE_S.values()) + 30)  # a killed worker's lease must run out
    paid = await db.fetchval("select count(*) from payment")
    assert paid >= min(40, KILLS // 2)
    lifted = await db.fetchval("select count(*) from hold where lifted_at is not null")
    assert lifted == paid
    notes = await db.fetchval("select count(*) from audit where action = 'hold.lifted'")
    assert notes == paid
    assert await db.fetchval("select sum(amount_cents) from posting") == 0
    entries = await db.fetchval("select count(*) from journal_entry where kind = 'payment'")
    assert entries == paid


async def _no_jobs() -> bool:
    return await db.fetchval("select count(*) from job where state = 'ready' and run_at <= now()") == 0
