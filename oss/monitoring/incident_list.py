"""Incidents for screens: the list, those that are open first; how many there are of each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from oss.base import db
from oss.base.listing import Listing, Order, chosen
from oss.base.typed import anywhere
from oss.monitoring.rules import SEVERITIES

WHYS: Final = ("down", "power", "cut", "together", "rule", "flapping")
PLACES: Final = ("site", "device", "link", "pon", "box", "onu", "interface", "line", "nas", "server", "sensor")
COLUMNS = """i.id, i.why, i.at_kind, i.at_id, i.at_name, i.rule_id, i.rule_name, i.severity, i.value, i.began_at,
  i.opened_at, i.ended_at, i.merged_into, i.in_maintenance, i.acknowledged_at, u.name as acknowledged_by, i.lines,
  i.customers, i.monthly_cents, i.note_to_customers, i.expected_at, i.version,
  extract(epoch from coalesce(i.ended_at, now()) - i.began_at)::bigint as lasted_s"""
TABLES = "incident i left join staff_user u on u.id = i.acknowledged_by"
GRAVITY = "array_position(array['notice', 'warning', 'critical'], i.severity)"
# Open before ended, unheeded before those that somebody has, then the newest: as one number, so that a page can begin
# behind a row.
FIRST = """((i.ended_at is not null)::int * 2 + (i.ended_at is null and (i.acknowledged_at is not null
  or i.in_maintenance))::int) * 100000000000::bigint - extract(epoch from i.began_at)::bigint"""
ORDERS = {
    "first": Order(FIRST, "bigint"),
    "began": Order("i.began_at", "timestamptz"),
    "ended": Order("i.ended_at", "timestamptz", optional=True),
    "what": Order('i.at_name collate "C"', "text"),
    "severity": Order(GRAVITY, "int"),
    "customers": Order("i.customers", "int"),
    "money": Order("i.monthly_cents", "bigint"),
    "lasted": Order("extract(epoch from coalesce(i.ended_at, now()) - i.began_at)::bigint", "bigint"),
}
STATES = {
    "open": "i.ended_at is null",
    "unheeded": "i.ended_at is null and i.acknowledged_at is null and not i.in_maintenance",
    "ended": "i.ended_at is not null",
}
COUNTS = """select count(*) filter (where ended_at is null) as open, count(*) filter (where ended_at is null
  and acknowledged_at is null and not in_maintenance) as unheeded, count(*) filter (where ended_at is null
  and acknowledged_at is null and not in_maintenance and severity = 'critical') as critical,
  coalesce(sum(customers) filter (where ended_at is null), 0)::bigint as customers,
  coalesce(sum(monthly_cents) filter (where ended_at is null), 0)::bigint as monthly_cents
from incident where ended_at is null"""
ENDED = "select count(*) from (select from incident where ended_at is not null and merged_into is null limit 10001) k"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; ``state``: open, unheeded, ended or empty for all."""

    text: str = ""
    state: str = ""
    why: str = ""
    severity: str = ""
    place: str = ""
    sort: str = "first"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "first")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish. What became part of another incident is that one and stands in no list."""
    found = Listing(COLUMNS, TABLES, "i.id")
    found.where("i.merged_into is null")
    if wanted.state in STATES:
        found.where(STATES[wanted.state])
    for name, known in (("why", WHYS), ("severity", SEVERITIES)):
        if (value := getattr(wanted, name)) in known:
            found.where(f"i.{name} = {{}}", value)
    if wanted.place in PLACES:
        found.where("i.at_kind = {}", wanted.place)
    if wanted.text:
        like = anywhere(wanted.text)
        found.where("(i.at_name ilike {} or i.rule_name ilike {} or i.note_to_customers ilike {})", *[like] * 3)
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """What is open now: how many, how many that nobody has, how many of those are critical; customers and R$."""

    open: int = 0
    unheeded: int = 0
    critical: int = 0
    customers: int = 0
    monthly_cents: int = 0


async def tally() -> Tally:
    """What is open now; asked each second for the badge, answered by the index of open ones."""
    return Tally(**dict(await db.fetchrow(COUNTS)))


async def ended_count() -> int:
    """How many are over, counted no further than a list is."""
    return int(await db.fetchval(ENDED))


async def latest(most: int) -> Sequence[Mapping[str, Any]]:
    """The incidents that are open, the most pressing first."""
    sql = f"select {COLUMNS} from {TABLES} where i.ended_at is null order by {FIRST}, i.id limit $1"
    found: Sequence[Mapping[str, Any]] = await db.fetch(sql, most)
    return found
