"""What needs a person now, gathered from money, queues and network: each with its count and since when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from oss.access import certificate_list, nas_askers, nas_list
from oss.base import db
from oss.monitoring import incident_now

BRAKE = """select id, started_at, placed, worsened, touched_share from dunning_run where state = 'asked'
order by id desc limit 1"""
DEAD = """select count(*) as count, max(failed_at) as since,
  (array_agg(listener order by failed_at desc))[1] as listener,
  (array_agg(last_error order by failed_at desc))[1] as error from job where state = 'dead'"""
STUCK = """select count(*) as count, min(drift_since) as since,
  count(*) filter (where desired like 'full%') as paid,
  (array_agg(drift_cause order by drift_since))[1] as cause, (array_agg(n.name order by drift_since))[1] as nas,
  (array_agg(c.name order by s.desired is null or s.desired not like 'full%', drift_since))[1] as customer,
  min(next_try_at) as next_try_at
from session_open s join nas n on n.id = s.nas_id left join contract k on k.id = s.contract_id
left join customer c on c.id = k.customer_id
where drift_since < now() - interval '5 seconds'"""
LAG = """select coalesce(sum((stats->'aaa'->>'lag_records')::bigint), 0) as lag from node
where seen_at > now() - interval '10 seconds' and stats ? 'aaa'"""
PUT_OFF = """select coalesce(sum(count), 0)::bigint as count, min(first_at) as since from nas_tally
where what = 'put_off' and slot > now() - interval '1 hour' and last_at > now() - interval '15 minutes'"""
OF_A_ROUTER = ("id", "name", "signs_since", "skew_ms", "requests_per_s")
MOST_INCIDENTS = 12  # of each kind: the page of incidents has them all
LAG_WORTH_TELLING = 5000  # accounting records: some seconds of a large provider


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that waits for a person. ``kind`` says which; ``facts`` are what its sentence is made of."""

    kind: str
    since: datetime | None = None
    count: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


def nameless(one: Matter) -> Matter:
    """The same for somebody who may not see all customers: it names none."""
    return replace(one, facts=one.facts | {"customer": None}) if "customer" in one.facts else one


async def matters(routers: Sequence[nas_list.Router] | None = None) -> list[Matter]:
    """Everything that waits, the most urgent first; empty when nothing does. ``routers``: all, where they are known."""
    routers = await nas_list.every() if routers is None else routers
    now, ends = await asyncio.gather(incident_now.read(db.pool()), certificate_list.endings())
    brake, put_off, stuck, lag, dead, knocks = await asyncio.gather(
        _brake(), _put_off(), _stuck(), _lag(), _dead(), _knocks()
    )
    loud = [one for one in ends if one.state in certificate_list.LOUD]
    return [
        *_begin(routers),
        *incidents(now, unowned=True),
        *brake,
        *(_certificate(one) for one in loud),
        *_routers(routers),
        *put_off,
        *stuck,
        *lag,
        *dead,
        *(_certificate(one) for one in ends if one not in loud),
        *knocks,
        *incidents(now, unowned=False),
    ]


def incidents(now: incident_now.Now, *, unowned: bool) -> list[Matter]:
    """What is wrong in the network and waits for a person, or is in somebody's hands; what it costs all together."""
    facts = {"customers_in_all": now.customers, "hourly_cents": now.hourly_cents}
    return [
        Matter("incident", one.began_at, one.customers, {"incident": one, **facts})
        for one in now.incidents
        if one.matters and one.unowned is unowned
    ][:MOST_INCIDENTS]


def _certificate(one: certificate_list.Shown) -> Matter:
    """One that ends, has ended or cannot be used: then EAP and RadSec clients are refused."""
    return Matter("certificate", one.expires_at if one.state == "expired" else None, 1, asdict(one))


def _begin(routers: Sequence[nas_list.Router]) -> list[Matter]:
    """A fresh installation: without a router nobody can log in."""
    return [] if routers else [Matter("begin")]


async def _brake() -> list[Matter]:
    row = await db.fetchrow(BRAKE)
    if row is None:
        return []
    facts = {"id": row["id"], "placed": row["placed"], "worsened": row["worsened"], "share": row["touched_share"]}
    return [Matter("brake", row["started_at"], row["placed"] + row["worsened"], facts)]


def _routers(routers: Sequence[nas_list.Router]) -> list[Matter]:
    """What ails the routers; sessions that are stuck are a matter of their own."""
    return [
        Matter(
            trouble.code,
            trouble.since,
            trouble.count,
            {name: router[name] for name in OF_A_ROUTER} | {"urgent": trouble.urgent},
        )
        for router, trouble in nas_list.ailing(routers)
        if trouble.code != "stuck"
    ]


async def _put_off() -> list[Matter]:
    """Accounting that was dropped because logins waited: more comes than this node can serve."""
    row = await db.fetchrow(PUT_OFF)
    return [Matter("put_off", row["since"], row["count"])] if row["count"] else []


async def _stuck() -> list[Matter]:
    row = await db.fetchrow(STUCK)
    return [Matter("stuck", row["since"], row["count"], dict(row))] if row["count"] else []


async def _lag() -> list[Matter]:
    lag = await db.fetchval(LAG)
    return [Matter("lag", None, lag)] if lag >= LAG_WORTH_TELLING else []


async def _dead() -> list[Matter]:
    row = await db.fetchrow(DEAD)
    return [Matter("dead", row["since"], row["count"], dict(row))] if row["count"] else []


async def _knocks() -> list[Matter]:
    strangers = [one for one in await nas_askers.askers() if one.kind == "unknown"]
    if not strangers:
        return []
    addresses = {one.ip for one in strangers}
    facts = {"ip": strangers[0].ip, "addresses": len(addresses), "asked": sum(one.count for one in strangers)}
    return [Matter("knocks", strangers[0].last_at, len(addresses), facts)]
