"""A contract's life: it starts on a day, may change plan, and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from oss.base import audit, audit_names, db
from oss.base.problems import InvalidInput, NotFound

# Why a contract ends, as whoever ends it says: too dear, bad service, another provider, moved away, does not need it
# any more, owed and was let go, ended by us for another cause, something else. Churn is told by these.
REASONS = ("price", "service", "competitor", "moved", "no_need", "debt", "ours", "other")

INSERT = """insert into contract (company_id, customer_id, plan_id, due_day, started_on)
values ($1, $2, $3, $4, $5) returning id"""


async def start(
    connection: db.Connection,
    actor: audit.Actor,
    *,
    company_id: int,
    customer_id: int,
    plan_id: int,
    due_day: int,
    started_on: date,
) -> int:
    """Open a contract; returns its id."""
    wrong = {}
    for name, table, key in (
        ("company_id", "company", company_id),
        ("customer_id", "customer", customer_id),
        ("plan_id", "plan", plan_id),
    ):
        if not await connection.fetchval(f"select 1 from {table} where id = $1", key):
            wrong[name] = "does not exist"
    if not 1 <= due_day <= 28:
        wrong["due_day"] = "must be between 1 and 28"
    if wrong:
        raise InvalidInput(wrong)
    contract_id: int = await connection.fetchval(INSERT, company_id, customer_id, plan_id, due_day, started_on)
    await audit.note(connection, actor, "contract.started", "contract", contract_id, plan_id=plan_id)
    return contract_id


@dataclass(frozen=True, slots=True)
class NewContract:
    """What a contract is made of when many are made at once; ``due_day`` 1 to 28.

    ``contract_id``: the number it is to have, which no contract has yet; None: the next one.
    """

    company_id: int
    customer_id: int
    plan_id: int
    due_day: int
    started_on: date
    contract_id: int | None = None


SEQUENCE = "pg_get_serial_sequence('contract', 'id')"
PAST = f"select setval({SEQUENCE}, greatest($1, nextval({SEQUENCE})))"
NEXT = f"select nextval({SEQUENCE}) from generate_series(1, $1)"


async def start_all(connection: db.Connection, contracts: Sequence[NewContract]) -> list[int]:
    """Open many at once; returns their ids in order. The caller leaves one audit row for them all."""
    given = [c.contract_id for c in contracts if c.contract_id is not None]
    if given:
        await connection.execute(PAST, max(given))
    fresh = iter(await connection.fetch(NEXT, len(contracts) - len(given)))
    ids = [int(next(fresh)[0]) if c.contract_id is None else c.contract_id for c in contracts]
    rows = [
        (key, c.company_id, c.customer_id, c.plan_id, c.due_day, c.started_on)
        for key, c in zip(ids, contracts, strict=True)
    ]
    columns = ("id", "company_id", "customer_id", "plan_id", "due_day", "started_on")
    await connection.copy_records_to_table("contract", records=rows, columns=columns)
    return ids


audit_names.called(
    "contract",
    """select k.id, c.name, k.customer_id as inside from contract k join customer c on c.id = k.customer_id
    where k.id = any($1::bigint[])""",
)
PLAN_OF = """select k.plan_id, p.name as plan from contract k join plan p on p.id = k.plan_id
where k.id = $1 for update of k"""


async def change_plan(connection: db.Connection, actor: audit.Actor, contract_id: int, plan_id: int) -> None:
    """Move a contract to another plan; its live sessions change speed by themselves."""
    if not await connection.fetchval("select 1 from plan where id = $1", plan_id):
        raise InvalidInput({"plan_id": "does not exist"})
    before = await connection.fetchrow(PLAN_OF, contract_id)
    if before is None:
        raise NotFound(thing="contract")
    await connection.execute("update contract set plan_id = $2 where id = $1", contract_id, plan_id)
    after = await connection.fetchrow(PLAN_OF, contract_id)
    detail = audit.changed(before, dict(after))
    await audit.note(connection, actor, "contract.plan_changed", "contract", contract_id, plan_id=plan_id, **detail)


async def change_due_day(connection: db.Connection, actor: audit.Actor, contract_id: int, due_day: int) -> None:
    """Invoices fall due on another day of the month from the next one on."""
    if not 1 <= due_day <= 28:
        raise InvalidInput({"due_day": "must be between 1 and 28"})
    before = await connection.fetchval("select due_day from contract where id = $1 for update", contract_id)
    if before is None:
        raise NotFound(thing="contract")
    if before == due_day:
        return
    await connection.execute("update contract set due_day = $2 where id = $1", contract_id, due_day)
    detail = audit.changed({"due_day": before}, {"due_day": due_day})
    await audit.note(connection, actor, "contract.due_day_changed", "contract", contract_id, **detail)


async def end(
    connection: db.Connection, actor: audit.Actor, contract_id: int, ended_on: date, reason: str | None = None
) -> None:
    """End a contract; its logins are refused and its live sessions cut. ``reason`` is one of REASONS, or None."""
    if reason is not None and reason not in REASONS:
        raise InvalidInput({"end_reason": "one of " + ", ".join(REASONS)})
    started_on = await connection.fetchval("select started_on from contract where id = $1", contract_id)
    if started_on is not None and ended_on < started_on:
        raise InvalidInput({"ended_on": f"must not be before {started_on}, the first day"})
    tag = await connection.execute(
        "update contract set status = 'ended', ended_on = $2, end_reason = $3 where id = $1 and status = 'active'",
        contract_id,
        ended_on,
        reason,
    )
    if tag != "UPDATE 1":
        raise NotFound(thing="contract")
    detail = audit.changed({"status": "active"}, {"status": "ended", "ended_on": ended_on, "end_reason": reason})
    about = {"ended_on": ended_on, "end_reason": reason}
    await audit.note(connection, actor, "contract.ended", "contract", contract_id, **about, **detail)
