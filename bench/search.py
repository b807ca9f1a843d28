"""``make bench-search``: the console's search at 100,000 customers, all online, with a million invoices.

Every kind of thing is looked for by texts as people type them (a letter more each time, parts of documents, MACs in
every spelling); the time is that of the whole answer, with what is told of each hit. ``MILHA_BENCH_CUSTOMERS`` is the
number of customers. Exit status 1 when a kind's p95 lies above 100 ms.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.table import rows as table
from oss.app import register_features
from oss.base import db, migrations, providers
from oss.base.postgres import EmbeddedPostgres
from oss.crm.customers import search_key
from oss.demo import FIRST, LAST
from oss.staff.roles import PERMISSIONS

CUSTOMERS = int(os.environ.get("MILHA_BENCH_CUSTOMERS", "100000"))
INVOICES_EACH, TIMES, GOAL_MS = 10, 60, 100.0
CONSISTS_OF = ("company", "plan", "nas", "customer", "contract", "access_account", "session_open", "invoice")

CUSTOMER = """insert into customer (name, document, phone, city, search_key)
select n, d, p, 'Lavras', k from unnest($1::text[], $2::text[], $3::text[], $4::text[]) q(n, d, p, k)"""
SEEDED = (
    """insert into company (name, legal_name, cnpj, zone) values ('Bench', 'Bench', '11222333000181', 'UTC')""",
    """insert into plan (name, down_kbps, up_kbps, reduced_down_kbps, reduced_up_kbps, price_cents)
       select 'Fibra ' || n * 100, n * 100000, n * 50000, 1024, 512, 9990 from generate_series(1, 20) n""",
    """insert into nas (name, network, secret_sealed)
       select 'BNG-' || n, '10.0.' || n || '.1', '-' from generate_series(1, 40) n""",
    """insert into contract (company_id, customer_id, plan_id, due_day, started_on)
       select 1, id, 1 + id % 20, 10, current_date - 400 from customer""",
    """insert into access_account (contract_id, login, password_sealed, bound)
       select k.id, replace(c.search_key, ' ', '.') || '.' || c.id, '-',
         jsonb_build_object('mac', substr(regexp_replace(md5(c.id::text), '(..)', '\\1:', 'g'), 1, 17))
       from contract k join customer c on c.id = k.customer_id""",
    """insert into session_open (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at, last_seen_at,
         framed_ip, delegated_ipv6_prefix, calling_station_id)
       select gen_random_uuid(), 1 + id % 40, id::text, login, id, contract_id, now() - interval '1 day', now(),
         '100.64.0.0'::inet + id,
         ('2001:db8:' || to_hex(id / 65536) || ':' || to_hex(id % 65536) || '::/64')::cidr::text,
         upper(bound ->> 'mac') from access_account""",
    f"""insert into invoice (company_id, customer_id, contract_id, number, period_from, period_to, issued_on, due_on,
         amount_cents) select 1, k.customer_id, k.id, row_number() over (), d - 30, d, d, d + 10, 9990
       from contract k, (select current_date - 30 * n as d from generate_series(1, {INVOICES_EACH}) n) days""",
)


async def seed(connection: db.Connection, chance: random.Random) -> None:
    """Customers by the demo's names, and all that hangs on each."""
    people = [f"{chance.choice(FIRST)} {chance.choice(LAST)} {chance.choice(LAST)}" for _ in range(CUSTOMERS)]
    documents = [f"{n:011d}" for n in chance.sample(range(10**11), CUSTOMERS)]
    phones = [f"359{chance.randrange(10**8):08d}" for _ in people]
    await connection.execute(CUSTOMER, people, documents, phones, [search_key(one) for one in people])
    for sql in SEEDED:
        await connection.execute(sql)
    for name in CONSISTS_OF:
        await connection.execute(f"vacuum analyze {name}")


def _spelled(bare: str, chance: random.Random) -> str:
    """A MAC, or its beginning or end, in one of the usual spellings."""
    pairs = [bare[i : i + 2] for i in range(0, 12, 2)]
    part = chance.choice([pairs, pairs[:3], pairs[3:], pairs[:2]])
    return chance.choice([":", "-", "", " "]).join(part)


