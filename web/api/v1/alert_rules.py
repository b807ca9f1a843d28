"""API: alert rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.monitoring import records, rule_forms
from oss.monitoring.permissions import AlertPermission
from web.api.fields import Flag, Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.alerts import Kind, NewRule, Role, RuleChange, Severity, Side, Subject

routes = Operations("alert-rules", "What is looked at, when it is too much, and how long it must last to be told.")
CONDITION = ("kind", "limit", "side", "window_s", "margin")


class AlertRule(Resource):
    """An alert rule as kept; of the condition what its kind does not read is null."""

    id: int
    name: str
    subject: Subject
    metric: str
    kind: Kind
    limit: float | None
    side: Side | None
    window_s: float | None
    margin: float | None
    site_id: int | None
    device_id: int | None
    role: Role | None
    linked: bool
    is_loss: bool
    severity: Severity
    raise_s: int
    clear_s: int
    flaps: int
    flap_window_s: int
    settle_s: int
    enabled: bool
    note: str
    open_incidents: int = Field(description="How many incidents of it are open")
    created_at: datetime
    version: int


class RuleQuery(ById):
    """Filters of the list of alert rules."""

    subject: Subject | None = None
    severity: Severity | None = None
    enabled: Flag | None = None


@routes.read("/alert-rules", AlertPermission.WRITE)
async def list_alert_rules(call: Call, query: RuleQuery) -> Page[AlertRule]:
    """List alert rules, in the order they were made."""
    return page(AlertRule, await records.rules(call.connection, query.cursor, query.limit, **query.filters()))


@routes.read("/alert-rules/{rule_id}", AlertPermission.WRITE)
async def get_alert_rule(call: Call, rule_id: Id) -> AlertRule:
    """Read one alert rule."""
    return await _rule(call, rule_id)


@routes.create("/alert-rules", AlertPermission.WRITE, location="/alert-rules/{id}")
async def create_alert_rule(call: Call, body: NewRule) -> AlertRule:
    """Create an alert rule."""
    return await _rule(call, await rule_forms.save(call.connection, call.actor, body.values()))


@routes.change("/alert-rules/{rule_id}", AlertPermission.WRITE, row="alert_rule")
async def change_alert_rule(call: Call, rule_id: Id, body: RuleChange) -> AlertRule:
    """Change an alert rule; what is left out stays."""
    present, named = rule_forms.values_of(await rule_forms.one(call.connection, rule_id)), body.named()
    condition = replace(present.condition, **{name: named.pop(name) for name in CONDITION if name in named})
    wanted = replace(present, condition=condition, **named)
    await rule_forms.save(call.connection, call.actor, wanted, rule_id)
    return await _rule(call, rule_id)


@routes.remove("/alert-rules/{rule_id}", AlertPermission.WRITE)
async def delete_alert_rule(call: Call, rule_id: Id) -> None:
    """Delete an alert rule; its incidents stay in the history."""
    await rule_forms.remove(call.connection, call.actor, rule_id)


async def _rule(call: Call, rule_id: int) -> AlertRule:
    return AlertRule.model_validate(await records.rule(call.connection, rule_id))
