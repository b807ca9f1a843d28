"""Credits for broken promises: proposed by monitoring, decided by a person, taken off the contract's next invoice.

Accepting posts the credit to what the provider owes the customer (revenue against credit); the next invoice of the
contract uses it (credit against receivable). Both entries bear the credit's own number or the invoice's.
"""

from __future__ import annotations

from typing import Any, Final

from billing import ledger
from oss.base import audit, clock, db
from oss.base.events import listens
from oss.base.problems import NotFound, Problem
from oss.monitoring.sla import OutageCreditProposed
from oss.notify import notices

PAGE: Final = "/console/sla/credits"

LOCK = """select o.id, o.contract_id, o.month_on, o.amount_cents, o.state, k.customer_id, k.company_id, co.zone
from outage_credit o join contract k on k.id = o.contract_id join company co on co.id = k.company_id
where o.id = $1 for update of o"""
DECIDE = "update outage_credit set state = $2, decided_at = now(), decided_by = $3 where id = $1"
UNUSED = """select id, amount_cents - used_cents as left_cents from outage_credit
where contract_id = $1 and state = 'accepted' and used_cents < amount_cents order by month_on for update"""
USE = "update outage_credit set used_cents = used_cents + $2, invoice_id = $3 where id = $1"
BILL = """select id, contract_id, customer_id, company_id, number, issued_on, amount_cents - paid_cents as open_cents
from invoice where id = $1"""
SETTLE = """update invoice set paid_cents = paid_cents + $2,
  status = case when paid_cents + $2 >= amount_cents then 'paid' else status end,
  paid_at = case when paid_cents + $2 >= amount_cents then now() else paid_at end where id = $1"""


class CreditDecided(Problem):
    """Somebody has decided about this credit already."""

    status = 409


@listens(OutageCreditProposed)
async def proposed(connection: db.Connection, event: OutageCreditProposed) -> None:
    """Tell those who may decide; a month's proposals are one notice."""
    month = str(event.month_on)[:7]  # a job's payload is JSON: its day is a text
    await notices.add(connection, "invoices.write", "credit.proposed", {"month": month}, PAGE, key=f"credits:{month}")


async def accept(connection: db.Connection, actor: audit.Actor, credit_id: int) -> None:
    """Owe it to the customer from now on. Raises NotFound, CreditDecided."""
    row = await _decided(connection, actor, credit_id, "accepted")
    cents, customer = row["amount_cents"], row["customer_id"]
    await ledger.post(
        connection,
        actor,
        company_id=row["company_id"],
        kind="outage_credit",
        ref_id=credit_id,
        on=clock.today(row["zone"]),
        memo=f"Crédito por indisponibilidade, {row['month_on']:%m/%Y}",
        lines=[ledger.Line(ledger.REVENUE, cents, customer), ledger.Line(ledger.CREDIT, -cents, customer)],
    )
    await _note(connection, actor, "credit.accepted", row)


async def refuse(connection: db.Connection, actor: audit.Actor, credit_id: int) -> None:
    """Nothing is owed. Raises NotFound, CreditDecided."""
    row = await _decided(connection, actor, credit_id, "refused")
    await _note(connection, actor, "credit.refused", row)


async def _decided(connection: db.Connection, actor: audit.Actor, credit_id: int, state: str) -> Any:
    row = await connection.fetchrow(LOCK, credit_id)
    if row is None:
        raise NotFound(thing="outage credit")
    if row["state"] != "proposed":
        raise CreditDecided()
    await connection.execute(DECIDE, credit_id, state, actor.name)
    return row


async def _note(connection: db.Connection, actor: audit.Actor, action: str, row: Any) -> None:
    facts = {"month": f"{row['month_on']:%Y-%m}", "cents": row["amount_cents"]}
    await audit.note(connection, actor, action, "contract", row["contract_id"], **facts)


async def use(connection: db.Connection, actor: audit.Actor, invoice_id: int) -> int:
    """Take what is owed of accepted credits off a new invoice, in its own transaction; returns how much (cents)."""
    bill = await connection.fetchrow(BILL, invoice_id)
    used = 0
    for credit in await connection.fetch(UNUSED, bill["contract_id"]):
        part = min(credit["left_cents"], bill["open_cents"] - used)
        if part <= 0:
            break
        await connection.execute(USE, credit["id"], part, invoice_id)
        used += part
    if used:
        await _settle(connection, actor, bill, used)
    return used


async def _settle(connection: db.Connection, actor: audit.Actor, bill: Any, cents: int) -> None:
    await connection.execute(SETTLE, bill["id"], cents)
    customer = bill["customer_id"]
    await ledger.post(
        connection,
        actor,
        company_id=bill["company_id"],
        kind="credit_used",
        ref_id=bill["id"],
        on=bill["issued_on"],
        memo=f"Crédito usado na fatura {bill['number']}",
        lines=[ledger.Line(ledger.CREDIT, cents, customer), ledger.Line(ledger.RECEIVABLE, -cents, customer)],
    )
    facts = {"number": bill["number"], "cents": cents}
    await audit.note(connection, actor, "credit.used", "contract", bill["contract_id"], **facts)
