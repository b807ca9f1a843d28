"""Alert rules as people write them: checked, saved, switched, removed; and read for screens and programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.monitoring import conditions
from oss.monitoring.conditions import Condition, UnfitRule
from oss.monitoring.kinds import INTERFACE, KINDS, Metric
from oss.monitoring.rules import OBJECTS_OF, SEVERITIES, THINGS, Rule
from oss.monitoring.symptoms import Patience
from oss.network.catalogue import ROLES

LINE: Final = "line"
"""A customer's line: no samples are kept of it, only whether a session is open (metric ""), and what it carries now."""
LINE_RATES: Final = ("in_bps", "out_bps")

SUBJECTS: Final = (*KINDS, LINE)
FIELDS_OF: Final[dict[str, tuple[str, ...]]] = {
    "threshold": ("limit", "side", "margin"),
    "allowed": ("limit", "margin"),
    "rate": ("limit", "side", "window_s", "margin"),
    "absence": ("window_s",),
    "flap": ("limit", "window_s"),
    "offline": ("window_s",),
}
"""What each kind of condition reads; the rest is not kept."""

ALLOWED: Final = {(subject, metric) for subject in ("interface", LINE) for metric in LINE_RATES}
"""Of what we know how much is allowed: the speed of the port, the speed of the customer's plan."""

LONGEST_S, MOST_FLAPS = 86_400, 100
SELECT: Final = """select r.id, r.name, r.subject, r.metric, r.condition::text as condition,
  r.narrowing::text as narrowing, r.is_loss, r.severity, r.raise_s, r.clear_s, r.flaps, r.flap_window_s, r.settle_s,
  r.enabled, r.note, r.version, r.created_at, s.name as site, d.name as device,
  (select count(*) from incident i where i.rule_id = r.id and i.ended_at is null) as open,
  (select count(*) from alert_symptom y where y.rule_id = r.id and y.phase <> 'pending') as standing
from alert_rule r left join site s on s.id = (r.narrowing ->> 'site')::bigint
left join device d on d.id = (r.narrowing ->> 'device')::bigint"""
ORDER = " order by r.enabled desc, array_position(array['critical', 'warning', 'notice'], r.severity), r.name"
COLUMNS = (
    *("name", "subject", "metric", "condition", "narrowing", "is_loss", "severity", "raise_s", "clear_s", "flaps"),
    *("flap_window_s", "settle_s", "enabled", "note"),
)
JSON = ("condition", "narrowing")

audit_names.called("alert_rule", "select id, name, id as inside from alert_rule where id = any($1::bigint[])")


@dataclass(frozen=True, slots=True)
class RuleValues:
    """What a rule is made of. ``site_id``, ``device_id``, ``role``: only things there; ``linked``: only interfaces at
    which a link of ours ends; seconds are whole."""

    name: str
    subject: str
    metric: str
    condition: Condition
    severity: str = "warning"
    is_loss: bool = False
    site_id: int | None = None
    device_id: int | None = None
    role: str | None = None
    linked: bool = False
    raise_s: int = 0
    clear_s: int = 0
    flaps: int = 6
    flap_window_s: int = 600
    settle_s: int = 600
    enabled: bool = False
    note: str = ""

    @property
    def narrowing(self) -> dict[str, Any]:
        """As the row holds it."""
        named = {"site": self.site_id, "device": self.device_id, "role": self.role, "linked": self.linked or None}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def facts(self) -> dict[str, Any]:
        """The condition as the row holds it: what its kind reads, and nothing else."""
        values = {name: getattr(self.condition, name) for name in FIELDS_OF[self.condition.kind]}
        return {"kind": self.condition.kind, **values}

    def columns(self) -> dict[str, Any]:
        """The row, with ``condition`` and ``narrowing`` as dicts."""
        made = {"condition": self.facts, "narrowing": self.narrowing, "name": self.name.strip()}
        return {name: made[name] if name in made else getattr(self, name) for name in COLUMNS}

    @property
    def patience(self) -> Patience:
        return Patience(self.raise_s, self.clear_s, self.flaps, self.flap_window_s, self.settle_s)


