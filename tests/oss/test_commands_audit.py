"""``milha audit``: an operator proves the chain, is told where it breaks, and takes the rows as a file."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from oss.base import audit, audit_chain, db
from oss.base.config import Config
from tests.conftest import TESTER

from .test_commands import Milha

__all__ = ["milha"]
from .test_commands import milha


async def sealed(dsn: str, settings: Config, count: int) -> db.Connection:
    connection = await db.connect(dsn)
    for number in range(count):
        at = datetime(2026, 11, 20 + number, 12, tzinfo=UTC)
        await audit.note_at(connection, at, TESTER, "thing.changed", "thing", number, '{"n": "=1+1"}')
    async with connection.transaction():
        seq, digest = await audit_chain.seal(connection) or (0, b"")
    (settings.data_dir / "audit.head").write_text(f"{seq} {digest.hex()}\n")
    return connection


async def test_a_whole_chain_is_proven_with_its_number_and_its_head(milha: Milha, dsn: str, settings: Config) -> None:
    connection = await sealed(dsn, settings, 3)
    digest = await connection.fetchval("select encode(hash, 'hex') from audit where seq = 3")
    await connection.close()
    told = await milha("audit", "verify")
    assert told.status == 0 and "rows that fit   3\n" in told.out and "chain           whole" in told.out
    assert f"head hash       {digest}" in told.out and f"row 3 {digest} in" in told.out


async def test_where_it_breaks_is_told(milha: Milha, dsn: str, settings: Config) -> None:
    connection = await sealed(dsn, settings, 4)
    await connection.execute("alter table audit disable trigger all; delete from audit where seq = 4")
    told = await milha("audit", "verify")
    assert told.status == 1 and "rows that fit   3\n" in told.out and "CUT OFF" in told.out
    await connection.execute("update audit set actor = 'other' where seq = 2")
    told = await milha("audit", "verify")
    assert told.status == 1 and "rows that fit   1\n" in told.out
    assert "BROKEN at 2: it was changed or put elsewhere, the row of 2026-11-21T12:00:00" in told.out
    await connection.execute("delete from audit where seq = 2")
    told = await milha("audit", "verify")
    assert told.status == 1 and "BROKEN at 2: it is missing" in told.out
    await connection.close()


async def test_the_rows_of_some_days_are_written_for_their_owner_alone(
    milha: Milha, dsn: str, settings: Config, tmp_path: Path
) -> None:
    connection, path = await sealed(dsn, settings, 5), tmp_path / "audit.jsonl"
    told = await milha("audit", "export", str(path), "--from", "2026-11-21", "--to", "2026-11-23")
    assert told.status == 0 and told.out == f"3 rows written to {path}\n"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["object_id"] for row in rows] == ["3", "2", "1"] and rows[0]["detail"] == {"n": "=1+1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    noted = await connection.fetchrow("select actor, detail from audit where action = 'audit.exported'")
    assert noted["actor"].startswith("cli:") and "2026-11-21" in noted["detail"]
    await connection.close()
    told = await milha("audit", "export", "--from", "yesterday")
    assert told.status == 1 and "yesterday is no day" in told.err
