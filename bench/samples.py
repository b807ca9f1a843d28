"""``make bench-samples``: samples written, rolled up, read for a day, a week, a month and a year, drawn and followed.

A network of 1,000 devices with 50 interfaces is written as its polls come; one object has a year of five-minute data
beside others'. Chromium (headless) opens the graph of that year; 50 viewers in another process follow live values.
CPU is ours (this process) and that of the PostgreSQL process which serves it, from /proc.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from bench.start import quick, verdict
from bench.table import rows as table
from oss.app import Process, register_features
from oss.base import audit, clock, config, db, migrations, partitions, retention, secrets
from oss.base.postgres import EmbeddedPostgres
from oss.base.supervisor import HealthBoard
from oss.monitoring import roll_up, series, stored
from oss.monitoring.kinds import INTERFACE
from oss.monitoring.samples import Known, Sample, write
from oss.monitoring.series import Request
from oss.staff import users
from web.app import create_app

DEVICES, PORTS, POLLS = 1_000, 50, 4
OTHERS, DAYS, ROLLED = 50, 365, 10
READ_MS, DRAWN_MS, VIEWERS, VIEWED_SHARE = 100.0, 300.0, 50, 0.05
OBJECT, OWNER = 1, 900_001
DRAWN_AT = "window.drawnAt"
BENCH = audit.Actor("bench")
LINES = list[tuple[str, ...]]
YEAR = """insert into sample_5m (starts_at, object_id, kind, mean, peak)
select d, o, 1, a.mean, a.mean from generate_series($1::timestamptz, $2::timestamptz, '1 day') d
cross join generate_series(1, $3::int) o cross join lateral (
  select array_agg((case when n > 576 then 0 else 1e8 * (5 + 4 * sin((n % 288) / 46.0)) * (0.9 + random() / 5) end
    + 0 * extract(day from d) + 0 * o)::real) as mean from generate_series(1, 2592) n) a"""
HOURS = """insert into sample_1h (starts_at, object_id, kind, mean, peak, p95)
select d, o, 1, a.mean, a.mean, array_fill(9e8::real, array[9]) from
  generate_series($1::timestamptz, $2::timestamptz, '1 month') d cross join generate_series(1, $3::int) o
cross join lateral (select array_agg((case when n > 1488 then 0 else 1e8 * (5 + random()) end
  + 0 * o)::real) as mean from generate_series(1, 6696) n) a"""


DONE = """insert into sample_roll select $1, d, 0, 0, now()
from generate_series($2::timestamptz, $3::timestamptz, $4::interval) d on conflict do nothing"""


def cpu_of(pid: int) -> float:
    """Seconds of CPU a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def values(chance: random.Random) -> list[float]:
    """Every second port is quiet."""
    found: list[float] = []
    for port in range(PORTS):
        flow = [chance.uniform(0, 1e9) for _ in range(2)] + [chance.uniform(0, 1e5) for _ in range(2)]
        found += [*(flow if port % 2 else [0.0] * 4), 0.0, 0.0, 0.0, 0.0, 1.0]
    return found


