"""What is wrong at this moment: the open incidents, those that nobody has taken first, with whom they touch now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from oss.base import db
from oss.monitoring.causes import Thing
from oss.monitoring.telling import cost_an_hour

MOST: Final = 200

# Of the lines an incident touched those that are still away; a contract counts once.
_AWAY = """lateral (select count(distinct k.customer_id) as customers, coalesce(sum(p.price_cents), 0)::bigint as cents
  from contract k join plan p on p.id = k.plan_id where k.id in
    (select l.contract_id from incident_line l where {which} and l.until_at is null)) w"""
_OPEN = f"""select i.id, i.why, i.at_kind, i.at_id, i.at_name, i.rule_name, i.severity, i.value, i.began_at,
  i.in_maintenance, i.acknowledged_at, u.name as owner, i.expected_at, w.customers, w.cents as monthly_cents
from incident i left join staff_user u on u.id = i.acknowledged_by
cross join {_AWAY.format(which="l.incident_id = i.id")} where i.ended_at is null"""
_ORDER = f""" order by i.in_maintenance, i.acknowledged_at is not null, w.customers desc,
  array_position(array['critical', 'warning', 'notice'], i.severity), i.began_at, i.id limit {MOST}"""
OPEN = _OPEN + _ORDER
TOUCHING = (
    _OPEN
    + """ and exists (select 1 from unnest($1::text[], $2::bigint[]) t(kind, id)
  where (t.kind = i.at_kind and t.id = i.at_id) or exists (select 1 from incident_member m
    where m.incident_id = i.id and m.kind = t.kind and m.object_id = t.id and m.ended_at is null))"""
    + _ORDER
)
WHOLE = f"""select w.customers, w.cents from (select 1) one cross join {
    _AWAY.format(which="l.incident_id in (select id from incident where ended_at is null)")
}"""
LAST_ENDED = "select max(ended_at) from incident where merged_into is null and why not in ('rule', 'flapping')"


@dataclass(frozen=True, slots=True)
class Incident:
    """An open incident. ``customers``: how many are without service by it now; ``hourly_cents``: what that costs.

    ``owner``: who has acknowledged it, None while nobody has.
    """

    id: int
    why: str
    at: Thing
    name: str
    rule: str
    severity: str
    value: float | None
    began_at: datetime
    in_maintenance: bool
    acknowledged_at: datetime | None
    owner: str | None
    expected_at: datetime | None
    customers: int
    hourly_cents: int

    @property
    def matters(self) -> bool:
        """Whether a person should hear of it now: of one ONU alone, most often a modem that was switched off, none."""
        return self.severity != "notice"

    @property
    def unowned(self) -> bool:
        """Whether it waits for a person."""
        return self.acknowledged_at is None and not self.in_maintenance


@dataclass(frozen=True, slots=True)
class Now:
    """All of them, and how many customers they touch together, each once. ``calm_since``: the last outage's end."""

    incidents: Sequence[Incident]
    customers: int
    hourly_cents: int
    calm_since: datetime | None

    @property
    def unowned(self) -> list[Incident]:
        """Those that wait for a person."""
        return [one for one in self.incidents if one.unowned]


async def read(connection: db.Connection) -> Now:
    """Everything that is wrong now."""
    found = [_incident(row) for row in await connection.fetch(OPEN)]
    if not found:
        return Now([], 0, 0, await connection.fetchval(LAST_ENDED))
    customers, cents = await connection.fetchrow(WHOLE)
    return Now(found, customers, cost_an_hour(cents), None)


async def touching(connection: db.Connection, things: Sequence[Thing]) -> list[Incident]:
    """The open incidents that lie at one of some things, or to which one of them belongs."""
    kinds, ids = [one.kind for one in things], [one.id for one in things]
    return [_incident(row) for row in await connection.fetch(TOUCHING, kinds, ids)]


def _incident(row: Mapping[str, Any]) -> Incident:
    return Incident(
        row["id"],
        row["why"],
        Thing(row["at_kind"], row["at_id"]),
        row["at_name"],
        row["rule_name"],
        row["severity"],
        row["value"],
        row["began_at"],
        row["in_maintenance"],
        row["acknowledged_at"],
        row["owner"],
        row["expected_at"],
        row["customers"],
        cost_an_hour(row["monthly_cents"]),
    )
