"""Changing a contract that runs: another plan or due day, or its end. An ended contract is not changed any more."""

from __future__ import annotations

from datetime import date

from oss.base import audit, clock, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.contracts import lifecycle

LOCK = """select c.status, c.plan_id, c.started_on, o.zone from contract c join company o on o.id = c.company_id
where c.id = $1 for update of c"""


class ContractHasEnded(Conflict):
    """Contract {contract_id} ended on {ended_on}; it is not changed any more."""


async def change(
    connection: db.Connection,
    actor: audit.Actor,
    contract_id: int,
    *,
    plan_id: int | None = None,
    due_day: int | None = None,
    ended_on: date | None = None,
    end_reason: str | None = None,
) -> None:
    """Move a running contract to another plan or due day, or end it; the network follows by itself.

    Whoever ends a contract says why: one of `lifecycle.REASONS`.
    """
    row = await connection.fetchrow(LOCK, contract_id)
    if row is None:
        raise NotFound(thing="contract")
    if row["status"] != "active":
        ended = await connection.fetchval("select ended_on from contract where id = $1", contract_id)
        raise ContractHasEnded(contract_id=contract_id, ended_on=ended)
    if ended_on is not None and not row["started_on"] <= ended_on <= clock.today(row["zone"]):
        raise InvalidInput({"ended_on": f"must be between {row['started_on']} and today"})
    if (ended_on is None) != (end_reason is None):
        raise InvalidInput({"end_reason" if end_reason is None else "ended_on": "must not be empty"})
    if due_day is not None:
        await lifecycle.change_due_day(connection, actor, contract_id, due_day)
    if plan_id is not None and plan_id != row["plan_id"]:
        await lifecycle.change_plan(connection, actor, contract_id, plan_id)
    if ended_on is not None:
        await lifecycle.end(connection, actor, contract_id, ended_on, end_reason)
