"""Logins over time, for a screen: who is online beside last week, how many ask, how many are refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oss.base import db

STEP = timedelta(minutes=5)
DAY = timedelta(days=1)

CURVE = """select date_bin('5 minutes', minute, 'epoch') as at, round(avg(online))::int as online from (
  select minute, sum(online) as online from auth_minute where minute >= $1 and minute < $2 group by minute) each
group by 1 order by 1"""
RATE = """select coalesce(sum(accepts), 0)::bigint as accepts, coalesce(sum(rejects), 0)::bigint as rejects,
  count(distinct minute) as minutes from auth_minute where minute >= $1 and minute < $2"""
REASONS = """select reason, sum(count)::bigint as count, count(distinct login) as logins from auth_reject
where minute >= $1 group by reason order by 2 desc limit 6"""
KNOCKS = """select coalesce(sum(count), 0)::bigint as count, count(*) as addresses from nas_knock
where last_at >= $1 and ignored_at is null and (callers = '[]' or callers @> '[{"kind": "unknown"}]')"""
CROWD = """select n.id, n.name, sum(r.count)::bigint as count, count(distinct r.login) as logins,
  sum(sum(r.count)) over () as every from auth_reject r join nas n on n.id = r.nas_id
where r.minute >= $1 and r.reason = 'wrong_password' group by n.id order by 3 desc limit 1"""


@dataclass(frozen=True, slots=True)
class Curve:
    """Sessions online, each five minutes: today's and those of the same time a week (or a day) before."""

    at: list[datetime]
    online: list[int | None]
    before: list[int | None]
    days_back: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """Logins of some minutes: how many asked a second, which share was refused (percent)."""

    accepts: int
    rejects: int
    minutes: int

    @property
    def per_second(self) -> float:
        return (self.accepts + self.rejects) / (60 * self.minutes) if self.minutes else 0.0

    @property
    def refused(self) -> float | None:
        asked = self.accepts + self.rejects
        return 100 * self.rejects / asked if asked else None


async def curve(now: datetime) -> Curve:
    """The last 24 hours beside the same hours a week before; where there is no such week, the day before."""
    ends = now.replace(second=0, microsecond=0)
    begins = ends - DAY
    begins -= timedelta(minutes=begins.minute % 5)
    today = {row["at"]: row["online"] for row in await db.fetch(CURVE, begins, now + STEP)}
    for days in (7, 1):
        back = timedelta(days=days)
        rows = await db.fetch(CURVE, begins - back, ends - back + STEP)
        if len(rows) > 12:
            before = {row["at"] + back: row["online"] for row in rows}
            break
    else:
        days, before = 0, {}
    steps = [begins + STEP * n for n in range(int((ends - begins) / STEP) + 1)]
    return Curve(steps, [today.get(at) for at in steps], [before.get(at) for at in steps], days or None)


async def share(begins: datetime, ends: datetime) -> Share:
    """Accepts and rejects of the minutes in [begins, ends)."""
    return Share(*await db.fetchrow(RATE, begins, ends))


async def reasons(since: datetime) -> list[Any]:
    """Why logins were refused since an instant: reason, count, logins; the most frequent first."""
    return list(await db.fetch(REASONS, since))


async def unknown_routers(since: datetime) -> Any:
    """How often addresses we do not know asked: count, addresses."""
    return await db.fetchrow(KNOCKS, since)


async def crowd(since: datetime) -> Any | None:
    """The router at which most wrong passwords gather: at least half of them, twenty or more, of several logins."""
    row = await db.fetchrow(CROWD, since)
    crowded = row is not None and row["count"] >= 20 and row["logins"] >= 3 and 2 * row["count"] >= row["every"]
    return row if crowded else None
