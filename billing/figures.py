"""Figures of money: received and overdue. Definitions: ``docs/figures.md``.

Received is what the ledger says came into cash by payments, on the company's days. Of it only the days that entries
touched lately are summed again, and all of it once a day. Overdue is small beside everything that was ever billed: it
is read whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from billing import attention, ledger
from oss.base import clock, db
from oss.base.jobs import periodic
from oss.base.widgets import Asked, widget
from oss.contracts.figures import DONE, as_of, day_of, month_after, month_of

EVERY_S = 60
BRACKETS = (1, 16, 31, 61, 91)  # days overdue: 1 to 15, 16 to 30, 31 to 60, 61 to 90, more
# A transaction that posts may commit later than it looked at the clock; a longer one is found by the daily sum.
LATE = timedelta(hours=1)

KNOWN = "select as_of_at, whole_on from figure_refresh where name = 'money'"
TOUCHED = "select distinct posted_on from journal_entry where kind = 'payment' and posted_at >= $1"
RECEIVED = f"""insert into figure_received as f (received_on, received_cents, payments)
select e.posted_on, sum(p.amount_cents)::bigint, count(distinct e.id) from journal_entry e
join posting p on p.entry_id = e.id and p.account_code = '{ledger.CASH}'
where e.kind = 'payment' and ($1::date[] is null or e.posted_on = any($1)) group by 1
on conflict (received_on) do update set received_cents = excluded.received_cents, payments = excluded.payments
where (f.received_cents, f.payments) is distinct from (excluded.received_cents, excluded.payments)"""
OPEN = """select i.customer_id, i.amount_cents - i.paid_cents as cents, d.today - i.due_on as days
from invoice i
join (select id, ($1::timestamptz at time zone zone)::date as today from company) d on d.id = i.company_id
where i.status = 'open' and i.due_on < d.today"""
AGEING = f"""with late as ({OPEN}), aged as (
  select b as from_day, coalesce(sum(l.cents), 0)::bigint as cents, count(l.cents) as invoices,
    count(distinct l.customer_id) as customers
  from unnest($2::int[], $3::int[]) bracket(b, upto) left join late l on l.days >= b and l.days < upto group by 1)
insert into figure_ageing as f select * from aged on conflict (from_day) do update set
  overdue_cents = excluded.overdue_cents, invoices = excluded.invoices, customers = excluded.customers"""
PRESENT = f"""insert into figure_debts (month, overdue_cents, customers)
select $2::date, coalesce(sum(cents), 0)::bigint, count(distinct customer_id) from ({OPEN}) late
on conflict (month) do update set overdue_cents = excluded.overdue_cents, customers = excluded.customers"""
MISSING = """select m::date as month from generate_series($1::date - interval '12 months',
  $1::date - interval '1 month', interval '1 month') m
where not exists (select from figure_debts f where f.month = m::date)
  and m >= (select date_trunc('month', min(issued_on)::timestamp) from invoice)"""
# What was overdue when a month had ended: due in it or before, less what had been paid until then. ``paid_at`` does not
# tell: payments are entered in any order, and it is that of the one that was entered last.
PAST = """insert into figure_debts (month, overdue_cents, customers)
select $1::date, coalesce(sum(cents), 0)::bigint, count(distinct customer_id) filter (where cents > 0) from (
  select i.customer_id, i.amount_cents - coalesce((select sum(p.amount_cents) from payment p
    where p.invoice_id = i.id and (p.received_at at time zone o.zone)::date < $2::date), 0) as cents
  from invoice i join company o on o.id = i.company_id
  where i.status <> 'void' and i.due_on < $2::date
    and (i.status = 'open' or exists (select from payment y
      where y.invoice_id = i.id and (y.received_at at time zone o.zone)::date >= $2::date))) late where cents > 0"""
DAYS = "select received_on, received_cents, payments from figure_received where received_on >= $1 and received_on <= $2"


@periodic(EVERY_S, lane="bulk")
async def renew(connection: db.Connection) -> None:
    """Count again, as of now."""
    await refresh(connection, clock.now())


async def refresh(connection: db.Connection, at: datetime) -> None:
    """Sum what was received and what is owed, as of an instant."""
    today = await day_of(connection, at)
    month, known = month_of(today), await connection.fetchrow(KNOWN)
    if known is None or known["whole_on"] != today:
        await connection.execute(RECEIVED, None)
    else:
        days = [row["posted_on"] for row in await connection.fetch(TOUCHED, known["as_of_at"] - LATE)]
        await connection.execute(RECEIVED, days)
    await connection.execute(AGEING, at, list(BRACKETS), [*BRACKETS[1:], 1_000_000])
    for row in await connection.fetch(MISSING, month):
        await connection.execute(PAST, row["month"], month_after(row["month"]))
    await connection.execute(PRESENT, at, month)
    await connection.execute(DONE, "money", at, today)


@dataclass(frozen=True, slots=True)
class Received:
    """Money received this month and in the same days of the last; running sums by day of the month, in cents."""

    cents: int
    before_cents: int
    payments: int
    running: Sequence[int]
    running_before: Sequence[int]
    month: date
    as_of: datetime | None

    @property
    def last_whole(self) -> int:
        """All of last month."""
        return self.running_before[-1] if self.running_before else 0


@widget("received", "invoices.read", sizes=("m", "s", "l"), rank=40)
async def received(connection: db.Connection, asked: Asked) -> Received:
    """Payments of this month beside last month's until the same day."""
    month = month_of(asked.today)
    last = month_after(month, -1)
    rows = {row["received_on"]: row for row in await connection.fetch(DAYS, last, asked.today)}
    cents = {day: int(row["received_cents"]) for day, row in rows.items()}
    running = _running(cents, month, asked.today)
    before = _running(cents, last, month - timedelta(days=1))
    same = before[min(asked.today.day, len(before)) - 1]
    count = sum(int(row["payments"]) for day, row in rows.items() if day >= month)
    return Received(running[-1], same, count, running, before, month, await as_of(connection, asked, "money"))


def _running(cents: dict[date, int], first: date, last: date) -> list[int]:
    total, found = 0, []
    for number in range((last - first).days + 1):
        total += cents.get(first + timedelta(days=number), 0)
        found.append(total)
    return found


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is owed past its day, by age; ``before`` is the row of last month's end, None where it is not known."""

    cents: int
    customers: int
    before: Any
    ageing: Sequence[Any]
    as_of: datetime | None


@widget("overdue", "invoices.read", sizes=("s", "m"), rank=50)
async def overdue(connection: db.Connection, asked: Asked) -> Overdue:
    """What is overdue now, beside the end of last month."""
    month = month_of(asked.today)
    sql = "select * from figure_debts where month in ($1, $2)"
    rows = {row["month"]: row for row in await connection.fetch(sql, month, month_after(month, -1))}
    now = rows.get(month) or {"overdue_cents": 0, "customers": 0}
    ageing = await connection.fetch("select * from figure_ageing order by from_day")
    before = rows.get(month_after(month, -1))
    return Overdue(now["overdue_cents"], now["customers"], before, ageing, await as_of(connection, asked, "money"))


@widget("urgent", "overview.read", sizes=("l", "m"), rank=10)
async def urgent(connection: db.Connection, asked: Asked) -> list[attention.Matter]:
    """What waits for a person: the brake's question, who paid and is still slow, routers that do not sign."""
    return await attention.matters()
