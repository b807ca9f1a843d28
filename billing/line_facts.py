"""What billing knows of a line: what its contract owes."""

from __future__ import annotations

from oss.base import db
from oss.base.line_facts import Line, tells_of_line
from oss.contracts.line_facts import Contract
from oss.monitoring.line_facts import Debt

OWED = """select count(*) filter (where due_on < $2) as invoices,
  coalesce(sum(amount_cents - paid_cents) filter (where due_on < $2), 0)::bigint as cents,
  min(due_on) filter (where due_on < $2) as oldest_on,
  (array_agg(series || '-' || number order by due_on))[1] as number,
  (array_agg(id order by due_on) filter (where due_on < $2))[1] as invoice_id,
  min(due_on) filter (where due_on >= $2) as next_on,
  coalesce((array_agg(amount_cents - paid_cents order by due_on) filter (where due_on >= $2))[1], 0)::bigint
    as next_cents
from invoice where contract_id = $1 and status = 'open'"""


@tells_of_line("debt", rank=40)
async def debt(connection: db.Connection, line: Line) -> Debt | None:
    """Open invoices past their day, and the next one."""
    contract = line.told.get("contract")
    if not isinstance(contract, Contract):
        return None
    row = await connection.fetchrow(OWED, line.contract_id, contract.today)
    days = (contract.today - row["oldest_on"]).days if row["oldest_on"] else 0
    number = row["number"] if row["invoices"] else ""
    values = {name: row[name] for name in ("invoices", "cents", "oldest_on", "invoice_id", "next_on", "next_cents")}
    return Debt(days=days, number=number or "", **values)
