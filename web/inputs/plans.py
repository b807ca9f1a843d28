"""Plans: what one is made of, and what of it may change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web.api.fields import Body, Change, Text, left_out
from web.inputs.kinds import Availability, BindingKeys, Kbps, Price

Name = Annotated[str, Text(80), Field(examples=["Fibra 500"])]
Pool = Annotated[str, Text(64, spaces=False), Field(description="Address pool on the router")]
Binding = Annotated[
    Literal["off", "learn", "fixed"],
    Field(description="Whether its logins are bound to their lines, where an account does not say otherwise"),
]


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


class PlanForm(NewPlan):
    """What the form of a plan asks beside."""

    sla: Availability | None = None


class FirstPlan(Body):
    """What the first steps ask of a plan; the rest is as it comes."""

    name: Name
    down_kbps: Kbps
    up_kbps: Kbps
    price_cents: Price


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
