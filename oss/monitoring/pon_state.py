"""How every PON is at this moment: its ONUs that are away, and the light of those that are not.

Whether an ONU is away is told by its OLT's last poll; where that is old, by what the inventory heard last. Why it went
is its last word (`alert_symptom`), else what the inventory knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from oss.base import db
from oss.monitoring.kinds import ONU

WEAK_DBM: Final = -27.0
"""Light below which an ONU works, but without reserve: GPON class B+ ends at −27 dBm (ITU-T G.984.2 amendment 1)."""

FRESH: Final = "15 minutes"
BUCKET_DB: Final = 1.0
LOWEST_DBM, HIGHEST_DBM = -32, -12
_PLACE = {metric.name: place for place, metric in enumerate(ONU.metrics, 1)}


def _metric(name: str) -> str:
    """One metric of an ONU out of its OLT's poll; null where it was not told."""
    return f"nullif(n.metrics[(u.place - 1) * {ONU.width} + {_PLACE[name]}], 'NaN')"


# An OLT's newest poll, its metrics decompressed once; then a row an ONU.
TOLD = f"""newest as materialized (select s.at, s.objects, array_cat(s.metrics, array[]::real[]) as metrics
  from device d cross join lateral (select at, objects, metrics from sample_raw where owner_id = d.id
    and kind = {ONU.number} and at > now() - interval '{FRESH}' and at <= now() + interval '1 minute'
    order by at desc limit 1) s where {{olts}}),
told as materialized (select u.id, n.at, {_metric("rx_dbm")} as rx_dbm, {_metric("olt_rx_dbm")} as olt_rx_dbm,
    {_metric("distance_m")} as distance_m, {_metric("state")} as state
  from newest n cross join lateral unnest(n.objects) with ordinality u(id, place))"""
_AWAY = "coalesce(t.state < 0.5, o.state in ('offline', 'los', 'dying-gasp'))"
_KNOWN = "(t.state is not null or o.state <> 'unknown')"
EVERY = f"""with {TOLD.format(olts="d.role = 'olt'")}
select p.id, p.name, p.capacity, p.device_id, d.name as olt, d.site_id, s.name as site, s.city,
  count(o.id) as onus, count(*) filter (where o.id is not null and {_AWAY}) as away,
  count(*) filter (where o.id is not null and {_KNOWN}) as known,
  min(t.rx_dbm) filter (where not {_AWAY}) as worst_dbm,
  count(*) filter (where t.rx_dbm < {WEAK_DBM} and not {_AWAY}) as weak, max(t.at) as at
from pon_port p join device d on d.id = p.device_id join site s on s.id = d.site_id
left join onu o on o.pon_id = p.id left join told t on t.id = o.id
group by p.id, d.id, s.id order by s.name, d.name, p.sort_key limit 4000"""
ONUS_OF = f"""with {TOLD.format(olts="d.id = (select device_id from pon_port where id = {pon})")}
select o.id, o.serial, o.number, o.box_id, b.name as box, o.box_port, o.model, o.seen_at, o.state as last_state,
  o.state_at, {_AWAY} as away, {_KNOWN} as known, t.at, t.rx_dbm, t.olt_rx_dbm, t.distance_m,
  y.last_word, y.began_at
from onu o left join splitter_box b on b.id = o.box_id left join told t on t.id = o.id
left join lateral (select y.last_word, y.began_at from alert_symptom y join alert_rule r on r.id = y.rule_id
  where y.kind = 'onu' and y.object_id = o.id and r.is_loss and y.holds order by y.began_at limit 1) y on true
where o.pon_id = {{pon}} order by o.number nulls last, o.serial"""
ONUS = ONUS_OF.replace("{pon}", "$1")


@dataclass(frozen=True, slots=True)
class Pon:
    """One PON port. ``known``: ONUs of which anything is known; ``worst_dbm``: the weakest light of one that is lit."""

    id: int
    name: str
    capacity: int
    device_id: int
    olt: str
    site_id: int
    site: str
    city: str | None
    onus: int
    away: int
    known: int
    worst_dbm: float | None
    weak: int
    at: datetime | None

    @property
    def share(self) -> float:
        """The part of its ONUs that is away, 0 to 1."""
        return self.away / self.onus if self.onus else 0.0

    @property
    def state(self) -> str:
        """empty, unread, out (most of it is away), some (a part is), weak (all lit, one weakly) or well."""
        if not self.onus:
            return "empty"
        if not self.known:
            return "unread"
        if self.away:
            return "out" if 2 * self.away >= self.onus else "some"
        return "weak" if self.weak else "well"


STATES: Final = ("out", "some", "weak", "unread", "well", "empty")
TROUBLE: Final = ("out", "some", "weak")


async def every(connection: db.Connection) -> list[Pon]:
    """All PON ports, by site, OLT and name."""
    return [Pon(*row.values()) for row in await connection.fetch(EVERY)]


def worst(pons: Sequence[Pon], most: int) -> list[Pon]:
    """Those in trouble, most ONUs away first, then the weakest light."""
    troubled = [one for one in pons if one.state in TROUBLE]
    return sorted(troubled, key=lambda one: (-one.away, one.worst_dbm or 0.0, one.olt, one.name))[:most]


async def onus(connection: db.Connection, pon_id: int) -> Sequence[Mapping[str, Any]]:
    """The ONUs of a PON by their number, each with what it was last heard to be."""
    found: Sequence[Mapping[str, Any]] = await connection.fetch(ONUS, pon_id)
    return found


def word(onu: Mapping[str, Any]) -> str:
    """How an ONU is, in the inventory's words: online, offline, los, dying-gasp or unknown."""
    if not onu["known"]:
        return "unknown"
    if not onu["away"]:
        return "online"
    said = {"power": "dying-gasp", "light": "los"}.get(onu["last_word"] or "")
    return said or (onu["last_state"] if onu["last_state"] in ("los", "dying-gasp") else "offline")


def distribution(values: Sequence[float]) -> list[int]:
    """How many of some powers lie in each decibel from LOWEST_DBM to HIGHEST_DBM; what is beyond counts at the ends."""
    counts = [0] * int((HIGHEST_DBM - LOWEST_DBM) / BUCKET_DB)
    for value in values:
        counts[max(0, min(len(counts) - 1, int((value - LOWEST_DBM) // BUCKET_DB)))] += 1
    return counts
