"""API: plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.contracts import plans, records
from oss.contracts.permissions import PlanPermission
from web.api.fields import Flag, Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.plans import Binding, Name, NewPlan, PlanChange

routes = Operations("plans", "What is sold: rates in kbit/s from the customer's view, price in cents a month.")


class Plan(Resource):
    """A plan as kept."""

    id: int
    name: str
    down_kbps: int
    up_kbps: int
    reduced_down_kbps: int = Field(description="The rate while a hold reduces")
    reduced_up_kbps: int
    pool: str | None
    price_cents: int
    active: bool
    binding: Binding
    binding_keys: str
    created_at: datetime
    version: int


class PlanQuery(ById):
    """Filters of the list of plans."""

    name: Name | None = None
    active: Flag | None = None


@routes.read("/plans", PlanPermission.READ)
async def list_plans(call: Call, query: PlanQuery) -> Page[Plan]:
    """List plans, in the order they were made."""
    return page(Plan, await records.plans(call.connection, query.cursor, query.limit, **query.filters()))


@routes.read("/plans/{plan_id}", PlanPermission.READ)
async def get_plan(call: Call, plan_id: Id) -> Plan:
    """Read one plan."""
    return await _plan(call, plan_id)


@routes.create("/plans", PlanPermission.WRITE, location="/plans/{id}")
async def create_plan(call: Call, body: NewPlan) -> Plan:
    """Create a plan."""
    return await _plan(call, await plans.save(call.connection, call.actor, plans.PlanValues(**body.model_dump())))


@routes.change("/plans/{plan_id}", PlanPermission.WRITE, row="plan")
async def change_plan(call: Call, plan_id: Id, body: PlanChange) -> Plan:
    """Change a plan.

    Live sessions of its contracts get the new rates by themselves, within a second.
    """
    values = replace(await records.plan_to_change(call.connection, plan_id), **body.named())
    return await _plan(call, await plans.save(call.connection, call.actor, values, plan_id))


async def _plan(call: Call, plan_id: int) -> Plan:
    return Plan.model_validate(dict(await records.plan(call.connection, plan_id)))