def metric_of(subject: str, name: str) -> Metric | None:
    """The metric that a rule looks at; None where its subject has none of that name."""
    kind = INTERFACE if subject == LINE and name in LINE_RATES else KINDS.get(subject)
    return next((one for one in kind.metrics if one.name == name), None) if kind else None


def values_of(row: Mapping[str, Any]) -> RuleValues:
    """A row (`SELECT`) as its values, to be changed in part."""
    plain = {name: row[name] for name in COLUMNS if name not in JSON}
    narrowing = json.loads(row["narrowing"])
    where: dict[str, Any] = {f"{name}_id": narrowing.get(name) for name in ("site", "device")}
    where |= {"role": narrowing.get("role"), "linked": bool(narrowing.get("linked"))}
    return RuleValues(condition=conditions.of(json.loads(row["condition"])), **plain, **where)


async def rule_of(connection: db.Connection, values: RuleValues, rule_id: int = 0) -> Rule:
    """Values as the watch would judge by them. Raises InvalidInput."""
    await check(connection, values)
    thing = THINGS.get(values.subject, values.subject)
    only = None
    if values.narrowing and (sql := OBJECTS_OF.get(thing)):
        only = frozenset(row["id"] for row in await connection.fetch(sql, json.dumps(values.narrowing)))
    words = (rule_id, values.name, values.subject, values.metric)
    return Rule(*words, values.condition, values.is_loss, values.severity, values.patience, only)


async def check(connection: db.Connection, values: RuleValues) -> None:
    """Refuse what makes no sense, every field at once. Raises InvalidInput."""
    wrong = _wrong_words(values) | _wrong_condition(values)
    if THINGS.get(values.subject) is None:
        if values.narrowing:
            wrong[_narrowed_by(values)] = "these things stand at no site"
        if values.is_loss:
            wrong["is_loss"] = "only what stands in the network can be away"
    if values.linked and values.subject != "interface":
        wrong["linked"] = "links end at interfaces"
    for name, table in (("site_id", "site"), ("device_id", "device")):
        key = getattr(values, name)
        if key and not await connection.fetchval(f"select exists (select 1 from {table} where id = $1)", key):
            wrong[name] = "does not exist"
    if wrong:
        raise InvalidInput(wrong)


def _narrowed_by(values: RuleValues) -> str:
    return next(name for name in ("site_id", "device_id", "role") if getattr(values, name) is not None)


def _wrong_words(values: RuleValues) -> dict[str, str]:
    wrong = {}
    if not 1 <= len(values.name.strip()) <= 80:
        wrong["name"] = "1 to 80 characters"
    if values.severity not in SEVERITIES:
        wrong["severity"] = "is not one of the choices"
    if values.role is not None and values.role not in ROLES:
        wrong["role"] = "is not one of the choices"
    for name in ("raise_s", "clear_s", "flap_window_s", "settle_s"):
        if not 0 <= getattr(values, name) <= LONGEST_S:
            wrong[name] = "at most a day"
    if not 0 <= values.flaps <= MOST_FLAPS or values.flaps == 1:
        wrong["flaps"] = "2 to 100 changes, or 0 for never"
    return wrong


