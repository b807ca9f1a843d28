"""Availability from incidents: overlaps counted once, announced work not at all; credits proposed once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import db
from oss.monitoring import sla
from oss.monitoring.sla import Period
from tests.conftest import Seed

START = datetime(2026, 10, 1, 3, tzinfo=UTC)  # midnight in São Paulo
OCTOBER = sla.month(date(2026, 10, 17), "America/Sao_Paulo")
MINUTE = timedelta(minutes=1)


async def outage(
    seed: Seed, contract: int, begin: int, end: int | None, maintained: tuple[int, int] | None = None
) -> None:
    """An incident that touched a contract's line from minute ``begin`` of October to minute ``end``."""
    times = (START + begin * MINUTE, None if end is None else START + end * MINUTE)
    work = [START + minute * MINUTE for minute in maintained] if maintained else [None, None]
    key = await db.fetchval(
        "insert into incident (why, at_kind, at_id, severity, began_at, ended_at, maintained) values ('cut', 'pon', 1, "
        "'critical', $1, $2, case when $3::timestamptz is null then '{}' "
        "else tstzmultirange(tstzrange($3::timestamptz, $4::timestamptz)) end) returning id",
        *times,
        *work,
    )
    account = await db.fetchval("select id from access_account where contract_id = $1", contract)
    await db.execute(
        "insert into incident_line (incident_id, account_id, contract_id, from_at, until_at) "
        "values ($1, $2, $3, $4, $5)",
        key,
        account,
        contract,
        *times,
    )
    await db.execute("insert into incident_member values ($1, 'onu', $2, $3, $4)", key, account, *times)


async def down(contract: int, period: Period = OCTOBER) -> int:
    found: dict[int, int] = {row["contract_id"]: row["down_s"] for row in await sla.contracts(db.pool(), period)}
    return found.get(contract, 0)


def test_a_month_is_the_providers() -> None:
    assert (START, OCTOBER.seconds) == (OCTOBER.start, 31 * 86_400)
    assert sla.month(date(2026, 12, 31), "America/Sao_Paulo").end == datetime(2027, 1, 1, 3, tzinfo=UTC)


async def test_outages_that_overlap_count_once(seed: Seed) -> None:
    one, other = seed.contracts[:2]
    await outage(seed, one, 10, 30)
    await outage(seed, one, 20, 50)
    await outage(seed, other, 100, 101)
    assert (await down(one), await down(other)) == (40 * 60, 60)


async def test_announced_work_is_no_outage(seed: Seed) -> None:
    one = seed.contracts[0]
    await outage(seed, one, 10, 70, maintained=(0, 60))
    assert await down(one) == 10 * 60


async def test_only_what_lies_in_the_month_counts(seed: Seed) -> None:
    one = seed.contracts[0]
    await outage(seed, one, -30, 30)
    await outage(seed, one, 31 * 1440 - 5, None)
    assert await down(one) == 35 * 60


async def test_a_thing_is_down_while_it_is_a_member(seed: Seed) -> None:
    one = seed.contracts[0]
    await outage(seed, one, 10, 30)
    account = await db.fetchval("select id from access_account where contract_id = $1", one)
    assert await sla.things(db.pool(), "onu", OCTOBER) == {account: 20 * 60}
    assert await sla.things(db.pool(), "pon", OCTOBER) == {}


async def test_a_broken_promise_is_proposed_to_billing_once(seed: Seed) -> None:
    broken, kept = seed.contracts[:2]
    await db.execute("insert into plan_sla (plan_id, basis_points) values ($1, 9950)", seed.plan)
    await outage(seed, broken, 0, 31 * 1440 // 100)  # one percent of the month
    await outage(seed, kept, 0, 60)
    for new in (1, 0):
        async with db.transaction() as connection:
            assert await sla.propose_month(connection, OCTOBER) == new
    row = await db.fetchrow("select * from outage_credit")
    assert (row["contract_id"], row["basis_points"], row["amount_cents"]) == (broken, 9900, 110)
    jobs = await db.fetchval("select count(*) from job where payload::text like '%OutageCredit%'")
    assert jobs <= 1


async def test_a_contract_tells_its_outages(seed: Seed) -> None:
    one = seed.contracts[0]
    await outage(seed, one, 10, 30)
    await outage(seed, one, 100, None)
    told = await sla.outages(db.pool(), one)
    assert [(row["why"], row["until_at"] is None) for row in told] == [("cut", True), ("cut", False)]


@pytest.mark.parametrize(("down_s", "points"), [(0, 10_000), (1, 9_999), (86_400, 0), (90_000, 0), (432, 9_950)])
def test_what_is_promised_is_not_reached_by_rounding(down_s: int, points: int) -> None:
    assert sla.basis_points(down_s, 86_400) == points


@given(st.integers(1, 10**7), st.integers(1, 2_678_400))
def test_a_credit_is_never_more_than_the_price_nor_nothing(price: int, down_s: int) -> None:
    assert 1 <= sla.credit(price, down_s, 2_678_400) <= price