async def texts(chance: random.Random) -> dict[str, list[str]]:
    """What is typed, by what is meant."""
    rows = await db.fetch(
        """select c.name, c.document, c.phone, a.login, upper(replace(a.bound ->> 'mac', ':', '')) as mac,
          host(s.framed_ip) as ip, s.delegated_ipv6_prefix as six
        from customer c join contract k on k.customer_id = c.id join access_account a on a.contract_id = k.id
        join session_open s on s.contract_id = k.id where c.id % 97 = 0 limit 400"""
    )
    makers: dict[str, Callable[[db.Connection], Iterator[str]]] = {
        "name, as it is typed": lambda row: (row["name"][:n] for n in range(2, 12, 3)),
        "two beginnings": lambda row: iter([" ".join(word[:3] for word in row["name"].split()[:2])]),
        "surname without accents": lambda row: iter([search_key(row["name"]).split()[-1]]),
        "document": lambda row: iter(
            [row["document"], row["document"][:6], row["document"][3:9], row["document"][-4:]]
        ),
        "telephone": lambda row: iter([row["phone"]]),
        "login": lambda row: iter([row["login"], row["login"][:4], row["login"].split(".")[1]]),
        "MAC": lambda row: iter([_spelled(row["mac"], chance)]),
        "IPv4": lambda row: iter([row["ip"], row["ip"].rpartition(".")[0]]),
        "IPv6": lambda row: iter([row["six"].split("/")[0] + "1", row["six"]]),
        "invoice": lambda row: iter([str(chance.randrange(1, CUSTOMERS * INVOICES_EACH))]),
        "router, plan": lambda row: iter([chance.choice(["bng", "bng-7", "fibra", "fibra 50"])]),
        "nothing at all": lambda row: iter(["zzzzqq", "99999999999"]),
    }
    return {name: [text for row in rows for text in make(row)] for name, make in makers.items()}


async def measure(typed: list[str], chance: random.Random) -> tuple[list[float], float]:
    """Milliseconds of some searches one after the other, rising; and the share that found something."""
    took, found = [], 0
    for text in chance.sample(typed, min(TIMES, len(typed))):
        answer = await providers.search(text, frozenset(PERMISSIONS))
        took.append(1000 * answer.seconds)
        found += bool(answer.count) and not any(group.late for group in answer.groups)
    return sorted(took), found / len(took)


async def run() -> int:
    """Seed, ask, print."""
    folder = Path(tempfile.mkdtemp(prefix="milha-bench-search-"))
    folder.chmod(0o755)
    server, chance = EmbeddedPostgres(folder / "postgres", settings={"shared_buffers": "512MB"}), random.Random(7)
    try:
        dsn = await server.start()
        await migrations.migrate(dsn)
        register_features()
        connection = await db.connect(dsn)
        await seed(connection, chance)
        await connection.close()
        async with db.database(dsn):
            return await _print(chance)
    finally:
        await server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _print(chance: random.Random) -> int:
    wanted = await texts(chance)
    for typed in wanted.values():  # once unmeasured: statements are prepared, pages are read
        await measure(typed, chance)
    lines, slow = [("what is typed", "p50 ms", "p95 ms", "most ms", "found")], 0
    for name, typed in wanted.items():
        took, found = await measure(typed, chance)
        p50, p95 = took[len(took) // 2], took[int(len(took) * 0.95)]
        slow += p95 > GOAL_MS
        lines.append((name, f"{p50:.1f}", f"{p95:.1f}", f"{took[-1]:.1f}", f"{found:.0%}"))
    print(
        f"{CUSTOMERS:,} customers, all online; {CUSTOMERS * INVOICES_EACH:,} invoices; goal p95 <= {GOAL_MS:.0f} ms\n"
    )
    print(table(lines))
    return int(slow > 0)


def main() -> int:
    """The measurement; its exit status."""
    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
