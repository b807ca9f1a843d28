"""The schema's constraints, indexes and triggers are exactly those declared in schema.txt.

To declare a change: delete the file, run this test, read what it wrote.
"""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from oss.base import db
from tests.conftest import renamed

DECLARED = Path(__file__).with_name("schema.txt")
# The months of the history and of the log, and the days of samples, are made as time goes by; each is like its parent.
MADE = "^(session_history|auth_log|sample_raw|sample_5m)_[0-9]{4}_[0-9]{2}(_[0-9]{2})?$"
OURS = f"n.nspname = 'public' and c.relname !~ '{MADE}'"
# NOT NULL stands in pg_constraint from PostgreSQL 18 on, and in the columns before it.
LISTS = {
    "constraint": f"""select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
        from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
        where {OURS} and k.contype <> 'n' and not (k.contype = 't')""",
    "index": f"""select c.relname as table, i.relname as name, pg_get_indexdef(x.indexrelid) as definition
        from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        join pg_namespace n on n.oid = c.relnamespace where {OURS}""",
    "trigger": f"""select c.relname as table, t.tgname as name, pg_get_triggerdef(t.oid) as definition
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        where {OURS} and not t.tgisinternal""",
}
COLUMNS = f"""select c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where {OURS} and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')"""
MAY_BE_FLOATS = {
    "alert_symptom.value": "as measured",
    "dunning_run.touched_share": "a share, not money",
    "incident.value": "as measured",
    "periodic.every_s": "seconds",
}


@pytest_asyncio.fixture(loop_scope="session")
async def catalogue(server: str, template: str) -> AsyncIterator[db.Connection]:
    """A look at the migrated template itself."""
    connection = await db.connect(renamed(server, template))
    yield connection
    await connection.close()


async def present(connection: db.Connection) -> list[str]:
    found = []
    for kind, sql in LISTS.items():
        for row in await connection.fetch(sql):
            definition = " ".join(row["definition"].split())
            found.append(f"{row['table']} {kind} {row['name']}: {definition}")
    return sorted(found)


def differences(declared: list[str], found: list[str]) -> list[str]:
    """Lines with - are declared and missing, lines with + are there undeclared."""
    lines = difflib.unified_diff(declared, found, lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


async def test_the_schema_is_the_one_declared(catalogue: db.Connection) -> None:
    found = await present(catalogue)
    if not DECLARED.exists():
        DECLARED.write_text("\n".join(found) + "\n")
        pytest.fail(f"{DECLARED.name} was written anew: read it, and run again")
    changed = differences(DECLARED.read_text().splitlines(), found)
    assert not changed, "\n".join(changed)


async def test_every_instant_knows_its_zone(catalogue: db.Connection) -> None:
    columns = {row["name"]: row["type"] for row in await catalogue.fetch(COLUMNS)}
    naive = [name for name, kind in columns.items() if kind.startswith(("timestamp without", "time "))]
    assert len(columns) > 150 and naive == []
    assert [n for n, kind in columns.items() if n.endswith("_at") and kind != "timestamp with time zone"] == []
    assert [n for n, kind in columns.items() if n.endswith("_on") and kind != "date"] == []


async def test_money_is_whole_cents(catalogue: db.Connection) -> None:
    columns = {row["name"]: row["type"] for row in await catalogue.fetch(COLUMNS)}
    assert [n for n, kind in columns.items() if n.endswith("_cents") and kind != "bigint"] == []
    floats = {n for n, kind in columns.items() if kind in ("double precision", "real", "numeric", "money")}
    assert floats == set(MAY_BE_FLOATS)


async def test_names_sort_the_same_on_every_server(catalogue: db.Connection) -> None:
    sql = """select c.relname || '.' || a.attname as name, l.collname from pg_attribute a
        join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_collation l on l.oid = a.attcollation
        where a.attname in ('login', 'search_key') and c.relkind in ('r', 'p') and """
    found = {row["name"]: row["collname"] for row in await catalogue.fetch(sql + OURS)}
    sorted_by = ("access_account.login", "customer.search_key", "session_open.login", "session_history.login")
    assert {name: found[name] for name in (*sorted_by, "auth_reject.login")} == dict.fromkeys(
        (*sorted_by, "auth_reject.login"), "C"
    )


async def test_a_constraint_added_or_taken_away_is_found(catalogue: db.Connection) -> None:
    before = await present(catalogue)
    transaction = catalogue.transaction()
    await transaction.start()
    try:
        await catalogue.execute("alter table plan drop constraint plan_rates_positive")
        await catalogue.execute("create index extra on plan (price_cents)")
        await catalogue.execute("drop trigger posting_append_only on posting")
        found = differences(before, await present(catalogue))
    finally:
        await transaction.rollback()
    assert [line[:1] + line.split()[2].rstrip(":") for line in found] == [
        "-plan_rates_positive",
        "+extra",
        "-posting_append_only",
    ]
