"""Who carries how much now: by POP and router, the lines that carry most, with what each may; from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from oss.base import db
from oss.crm import within
from oss.monitoring.kinds import NAS
from oss.staff.scopes import ALL, Scope

TOP: Final = 25
MOST_TOP: Final = 200

# The newest minute of each router (`own_sensors.routers`); one that did not tell lately carries nothing known.
ROUTERS: Final = f"""select n.id, n.name, n.device_id, s.id as site_id, s.name as site, t.at,
  nullif(t.metrics[{NAS.place("sessions") + 1}], 'NaN')::float8 as sessions,
  nullif(t.metrics[{NAS.place("out_bps") + 1}], 'NaN')::float8 as down_bps,
  nullif(t.metrics[{NAS.place("in_bps") + 1}], 'NaN')::float8 as up_bps
from nas n left join device d on d.id = n.device_id left join site s on s.id = d.site_id
left join lateral (select at, metrics from sample_raw where owner_id = n.id and kind = {NAS.number}
  and at > now() - interval '5 minutes' order by at desc limit 1) t on true
where n.active order by t.metrics[{NAS.place("out_bps") + 1}] desc nulls last, n.name"""
TALKERS: Final = """select s.uid, s.login, s.account_id, s.contract_id, c.id as customer_id, c.name as customer,
  n.id as nas_id, n.name as nas, s.output_bps as down_bps, s.input_bps as up_bps, s.last_seen_at, s.applied,
  p.name as plan, p.down_kbps, p.up_kbps
from (select o.* from session_open o left join contract k on k.id = o.contract_id
  where ($1::bigint is null or o.nas_id = $1) and {inside} order by o.output_bps desc, o.uid limit {most}) s
left join nas n on n.id = s.nas_id left join contract k on k.id = s.contract_id
left join customer c on c.id = k.customer_id left join plan p on p.id = k.plan_id
order by s.output_bps desc, s.uid"""
LINE: Final = """select a.id as account_id, a.login, k.id as contract_id, c.id as customer_id, c.name as customer,
  p.name as plan, p.down_kbps, p.up_kbps, s.uid, s.output_bps as down_bps, s.input_bps as up_bps, s.applied,
  s.last_seen_at, s.started_at, n.id as nas_id, n.name as nas, n.device_id as router_id
from access_account a join contract k on k.id = a.contract_id join customer c on c.id = k.customer_id
join plan p on p.id = k.plan_id
left join lateral (select * from session_open o where o.login = a.login order by o.started_at desc limit 1) s on true
left join nas n on n.id = s.nas_id where a.id = $1 and {inside}"""


@dataclass(frozen=True, slots=True)
class Carried:
    """One router, or a POP's routers together. bit/s from the customers' view; None where nobody told lately."""

    id: int
    name: str
    down_bps: float | None
    up_bps: float | None
    sessions: int
    at: datetime | None = None
    routers: tuple[Carried, ...] = ()


@dataclass(frozen=True, slots=True)
class Talker:
    """A line with what it carries and what it may. ``limit_kbps``: as applied, else as the plan has it."""

    account_id: int | None
    login: str
    customer_id: int | None
    customer: str | None
    contract_id: int | None
    nas_id: int
    nas: str | None
    down_bps: int
    up_bps: int
    limit_kbps: int | None
    plan: str | None
    seen_at: datetime

    @property
    def share(self) -> float | None:
        """The part of its limit that is used, 0 to more than 1."""
        return self.down_bps / (1000 * self.limit_kbps) if self.limit_kbps else None


@dataclass(frozen=True, slots=True)
class Now:
    """Everything at this moment."""

    down_bps: float | None
    up_bps: float | None
    sessions: int
    pops: Sequence[Carried] = field(default_factory=list)
    routers: Sequence[Carried] = field(default_factory=list)


async def now(connection: db.Connection) -> Now:
    """By POP and by router, the fullest first."""
    rows = await connection.fetch(ROUTERS)
    return together([(row["site_id"] or 0, row["site"] or "", _carried(row)) for row in rows])


def _carried(row: Mapping[str, Any]) -> Carried:
    return Carried(row["id"], row["name"], row["down_bps"], row["up_bps"], int(row["sessions"] or 0), row["at"])


def together(routers: Sequence[tuple[int, str, Carried]]) -> Now:
    """Routers with their sites' ids and names; a router of no site stands under the site 0."""
    sites: dict[int, tuple[str, list[Carried]]] = {}
    for site, name, one in routers:
        sites.setdefault(site, (name, []))[1].append(one)
    pops = [Carried(key, name, _sum(some, "down_bps"), _sum(some, "up_bps"), sum(one.sessions for one in some),
                    routers=tuple(some)) for key, (name, some) in sites.items()]  # fmt: skip
    pops.sort(key=lambda one: (-(one.down_bps or 0), one.name))
    every = [one for *_, one in routers]
    total = sum(one.sessions for one in every)
    return Now(_sum(every, "down_bps"), _sum(every, "up_bps"), total, pops, every)


def _sum(some: Sequence[Carried], name: str) -> float | None:
    known = [value for one in some if (value := getattr(one, name)) is not None]
    return float(sum(known)) if known else None


async def talkers(
    connection: db.Connection, scope: Scope = ALL, nas_id: int | None = None, most: int = TOP
) -> list[Talker]:
    """The lines that carry most to their customers, of those the scope holds."""
    sql = TALKERS.replace("{most}", str(min(int(most), MOST_TOP)))
    rows = await connection.fetch(*within.narrowed(sql, scope, "k.customer_id", nas_id))
    return [talker(row) for row in rows]


async def line(connection: db.Connection, account_id: int, scope: Scope = ALL) -> Mapping[str, Any] | None:
    """One login with what it carries and where; None where it is not, or not of the scope."""
    found: Mapping[str, Any] | None = await connection.fetchrow(
        *within.narrowed(LINE, scope, "k.customer_id", account_id)
    )
    return found


def talker(row: Mapping[str, Any]) -> Talker:
    """Out of a row of TALKERS."""
    limit = limit_of(row["applied"]) or row["down_kbps"]
    named = {name: row[name] for name in ("account_id", "login", "customer_id", "customer", "contract_id", "nas_id")}
    return Talker(**named, nas=row["nas"], down_bps=row["down_bps"], up_bps=row["up_bps"], limit_kbps=limit,
                  plan=row["plan"], seen_at=row["last_seen_at"])  # fmt: skip


def limit_of(applied: str | None) -> int | None:
    """The downward limit in force, kbit/s: ``reduced:1024/512`` -> 1024."""
    _, _, speeds = (applied or "").partition(":")
    down, _, _ = speeds.partition("/")
    return int(down) if down.isdecimal() and len(down) < 12 else None
