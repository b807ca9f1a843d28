"""Availability for screens: lists of contracts, PON ports, devices and sites in a month, and of proposed credits.

A contract is down while its line was touched; a device while it was away itself. A PON's availability is the mean of
its ONUs' (each away by itself, or with its OLT); a site is down while all its devices are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from oss.base import db
from oss.base.listing import Listing, Order, chosen
from oss.base.typed import anywhere
from oss.crm import within
from oss.crm.customers import by_words
from oss.monitoring.sla import DOWN, FULL, SECONDS, Period
from oss.staff.scopes import ALL, Scope

# $1..$2: the month; a month that runs is counted until now.
_OF_S = "greatest(1, extract(epoch from least($2::timestamptz, now()) - $1::timestamptz))::bigint"
_IN_PERIOD = "{0}.{1} < $2 and coalesce({0}.{2}, 'infinity') > $1"
_LOSS = "i.merged_into is null and i.why not in ('rule', 'flapping')"
_MEMBER = DOWN.format(begin="m.began_at", end="m.ended_at")
_MEMBER_TIME = _IN_PERIOD.format("m", "began_at", "ended_at")


def _reached(down: str, whole: str = _OF_S) -> str:
    """Availability in hundredths of a percent, rounded down as `sla.basis_points` does."""
    return f"({FULL} * greatest(0, {whole} - {down}) / {whole})::int"


_CONTRACT_DOWN = f"""(select x.contract_id, x.incidents, {SECONDS.format(down="x.down")} as down_s from (
  select l.contract_id, {DOWN.format(begin="l.from_at", end="l.until_at")} as down, count(distinct i.id) as incidents
  from incident_line l join incident i on i.id = l.incident_id
  where i.merged_into is null and {_IN_PERIOD.format("l", "from_at", "until_at")} group by l.contract_id) x) d"""
# A join that is LEFT is left out while rows are chosen, unless the order is by it.
CONTRACTS = f"""contract k {{customer}} customer c on c.id = k.customer_id {{plan}} plan p on p.id = k.plan_id
left join plan_sla s on s.plan_id = k.plan_id
left join outage_credit o on o.contract_id = k.id and o.month_on = $3::date
left join {_CONTRACT_DOWN} on d.contract_id = k.id"""
RAN = "k.started_on < $2::date and coalesce(k.ended_on, 'infinity'::date) >= $1::date"
PONS = f"""pon_port p join device v on v.id = p.device_id join site s on s.id = v.site_id
left join (select o.pon_id, count(*) as onus from onu o group by 1) n on n.pon_id = p.id
left join (select x.pon_id, count(*) as hit, sum({SECONDS.format(down="x.down")})::bigint as lost_s,
    max({SECONDS.format(down="x.down")}) as longest_s from (
  select t.pon_id, t.onu_id, range_agg(t.down) as down from (
    select o.pon_id, o.id as onu_id, {_MEMBER} as down from incident_member m join incident i on i.id = m.incident_id
    join onu o on o.id = m.object_id where m.kind = 'onu' and {_LOSS} and {_MEMBER_TIME} group by 1, 2
    union all select q.id, o.id, {_MEMBER} from incident_member m join incident i on i.id = m.incident_id
    join pon_port q on q.device_id = m.object_id join onu o on o.pon_id = q.id
    where m.kind = 'device' and {_LOSS} and {_MEMBER_TIME} group by 1, 2) t group by 1, 2) x group by 1) d
on d.pon_id = p.id"""
_DEVICE_DOWN = f"""select m.object_id, {_MEMBER} as down, count(distinct i.id) as incidents
  from incident_member m join incident i on i.id = m.incident_id
  where m.kind = 'device' and {_LOSS} and {_MEMBER_TIME} group by 1"""
DEVICES = f"""device v join site s on s.id = v.site_id
left join (select x.object_id, x.incidents, {SECONDS.format(down="x.down")} as down_s from ({_DEVICE_DOWN}) x) d
on d.object_id = v.id"""
SITES = f"""site s join (select v.site_id, count(*) as devices from device v where v.enabled group by 1) n
  on n.site_id = s.id
