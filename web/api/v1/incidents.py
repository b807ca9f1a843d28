"""API: incidents, what is away with them, whom they touch, and what is done about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from oss.base.problems import Forbidden
from oss.crm.permissions import CustomerPermission
from oss.monitoring import incident_acts, records
from oss.monitoring.permissions import IncidentPermission
from web.api.fields import Flag, Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.auth import permissions, scope
from web.inputs.alerts import IncidentNote, Severity

routes = Operations("incidents", "What is out of order, by its cause: whom it touches, who has it in hand.")
Why = Literal["down", "power", "cut", "together", "rule", "flapping"]


class Incident(Resource):
    """An incident as kept."""

    id: int
    why: str = Field(description="down, power, cut, together (lost at once), rule or flapping")
    at_kind: str = Field(description="What kind of thing its place is: site, device, link, pon, box, onu…")
    at_id: int
    at_name: str
    rule_id: int | None
    rule_name: str
    severity: Severity
    value: float | None = Field(description="What was measured when it was opened, in the metric's unit")
    began_at: datetime
    opened_at: datetime
    ended_at: datetime | None
    merged_into: int | None = Field(description="The incident that it turned out to be part of")
    in_maintenance: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    lines: int
    customers: int
    monthly_cents: int = Field(description="What the plans of the lines it touches bring a month")
    cents_an_hour: int
    note_to_customers: str
    expected_at: datetime | None
    version: int


class IncidentMember(Resource):
    """A thing that is away with an incident, or was."""

    kind: str
    object_id: int
    began_at: datetime
    ended_at: datetime | None


class IncidentLine(Resource):
    """A customer's line that an incident touches."""

    account_id: int
    contract_id: int
    customer_id: int
    customer: str
    login: str
    from_at: datetime
    until_at: datetime | None


class IncidentQuery(ById):
    """Filters of the list of incidents."""

    open: Flag | None = None
    why: Why | None = None
    severity: Severity | None = None
    at_kind: Annotated[str, Field(pattern=r"^[a-z]{2,20}$")] | None = None
    at_id: Id | None = None
    rule_id: Id | None = None
    acknowledged: Flag | None = None


class IncidentMembers(Resource):
    """Everything that is away with an incident, or was; at most 1,000 things."""

    items: list[IncidentMember]


@routes.read("/incidents", IncidentPermission.READ)
async def list_incidents(call: Call, query: IncidentQuery) -> Page[Incident]:
    """List incidents, the newest first."""
    asked = query.filters()
    is_open, taken = asked.pop("open", None), asked.pop("acknowledged", None)
    found = await records.incidents(call.connection, query.cursor, query.limit, is_open, taken, **asked)
    return page(Incident, found)


@routes.read("/incidents/{incident_id}", IncidentPermission.READ)
async def get_incident(call: Call, incident_id: Id) -> Incident:
    """Read one incident."""
    return await _incident(call, incident_id)


@routes.read("/incidents/{incident_id}/members", IncidentPermission.READ)
async def list_incident_members(call: Call, incident_id: Id) -> IncidentMembers:
    """List what is away with an incident, or was."""
    await records.incident(call.connection, incident_id)
    rows = await records.members(call.connection, incident_id)
    return IncidentMembers(items=[IncidentMember.model_validate(dict(row)) for row in rows])


@routes.read("/incidents/{incident_id}/customers", IncidentPermission.READ)
async def list_incident_customers(call: Call, incident_id: Id, query: ById) -> Page[IncidentLine]:
    """List the customers' lines that an incident touches, by login's id.

    Only those of customers that the token may see; it needs ``customers.read`` too.
    """
    if CustomerPermission.READ not in permissions(call.request):
        raise Forbidden()
    await records.incident(call.connection, incident_id)
    mine = scope(call.request, CustomerPermission.READ)
    return page(IncidentLine, await records.lines(call.connection, incident_id, mine, query.cursor, query.limit))


@routes.create("/incidents/{incident_id}/acknowledge", IncidentPermission.WRITE)
async def acknowledge_incident(call: Call, incident_id: Id) -> Incident:
    """Take an incident in hand: nobody else is told of it.

    Refused where somebody else has it, and where it is over.
    """
    await incident_acts.acknowledge(call.connection, call.actor, incident_id, call.identity.held.user_id)
    return await _incident(call, incident_id)


@routes.remove("/incidents/{incident_id}/acknowledge", IncidentPermission.WRITE)
async def give_incident_back(call: Call, incident_id: Id) -> None:
    """Give an incident back: the next step is told when it is due."""
    await incident_acts.give_back(call.connection, call.actor, incident_id)


@routes.change("/incidents/{incident_id}", IncidentPermission.WRITE, row="incident")
async def change_incident(call: Call, incident_id: Id, body: IncidentNote) -> Incident:
    """Say to whom it touches what is being done, and when it is expected to be over; empty and null take it back."""
    present, named = await records.incident(call.connection, incident_id), body.named()
    note = named.get("note_to_customers", present["note_to_customers"])
    at = named.get("expected_at", present["expected_at"])
    await incident_acts.write_to_customers(call.connection, call.actor, incident_id, note, at)
    return await _incident(call, incident_id)


async def _incident(call: Call, incident_id: int) -> Incident:
    return Incident.model_validate(await records.incident(call.connection, incident_id))
