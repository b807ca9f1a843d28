"""The ledger: double entry, append-only, integer cents (invariant 8). Debits are positive, credits negative.

Rows are only ever inserted; triggers refuse change and deletion, and a deferred constraint refuses an entry that
does not balance at commit. ``(kind, ref_id)`` is unique: a fact is posted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from oss.base import audit, db

CASH, RECEIVABLE, CREDIT, REVENUE = "1.1.1", "1.1.2", "2.1.1", "3.1.1"


@dataclass(frozen=True, slots=True)
class Line:
    """One posting: account code, cents (debit > 0 > credit), and whose it is."""

    account: str
    amount_cents: int
    customer_id: int | None = None


ENTRY = """insert into journal_entry (company_id, kind, ref_id, posted_on, memo, actor)
values ($1, $2, $3, $4, $5, $6) returning id"""

POSTINGS = """insert into posting (entry_id, account_code, customer_id, amount_cents)
select $1, account, customer, amount
from unnest($2::text[], $3::bigint[], $4::bigint[]) line(account, customer, amount)"""


async def post(
    connection: db.Connection,
    actor: audit.Actor,
    *,
    company_id: int,
    kind: str,
    ref_id: int,
    on: date,
    lines: Sequence[Line],
    memo: str = "",
) -> int:
    """Post one balanced entry in the caller's transaction; returns its id."""
    if sum(line.amount_cents for line in lines) != 0:
        raise ValueError(f"{kind} {ref_id} does not balance")
    entry_id: int = await connection.fetchval(ENTRY, company_id, kind, ref_id, on, memo, actor.name)
    used = [line for line in lines if line.amount_cents]
    await connection.execute(
        POSTINGS,
        entry_id,
        [line.account for line in used],
        [line.customer_id for line in used],
        [line.amount_cents for line in used],
    )
    return entry_id


async def balance(connection: db.Connection, account: str, customer_id: int | None = None) -> int:
    """An account's balance in cents (debits minus credits), of one customer or of all."""
    return int(
        await connection.fetchval(
            "select coalesce(sum(amount_cents), 0) from posting where account_code = $1 "
            "and ($2::bigint is null or customer_id = $2)",
            account,
            customer_id,
        )
    )
