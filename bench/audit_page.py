"""How long the audit's page takes with a million rows (``python -m bench.audit_page [rows]``): p50 and p95 by search.

Asked one after the other through the whole web application, on an embedded PostgreSQL of its own with its ordinary
settings. The times are those a browser on the same machine would wait; beside them what this process worked, which is
server and asker in one.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from oss.app import Process, register_features
from oss.base import audit, config, db, migrations, partitions, secrets
from oss.base.postgres import EmbeddedPostgres
from oss.base.supervisor import HealthBoard
from oss.staff import users
from web.app import create_app

ROUNDS = 40
# Who acts is as uneven as in life: dunning does half of it, some people little.
SEED = """insert into audit (at, actor, action, object, object_id, detail, ip, request_id)
select now() - make_interval(secs => ($1 - n) * 30), case when n % 2 = 0 then 'system:dunning'
    when n % 10007 = 1 then 'rare' else 'user' || (n % 60) end,
  case when n % 2 = 0 then (array['hold.placed', 'hold.lifted'])[1 + n % 4 / 2]
    when n % 9973 = 1 then 'nas.secret_seen' else (array['user.signed_in', 'payment.registered', 'customer.disclosed',
      'contract.plan_changed', 'account.password_set', 'session.disconnected'])[1 + n / 2 % 6] end,
  'contract', (n % 100000)::text, '{"before": {"price_cents": 9990}, "after": {"price_cents": 10990}}',
  case when n % 2 = 1 then '10.0.' || n % 7 || '.' || n % 250 end, case when n % 2 = 1 then md5(n::text) end
from generate_series(1, $1::int) n"""
SEARCHES = {
    "newest": "",
    "a person": "?q=ana",
    "a busy actor": "?who=system:dunning",
    "a rare actor": "?who=rare",
    "a group": "?what=network",
    "a person and a group": "?who=user7&what=holds",
    "an act in words": "?q=senha",
    "a person and an act": "?q=pessoa7 pagamento",
    "a number": "?q=4711",
    "an address": "?q=10.0.3.17",
    "a request": "?request=c4ca4238a0b923820dcc509a6f75849b",
    "days": "?since=2026-01-05&until=2026-01-06",
    "a person on days": "?who=user7&since=2026-01-05&until=2026-03-06",
    "nothing": "?q=jabuticaba",
}


async def main(rows: int) -> None:
    """Seed, ask, tell."""
    folder = Path(tempfile.mkdtemp(prefix="milha-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    try:
        dsn = await server.start()
        await migrations.migrate(dsn)
        await partitions.ensure_at(dsn)
        register_features()
        async with db.database(dsn):
            await _seed(rows)
            await _measure(dsn, folder, rows)
    finally:
        await server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _seed(rows: int) -> None:
    began = time.perf_counter()
    async with db.transaction() as connection:
        await users.add(connection, audit.Actor("bench"), "ana", "Ana Souza", "ana-password-1", "admin")
        await connection.execute(
            "insert into staff_user (login, name, password_hash, role) "
            "select 'user' || n, 'Pessoa' || n, '', 'attendant' from generate_series(0, 59) n"
        )
        await connection.execute(SEED, rows, timeout=600)
    await db.execute("vacuum analyze audit")
    size = await db.fetchval("select pg_size_pretty(pg_total_relation_size('audit'))")
    print(f"{rows:,} rows, {size}, seeded in {time.perf_counter() - began:.0f} s")


async def _measure(dsn: str, folder: Path, rows: int) -> None:
    settings = config.load({"MILHA_DATA_DIR": str(folder), "MILHA_DATABASE_URL": dsn, "MILHA_NODE": "bench"})
    sealer = secrets.from_text("dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU=")
    app = create_app(settings, sealer, HealthBoard(), lambda: None, Process(settings).stats, "Bench")
    async with TestClient(TestServer(app)) as client:
        await client.post("/login", data={"login": "ana", "password": "ana-password-1"}, allow_redirects=False)
        for name, query in SEARCHES.items():
            worked = time.process_time()
            times = sorted([await _ask(client, query) for _ in range(ROUNDS)])
            worked = 1000 * (time.process_time() - worked) / ROUNDS
            middle, late = times[ROUNDS // 2], times[ROUNDS * 95 // 100]
            print(f"{name:24} p50 {middle:6.1f} ms   p95 {late:6.1f} ms   our own work {worked:5.1f} ms")


async def _ask(client: TestClient, query: str) -> float:  # type: ignore[type-arg]
    began = time.perf_counter()
    async with client.get(f"/console/audit{query}") as answer:
        await answer.read()
        if answer.status != 200:
            raise SystemExit(f"{query}: {answer.status}")
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