@asynccontextmanager
async def place() -> AsyncIterator[tuple[str, Path]]:
    """A database of its own, at PostgreSQL's own settings."""
    folder = Path(tempfile.mkdtemp(prefix="milha-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    register_features()
    try:
        dsn = await server.start()
        await migrations.migrate(dsn)
        await partitions.ensure_at(dsn)
        async with db.database(dsn):
            yield dsn, folder
    finally:
        await server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def writing(devices: int) -> LINES:
    """Polls of the whole network, as the writer writes them."""
    known, kinds = Known(), [values(random.Random(n)) for n in range(20)]
    now = clock.now().timestamp() - 600
    async with db.pool().acquire() as connection:
        pid, count = connection.get_server_pid(), 0
        await write(connection, [_poll(device, now - 60, kinds) for device in range(devices)], known)
        ours, theirs = time.process_time(), cpu_of(pid)
        for poll in range(POLLS):
            batch = [_poll(device, now + 60 * poll, kinds) for device in range(devices)]
            count += sum(len(one.metrics) for one in batch)
            await write(connection, batch, known)
        ours, theirs = time.process_time() - ours, cpu_of(pid) - theirs
    rate, needed = count / (ours + theirs), devices * PORTS * INTERFACE.width / 60
    return [
        ("written: values a CPU-second, ours", f"{count / ours / 1e6:.1f} million", ""),
        ("written: values a CPU-second, PostgreSQL", f"{count / theirs / 1e6:.1f} million", ""),
        (f"written: {devices} devices x {PORTS} ports each 60 s", f"{100 * needed / rate:.2f} % of a core", ""),
    ]


def _poll(device: int, at: float, kinds: list[list[float]]) -> Sample:
    first = 100_000 + device * PORTS
    return Sample(at, device, INTERFACE, tuple(range(first, first + PORTS)), kinds[device % 20])


async def rolling_up(dsn: str) -> LINES:
    """A day of some devices, in the child process that does it."""
    day = (clock.now() - timedelta(days=5)).replace(hour=0, minute=0, second=0, microsecond=0)
    kinds = [values(random.Random(n)) for n in range(20)]
    async with db.pool().acquire() as connection:
        await partitions.ensure_days(connection, "sample_raw", day.date(), day.date())
        for device in range(ROLLED):
            await write(connection, [_poll(device, day.timestamp() + 60 * n, kinds) for n in range(1440)])
    began = time.monotonic()
    pieces = await asyncio.to_thread(roll_up.run, dsn)
    seconds, count = time.monotonic() - began, ROLLED * 1440 * PORTS * INTERFACE.width
    return [
        ("rolled up: values a second (wall)", f"{count / seconds / 1e6:.1f} million", ""),
        (
            f"rolled up: a day of {DEVICES} such devices",
            f"{seconds / ROLLED * DEVICES / 60:.1f} min a day",
            f"{pieces} pieces",
        ),
    ]


async def seed() -> None:
    """A year of one object beside others', all rolled up but for the present month's hours."""
    now = clock.now()
    first = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    last = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    month = first.replace(day=1)
    before = (last.replace(day=1) - timedelta(days=1)).replace(day=1)
    ports, kinds = tuple(range(1, OTHERS + 1)), values(random.Random(1))
    async with db.pool().acquire() as connection:
        await retention.set_days(connection, BENCH, "sample_5m", 400)
        await partitions.ensure_months(connection, "sample_5m", first.date(), now.date())
        await connection.execute(YEAR, first, last, OTHERS, timeout=600)
        await connection.execute(HOURS, month, before, OTHERS, timeout=600)
        await connection.execute(DONE, "day", first, last, timedelta(days=1))
        await connection.execute(DONE, "month", before, before, timedelta(days=1))
        polls = [Sample(now.timestamp() - 60 * n, OWNER, INTERFACE, ports, kinds) for n in range(2_000, 0, -1)]
        await write(connection, [one for one in polls if one.at > last.timestamp()])
    await db.execute("vacuum analyze sample_5m, sample_1h, sample_raw")


async def reading(rounds: int) -> LINES:
    """The reads behind graphs; the last one reads every five minutes of the year, whatever is drawn."""
    found: LINES = []
    now = clock.now()
    for name, days in (("day", 1), ("week", 7), ("month", 30), ("year", 365)):
        request = Request(INTERFACE, [OBJECT], ["in_bps", "out_bps"], now - timedelta(days=days), now)
        found.append(await _timed(f"read: a {name}", rounds, lambda request=request: _read(request)))  # type: ignore[misc]
    ports = Request(INTERFACE, list(range(1, 49)), ["in_bps", "out_bps"], now - timedelta(days=30), now, together=True)
    found.append(await _timed("read: a month, the sum of 48 ports", rounds // 5, lambda: _read(ports), goal=False))
    found.append(await _timed("read: a year, each of its five minutes", rounds // 2, lambda: _fine(now), goal=False))
    return found


async def _read(request: Request) -> None:
    async with db.pool().acquire() as connection:
        await series.read(connection, request)


async def _fine(now: datetime) -> None:
    asked = stored.Asked(INTERFACE, [OBJECT], INTERFACE.metrics[:2])
    grid = stored.Grid.over((now - timedelta(days=365)).timestamp(), now.timestamp(), 300)
    async with db.pool().acquire() as connection:
        await stored.five_minutes(connection, asked, grid)
    for key, mean in grid.mean.items():
        await stored.folded(mean, grid.peak[key], 132, low=False)
        await series.percentile(mean)


async def _timed(name: str, rounds: int, act: Callable[[], Awaitable[None]], goal: bool = True) -> tuple[str, str, str]:
    took, ours = [], 0.0
    for turn in range(rounds + 2):
        if turn == 2:
            ours = time.process_time()
        began = time.perf_counter()
        await act()
        took.append(1000 * (time.perf_counter() - began))
    ours, ordered = 1000 * (time.process_time() - ours) / rounds, sorted(took[2:])
    late = ordered[int(len(ordered) * 0.95)]
    found = f"{statistics.median(ordered):.0f} ms, p95 {late:.0f} ms (our CPU {ours:.0f} ms)"
    return name, found, verdict(late, READ_MS) if goal else ""


@asynccontextmanager
async def console(dsn: str, folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The console's address, and the cookie of who is signed in."""
    settings = config.load({"MILHA_DATA_DIR": str(folder), "MILHA_DATABASE_URL": dsn, "MILHA_NODE": "bench"})
    sealer = secrets.from_text("dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU=")
    async with db.transaction() as connection:
        await users.add(connection, BENCH, "ana", "Ana Souza", "ana-password-1", "admin")
    app = create_app(settings, sealer, HealthBoard(), lambda: None, Process(settings).stats, "Bench")
    async with TestServer(app) as server:
        address = str(server.make_url("")).rstrip("/")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as web:
            form = {"login": "ana", "password": "ana-password-1"}
            async with web.post(f"{address}/login", data=form, allow_redirects=False) as answer:
                cookies = [f"{name}={morsel.value}" for name, morsel in answer.cookies.items()]
        yield address, "; ".join(cookies)


async def drawing(address: str, cookie: str, rounds: int) -> LINES:
    """From the click to the drawn year, in a browser; the first one has nothing in its cache."""
    program = shutil.which("chromium")
    if program is None:
        return [("drawn: a year", "chromium is not installed", "")]
    from playwright.async_api import async_playwright

    took = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        pairs = (part.split("=", 1) for part in cookie.split("; "))
        await context.add_cookies([{"name": name, "value": value, "url": address} for name, value in pairs])
        page = await context.new_page()
        note = f"() => ({DRAWN_AT} ??= performance.now())"
        await page.add_init_script(f"document.addEventListener('milha:drawn', {note})")
        for _ in range(rounds + 1):
            await page.goto(f"{address}/console/graphs/interface?object={OBJECT}&metric=in_bps,out_bps&range=1y")
            await page.locator("[data-graph][data-drawn]").wait_for()
            took.append(float(await page.evaluate(f"() => {DRAWN_AT}")))
        await browser.close()
    first, ordered = took[0], sorted(took[1:])
    middle, late = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    return [
        ("drawn: a year, from the click", f"{middle:.0f} ms, p95 {late:.0f} ms", verdict(middle, DRAWN_MS)),
        ("drawn: a year, nothing in the cache", f"{first:.0f} ms", ""),
    ]


def watch(address: str, cookie: str, count: int, seconds: float, told: Any) -> None:
    """In a process of its own: so many viewers of one graph; tells when all are there, then how many events came."""
    asyncio.run(_watch(address, cookie, count, seconds, told))


async def _watch(address: str, cookie: str, count: int, seconds: float, told: Any) -> None:
    heard, there = 0, asyncio.Semaphore(0)
    path = f"{address}/console/graphs/interface/live?object={OBJECT}&metric=in_bps,out_bps"

    async def one(web: aiohttp.ClientSession) -> None:
        nonlocal heard
        async with web.get(path, headers={"Cookie": cookie}) as answer:
            there.release()
            async for line in answer.content:
                heard += line.startswith(b"event: samples")

    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as web:
        viewers = [asyncio.create_task(one(web)) for _ in range(count)]
        for _ in viewers:
            await there.acquire()
        told.put(0)
        await asyncio.wait(viewers, timeout=seconds)
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
    told.put(heard)


async def following(address: str, cookie: str, seconds: float) -> LINES:
    """What 50 viewers cost, above the same seconds without them: a poll is written each second either way."""
    alone = await _second_by_second(seconds)
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    viewing = context.Process(target=watch, args=(address, cookie, VIEWERS, seconds, told))
    viewing.start()
    try:
        await asyncio.to_thread(told.get, timeout=60)
        watched = await _second_by_second(seconds)
        heard = await asyncio.to_thread(told.get, timeout=60)
    finally:
        viewing.terminate()
        viewing.join()
    share = (watched - alone) / seconds
    return [
        (f"followed: {VIEWERS} viewers", f"{100 * share:.1f} % of a core", verdict(share, VIEWED_SHARE)),
        ("followed: events each viewer had", f"{heard / VIEWERS:.0f} in {seconds:.0f} s", ""),
    ]


async def _second_by_second(seconds: float) -> float:
    began, ends, chance = time.process_time(), time.monotonic() + seconds, random.Random(1)
    while time.monotonic() < ends:
        async with db.pool().acquire() as connection:
            one = Sample(time.time(), OWNER, INTERFACE, tuple(range(1, OTHERS + 1)), values(chance))
            await write(connection, [one])
        await asyncio.sleep(1)
    return time.process_time() - began


async def run() -> int:
    """All of it, as a table; the worst verdict is the status."""
    short = quick()
    async with place() as (dsn, folder):
        lines: LINES = [("what", "found", "goal")]
        lines += await rolling_up(dsn)
        lines += await writing(DEVICES // 5 if short else DEVICES)
        await seed()
        lines += await reading(10 if short else 40)
        async with console(dsn, folder) as (address, cookie):
            lines += await drawing(address, cookie, 5 if short else 20)
            lines += await following(address, cookie, 5 if short else 12)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores; load average {load:.1f} (above the number of cores, times say little)\n")
    print(table(lines))
    return int(any(line[2].startswith("falls") for line in lines[1:]))


def main() -> int:
    """The measurement; its exit status."""
    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
