"""Figures of contracts and money equal a slow, plain computation over random small worlds (`figure_worlds`)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing import figures as money
from billing import payments
from oss.base import clock, db
from oss.base.widgets import Asked
from oss.contracts import figures
from oss.contracts.figures import month_after, month_of
from tests.billing.figure_worlds import NOW, TODAY, ZONE, Plain, world
from tests.conftest import TESTER as ACTOR
from tests.conftest import Seed, overdue_invoice

MONTH = month_of(TODAY)
WORLDS = range(24)


def asked() -> Asked:
    return Asked(NOW, TODAY)


async def counted(connection: db.Connection, seed: int) -> Plain:
    """A world, counted by the fast way; returned for the slow one."""
    await world(connection, seed)
    await figures.refresh(connection, NOW)
    await money.refresh(connection, NOW)
    return await Plain.read(connection)


@pytest.mark.parametrize("seed", WORLDS)
async def test_contracts_customers_revenue_and_churn_are_what_counting_gives(undone: db.Connection, seed: int) -> None:
    plain = await counted(undone, seed)
    found = await figures.months(undone, asked())
    assert found.as_of == NOW and found.rows[-1]["month"] == MONTH
    for row in found.rows:
        wanted = plain.month(row["month"])
        assert {name: row[name] for name in wanted} == wanted, row["month"]
    began, lost = sum(r["at_start"] for r in found.over), sum(r["lost"] for r in found.over)
    customers, revenue = found.now["customers"], found.now["mrr_cents"]
    assert found.churn == (100 * lost / began if began else None)
    if customers:
        assert abs(found.arpu_cents * customers - revenue) <= customers / 2
    if customers and lost:
        assert abs(found.ltv_cents * lost - found.arpu_cents * began) <= lost / 2
    else:
        assert found.ltv_cents is None


@pytest.mark.parametrize("seed", WORLDS)
async def test_received_and_overdue_are_what_the_ledger_and_the_invoices_say(undone: db.Connection, seed: int) -> None:
    plain = await counted(undone, seed)
    got, last = await money.received(undone, asked()), month_after(MONTH, -1)
    assert got.cents == plain.received(MONTH, TODAY) and got.last_whole == plain.received(last, MONTH - timedelta(1))
    assert got.before_cents == plain.received(last, last + timedelta(days=TODAY.day - 1))
    owed, now = await money.overdue(undone, asked()), plain.owed_now()
    cents = {key: bill["amount_cents"] - bill["paid_cents"] for key, bill in now.items()}
    assert (owed.cents, owed.customers) == (sum(cents.values()), len({b["customer_id"] for b in now.values()}))
    assert sum(row["overdue_cents"] for row in owed.ageing) == owed.cents
    for row, upto in zip(owed.ageing, [*money.BRACKETS[1:], 10**6], strict=True):
        those = [key for key, bill in now.items() if row["from_day"] <= (TODAY - bill["due_on"]).days < upto]
        assert (row["invoices"], row["overdue_cents"]) == (len(those), sum(cents[key] for key in those))
    for row in await undone.fetch("select * from figure_debts where month < $1", MONTH):
        assert row["overdue_cents"] == sum(plain.owed(month_after(row["month"])).values()), row["month"]


@pytest.mark.parametrize("seed", WORLDS)
async def test_cohorts_and_reasons_are_what_counting_gives(undone: db.Connection, seed: int) -> None:
    plain = await counted(undone, seed)
    for cohort in (await figures.cohorts(undone, asked())).cohorts:
        for age, left in enumerate(cohort.left):
            assert (cohort.began, left) == plain.still(cohort.month, age), (cohort.month, age)
    why = await figures.reasons(undone, asked())
    assert {row["reason"]: row["contracts"] for row in why.rows} == plain.reasons(month_after(MONTH, -12))


async def test_a_month_that_is_over_keeps_its_revenue_when_prices_change(undone: db.Connection, provider: Seed) -> None:
    first = clock.now()
    await figures.refresh(undone, first)
    month = month_of(first.astimezone(ZONE).date())
    await undone.execute("update plan set price_cents = 1")
    later = first + timedelta(days=40)
    await figures.refresh(undone, later)
    sql = "select month, mrr_cents, reckoned from figure_contracts where month >= $1 order by month"
    rows = [tuple(row) for row in await undone.fetch(sql, month)]
    assert rows[0] == (month, 5 * 10_990, False) and rows[-1][1:] == (5, False)


async def test_a_contract_that_ends_late_in_the_books_is_counted_in_its_own_month(
    undone: db.Connection, provider: Seed
) -> None:
    now = clock.now()
    await figures.refresh(undone, now)
    today = now.astimezone(ZONE).date()
    back = month_of(today) - timedelta(days=40)
    await undone.execute(
        "update contract set status = 'ended', ended_on = $2, end_reason = 'moved' where id = $1",
        *(provider.contracts[0], back),
    )
    await figures.refresh(undone, now)
    found = await figures.months(undone, Asked(now, today))
    assert {row["month"]: row["ended"] for row in found.rows if row["ended"]} == {month_of(back): 1}
    assert found.now["contracts"] == 4


async def test_a_payment_booked_on_a_day_long_past_is_summed_without_summing_all(
    undone: db.Connection, provider: Seed
) -> None:
    """Only touched days are summed again: a wrong row of another day stays until the daily sum."""
    now = clock.now()
    invoice = await overdue_invoice(undone, provider.contracts[0], 200)
    await money.refresh(undone, now)
    await undone.execute("insert into figure_received values ('2020-01-01', 7, 1)")
    paid = now - timedelta(days=150)
    await payments.register(undone, ACTOR, invoice_id=invoice, amount_cents=10_990, method="pix", received_at=paid)
    await money.refresh(undone, now)
    rows = {r["received_on"]: r["received_cents"] for r in await undone.fetch("select * from figure_received")}
    assert rows.pop(paid.astimezone(ZONE).date()) == 10_990
    assert list(rows.values()) == [7]


async def test_before_the_first_count_nothing_is_told(undone: db.Connection) -> None:
    found = await figures.months(undone, asked())
    assert (found.now, found.before, found.arpu_cents, found.churn, found.ltv_cents) == (None,) * 5
    assert (await money.overdue(undone, asked())).cents == 0
