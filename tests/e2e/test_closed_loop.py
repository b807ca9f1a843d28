"""Billing decides who is online: on live sessions, through the API, against NAS that obey and NAS that do not."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import pytest

from bench import seeding
from billing import dunning, payments
from oss.access import holds
from oss.base import db
from oss.staff import tokens
from tests.conftest import TESTER, overdue_invoice
from tests.e2e.conftest import House
from tests.waiting import eventually

FULL, SLOW = "250M/500M", "512k/1024k"


async def rate_of(house: House, number: int) -> str | None:
    """What the NAS itself does for a login's session; None when it is offline."""
    rows = await house.lab.sessions([seeding.login(number)])
    return rows[0]["profile"]["rate_limit"] if rows else None


async def owe_since(house: House, number: int, days: int) -> int:
    """Login ``number`` falls overdue, and the dunning looks at it."""
    async with db.transaction() as connection:
        invoice = await overdue_invoice(connection, house.contract(number), days)
        await dunning.look(connection, [house.contract(number)])
    return invoice


async def pay(invoice: int) -> None:
    async with db.transaction() as connection:
        await payments.register(connection, TESTER, invoice_id=invoice, amount_cents=10_990, method="pix")


async def open_session(number: int) -> Any:
    return await db.fetchrow("select * from session_open where login = $1", seeding.login(number))


async def living(house: House, count: int, *options: str) -> None:
    """A provider and a lab with all logins online."""
    await house.seed(count)
    await house.provide()
    await house.start_lab(count, *options)
    await house.lab.until(online=count)
    await eventually(lambda: _all_settled(count))


async def _all_settled(count: int) -> bool:
    sql = "select count(*) from session_open where applied = desired and drift_since is null"
    return await db.fetchval(sql) == count


async def test_overdue_slows_the_live_session_and_a_payment_by_the_api_brings_it_back(house: House) -> None:
    await living(house, 3)
    before = (await house.lab.sessions([seeding.login(1)]))[0]["acct_session_id"]
    invoice = await owe_since(house, 1, 8)
    await eventually(lambda: _is(house, 1, SLOW))
    assert await rate_of(house, 2) == FULL
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "bank", "admin")
    url, headers = f"http://127.0.0.1:{house.settings.web_port}", {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(url, headers=headers) as web:
        body = {"invoice_id": invoice, "amount_cents": 10_990, "method": "pix"}
        began = time.time()
        async with web.post("/api/v1/payments", json=body) as answer:
            assert answer.status == 201, await answer.text()
    await eventually(lambda: _is(house, 1, FULL))
    changes = [c for c in await house.lab.changes(began) if c["login"] == seeding.login(1)]
    assert changes[-1]["rate_limit"] == FULL
    after = (await house.lab.sessions([seeding.login(1)]))[0]["acct_session_id"]
    assert after == before, "the call was dropped"


async def _is(house: House, number: int, rate: str | None) -> bool:
    return await rate_of(house, number) == rate


async def test_a_wall_is_set_and_cleared_and_a_cut_ends_the_session(house: House) -> None:
    await living(house, 2)
    invoice = await owe_since(house, 1, 20)
    await eventually(lambda: _walled(house, 1, True))
    await pay(invoice)
    await eventually(lambda: _walled(house, 1, False))
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [house.contract(2)], "manual", "cut", "a test")
    await eventually(lambda: _is(house, 2, None))
    await eventually(lambda: _closed(2))
    async with db.transaction() as connection:
        await holds.lift(connection, TESTER, [house.contract(2)], "manual")


async def _walled(house: House, number: int, wanted: bool) -> bool:
    rows = await house.lab.sessions([seeding.login(number)])
    return bool(rows) and bool(rows[0]["profile"]["address_list"]) is wanted


async def _closed(number: int) -> bool:
    cause = await db.fetchval("select terminate_cause from session_history where login = $1", seeding.login(number))
    return cause == "Admin-Reset" and await open_session(number) is None


