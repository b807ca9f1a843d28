"""The SLA report: lists of a month, targets on plans, credits decided, files, and a customer's outages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from oss.base import db, secrets
from oss.monitoring import sla
from tests.conftest import TESTER, Seed
from tests.oss.monitoring import darkened
from tests.oss.monitoring.test_sla import OCTOBER, outage

from .conftest import Console

MONTH = 31 * 1440


@pytest.fixture
async def broken(seed: Seed) -> Seed:
    """The first contract was down for a hundredth of October; its plan promised more."""
    await db.execute("update contract set started_on = '2026-01-01'")
    await outage(seed, seed.contracts[0], 0, MONTH // 100)
    async with db.transaction() as connection:
        await sla.set_target(connection, TESTER, seed.plan, 9_950)
        await sla.propose_month(connection, OCTOBER)
    return seed


async def test_a_month_by_contract(console: Console, broken: Seed) -> None:
    page = await console.get("/console/sla?month=2026-10")
    assert "99,80 % em média em 5 contratos · 1 com queda · 1 abaixo da meta · R$ 1,10 em créditos" in page.text
    assert "Cliente Número 1 Fibra 500 99,00 % 99,50 % 7 h 26 min 1 R$ 1,10 Proposto" in page.text
    below = await console.get("/console/sla?month=2026-10&view=below")
    assert "Cliente Número 1" in below.text and "Cliente Número 2" not in below.text
    other = await console.get("/console/sla?month=2026-09")
    assert "100,00 % em média em 5 contratos · 0 com queda" in other.text


@pytest.mark.parametrize("part", ["pons", "devices", "sites"])
async def test_the_network_by_its_parts(console: Console, broken: Seed, sealer: secrets.Sealer, part: str) -> None:
    await darkened.drawn_for(broken, sealer)
    page = await console.get(f"/console/sla/{part}?month=2026-10")
    reached = "99,80 %" if part == "pons" else "100,00 %"  # one of five ONUs was away for a hundredth of the month
    assert page.status == 200 and reached in page.text
    answer = await console.get(f"/console/sla/{part}.csv?month=2026-10")
    assert answer.status == 200 and "Disponibilidade" in answer.raw


async def test_contracts_as_a_file(console: Console, broken: Seed) -> None:
    answer = await console.get("/console/sla.csv?month=2026-10&view=down")
    lines = answer.raw.removeprefix("\ufeff").splitlines()
    assert "disponibilidade-contratos" in answer.headers["Content-Disposition"]
    assert lines[0].startswith("Cliente;") and lines[1].split(";")[0] == "Cliente Número 1" and "7:26:00" in lines[1]
    assert len(lines) == 2


@pytest.mark.parametrize("month", ["2019-01", "2099-01", "x", "2026-13"])
async def test_a_month_that_is_none_is_the_present_one(console: Console, broken: Seed, month: str) -> None:
    page = await console.get(f"/console/sla?month={month}")
    assert page.status == 200 and "até agora" in page.text


async def decide(console: Console, verb: str) -> Any:
    key = await db.fetchval("select id from outage_credit")
    await console.get("/console/sla/credits")
    return await console.post(f"/console/sla/credits/{key}/{verb}")


async def test_a_credit_is_accepted_once(console: Console, broken: Seed) -> None:
    page = await console.get("/console/sla/credits")
    assert "Cliente Número 1" in page.text and "Aceitar" in page.text
    assert (await decide(console, "accept")).place == "/console/sla/credits"
    assert "Aceito" in (await console.get("/console/sla/credits?state=accepted")).text
    assert await db.fetchval("select count(*) from journal_entry where kind = 'outage_credit'") == 1
    assert (await decide(console, "refuse")).status == 409
    assert "Aceitar" not in (await console.get("/console/sla/credits")).text


async def test_a_credit_is_refused(console: Console, broken: Seed) -> None:
    assert (await decide(console, "refuse")).status == 303
    assert await db.fetchval("select state from outage_credit") == "refused"
    assert await db.fetchval("select count(*) from journal_entry where kind = 'outage_credit'") == 0


async def test_a_target_is_set_on_the_plan(console: Console, seed: Seed) -> None:
    fields = {
        "name": "Fibra 500",
        "down_kbps": "500",
        "up_kbps": "250",
        "price_cents": "109,90",
        "reduced_down_kbps": "1",
        "reduced_up_kbps": "0,5",
        "active": "1",
        "binding": "off",
        "binding_keys": "mac",
    }
    assert "Disponibilidade prometida" in (await console.get(f"/console/plans/{seed.plan}")).text
    assert (await console.post(f"/console/plans/{seed.plan}", {**fields, "sla": "99,5"})).status == 303
    assert await sla.target(db.pool(), seed.plan) == 9_950  # type: ignore[arg-type]
    assert 'value="99,50"' in (await console.get(f"/console/plans/{seed.plan}")).raw
    assert (await console.post(f"/console/plans/{seed.plan}", {**fields, "sla": "12"})).status == 422
    assert (await console.post(f"/console/plans/{seed.plan}", {**fields, "sla": ""})).status == 303
    assert await sla.target(db.pool(), seed.plan) is None  # type: ignore[arg-type]
    past = await console.get("/console/audit?what=money")
    assert "mudou a disponibilidade que o plano Fibra 500 promete" in past.text and "99,50 %" in past.text


async def test_a_customers_page_tells_when_the_contract_was_down(console: Console, broken: Seed) -> None:
    page = await console.get(f"/console/subscribers/{broken.customers[0]}")
    assert "Indisponibilidade por culpa da rede" in page.text and "7 h 26 min Fibra rompida" in page.text
    assert "Indisponibilidade" not in (await console.get(f"/console/subscribers/{broken.customers[1]}")).text


async def test_proposals_are_told_in_words(console: Console, broken: Seed) -> None:
    from billing import outage_credits
    from oss.monitoring.sla import OutageCreditProposed

    async with db.transaction() as connection:
        await outage_credits.proposed(connection, OutageCreditProposed(broken.contracts[0], date(2026, 10, 1), 110))
    assert "Créditos por indisponibilidade de out 2026 propostos" in (await console.get("/console/notices")).text
