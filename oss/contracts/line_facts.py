"""What the contract says of a line: whether it runs, since when, and what was bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from oss.base import clock, db
from oss.base.line_facts import Line, tells_of_line

READ = """select k.status, k.started_on, k.ended_on, p.name as plan, p.down_kbps, p.up_kbps, p.pool, p.price_cents,
  o.zone, c.name as customer
from contract k join plan p on p.id = k.plan_id join company o on o.id = k.company_id
join customer c on c.id = k.customer_id where k.id = $1"""


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract. Speeds in kbit/s from the customer's view; ``today``: the day it is at the company."""

    id: int
    status: str
    started_on: date
    ended_on: date | None
    plan: str
    down_kbps: int
    up_kbps: int
    pool: str | None
    price_cents: int
    customer: str
    today: date

    @property
    def runs(self) -> bool:
        return self.status == "active"


@tells_of_line("contract", rank=10)
async def contract(connection: db.Connection, line: Line) -> Contract | None:
    """The contract of the line."""
    row = await connection.fetchrow(READ, line.contract_id)
    if row is None:
        return None
    named = {name: row[name] for name in Contract.__slots__ if name not in ("id", "today")}
    return Contract(id=line.contract_id, today=clock.today(row["zone"]), **named)