async def test_a_payment_does_not_lift_what_staff_placed(house: House) -> None:
    await living(house, 1)
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [house.contract(1)], "manual", "reduce", "a dispute")
    await eventually(lambda: _is(house, 1, SLOW))
    invoice = await owe_since(house, 1, 8)
    await pay(invoice)
    await eventually(lambda: _lifted(house.contract(1), "overdue"))
    await eventually(lambda: _all_settled(1))
    assert await rate_of(house, 1) == SLOW
    reasons = await db.fetch("select reason from hold where lifted_at is null")
    assert [row["reason"] for row in reasons] == ["manual"]


async def _lifted(contract: int, reason: str) -> bool:
    sql = "select count(*) from hold where contract_id = $1 and reason = $2 and lifted_at is not null"
    return await db.fetchval(sql, contract, reason) == 1


async def test_a_nas_that_refuses_the_change_gets_a_disconnect_and_the_redial_is_right(house: House) -> None:
    await living(house, 1)
    first = (await house.lab.sessions())[0]["acct_session_id"]
    await house.lab.mode("nak", error_cause=401)
    await owe_since(house, 1, 8)
    await eventually(lambda: _drifts("nak:unsupported attribute"))
    await house.lab.mode("healthy")
    await eventually(lambda: _is(house, 1, SLOW), 20)
    assert (await house.lab.sessions())[0]["acct_session_id"] != first


async def _drifts(cause: str) -> bool:
    row = await db.fetchrow("select * from session_open where drift_since is not null")
    return row is not None and row["drift_cause"] == cause and row["desired"] != row["applied"]


async def test_a_silent_nas_is_asked_again_until_it_answers(house: House) -> None:
    await living(house, 1)
    await house.lab.mode("silent")
    await owe_since(house, 1, 8)
    await eventually(lambda: _drifts("silent"))
    assert await rate_of(house, 1) == FULL
    await house.lab.mode("healthy")
    await eventually(lambda: _is(house, 1, SLOW), 30)
    await eventually(lambda: _all_settled(1))


@pytest.mark.slow
async def test_a_nas_that_only_pretends_is_found_out_by_its_traffic(house: House) -> None:
    await living(house, 12, "--interim-s", "9")
    await house.lab.mode("pretend")
    for number in range(1, 13):
        await owe_since(house, number, 8)
    await eventually(lambda: _caught(), 60)
    await house.lab.mode("healthy")
    caught = await db.fetchval("select login from enforcement where outcome = 'not_obeyed' limit 1")
    await eventually(lambda: _is(house, int(caught[1:]), SLOW), 30)


async def _caught() -> bool:
    return await db.fetchval("select count(*) from enforcement where outcome = 'not_obeyed'") > 0


async def test_a_plan_change_and_an_ended_contract_reach_the_live_session(house: House) -> None:
    await living(house, 2)
    async with db.transaction() as connection:
        await connection.execute("update plan set down_kbps = 700000, up_kbps = 350000")
    await eventually(lambda: _is(house, 1, "350M/700M"))
    async with db.transaction() as connection:
        sql = "update contract set status = 'ended', ended_on = current_date where id = $1"
        await connection.execute(sql, house.contract(2))
    await eventually(lambda: _is(house, 2, None))


async def test_a_nas_that_restarts_silently_loses_its_rows_by_lease_or_by_redial(house: House) -> None:
    await house.seed(3)
    async with db.transaction() as connection:
        await connection.execute("update nas set interim_s = 1")
    await house.provide()
    await house.start_lab(3)
    await house.lab.until(online=3)
    await eventually(lambda: _all_settled(3))
    await house.lab.redial(False)
    await house.lab.reboot("BNG-1", announce=False)
    await house.lab.dial([seeding.login(1)])
    await eventually(lambda: _only_the_table(house), 30)
    causes = await db.fetch("select terminate_cause from session_history order by login = $1", seeding.login(1))
    assert [row["terminate_cause"] for row in causes] == ["Lease-Expired", "Lease-Expired", "Superseded"]


async def _only_the_table(house: House) -> bool:
    rows = {row["acct_session_id"] for row in await db.fetch("select acct_session_id from session_open")}
    return rows == {row["acct_session_id"] for row in await house.lab.sessions()} and len(rows) == 1
