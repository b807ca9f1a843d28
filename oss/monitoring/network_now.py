"""The network as the wall shows it: sites with what of them is away, the PONs in trouble, what the routers carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from oss.access import login_rates
from oss.base import clock, db
from oss.monitoring import incident_now, pon_state
from oss.monitoring.kinds import NAS
from oss.monitoring.pon_state import Pon

FRESH: Final = "5 minutes"

# What a rule of loss found and nothing has cleared; what is behind another one that is away is away all the same.
DEVICES = """select s.id as site_id, s.name as site, d.id, d.name, d.role, exists (select 1 from alert_symptom y
  join alert_rule r on r.id = y.rule_id where y.kind = 'device' and y.object_id = d.id and r.is_loss
  and y.phase in ('raised', 'clearing')) as away
from device d join site s on s.id = d.site_id where d.enabled order by s.name, s.id, d.name limit 5000"""
CARRIED = f"""select s.objects, s.metrics from nas n cross join lateral (select objects, metrics from sample_raw
  where owner_id = n.id and kind = {NAS.number} and at > now() - interval '{FRESH}' order by at desc limit 1) s"""


@dataclass(slots=True)
class Site:
    """A site with its devices; ``pons`` are those of its OLTs."""

    id: int
    name: str
    devices: int = 0
    away: list[str] = field(default_factory=list)
    olts: list[tuple[str, bool]] = field(default_factory=list)
    pons: list[Pon] = field(default_factory=list)

    @property
    def onus(self) -> int:
        return sum(one.onus for one in self.pons)

    @property
    def onus_away(self) -> int:
        return sum(one.away for one in self.pons)

    @property
    def state(self) -> str:
        """offline (nothing of it answers, or most of its ONUs are away), degraded or online."""
        if self.devices and len(self.away) == self.devices:
            return "offline"
        if self.away or self.onus_away:
            return "offline" if self.onus and 2 * self.onus_away >= self.onus else "degraded"
        return "online"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What all routers carry, bit/s from their customers' view; None where none has told lately."""

    down_bps: float | None = None
    up_bps: float | None = None


@dataclass(frozen=True, slots=True)
class Wall:
    """One reading of everything. ``at``: when."""

    at: datetime
    now: incident_now.Now
    sites: Sequence[Site]
    pons: Sequence[Pon]
    traffic: Traffic
    curve: login_rates.Curve
    logins: login_rates.Share


async def read(connection: db.Connection) -> Wall:
    """All of it, as it is now."""
    at = clock.now()
    pons = await pon_state.every(connection)
    return Wall(
        at,
        await incident_now.read(connection),
        sites(await connection.fetch(DEVICES), pons),
        pons,
        traffic(await connection.fetch(CARRIED)),
        await login_rates.curve(at),
        await login_rates.share(at - login_rates.STEP, at),
    )


def sites(devices: Sequence[Any], pons: Sequence[Pon]) -> list[Site]:
    """Sites that have devices, those in trouble first: away as a whole, then by ONUs away."""
    found: dict[int, Site] = {}
    for row in devices:
        one = found.setdefault(row["site_id"], Site(row["site_id"], row["site"]))
        one.devices += 1
        if row["away"]:
            one.away.append(row["name"])
        if row["role"] == "olt":
            one.olts.append((row["name"], row["away"]))
    for pon in pons:
        if pon.site_id in found:
            found[pon.site_id].pons.append(pon)
    grave = {"offline": 0, "degraded": 1, "online": 2}
    return sorted(found.values(), key=lambda one: (grave[one.state], -one.onus_away, -len(one.away), one.name))


def traffic(rows: Sequence[Any]) -> Traffic:
    """Summed over routers; what flows into a router from its lines is the customers' upload."""
    into, out = NAS.place("in_bps"), NAS.place("out_bps")
    told = [row["metrics"] for row in rows]
    up = [each[into] for each in told if each[into] == each[into]]
    down = [each[out] for each in told if each[out] == each[out]]
    return Traffic(sum(down) if down else None, sum(up) if up else None)
