"""Figures of contracts: customers, recurring revenue, growth, churn, cohorts. Definitions: ``docs/figures.md``.

A periodic job counts all contracts into small tables; the board reads only those, and says as of when they are. A month
that is over keeps the revenue it was last counted with, because plans and prices change; beginnings and ends are
counted anew each time, because people enter them late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from oss.base import clock, db
from oss.base.jobs import periodic
from oss.base.widgets import Asked, widget

EVERY_S = 300
MONTHS = 13  # the present one and the twelve before it
ZONE = "select coalesce((select zone from company order by id limit 1), 'America/Sao_Paulo')"

COHORTS = """with fresh as (
  select date_trunc('month', started_on::timestamp)::date as started_month,
    coalesce(date_trunc('month', ended_on::timestamp)::date, 'infinity') as ended_month,
    coalesce(end_reason, '') as end_reason, count(*) as contracts from contract group by 1, 2, 3
), gone as (
  delete from figure_cohort f where not exists (select from fresh n where n.started_month = f.started_month
    and n.ended_month = f.ended_month and n.end_reason = f.end_reason)
)
insert into figure_cohort select * from fresh on conflict (started_month, ended_month, end_reason)
do update set contracts = excluded.contracts where figure_cohort.contracts <> excluded.contracts"""
MISSING = """select m::date as month from generate_series($1::date - interval '12 months',
  $1::date - interval '1 month', interval '1 month') m
where not exists (select from figure_contracts f where f.month = m::date)
  and m >= (select date_trunc('month', min(started_on)::timestamp) from contract)"""
# What stands when the day ``until`` begins: begun before it, and not ended before it.
STANDING = """insert into figure_contracts as f (month, customers, contracts, mrr_cents, reckoned)
select $1::date, count(distinct k.customer_id), count(*), coalesce(sum(p.price_cents), 0)::bigint, $3::boolean
from contract k join plan p on p.id = k.plan_id
where k.started_on < $2::date and (k.ended_on is null or k.ended_on >= $2::date)
on conflict (month) do update set customers = excluded.customers, contracts = excluded.contracts,
  mrr_cents = excluded.mrr_cents, reckoned = excluded.reckoned"""
MOVES = """update figure_contracts f
set started = n.started, ended = n.ended, at_start = n.at_start, lost = n.lost from (
  select m.month, coalesce(sum(c.contracts) filter (where c.started_month = m.month), 0)::bigint as started,
    coalesce(sum(c.contracts) filter (where c.ended_month = m.month), 0)::bigint as ended,
    coalesce(sum(c.contracts) filter (where c.started_month < m.month and c.ended_month >= m.month), 0)::bigint
      as at_start,
    coalesce(sum(c.contracts) filter (where c.started_month < m.month and c.ended_month = m.month), 0)::bigint as lost
  from figure_contracts m cross join figure_cohort c where m.month >= $1::date - interval '12 months' group by 1) n
where n.month = f.month"""
DONE = """insert into figure_refresh (name, as_of_at, whole_on) values ($1, $2, $3)
on conflict (name) do update set as_of_at = excluded.as_of_at, whole_on = excluded.whole_on"""

ROWS = "select * from figure_contracts where month > $1::date - interval '13 months' and month <= $1 order by month"
REASONS = """select end_reason as reason, sum(contracts)::bigint as contracts from figure_cohort
where ended_month >= $1::date - interval '12 months' and ended_month <= $1 group by 1 order by 2 desc, 1"""
SURVIVAL = """select started_month, ended_month, sum(contracts)::bigint as contracts from figure_cohort
where started_month >= $1::date - interval '12 months' and started_month <= $1 group by 1, 2"""


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month ``count`` months later (or, negative, earlier)."""
    year, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, index + 1, 1)


@periodic(EVERY_S, lane="bulk")
async def renew(connection: db.Connection) -> None:
    """Count again, as of now."""
    await refresh(connection, clock.now())


async def refresh(connection: db.Connection, at: datetime) -> None:
    """Count all contracts as of an instant."""
    today = await day_of(connection, at)
    month = month_of(today)
    await connection.execute(COHORTS)
    for row in await connection.fetch(MISSING, month):
        await connection.execute(STANDING, row["month"], month_after(row["month"]), True)
    await connection.execute(STANDING, month, today + timedelta(days=1), False)
    await connection.execute(MOVES, month)
    await connection.execute(DONE, "contracts", at, today)


async def day_of(connection: db.Connection, at: datetime) -> date:
    """The provider's calendar day at an instant: the first company's zone counts."""
    return clock.day(at, await connection.fetchval(ZONE))


async def as_of(connection: db.Connection, asked: Asked, name: str) -> datetime | None:
    """Until when figures are counted; None before the first time."""
    rows = await asked.once("as of", lambda: connection.fetch("select name, as_of_at from figure_refresh"))
    return next((row["as_of_at"] for row in rows if row["name"] == name), None)