left join (select x.site_id, {SECONDS.format(down="range_intersect_agg(x.down)")} as down_s from (
  select v.site_id, coalesce(e.down, '{{}}'::tstzmultirange) as down from device v
  left join ({_DEVICE_DOWN}) e on e.object_id = v.id where v.enabled) x group by 1) d on d.site_id = s.id"""
CREDITS = """outage_credit o join contract k on k.id = o.contract_id join customer c on c.id = k.customer_id
join plan p on p.id = k.plan_id left join invoice i on i.id = o.invoice_id"""

_DOWN_S, _LOST_S = "coalesce(d.down_s, 0)", "coalesce(d.lost_s, 0)"
_PON_WHOLE = f"({_OF_S} * greatest(1, coalesce(n.onus, 0)))"
CONTRACT_REACHED, DEVICE_REACHED, PON_REACHED = _reached(_DOWN_S), _reached(_DOWN_S), _reached(_LOST_S, _PON_WHOLE)
_BELOW = f"d.down_s > 0 and {CONTRACT_REACHED} < s.basis_points"  # who was never away is below nothing
_FIGURES = f"""select count(*) filter (where d.down_s > 0) as down, count(*) filter (where {_BELOW}) as below,
  coalesce(sum({CONTRACT_REACHED}), 0)::bigint as reached, count(*) as hit
from {_CONTRACT_DOWN} join contract k on k.id = d.contract_id left join plan_sla s on s.plan_id = k.plan_id
where {RAN} and {{inside}}"""
_CREDITED = f"""select coalesce(sum(o.amount_cents), 0)::bigint
from outage_credit o join contract k on k.id = o.contract_id where o.month_on = $3::date and {RAN} and {{inside}}"""
_RAN = f"select count(*) from contract k where {RAN} and {{inside}}"
# Hundredths of a percent of the time with a session, of each row that is shown: what the customer had of it, which is
# less than what we offered wherever a modem was switched off.
_LENGTH = "coalesce(sum(extract(epoch from upper(r) - lower(r))), 0)"
IN_SESSION: Final = f"""(select least({FULL}, {FULL} * {_LENGTH} / {_OF_S})::int
  from unnest((select range_agg(tstzrange(b.began, b.ended) * tstzrange($1, least($2, now()))) from (
    select h.started_at as began, h.ended_at as ended from session_history h
    where h.contract_id = k.id and h.started_at < $2 and h.ended_at > $1
    union all select n.started_at, now() from session_open n where n.contract_id = k.id and n.started_at < now()
  ) b)) r)"""
CONTRACT_ORDERS: Final = {
    "down": Order("d.down_s", "bigint", optional=True, lowest=True),  # who was never away is read for no order
    "customer": Order("c.search_key", "text"),
    "plan": Order('p.name collate "C"', "text"),
    "target": Order("s.basis_points", "int", optional=True),
}
PON_ORDERS: Final = {
    "lost": Order(f"({_LOST_S} / greatest(1, coalesce(n.onus, 0)))", "bigint"),
    "name": Order("(v.name || ' ' || p.sort_key) collate \"C\"", "text"),
    "site": Order('s.name collate "C"', "text"),
}
DEVICE_ORDERS: Final = {
    "down": Order(_DOWN_S, "bigint"),
    "name": Order("v.name", "text"),
    "site": Order('s.name collate "C"', "text"),
}
SITE_ORDERS: Final = {"down": Order(_DOWN_S, "bigint"), "name": Order("s.name", "text")}
CREDIT_ORDERS: Final = {
    "month": Order("o.month_on", "date"),
    "customer": Order("c.search_key", "text"),
    "amount": Order("o.amount_cents", "bigint"),
}
CREDIT_STATES: Final = ("proposed", "accepted", "refused")
VIEWS: Final = ("down", "below")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to and sorted by. ``view``: ``down`` (was away at all), ``below`` (missed its target)."""

    period: Period
    text: str = ""
    view: str = ""
    sort: str = "-down"
    scope: Scope = ALL


def _listing(wanted: Wanted, columns: str, tables: str, key: str) -> Listing:
    values: list[object] = [wanted.period.start, wanted.period.end]
    return Listing(f"{columns}, {_OF_S} as of_s", tables, key, values=values)


def _named(listing: Listing, text: str) -> None:
    """Only customers who have all the words of a text in their names."""
    sql, values = by_words(text, "c.search_key")
    listing.where(sql, *values)


def contracts(wanted: Wanted) -> tuple[Listing, Order]:
    """Contracts that ran in the month, as their customers may be seen."""
    columns = f"""k.id, k.customer_id, c.name as customer, c.city, p.name as plan, p.price_cents,
  s.basis_points as target, coalesce(d.incidents, 0) as incidents, {_DOWN_S} as down_s, {CONTRACT_REACHED} as reached,
  {IN_SESSION} as in_session, o.id as credit_id, o.amount_cents, o.state as credit_state"""
    order = chosen(CONTRACT_ORDERS, wanted.sort, "-down")
    joins = {
        "customer": "join" if wanted.text or order.sql == "c.search_key" else "left join",
        "plan": "join" if "p.name" in order.sql else "left join",
    }
    found = _listing(wanted, columns, CONTRACTS.format(**joins), "k.id")
    found.values.append(wanted.period.start.date())
    found.where("$3::date is not null")  # named where no column asks for the credit
    found.where(RAN)
    found.where(*within.condition(wanted.scope, "k.customer_id"))
    if wanted.view in VIEWS:
        found.where("d.down_s > 0" if wanted.view == "down" else _BELOW)
    if wanted.text:
        _named(found, wanted.text)
    return found, order