def _wrong_condition(values: RuleValues) -> dict[str, str]:
    kind, subject = values.condition.kind, values.subject
    is_session = (subject, values.metric) == (LINE, "")
    if subject not in SUBJECTS or (metric_of(subject, values.metric) is None and not is_session):
        return {"metric": "is not one of the choices"}
    if (kind == "offline") != is_session:
        return {"kind": "only a customer's line is offline, and nothing else can be said of its session"}
    if kind == "allowed" and (subject, values.metric) not in ALLOWED:
        return {"kind": "only of a port's or a line's traffic is known how much is allowed"}
    if subject == LINE and kind not in ("offline", "allowed"):
        return {"kind": "of a line's traffic only the share of its plan's speed can be looked for"}
    try:
        conditions.judge(values.condition)
    except UnfitRule as problem:
        field = {"window": "window_s"}.get(str(problem.facts["field"]), str(problem.facts["field"]))
        return {field: "must be more than nothing, at most 90 days" if field == "window_s" else "must be a number"}
    return {"limit": "at least 1"} if kind == "flap" and values.condition.limit < 1 else {}


async def taken(connection: db.Connection, name: str, rule_id: int | None) -> str | None:
    """What is wrong with a name that another rule has."""
    sql = "select exists (select 1 from alert_rule where name = $1 and id is distinct from $2)"
    return "already taken" if await connection.fetchval(sql, name.strip(), rule_id) else None


async def save(connection: db.Connection, actor: audit.Actor, values: RuleValues, rule_id: int | None = None) -> int:
    """Make a rule, or change it; returns its id. Raises InvalidInput, Conflict, NotFound."""
    await check(connection, values)
    if await taken(connection, values.name, rule_id):
        raise Conflict(thing="name", value=values.name)
    columns = values.columns()
    bound = [json.dumps(value) if name in JSON else value for name, value in columns.items()]
    if rule_id is None:
        marks = ", ".join(f"${n}::jsonb" if name in JSON else f"${n}" for n, name in enumerate(columns, 1))
        sql = f"insert into alert_rule ({', '.join(columns)}) values ({marks}) returning id"
        saved, changes = int(await connection.fetchval(sql, *bound)), {"made": True}
    else:
        before = await _locked(connection, rule_id)
        saved, changes = rule_id, audit.changed(before, columns)  # type: ignore[assignment]
        if changes:
            sets = ", ".join(f"{n} = ${k}{'::jsonb' if n in JSON else ''}" for k, n in enumerate(columns, 2))
            await connection.execute(f"update alert_rule set {sets} where id = $1", rule_id, *bound)
    await audit.note(connection, actor, "alert_rule.saved", "alert_rule", saved, name=values.name.strip(), **changes)
    return saved


async def _locked(connection: db.Connection, rule_id: int) -> dict[str, Any]:
    row = await connection.fetchrow("select * from alert_rule where id = $1 for update", rule_id)
    if row is None:
        raise NotFound(thing="alert rule")
    return {**row, **{name: json.loads(row[name]) for name in JSON}}


async def switch(connection: db.Connection, actor: audit.Actor, rule_id: int, enabled: bool) -> str:
    """Switch a rule on or off; returns its name. What one that is off had found is over."""
    before = await _locked(connection, rule_id)
    if changes := audit.changed(before, {"enabled": enabled}):
        await connection.execute("update alert_rule set enabled = $2 where id = $1", rule_id, enabled)
        await audit.note(connection, actor, "alert_rule.saved", "alert_rule", rule_id, name=before["name"], **changes)
    return str(before["name"])


async def remove(connection: db.Connection, actor: audit.Actor, rule_id: int) -> str:
    """Delete a rule; its incidents stay in the history under its name. Returns the name."""
    before = await _locked(connection, rule_id)
    await connection.execute("delete from alert_rule where id = $1", rule_id)
    await audit.note(connection, actor, "alert_rule.removed", "alert_rule", rule_id, name=before["name"])
    return str(before["name"])


async def one(connection: db.Connection, rule_id: int) -> Any:
    """A rule's row (`SELECT`). Raises NotFound."""
    row = await connection.fetchrow(SELECT + " where r.id = $1", rule_id)
    if row is None:
        raise NotFound(thing="alert rule")
    return row


async def every() -> Sequence[Any]:
    """All rules: those that are on first, the gravest of them first."""
    return await db.fetch(SELECT + ORDER + " limit 1000")
