"""Availability: of a line, a contract, a thing of the network; what a plan promises, and what is owed where it broke.

Outages are the intervals in which an incident touched a line or a thing, joined where they overlap, less the time in
which somebody worked there as announced. A month is the provider's own (its zone).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from oss.base import audit, clock, db, money
from oss.base.events import publish
from oss.base.jobs import periodic
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.staff.scopes import ALL, Scope

FULL: Final = 10_000
"""Availability is told in hundredths of a percent: 9,950 is 99.5 %."""

LEAST: Final = 5_000

# Of an interval what lies in the period $1..$2, without the time that was announced.
DOWN = """range_agg(tstzmultirange(tstzrange({begin}, coalesce({end}, now())) * tstzrange($1, $2)) - i.maintained)"""
SECONDS = """coalesce((select sum(extract(epoch from upper(r) - lower(r))) from unnest({down}) r), 0)::bigint"""
CONTRACTS = f"""with down as (
  select l.contract_id, {DOWN.format(begin="l.from_at", end="l.until_at")} as down, count(distinct i.id) as incidents
  from incident_line l join incident i on i.id = l.incident_id
  where i.merged_into is null and l.from_at < $2 and coalesce(l.until_at, 'infinity') > $1 group by l.contract_id
)
select k.id as contract_id, k.customer_id, c.name as customer, p.id as plan_id, p.name as plan, p.price_cents,
  s.basis_points as target, d.incidents, {SECONDS.format(down="d.down")} as down_s
from down d join contract k on k.id = d.contract_id join customer c on c.id = k.customer_id
join plan p on p.id = k.plan_id left join plan_sla s on s.plan_id = p.id where {{inside}}
order by down_s desc, k.id limit 1000"""
THINGS = f"""with down as (
  select m.kind, m.object_id, {DOWN.format(begin="m.began_at", end="m.ended_at")} as down,
    count(distinct i.id) as incidents
  from incident_member m join incident i on i.id = m.incident_id
  where m.kind = $3 and m.began_at < $2 and coalesce(m.ended_at, 'infinity') > $1 and i.why not in ('rule', 'flapping')
  group by m.kind, m.object_id
)
select object_id, incidents, {SECONDS.format(down="d.down")} as down_s from down d order by down_s desc, object_id"""
OUTAGES = """select i.id, i.why, i.at_kind, i.at_name, l.from_at, l.until_at, i.in_maintenance, i.note_to_customers,
  i.expected_at
from incident_line l join incident i on i.id = l.incident_id
where l.contract_id = $1 and i.merged_into is null order by l.from_at desc limit $2"""
PROPOSE = """insert into outage_credit (contract_id, month_on, down_s, basis_points, target_basis_points, amount_cents)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning contract_id"""
PROPOSED = "select exists (select 1 from setting where key = $1)"
ZONE = "select coalesce((select zone from company order by id limit 1), 'America/Sao_Paulo')"
TARGET = "select basis_points from plan_sla where plan_id = $1"
SET_TARGET = """insert into plan_sla (plan_id, basis_points) values ($1, $2)
on conflict (plan_id) do update set basis_points = excluded.basis_points"""
DROP_TARGET = "delete from plan_sla where plan_id = $1"
MARK = "insert into setting (key, value, updated_at) values ($1, 'true'::jsonb, now()) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class OutageCreditProposed:
    """A plan's promise was broken for a contract in a month: so much of its price was not earned."""

    contract_id: int
    month_on: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant to another, this one not in it."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """How long."""
        return int((self.end - self.start).total_seconds())


def month(on: date, zone: str) -> Period:
    """The month that a day is in, as the provider's clocks show it."""
    first = on.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    start, end = (datetime(one.year, one.month, 1, tzinfo=ZoneInfo(zone)) for one in (first, after))
    return Period(start, end)


def months(on: date, many: int) -> list[date]:
    """The first days of a day's month and of those before it, the newest first."""
    found = [on.replace(day=1)]
    while len(found) < many:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def basis_points(down_s: int, of_s: int) -> int:
    """Availability in hundredths of a percent, rounded down: what is promised is not reached by rounding."""
    return FULL * max(0, of_s - down_s) // of_s if of_s > 0 else FULL


async def contracts(connection: db.Connection, period: Period, scope: Scope = ALL) -> Sequence[Mapping[str, Any]]:
    """The contracts that were down in a period, the longest first (at most 1,000)."""
    sql, *values = within.narrowed(CONTRACTS, scope, "k.customer_id", period.start, period.end)
    found: Sequence[Mapping[str, Any]] = await connection.fetch(sql, *values)
    return found


async def things(connection: db.Connection, kind: str, period: Period) -> dict[int, int]:
    """Seconds that each thing of a kind was away in a period; what never was is left out."""
    rows = await connection.fetch(THINGS, period.start, period.end, kind)
    return {row["object_id"]: row["down_s"] for row in rows}


async def outages(connection: db.Connection, contract_id: int, most: int = 50) -> Sequence[Mapping[str, Any]]:
    """When a contract was down and why, the newest first."""
    found: Sequence[Mapping[str, Any]] = await connection.fetch(OUTAGES, contract_id, most)
    return found


async def target(connection: db.Connection, plan_id: int) -> int | None:
    """What a plan promises, in hundredths of a percent; None where it promises nothing."""
    found: int | None = await connection.fetchval(TARGET, plan_id)
    return found


async def set_target(connection: db.Connection, actor: audit.Actor, plan_id: int, promised: int | None) -> None:
    """Promise a share of each month (hundredths of a percent), or nothing. Nothing is written where nothing differs."""
    if promised is not None and not LEAST <= promised <= FULL:
        raise InvalidInput({"sla": "must be between 50 and 100"})
    before = await target(connection, plan_id)
    if before == promised:
        return
    if promised is None:
        await connection.execute(DROP_TARGET, plan_id)
    else:
        await connection.execute(SET_TARGET, plan_id, promised)
    changes = audit.changed({"sla": before}, {"sla": promised})
    await audit.note(connection, actor, "plan.sla_set", "plan", plan_id, **changes)


def credit(price_cents: int, down_s: int, of_s: int) -> int:
    """What was not earned, pro rata to the second (cents, half up); at least one cent, at most the price."""
    return max(1, min(price_cents, money.share(price_cents, down_s, of_s)))


@periodic(every_s=3_600, lane="bulk")
async def propose(connection: db.Connection) -> None:
    """When a month is over: a credit for each contract whose plan promised more than was kept. Once a month."""
    zone = await connection.fetchval(ZONE)
    last = clock.today(zone).replace(day=1) - timedelta(days=1)
    key = f"sla.proposed.{last:%Y-%m}"
    if await connection.fetchval(PROPOSED, key):
        return
    await propose_month(connection, month(last, zone))
    await connection.execute(MARK, key)


async def propose_month(connection: db.Connection, period: Period) -> int:
    """Propose the credits of a month; returns how many are new."""
    proposed = 0
    for row in await contracts(connection, period):
        reached = basis_points(row["down_s"], period.seconds)
        if row["target"] is None or row["down_s"] == 0 or reached >= row["target"]:
            continue
        amount = credit(row["price_cents"], row["down_s"], period.seconds)
        values = (row["contract_id"], period.start.date(), row["down_s"], reached, row["target"], amount)
        if await connection.fetchval(PROPOSE, *values):
            await publish(connection, OutageCreditProposed(row["contract_id"], period.start.date(), amount))
            proposed += 1
    return proposed