def pons(wanted: Wanted) -> tuple[Listing, Order]:
    """PON ports that carry ONUs."""
    columns = f"""p.id, p.name, p.device_id, v.name as olt, s.id as site_id, s.name as site,
  coalesce(n.onus, 0) as onus, coalesce(d.hit, 0) as hit, {_LOST_S} as lost_s,
  coalesce(d.longest_s, 0) as longest_s, {PON_REACHED} as reached"""
    found = _listing(wanted, columns, PONS, "p.id").where("$1::timestamptz < $2::timestamptz and n.onus > 0")
    if wanted.view == "down":
        found.where(f"{_LOST_S} > 0")
    if wanted.text:
        text = anywhere(wanted.text)
        found.where("(v.name || ' ' || p.name ilike {} or s.name ilike {})", text, text)
    return found, chosen(PON_ORDERS, wanted.sort, "-lost")


def devices(wanted: Wanted) -> tuple[Listing, Order]:
    """Devices that are polled."""
    columns = f"""v.id, v.name, v.role, s.id as site_id, s.name as site, coalesce(d.incidents, 0) as incidents,
  {_DOWN_S} as down_s, {DEVICE_REACHED} as reached"""
    found = _listing(wanted, columns, DEVICES, "v.id").where("$1::timestamptz < $2::timestamptz and v.enabled")
    if wanted.view == "down":
        found.where(f"{_DOWN_S} > 0")
    if wanted.text:
        text = anywhere(wanted.text)
        found.where("(v.name ilike {} or s.name ilike {})", text, text)
    return found, chosen(DEVICE_ORDERS, wanted.sort, "-down")


def sites(wanted: Wanted) -> tuple[Listing, Order]:
    """Sites in which something stands."""
    columns = f"s.id, s.name, s.city, n.devices, {_DOWN_S} as down_s, {DEVICE_REACHED} as reached"
    found = _listing(wanted, columns, SITES, "s.id").where("$1::timestamptz < $2::timestamptz")
    if wanted.view == "down":
        found.where(f"{_DOWN_S} > 0")
    if wanted.text:
        text = anywhere(wanted.text)
        found.where("(s.name ilike {} or s.city ilike {})", text, text)
    return found, chosen(SITE_ORDERS, wanted.sort, "-down")


def credits(state: str, text: str, sort: str, scope: Scope) -> tuple[Listing, Order]:
    """Credits of all months, as their customers may be seen."""
    columns = """o.id, o.contract_id, k.customer_id, c.name as customer, p.name as plan, o.month_on, o.down_s,
  o.basis_points as reached, o.target_basis_points as target, o.amount_cents, o.state, o.proposed_at, o.decided_at,
  o.decided_by, o.used_cents, i.number as invoice"""
    found = Listing(columns, CREDITS, "o.id")
    found.where(*within.condition(scope, "k.customer_id"))
    if state in CREDIT_STATES:
        found.where("o.state = {}", state)
    if text:
        _named(found, text)
    return found, chosen(CREDIT_ORDERS, sort, "-month")


async def contract_figures(period: Period, scope: Scope) -> Mapping[str, Any]:
    """Of a month's contracts: how many (``every``), ``down``, ``below`` their target, ``reached`` on average."""
    values = (period.start, period.end)
    every = await db.fetchval(*within.narrowed(_RAN, scope, "k.customer_id", *values))
    hit = await db.fetchrow(*within.narrowed(_FIGURES, scope, "k.customer_id", *values))
    cents = await db.fetchval(*within.narrowed(_CREDITED, scope, "k.customer_id", *values, period.start.date()))
    reached = (hit["reached"] + FULL * (every - hit["hit"])) // every if every else FULL
    return {"every": every, "down": hit["down"], "below": hit["below"], "reached": reached, "cents": cents}


async def credit_counts(scope: Scope) -> dict[str, int]:
    """How many credits are in each state, and in all (``every``)."""
    listing, _ = credits("", "", "-month", scope)
    found = {row["state"]: row["n"] for row in await listing.grouped("o.state, count(*) as n", "o.state")}
    return {"every": sum(found.values()), **{state: found.get(state, 0) for state in CREDIT_STATES}}
