"""API: holds on contracts, and promises to pay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from oss.access import contract_records, holds, records
from oss.access.permissions import HoldPermission
from oss.base import clock
from oss.base.problems import InvalidInput
from web.api.fields import Body, Flag, Id, Instant, Resource, Text
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("holds", "Why a contract is not open. Each has a reason and an owner; paying lifts only billing's.")

Reason = Literal["overdue", "manual", "fraud", "pause"]
Effect = Literal["reduce", "wall", "cut"]


class Hold(Resource):
    """A hold as kept."""

    id: int
    contract_id: int
    reason: Reason
    owner: Literal["billing", "staff", "customer"]
    effect: Effect
    note: str
    masked_until: datetime | None = Field(description="A promise to pay hides it until then")
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


class NewHold(Body):
    """A hold to place. Overdue holds are placed by billing alone, from what is owed."""

    reason: Literal["manual", "fraud", "pause"]
    effect: Effect = Field(default="cut", description="reduce: slower; wall: only the provider's pages; cut: nothing")
    note: Annotated[str, Text(240, least=0)] = ""


class NewPromise(Body):
    """A promise to pay."""

    until: Instant = Field(description="The overdue hold is hidden until then; in the future")


class ContractHoldQuery(ById):
    """Filters of a contract's holds."""

    reason: Reason | None = None
    lifted: Flag = Field(default=False, description="True lists those that were lifted")


class HoldQuery(ContractHoldQuery):
    """Filters of the list of holds."""

    contract_id: Id | None = None
    owner: Literal["billing", "staff", "customer"] | None = None
    effect: Effect | None = None


@routes.read("/holds", HoldPermission.READ)
async def list_holds(call: Call, query: HoldQuery) -> Page[Hold]:
    """List holds of all contracts, in the order they were placed."""
    return page(
        Hold, await records.holds(call.connection, query.cursor, query.limit, scope=call.scope, **query.filters())
    )


@routes.read("/contracts/{contract_id}/holds", HoldPermission.READ)
async def list_contract_holds(call: Call, contract_id: Id, query: ContractHoldQuery) -> Page[Hold]:
    """List the holds of one contract."""
    await contract_records.contract(call.connection, contract_id)
    wanted: dict[str, Any] = {"contract_id": contract_id, **query.filters()}
    return page(Hold, await records.holds(call.connection, query.cursor, query.limit, scope=call.scope, **wanted))


@routes.read("/contracts/{contract_id}/holds/{reason}", HoldPermission.READ)
async def get_contract_hold(call: Call, contract_id: Id, reason: Reason) -> Hold:
    """Read the standing hold of one reason."""
    return await _hold(call, contract_id, reason)


@routes.create(
    "/contracts/{contract_id}/holds", HoldPermission.WRITE, location="/contracts/{contract_id}/holds/{reason}"
)
async def place_hold(call: Call, contract_id: Id, body: NewHold) -> Hold:
    """Block a contract.

    A second hold of the same reason changes effect and note of the first. Live sessions follow by themselves.
    """
    await contract_records.contract(call.connection, contract_id)
    await holds.place(call.connection, call.actor, [contract_id], body.reason, body.effect, body.note)
    return await _hold(call, contract_id, body.reason)


@routes.remove("/contracts/{contract_id}/holds/{reason}", HoldPermission.WRITE)
async def lift_hold(call: Call, contract_id: Id, reason: Reason) -> None:
    """Lift a contract's hold of one reason.

    An overdue hold comes back by itself while the debt stands; to give time, register a promise to pay.
    """
    await records.hold(call.connection, contract_id, reason)
    await holds.lift(call.connection, call.actor, [contract_id], reason)


@routes.create("/contracts/{contract_id}/promise", HoldPermission.WRITE)
async def promise_to_pay(call: Call, contract_id: Id, body: NewPromise) -> Hold:
    """Register a promise to pay: the overdue hold is hidden until a time.

    One promise a hold; a second is refused.
    """
    if body.until <= clock.now():  # not in the body's type: a repeated request is read again later
        raise InvalidInput({"until": "must be in the future"})
    await holds.promise(call.connection, call.actor, contract_id, body.until)
    return await _hold(call, contract_id, "overdue")


async def _hold(call: Call, contract_id: int, reason: str) -> Hold:
    return Hold.model_validate(dict(await records.hold(call.connection, contract_id, reason)))
