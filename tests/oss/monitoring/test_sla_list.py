"""The report's lists: contracts with their targets, PONs as the mean of their ONUs, devices, sites away as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from oss.base import db, secrets
from oss.base.problems import InvalidInput
from oss.monitoring import sla, sla_list
from oss.monitoring.sla_list import Wanted
from oss.staff.scopes import Scope
from tests.conftest import TESTER, Seed
from tests.oss.monitoring import darkened
from tests.oss.monitoring.test_sla import MINUTE, OCTOBER, START, outage

MONTH = 31 * 1440  # minutes


async def rows(made: Any) -> list[Any]:
    listing, order = made
    return list((await listing.read(order, 50)).rows)


async def away(kind: str, things: list[int], begin: int, end: int, at: tuple[str, int] = ("pon", 1)) -> None:
    """An incident to which some things belong from minute ``begin`` of October to minute ``end``."""
    times = (START + begin * MINUTE, START + end * MINUTE)
    sql = """insert into incident (why, at_kind, at_id, severity, began_at, ended_at)
    values ('down', $1, $2, 'critical', $3, $4) returning id"""
    key = await db.fetchval(sql, *at, *times)
    for thing in things:
        await db.execute("insert into incident_member values ($1, $2, $3, $4, $5)", key, kind, thing, *times)


@pytest.fixture(autouse=True)
async def begun(seed: Seed) -> None:
    await db.execute("update contract set started_on = '2026-01-01'")


async def test_contracts_stand_by_how_long_they_were_down_beside_what_was_promised(seed: Seed) -> None:
    one, other = seed.contracts[:2]
    await outage(seed, one, 0, MONTH // 100)
    await outage(seed, other, 0, 10)
    async with db.transaction() as connection:
        await sla.set_target(connection, TESTER, seed.plan, 9_950)
    found = await rows(sla_list.contracts(Wanted(OCTOBER)))
    assert [(row["id"], row["reached"], row["target"]) for row in found[:3]] == [
        (one, 9_900, 9_950),
        (other, 9_997, 9_950),
        (found[2]["id"], 10_000, 9_950),
    ]
    assert len(found) == len(seed.contracts) and found[0]["down_s"] == MONTH // 100 * 60
    assert [row["id"] for row in await rows(sla_list.contracts(Wanted(OCTOBER, view="below")))] == [one]
    assert [row["id"] for row in await rows(sla_list.contracts(Wanted(OCTOBER, view="down")))] == [one, other]
    assert [row["id"] for row in await rows(sla_list.contracts(Wanted(OCTOBER, text="Número 2")))] == [other]
    figures = await sla_list.contract_figures(OCTOBER, Wanted(OCTOBER).scope)
    assert (figures["every"], figures["down"], figures["below"]) == (5, 2, 1)


async def test_beside_what_was_offered_stands_how_long_the_customer_was_in_session(seed: Seed) -> None:
    sql = """insert into session_history (uid, nas_id, acct_session_id, login, contract_id, started_at, ended_at,
      input_octets, output_octets, session_s, terminate_cause) values (gen_random_uuid(), $1, 'x', 'x', $2,
      $3::timestamptz + $4 * interval '1 minute', $3::timestamptz + $5 * interval '1 minute', 0, 0, 0, 'x')"""
    one = seed.contracts[0]
    for begin, end in ((-500, MONTH // 4), (0, MONTH // 4), (MONTH // 2, MONTH // 2 + MONTH // 4)):
        await db.execute(sql, seed.nas, one, START, begin, end)  # the second is the first one's double
    found = {row["id"]: row["in_session"] for row in await rows(sla_list.contracts(Wanted(OCTOBER)))}
    assert found[one] == 5_000 and set(found.values()) == {0, 5_000}


async def test_who_sees_some_customers_sees_their_contracts_alone(seed: Seed) -> None:
    await db.execute("update customer set city = 'Lavras' where id = $1", seed.customers[2])
    scope = Scope("city", cities=("Lavras",))
    found = await rows(sla_list.contracts(Wanted(OCTOBER, scope=scope)))
    assert [row["id"] for row in found] == [seed.contracts[2]]
    assert (await sla_list.contract_figures(OCTOBER, scope))["every"] == 1


async def test_a_contract_that_had_not_begun_or_was_over_is_not_in_the_month(seed: Seed) -> None:
    await db.execute("update contract set started_on = '2026-11-01' where id = $1", seed.contracts[0])
    await db.execute("update contract set status = 'ended', ended_on = '2026-09-30' where id = $1", seed.contracts[1])
    assert len(await rows(sla_list.contracts(Wanted(OCTOBER)))) == 3


async def test_a_pon_is_as_available_as_its_onus_on_average(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await away("onu", drawn.onus[:1], 0, MONTH // 2)
    (one,) = await rows(sla_list.pons(Wanted(OCTOBER)))
    assert (one["name"], one["onus"], one["hit"], one["reached"]) == ("0/1/0", 5, 1, 9_000)
    await away("device", [drawn.devices["olt"]], 0, MONTH // 2)
    (one,) = await rows(sla_list.pons(Wanted(OCTOBER)))
    assert (one["hit"], one["reached"]) == (5, 5_000)  # the first ONU's outage lies within its OLT's


async def test_a_site_is_down_only_while_all_of_it_is(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await away("device", [drawn.devices["olt"]], 0, 200)
    await away("device", [drawn.devices["ring-a"]], 100, 300)
    devices = {row["name"]: row["down_s"] for row in await rows(sla_list.devices(Wanted(OCTOBER)))}
    assert (devices["olt"], devices["ring-a"], devices["core"]) == (200 * 60, 200 * 60, 0)
    sites = {row["name"]: row["down_s"] for row in await rows(sla_list.sites(Wanted(OCTOBER)))}
    assert sites == {"Serra": 100 * 60, "Torre": 0, "Centro": 0}
    assert [row["name"] for row in await rows(sla_list.sites(Wanted(OCTOBER, view="down")))] == ["Serra"]


async def test_what_flaps_or_is_merely_warm_is_not_away(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await away("device", [drawn.devices["olt"]], 0, 200)
    await db.execute("update incident set why = 'flapping'")
    assert await rows(sla_list.devices(Wanted(OCTOBER, view="down"))) == []


async def test_a_target_is_set_changed_taken_away_and_noted(seed: Seed) -> None:
    for value in (9_950, 9_950, 9_900, None, None):
        async with db.transaction() as connection:
            await sla.set_target(connection, TESTER, seed.plan, value)
            assert await sla.target(connection, seed.plan) == value
    assert await db.fetchval("select count(*) from audit where action = 'plan.sla_set'") == 3
    for wrong in (0, 4_999, 10_001):
        with pytest.raises(InvalidInput):
            async with db.transaction() as connection:
                await sla.set_target(connection, TESTER, seed.plan, wrong)


def test_months_go_backwards_over_the_year() -> None:
    assert sla.months(date(2026, 2, 28), 3) == [date(2026, 2, 1), date(2026, 1, 1), date(2025, 12, 1)]


async def test_a_month_that_runs_is_counted_until_now(seed: Seed) -> None:
    zone = "America/Sao_Paulo"
    present = sla.month(datetime.now(OCTOBER.start.tzinfo).date(), zone)
    (row, *_) = await rows(sla_list.contracts(Wanted(present)))
    assert 0 < row["of_s"] < present.seconds and row["reached"] == 10_000
