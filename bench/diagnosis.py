"""``make bench-diagnosis``: one-screen diagnoses at 100,000 customers, from stored facts; who carries most.

The crowd of ``milha seed``, each line at an ONU of a PON of 64, OLTs of 4,096 ONUs that told a moment ago, and the
light of a week ago. One person asks for one line's diagnosis after the other; from asking to the last byte is a page's
time.
``BENCH_CUSTOMERS`` and ``BENCH_INVOICES`` change the size.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

import aiohttp

from bench.samples import BENCH, console, place
from bench.start import quick, verdict
from bench.table import rows as table
from oss import commands_seed
from oss.base import clock, config, db, partitions, secrets
from oss.monitoring import diagnosis, line_samples
from oss.monitoring.kinds import NAS, ONU
from oss.monitoring.rolling import DAY_SLOTS
from oss.monitoring.samples import NAN, Sample, write
from oss.network import devices, sites
from oss.network.devices import DeviceValues
from oss.network.sites import SiteValues

OLT_PONS, PON_ONUS = 64, 64
PAGE_MS, BANDWIDTH_MS = 300.0, 300.0
SEALER = secrets.from_text("dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU=")
LINES = list[tuple[str, ...]]
PORTS = """insert into pon_port (device_id, name, sort_key)
select d.id, '0/' || n / 16 || '/' || n % 16, lpad(n::text, 4, '0') from device d
cross join generate_series(0, $1::int - 1) n where d.role = 'olt'"""
MADE = """insert into onu (serial, pon_id, number, model, state, seen_at)
select 'HWTC' || lpad(to_hex(row_number() over ()), 8, '0'), p.id, n, 'HG8145X6', 'online', now()
from pon_port p cross join generate_series(1, $1::int) n"""
TIED = """insert into account_drop (account_id, onu_id) select a.id, o.id
from (select id, row_number() over (order by id) as n from access_account) a
join (select id, row_number() over (order by id) as n from onu) o using (n)"""
WEEK_AGO = """insert into sample_5m (starts_at, object_id, kind, mean, peak)
select $1, id, $2, v, v from unnest($3::int[]) id cross join (select array_fill(-20::real, array[$4::int]) as v) a"""
ONUS = """select p.device_id, array_agg(o.id::int order by o.id) as ids from onu o
join pon_port p on p.id = o.pon_id group by 1"""
ASKED = """select a.id, k.customer_id, dr.onu_id from access_account a join contract k on k.id = a.contract_id
join account_drop dr on dr.account_id = a.id where a.id % 97 = 0 order by random() limit $1"""


async def seed(dsn: str, folder: Path, customers: int, invoices: int) -> None:
    """The crowd, its plant, and what was told of it a moment ago."""
    settings = config.load({"MILHA_DATA_DIR": str(folder / "data"), "MILHA_DATABASE_URL": dsn})
    wish = argparse.Namespace(customers=customers, invoices=invoices, history=3, random=20261126)
    await commands_seed.fill(settings, SEALER, wish)
    async with db.transaction() as connection:
        site = await sites.save(connection, BENCH, SiteValues("Centro", "core", city="Lavras"))
        core = await devices.save(connection, SEALER, BENCH, DeviceValues("core", site, "router", is_core=True))
        for number in range(-(-customers // (OLT_PONS * PON_ONUS)) + 1):
            await devices.save(connection, SEALER, BENCH, DeviceValues(f"OLT-{number + 1}", site, "olt"))
        await connection.execute("update nas set device_id = $1", core)
        await connection.execute("update device set parent_device_id = $1 where role = 'olt'", core)
        await connection.execute(PORTS, OLT_PONS)
        await connection.execute(MADE, PON_ONUS)
        await connection.execute(TIED)
    for name in ("onu", "pon_port", "account_drop", "device"):
        await db.execute(f"analyze {name}")
    await _told()


async def _told() -> None:
    """The newest poll of each OLT, some ONUs dark in it; what each router carries, and each line."""
    chance, now = random.Random(5), clock.now().timestamp()
    async with db.pool().acquire() as connection:
        for row in await connection.fetch(ONUS):
            metrics: list[float] = []
            for _ in row["ids"]:
                dark = chance.random() < 0.02
                metrics += [NAN if dark else chance.gauss(-20, 2), NAN, chance.gauss(-22, 2), 2e3, 0.0 if dark else 1.0]
            await write(connection, [Sample(now, row["device_id"], ONU, row["ids"], metrics)])
        for row in await connection.fetch("select id from nas"):
            await write(connection, [Sample(now, row["id"], NAS, (row["id"],), (6e3, 2e9, 2e10))])
    began = time.perf_counter()
    async with db.transaction() as connection:
        await line_samples.sample(connection)
    print(f"a sample of every line: {time.perf_counter() - began:.2f} s", flush=True)


async def last_week(onus: list[int]) -> None:
    """The light of a week ago, of the PONs that will be asked for."""
    day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)
    rows = await db.fetch(
        "select id from onu where pon_id in (select pon_id from onu where id = any($1::bigint[]))", onus
    )
    async with db.transaction() as connection:
        await partitions.ensure_months(connection, "sample_5m", day.date(), day.date())
        values = (day, ONU.number, [row["id"] for row in rows], DAY_SLOTS * ONU.width)
        await connection.execute(WEEK_AGO, *values)


async def pages(address: str, cookie: str, paths: list[str]) -> list[float]:
    """Milliseconds of each page, one after the other."""
    took = []
    async with aiohttp.ClientSession(address, headers={"Cookie": cookie}) as web:
        for path in paths:
            began = time.perf_counter()
            async with web.get(path) as answer:
                await answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{path}: {answer.status}")
            took.append(1000 * (time.perf_counter() - began))
    return took


def line(name: str, took: list[float], goal: float) -> tuple[str, ...]:
    """Median and p95 of some pages, judged."""
    late = sorted(took)[int(len(took) * 0.95)]
    return name, f"{len(took)}", f"{statistics.median(took):.1f} ms", f"{late:.1f} ms", verdict(late, goal)


async def run(customers: int, invoices: int, rounds: int) -> int:
    """All of it, as a table; the worst verdict is the status."""
    async with place() as (dsn, folder):
        await seed(dsn, folder, customers, invoices)
        asked = await db.fetch(ASKED, rounds)
        await last_week([row["onu_id"] for row in asked])
        read = []
        for row in asked:
            began = time.perf_counter()
            async with db.pool().acquire() as connection:
                found = await diagnosis.read(connection, row["id"])
            read.append(1000 * (time.perf_counter() - began))
            assert not found.late
        async with console(dsn, folder) as (address, cookie):
            homes = [f"/console/subscribers/{row['customer_id']}" for row in asked]
            paths = [f"{home}/line/{row['id']}" for home, row in zip(homes, asked, strict=True)]
            await pages(address, cookie, paths[:5])  # templates
            lines: LINES = [
                ("what", "times", "median", "p95", "goal"),
                line("facts and judge", read, PAGE_MS),
                line("the whole page", await pages(address, cookie, paths), PAGE_MS),
                line(
                    "its sentence alone", await pages(address, cookie, [f"{path}/verdict" for path in paths]), PAGE_MS
                ),
                line(
                    "the light's graph",
                    await pages(address, cookie, [f"{p}/light?" for p in paths[: rounds // 4]]),
                    PAGE_MS,
                ),
                line("bandwidth", await pages(address, cookie, ["/console/bandwidth"] * (rounds // 4)), BANDWIDTH_MS),
            ]
    print(f"{customers:,} customers; {os.cpu_count()} cores; load average {os.getloadavg()[0]:.1f}\n")
    print(table(lines))
    return int(any(one[-1].startswith("falls") for one in lines[1:]))


def main() -> int:
    """The measurement; its exit status."""
    customers = int(os.environ.get("BENCH_CUSTOMERS") or (2_000 if quick() else 100_000))
    invoices = int(os.environ.get("BENCH_INVOICES") or 10 * customers)
    return asyncio.run(run(customers, invoices, 40 if quick() else 400))


if __name__ == "__main__":
    sys.exit(main())
