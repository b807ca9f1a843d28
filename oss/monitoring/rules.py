"""Alert rules as their rows say: what is looked at, when it is too much, how patient we are, how grave it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from oss.base import db
from oss.monitoring import conditions
from oss.monitoring.conditions import Condition
from oss.monitoring.symptoms import Patience

SEVERITIES: Final = ("notice", "warning", "critical")
"""From what can wait to what cannot."""

THINGS: Final = {"ping": "device", "device": "device", "onu": "onu", "interface": "interface", "line": "line"}
"""Which thing of the inventory a subject's objects are; a subject that is not here is a thing of its own kind."""

COLUMNS = """id, name, subject, metric, condition::text as condition, narrowing::text as narrowing, is_loss, severity,
raise_s, clear_s, flaps, flap_window_s, settle_s"""
ENABLED = f"select {COLUMNS} from alert_rule where enabled order by id"
# $1 narrowing as JSON: the ids of the devices it holds; interfaces and ONUs are looked up by their device.
DEVICES_OF = """with recursive sites as (
  select id from site where id = ($1::jsonb ->> 'site')::bigint
  union select s.id from site s join sites on s.parent_id = sites.id)
select d.id from device d where ($1::jsonb ->> 'site' is null or d.site_id in (select id from sites))
  and ($1::jsonb ->> 'device' is null or d.id = ($1::jsonb ->> 'device')::bigint)
  and ($1::jsonb ->> 'role' is null or d.role = $1::jsonb ->> 'role')"""
LINKED = """and ($1::jsonb ->> 'linked' is null
  or exists (select 1 from network_link l where i.id in (l.a_interface_id, l.b_interface_id)))"""
OBJECTS_OF = {
    "device": DEVICES_OF,
    "interface": f"select i.id from device_interface i where i.device_id in ({DEVICES_OF}) {LINKED}",
    "onu": f"select o.id from onu o join pon_port p on p.id = o.pon_id where p.device_id in ({DEVICES_OF})",
    "line": f"""select r.account_id as id from account_drop r left join onu o on o.id = r.onu_id
left join pon_port p on p.id = o.pon_id where coalesce(r.device_id, p.device_id) in ({DEVICES_OF})""",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that is switched on. ``only``: the ids of the objects it looks at; None: all of its subject."""

    id: int
    name: str
    subject: str
    metric: str
    condition: Condition
    is_loss: bool
    severity: str
    patience: Patience
    only: frozenset[int] | None = None

    @property
    def thing(self) -> str:
        """The kind of thing that its objects are."""
        return THINGS.get(self.subject, self.subject)

    def looks_at(self, object_id: int) -> bool:
        """Whether an object is among those it is for."""
        return self.only is None or object_id in self.only


def of(row: Any, only: frozenset[int] | None = None) -> Rule:
    """A rule of its row (`COLUMNS`). Raises `UnfitRule`."""
    patience = Patience(*(row[name] for name in ("raise_s", "clear_s", "flaps", "flap_window_s", "settle_s")))
    condition = conditions.of(json.loads(row["condition"]))
    words = (row["name"], row["subject"], row["metric"])
    return Rule(row["id"], *words, condition, row["is_loss"], row["severity"], patience, only)


async def enabled(connection: db.Connection) -> Sequence[Rule]:
    """The rules that are switched on, each with the objects it is narrowed to."""
    return [of(row, await _narrowed(connection, row)) for row in await connection.fetch(ENABLED)]


async def _narrowed(connection: db.Connection, row: Any) -> frozenset[int] | None:
    sql = OBJECTS_OF.get(THINGS.get(row["subject"], row["subject"]))
    if row["narrowing"] == "{}" or sql is None:
        return None
    return frozenset(one["id"] for one in await connection.fetch(sql, row["narrowing"]))


def gravest(severities: Sequence[str]) -> str:
    """The gravest of some."""
    return max(severities, key=SEVERITIES.index)
