"""Desired against observed, for a screen (invariant 3): what was applied and how fast, what is stuck and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.base import db
from oss.crm import within
from oss.staff.scopes import ALL, Scope

BUCKET_S, BUCKETS = 0.1, 15  # the histogram: a tenth of a second each, the last one holds all that took longer
FRESH_S = 3  # a change younger than this is on its way, not stuck

SUMMARY = """select count(*) as applied,
  count(*) filter (where wanted not like 'full%' and (was is null or was like 'full%')) as holds,
  count(*) filter (where wanted like 'full%' and was is not null and was not like 'full%') as releases,
  percentile_cont(0.5) within group (order by extract(epoch from ended_at - asked_at)) as median_s,
  percentile_cont(0.99) within group (order by extract(epoch from ended_at - asked_at)) as p99_s
from enforcement where ended_at >= $1"""
TIMES = """select width_bucket(extract(epoch from ended_at - asked_at), 0, $2::float8, $3::int) as bucket,
  count(*) as changes from enforcement where ended_at >= $1 group by 1 order by 1"""
STUCK = """select s.uid, s.login, s.account_id, s.contract_id, c.id as customer_id, c.name as customer,
  n.id as nas_id, n.name as nas, s.desired, s.applied, s.drift_since, s.drift_cause, s.attempts, s.next_try_at
from session_open s join nas n on n.id = s.nas_id left join contract k on k.id = s.contract_id
left join customer c on c.id = k.customer_id
where s.drift_since is not null and s.drift_since <= now() - make_interval(secs => $1) and {inside}
order by s.desired is null or s.desired not like 'full%', s.drift_since limit $2"""
COUNT = """select count(*) filter (where drift_since <= now() - make_interval(secs => $1)) as stuck,
  count(*) filter (where drift_since > now() - make_interval(secs => $1)) as under_way, min(drift_since) as oldest
from session_open where drift_since is not null"""
RECENT = """select e.id, e.session_uid, e.contract_id, e.account_id, e.login, e.cause, e.was, e.wanted, e.asked_at,
  e.ended_at, e.outcome, e.attempts, extract(epoch from e.ended_at - e.asked_at)::float8 as seconds, n.name as nas,
  c.id as customer_id, c.name as customer
from enforcement e left join nas n on n.id = e.nas_id left join contract k on k.id = e.contract_id
left join customer c on c.id = k.customer_id
where e.ended_at >= $1 and {inside} order by e.ended_at desc, e.id desc limit $2"""


@dataclass(frozen=True, slots=True)
class Balance:
    """``to_apply`` = ``applied`` + ``stuck`` + ``under_way``, since an instant; times in seconds."""

    applied: int
    holds: int
    releases: int
    stuck: int
    under_way: int
    oldest: datetime | None
    median_s: float | None
    p99_s: float | None
    times: Sequence[int]

    @property
    def to_apply(self) -> int:
        return self.applied + self.stuck + self.under_way

    @property
    def others(self) -> int:
        """Changes that neither hold nor release: another plan, an operator's disconnect."""
        return self.applied - self.holds - self.releases


async def balance(since: datetime) -> Balance:
    """The equation of the page."""
    done = await db.fetchrow(SUMMARY, since)
    now = await db.fetchrow(COUNT, FRESH_S)
    times = [0] * (BUCKETS + 1)
    for row in await db.fetch(TIMES, since, BUCKET_S * BUCKETS, BUCKETS):
        times[max(0, row["bucket"] - 1)] += row["changes"]
    oldest = now["oldest"] if now["stuck"] else None
    return Balance(
        done["applied"],
        done["holds"],
        done["releases"],
        now["stuck"],
        now["under_way"],
        oldest,
        done["median_s"],
        done["p99_s"],
        times,
    )


async def stuck(most: int = 100, scope: Scope = ALL) -> list[Any]:
    """The sessions that are not as their contract wants: who paid and is still slow first, then the oldest."""
    inside, values = within.numbered(scope, "k.customer_id", 3)
    return list(await db.fetch(STUCK.format(inside=inside), FRESH_S, most, *values))


async def stuck_contracts(scope: Scope = ALL) -> list[int]:
    """All contracts with such a session."""
    inside, values = within.numbered(scope, "k.customer_id", 1)
    sql = f"""select distinct k.id from session_open s join contract k on k.id = s.contract_id
    where s.drift_since is not null and {inside}"""
    return [row["id"] for row in await db.fetch(sql, *values)]


async def recent(since: datetime, most: int = 25, scope: Scope = ALL) -> list[Any]:
    """What the network did last."""
    inside, values = within.numbered(scope, "k.customer_id", 3)
    return list(await db.fetch(RECENT.format(inside=inside), since, most, *values))