@dataclass(frozen=True, slots=True)
class Months:
    """The rows of the last thirteen months, the present one last; ``as_of``: until when they are counted."""

    rows: Sequence[Any]
    as_of: datetime | None

    @property
    def now(self) -> Any:
        return self.rows[-1] if self.rows else None

    @property
    def before(self) -> Any:
        """Last month, at its end."""
        return self.rows[-2] if len(self.rows) > 1 else None

    @property
    def over(self) -> Sequence[Any]:
        """The months that are over."""
        return self.rows[:-1]

    @property
    def arpu_cents(self) -> int | None:
        """Revenue of a customer and month; None without customers."""
        if not self.now or not self.now["customers"]:
            return None
        return int((2 * self.now["mrr_cents"] + self.now["customers"]) // (2 * self.now["customers"]))

    @property
    def churn(self) -> float | None:
        """Of the contracts with which the months that are over began, the share lost in them, a month (percent)."""
        began = sum(row["at_start"] for row in self.over)
        return 100 * self.lost / began if began else None

    @property
    def lost(self) -> int:
        return sum(int(row["lost"]) for row in self.over)

    @property
    def ltv_cents(self) -> int | None:
        """Revenue of a customer over its life: ARPU / monthly churn; None where nobody left."""
        began = sum(int(row["at_start"]) for row in self.over)
        if self.arpu_cents is None or not self.lost:
            return None
        return (2 * self.arpu_cents * began + self.lost) // (2 * self.lost)

    @property
    def life_months(self) -> float | None:
        """How long a contract lives at this churn."""
        return 100 / self.churn if self.churn else None


async def months(connection: db.Connection, asked: Asked) -> Months:
    """What the widgets of contracts are made of."""
    rows = await asked.once("contracts", lambda: connection.fetch(ROWS, month_of(asked.today)))
    return Months(rows, await as_of(connection, asked, "contracts"))


@widget("revenue", "customers.read", sizes=("m", "s", "l"), rank=20)
async def revenue(connection: db.Connection, asked: Asked) -> Months:
    """Monthly recurring revenue beside the end of last month."""
    return await months(connection, asked)


@widget("growth", "customers.read", sizes=("m", "l", "s"), rank=60)
async def growth(connection: db.Connection, asked: Asked) -> Months:
    """Active customers; contracts begun and ended."""
    return await months(connection, asked)


@widget("worth", "customers.read", sizes=("s", "m"), rank=70)
async def worth(connection: db.Connection, asked: Asked) -> Months:
    """ARPU, and what a customer brings in a life."""
    return await months(connection, asked)


@widget("churn", "customers.read", sizes=("m", "s", "l"), rank=80)
async def churn(connection: db.Connection, asked: Asked) -> Months:
    """The share of contracts lost, month by month."""
    return await months(connection, asked)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Contracts ended in the last twelve months and this one, by reason ('': nobody said)."""

    rows: Sequence[Any]
    since: date
    as_of: datetime | None

    @property
    def every(self) -> int:
        return sum(int(row["contracts"]) for row in self.rows)


@widget("reasons", "customers.read", sizes=("s", "m"), rank=90)
async def reasons(connection: db.Connection, asked: Asked) -> Reasons:
    """Why contracts ended."""
    month = month_of(asked.today)
    rows = await connection.fetch(REASONS, month)
    return Reasons(rows, month_after(month, -12), await as_of(connection, asked, "contracts"))


@dataclass(frozen=True, slots=True)
class Cohort:
    """Contracts that began in one month; ``left[n]``: how many of them ran at the end of the nth month after it."""

    month: date
    began: int
    left: Sequence[int]

    def share(self, age: int) -> float | None:
        """Percent that ran at an age in months; None where that is still to come."""
        return 100 * self.left[age] / self.began if age < len(self.left) and self.began else None


@dataclass(frozen=True, slots=True)
class Survival:
    """The cohorts of thirteen months, the oldest first."""

    cohorts: Sequence[Cohort]
    as_of: datetime | None


@widget("cohorts", "customers.read", sizes=("l", "m"), rank=100)
async def cohorts(connection: db.Connection, asked: Asked) -> Survival:
    """How many contracts of each month still run."""
    month = month_of(asked.today)
    rows = await connection.fetch(SURVIVAL, month)
    return Survival(survival(rows, month), await as_of(connection, asked, "contracts"))


def survival(rows: Sequence[Any], month: date) -> list[Cohort]:
    """Cohorts out of rows of (started_month, ended_month, contracts); ``month`` is the present one."""
    found: dict[date, list[Any]] = {}
    for row in rows:
        found.setdefault(row["started_month"], []).append(row)
    return [_cohort(began, found[began], month) for began in sorted(found)]


def _cohort(began: date, rows: Sequence[Any], month: date) -> Cohort:
    every = sum(int(row["contracts"]) for row in rows)
    ages = (month.year - began.year) * 12 + month.month - began.month + 1
    left = []
    for age in range(ages):
        ends = month_after(began, age)
        left.append(every - sum(int(row["contracts"]) for row in rows if row["ended_month"] <= ends))
    return Cohort(began, every, left)
