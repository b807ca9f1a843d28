"""API: plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from oss.contracts import plans, records
from oss.contracts.permissions import PlanPermission
from web.api.fields import MAX_CENTS, Body, Change, Flag, Id, Resource, Text, Whole, left_out
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("plans", "What is sold: rates in kbit/s from the customer's view, price in cents a month.")

Name = Annotated[str, Text(80), Field(examples=["Fibra 500"])]
Kbps = Annotated[int, Whole(1, 400_000_000), Field(examples=[500_000])]
Price = Annotated[int, Whole(0, MAX_CENTS), Field(examples=[9990])]
Pool = Annotated[str, Text(64, spaces=False), Field(description="Address pool on the router")]


Binding = Annotated[
    Literal["off", "learn", "fixed"],
    Field(description="Whether its logins are bound to their lines, where an account does not say otherwise"),
]
BindingKeys = Annotated[
    str,
    Text(32),
    Field(description="What a line is told by: some of mac, nas, port, vlan, circuit", examples=["mac nas"]),
]


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


class NewPlan(Body):
    """What a plan is created from."""

    name: Name
    down_kbps: Kbps
    up_kbps: Kbps
    price_cents: Price
    reduced_down_kbps: Kbps = 1024
    reduced_up_kbps: Kbps = 512
    pool: Pool | None = None
    active: bool = True
    binding: Binding = "off"
    binding_keys: BindingKeys = "mac"


class PlanChange(Change):
    """What of a plan may change."""

    name: Name = left_out()
    down_kbps: Kbps = left_out()
    up_kbps: Kbps = left_out()
    price_cents: Price = left_out()
    reduced_down_kbps: Kbps = left_out()
    reduced_up_kbps: Kbps = left_out()
    pool: Pool | None = left_out()
    active: bool = left_out()
    binding: Binding = left_out()
    binding_keys: BindingKeys = left_out()


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


@routes.change("/plans/{plan_id}", PlanPermission.WRITE)
async def change_plan(call: Call, plan_id: Id, body: PlanChange) -> Plan:
    """Change a plan.

    Live sessions of its contracts get the new rates by themselves, within a second.
    """
    values = replace(await records.plan_to_change(call.connection, plan_id), **body.named())
    return await _plan(call, await plans.save(call.connection, call.actor, values, plan_id))


async def _plan(call: Call, plan_id: int) -> Plan:
    return Plan.model_validate(dict(await records.plan(call.connection, plan_id)))
