"""Small random providers for the figures, and the slow, plain computation that the fast one must agree with.

The plain one fetches all contracts, invoices and postings and counts in Python, one question at a time.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from billing import invoices, payments
from oss.base import db
from oss.contracts import lifecycle, plans
from oss.contracts.figures import month_after, month_of
from oss.crm import customers
from tests.conftest import TESTER

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 17, 15, 30, tzinfo=UTC)
TODAY = NOW.astimezone(ZONE).date()


async def world(connection: db.Connection, seed: int, most: int = 14) -> None:
    """Companies, plans, people with contracts that begin, end and are billed, and payments near midnight."""
    chance = random.Random(seed)
    company = await connection.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ('Mundo', 'Mundo Ltda', '11222333000181', "
        "'America/Sao_Paulo') returning id"
    )
    prices = [chance.randrange(1, 30_000) for _ in range(3)]
    sold = [
        await plans.save(connection, TESTER, plans.PlanValues(f"P{n}", 9000, 9000, cents))
        for n, cents in enumerate(prices)
    ]
    people = [await customers.add(connection, TESTER, customers.NewCustomer(f"C{n}")) for n in range(most)]
    for _ in range(chance.randrange(most + 4)):
        started = TODAY - timedelta(days=chance.choice((0, 1, 10, 16, 17, 20, 31, 40, chance.randrange(500))))
        contract = await lifecycle.start(
            *(connection, TESTER),
            company_id=company,
            customer_id=chance.choice(people),
            plan_id=chance.choice(sold),
            due_day=10,
            started_on=started,
        )
        await _billed(connection, chance, contract, started)
        if chance.random() < 0.4:
            ended = started + timedelta(days=chance.randrange((TODAY - started).days + 1))
            reason = chance.choice((None, *lifecycle.REASONS))
            await lifecycle.end(connection, TESTER, contract, ended, reason)


async def _billed(connection: db.Connection, chance: random.Random, contract: int, started: date) -> None:
    for number in range(chance.randrange(4)):
        due = started + timedelta(days=10 + 30 * number)
        cents = chance.randrange(2, 20_000)
        invoice = await invoices.issue(
            *(connection, TESTER),
            contract_id=contract,
            period_from=started,
            period_to=started,
            issued_on=due - timedelta(days=10),
            due_on=due,
            amount_cents=cents,
        )
        if chance.random() < 0.1:
            await connection.execute("update invoice set status = 'void' where id = $1", invoice)
            continue
        for part in chance.choice(((), (1.0,), (0.4,), (0.5, 0.5), (1.3,))):
            await _paid(connection, chance, invoice, max(1, int(cents * part)), due)


async def _paid(connection: db.Connection, chance: random.Random, invoice: int, cents: int, due: date) -> None:
    """Paid around the due day, at an hour that is another day in UTC, never after NOW."""
    at = datetime.combine(due + timedelta(days=chance.randrange(-8, 70)), time(chance.choice((0, 12, 23)), 30), ZONE)
    if await connection.fetchval("select status from invoice where id = $1", invoice) == "open":
        at = min(at.astimezone(UTC), NOW)
        await payments.register(
            connection, TESTER, invoice_id=invoice, amount_cents=cents, method="pix", received_at=at
        )


@dataclass(frozen=True, slots=True)
class Plain:
    """Everything there is, to be counted slowly."""

    contracts: list[Any]
    invoices: list[Any]
    paid: list[Any]
    cash: list[Any]

    @classmethod
    async def read(cls, connection: db.Connection) -> Plain:
        return cls(
            await connection.fetch("select k.*, p.price_cents from contract k join plan p on p.id = k.plan_id"),
            await connection.fetch("select * from invoice"),
            await connection.fetch("select * from payment"),
            await connection.fetch(
                "select p.*, e.posted_on, e.kind from posting p join journal_entry e on e.id = p.entry_id"
            ),
        )

    def standing(self, until: date) -> list[Any]:
        """Contracts that stand when a day begins."""
        return [k for k in self.contracts if k["started_on"] < until and (not k["ended_on"] or k["ended_on"] >= until)]

    def month(self, month: date) -> dict[str, int]:
        """A row of figure_contracts."""
        until = min(month_after(month), TODAY + timedelta(days=1))
        standing = self.standing(until)
        at_start = self.standing(month)
        return {
            "customers": len({k["customer_id"] for k in standing}),
            "contracts": len(standing),
            "mrr_cents": sum(k["price_cents"] for k in standing),
            "started": sum(month_of(k["started_on"]) == month for k in self.contracts),
            "ended": sum(bool(k["ended_on"]) and month_of(k["ended_on"]) == month for k in self.contracts),
            "at_start": len(at_start),
            "lost": sum(bool(k["ended_on"]) and month_of(k["ended_on"]) == month for k in at_start),
        }

    def received(self, first: date, last: date) -> int:
        """Cents that payments brought into cash on the days from first to last."""
        rows = [p for p in self.cash if p["kind"] == "payment" and p["account_code"] == "1.1.1"]
        return sum(p["amount_cents"] for p in rows if first <= p["posted_on"] <= last)

    def owed(self, day: date) -> dict[int, int]:
        """Cents by invoice that are overdue when a day begins."""
        found = {}
        for bill in self.invoices:
            paid = [p for p in self.paid if p["invoice_id"] == bill["id"]]
            until = sum(p["amount_cents"] for p in paid if p["received_at"].astimezone(ZONE).date() < day)
            if bill["status"] != "void" and bill["due_on"] < day and until < bill["amount_cents"]:
                found[bill["id"]] = bill["amount_cents"] - until
        return found

    def owed_now(self) -> dict[int, Any]:
        """Overdue invoices of this moment, by id."""
        return {b["id"]: b for b in self.invoices if b["status"] == "open" and b["due_on"] < TODAY}

    def still(self, began: date, age: int) -> tuple[int, int]:
        """Contracts that began in a month, and how many of them ran when the month ``age`` months later had ended."""
        those = [k for k in self.contracts if month_of(k["started_on"]) == began]
        ends = month_after(began, age + 1)
        return len(those), sum(not k["ended_on"] or k["ended_on"] >= ends for k in those)

    def reasons(self, since: date) -> Counter[str]:
        return Counter(k["end_reason"] or "" for k in self.contracts if k["ended_on"] and k["ended_on"] >= since)
