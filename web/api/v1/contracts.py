"""API: contracts, and what the rule decides about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from oss.access import contract_records
from oss.contracts import changes, lifecycle, records
from oss.contracts.permissions import ContractPermission
from oss.crm.permissions import CustomerPermission
from web.api.access import AccessNow
from web.api.fields import Document, Id, Login, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.contracts import ContractChange, EndReason, NewContract

routes = Operations("contracts", "A customer's agreement on one plan. Open when no hold stands on it.")


class Contract(Resource):
    """A contract as kept, with what is decided about it now."""

    id: int
    company_id: int
    customer_id: int
    plan_id: int
    status: Literal["active", "ended"]
    due_day: int
    started_on: date
    ended_on: date | None
    end_reason: EndReason | None
    created_at: datetime
    version: int
    access: AccessNow


class ContractQuery(ById):
    """Filters of the list of contracts."""

    customer_id: Id | None = None
    plan_id: Id | None = None
    company_id: Id | None = None
    status: Literal["active", "ended"] | None = None
    hold: Literal["overdue", "manual", "fraud", "pause"] | None = Field(
        default=None, description="With a standing hold of this reason"
    )
    login: Login | None = None
    document: Document | None = None


@routes.read("/contracts", CustomerPermission.READ)
async def list_contracts(call: Call, query: ContractQuery) -> Page[Contract]:
    """List contracts, in the order they were made."""
    found = await contract_records.contracts(
        call.connection, query.cursor, query.limit, scope=call.scope, **query.filters()
    )
    return page(Contract, found)


@routes.read("/contracts/{contract_id}", CustomerPermission.READ)
async def get_contract(call: Call, contract_id: Id) -> Contract:
    """Read one contract."""
    return await _contract(call, contract_id)


@routes.create("/contracts", ContractPermission.WRITE, location="/contracts/{id}")
async def create_contract(call: Call, body: NewContract) -> Contract:
    """Start a contract."""
    company_id, today = await records.company(call.connection, body.company_id)
    contract_id = await lifecycle.start(
        call.connection,
        call.actor,
        company_id=company_id,
        customer_id=body.customer_id,
        plan_id=body.plan_id,
        due_day=body.due_day,
        started_on=body.started_on or today,
    )
    return await _contract(call, contract_id)


@routes.change("/contracts/{contract_id}", ContractPermission.WRITE, row="contract")
async def change_contract(call: Call, contract_id: Id, body: ContractChange) -> Contract:
    """Move a contract to another plan or due day, or end it.

    Its live sessions follow by themselves: another plan's rates at once; an end cuts them, and its logins are refused.
    """
    await changes.change(call.connection, call.actor, contract_id, **body.named())
    return await _contract(call, contract_id)


async def _contract(call: Call, contract_id: int) -> Contract:
    return Contract.model_validate(await contract_records.contract(call.connection, contract_id))
