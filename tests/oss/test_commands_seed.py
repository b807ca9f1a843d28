"""``milha seed``: as many as asked for, a ledger that balances, and never by accident."""

from __future__ import annotations

import argparse
from collections import Counter

import pytest

from oss import commands_seed
from oss.__main__ import build_parser
from oss.base import config, db
from oss.base.secrets import Sealer
from tests.conftest import small_provider

BALANCED = """select count(*) from (select entry_id from posting group by entry_id having sum(amount_cents) <> 0
union all select id from journal_entry e where not exists (select from posting where entry_id = e.id)) wrong"""
LEDGER = """select (select sum(amount_cents) from posting where account_code = '1.1.2')::bigint as receivable,
  (select sum(amount_cents - paid_cents) from invoice)::bigint as owed,
  (select sum(amount_cents) from posting where account_code = '1.1.1')::bigint as cash,
  (select sum(amount_cents) from payment)::bigint as paid"""


def asked(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["seed", *words])


async def test_a_crowd_is_as_large_as_asked_and_its_books_balance(
    dsn: str, settings: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await commands_seed.run(settings, asked("--customers", "300", "--invoices", "1500")) == 0
    connection = await db.connect(dsn)
    try:
        assert await connection.fetchval("select count(*) from customer") == 300
        assert await connection.fetchval("select count(*) from invoice") == 1500
        assert await connection.fetchval(BALANCED) == 0
        books = await connection.fetchrow(LEDGER)
        assert books["receivable"] == books["owed"] > 0 and books["cash"] == books["paid"] > 0
        ended = await connection.fetch("select end_reason from contract where status = 'ended'")
        assert len(Counter(row["end_reason"] for row in ended)) > 3
        late = await connection.fetchval("select count(*) from hold where reason = 'overdue'")
        online = await connection.fetchval("select count(*) from session_open")
        assert late > 0 and 150 < online < 300
        assert (
            await connection.fetchval("select count(*) from session_open where desired is distinct from applied") == 0
        )
        assert await connection.fetchval("select count(*) from payment where received_at > now()") == 0
        row = await connection.fetchrow("select * from figure_contracts order by month desc limit 1")
        assert row["contracts"] == await connection.fetchval("select count(*) from contract where status = 'active'")
    finally:
        await connection.close()
    assert "300 customers" in capsys.readouterr().out


async def test_a_database_with_customers_is_left_alone_unless_asked(
    dsn: str, sealer: Sealer, settings: config.Config
) -> None:
    connection = await db.connect(dsn)
    try:
        async with connection.transaction():
            await small_provider(connection, sealer)
        with pytest.raises(commands_seed.HasCustomers, match="5 customers"):
            await commands_seed.run(settings, asked("--customers", "10"))
        assert await connection.fetchval("select count(*) from customer") == 5
        await commands_seed.run(settings, asked("--customers", "10", "--beside-them"))
        assert await connection.fetchval("select count(*) from customer") == 15
        assert await connection.fetchval("select count(*) from nas where coa_enabled and name like 'BNG-CROWD%'") == 0
    finally:
        await connection.close()
