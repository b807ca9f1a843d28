"""``make bench-beside``: RADIUS at 500/s while the console is in use and its files are fetched, in one process.

A provider of 20,000 subscribers with invoices, live sessions, refused logins, history and holds. Logins (PAP) and
accounting come from the open-loop generator in a process of its own: quiet, beside console pages clicked at 8/s with
the live stream open, and beside these pages and exports of the customers with what they owe, and of the sessions, one
after the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from bench import cluster, generator, machine, milha, packages, radius, seeding, subscribers
from bench import written as rows
from bench.cases import JOURNAL
from bench.clicks import Browser, Clicked
from bench.start import quick, verdict
from bench.table import rows as table
from bench.verdicts import number, spread
from oss.access import holds
from oss.base import db
from oss.staff import users

RADIUS_PER_S, PAGES_PER_S, P99_MS = 500, 8.0, 20.0
HELD, OVERDUE = 500, 2_000
LOADS = {"pap": "PAP", "acct": "accounting"}
BESIDE = {"quiet": "nothing", "pages": "pages at 8/s", "exports": "pages at 8/s and exports"}
PERSON, PASSWORD = "bench", "a long bench password"


@dataclass(frozen=True, slots=True)
class Run:
    """One load beside one thing. Milliseconds, infinite where too much was lost; ``load``: the machine's average."""

    mode: str
    beside: str
    p50: float
    p99: float
    most: float
    lost: int
    wrong: int
    pages: int
    page_p50: float
    page_p99: float
    failed: int
    exports: int
    lines: int
    load: float


@dataclass(frozen=True, slots=True)
class Bench:
    """The running whole; ``count`` subscribers log in, those behind them are held."""

    ours: milha.Installation
    program: Path
    web: aiohttp.ClientSession
    people: Sequence[int]
    count: int
    seconds: float


async def seed(dsn: str, count: int) -> None:
    """What pages and exports have to show, beside the subscribers: invoices, debts, holds, and who may look."""
    async with db.database(dsn, pool=2), db.transaction() as connection:
        company, first = await connection.fetchrow("select company_id, min(id) from contract group by 1")
        seeded = seeding.Seeded(company, first, count + HELD)
        await seeding.owe(connection, seeded, 1, OVERDUE, days=8)
        await seeding.owe(connection, seeded, 1, count + HELD, days=-5)
        behind = list(range(first + count, first + count + HELD))
        await holds.place(connection, seeding.ACTOR, behind, "manual", "cut", "Bench")
        await users.add(connection, seeding.ACTOR, PERSON, "Bench", PASSWORD, "admin")
    connection = await db.connect(dsn)
    try:
        await connection.execute("analyze")
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def signed_in(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser's session; raises RuntimeError where the console does not let us in."""
    cookies = aiohttp.CookieJar(unsafe=True)  # the console's address is a number here
    async with aiohttp.ClientSession(url, cookie_jar=cookies) as web:
        form = {"login": PERSON, "password": PASSWORD}
        async with web.post("/login", data=form, allow_redirects=False) as answer:
            if answer.status != 303:
                raise RuntimeError(f"the console answered {answer.status} to the sign-in")
        yield web


async def live(ours: milha.Installation, program: Path, count: int, admin: asyncpg.Connection) -> None:
    """A live session for every subscriber, some that have ended, and some refused logins."""
    known: dict[str, object] = {"users": count, "warm_up": 0}
    found = await generator.load(program, ours.acct_port, "start", seconds=100, outstanding=256, **known)
    await rows.sessions(admin, JOURNAL, found["tag"], found["all_start_ack"], 0, time.monotonic())
    await generator.load(program, ours.acct_port, "acct", seconds=2, **known)
    await generator.load(program, ours.auth_port, "pap", seconds=2, wrong_passwords=10, **known)


@contextlib.asynccontextmanager
async def running(count: int, seconds: float) -> AsyncIterator[tuple[Bench, machine.Machine]]:
    """Database, provider and a person who is signed in."""
    with radius.folder_for("beside") as folder:
        async with contextlib.AsyncExitStack() as stack:
            one = await stack.enter_async_context(cluster.one(folder, packages.distribution_postgres()))
            dsn = await radius.own_database(one)
            ours = await milha.install(folder, dsn, count + HELD, subscribers.ONE_ROUTER)
            await seed(dsn, count)
            program = await generator.build()
            await stack.enter_async_context(milha.serving(ours, "journal", folder / "milha.log"))
            admin = await asyncpg.connect(one.admin_on("milha"))
            stack.push_async_callback(admin.close)
            await live(ours, program, count, admin)
            people = [row["id"] for row in await admin.fetch("select id from customer order by id limit $1", count)]
            web = await stack.enter_async_context(signed_in(f"http://127.0.0.1:{ours.environment['MILHA_WEB_PORT']}"))
            yield Bench(ours, program, web, people, count, seconds), machine.look(folder, one.version)


async def run(bench: Bench, mode: str, beside: str, number: int) -> Run:
    """One load; the console's part begins before it and ends after it."""
    port = bench.ours.auth_port if mode == "pap" else bench.ours.acct_port
    browser, until = Browser(bench.web, bench.people, number), time.monotonic() + bench.seconds + 2
    busy: list[Coroutine[Any, Any, None]] = []
    stream = [asyncio.create_task(browser.listen())] if beside != "quiet" else []
    if beside != "quiet":
        busy.append(browser.click(PAGES_PER_S, until))
    if beside == "exports":
        busy.append(browser.export(until))
    known: dict[str, object] = {"outstanding": 512, "seconds": bench.seconds, "users": bench.count}
    load = asyncio.create_task(generator.load(bench.program, port, mode, rate=RADIUS_PER_S, **known))
    try:
        await asyncio.gather(*busy)
        figures = await load
    finally:
        for task in [load, *stream]:
            task.cancel()
        await asyncio.gather(load, *stream, return_exceptions=True)
    for seconds, address in sorted(browser.done.pages)[-3:]:
        print(f"    {seconds * 1000:.0f} ms {address}", flush=True)
    return run_of(mode, beside, figures, browser.done)


def part_of(values: Sequence[float], share: float) -> float:
    """A percentile in milliseconds; 0 where there are no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


def run_of(mode: str, beside: str, figures: generator.Figures, clicked: Clicked) -> Run:
    """The generator's figures and the browser's as one record."""
    pages = [seconds for seconds, _ in clicked.pages]
    late = {
        name: float("inf") if figures[name] is None else figures[name] / 1000 for name in ("p50_us", "p99_us", "max_us")
    }
    return Run(
        *(mode, beside, late["p50_us"], late["p99_us"], late["max_us"], figures["lost"]),
        wrong=figures["bad_attr"] + figures["bad_authenticator"] + figures["rejected"],
        pages=len(pages),
        page_p50=part_of(pages, 0.5),
        page_p99=part_of(pages, 0.99),
        failed=clicked.failed.total(),
        exports=clicked.exports,
        lines=clicked.export_lines,
        load=os.getloadavg()[0],
    )


def loads() -> list[str]:
    """BENCH_ONLY takes one of them."""
    return [mode for mode in LOADS if mode == os.environ.get("BENCH_ONLY", mode)]


async def measure(count: int, repetitions: int, seconds: float) -> str:
    """Everything, in turns; returns the page."""
    runs = []
    async with running(count, seconds) as (bench, host):
        for repetition in range(repetitions):
            for mode in loads():
                for beside in BESIDE:
                    runs.append(await run(bench, mode, beside, repetition))
                    print(f"  {runs[-1]}", flush=True)
    lines = [json.dumps(asdict(one)) for one in runs]
    (generator.BUILD / "beside.jsonl").write_text("\n".join(lines) + "\n")
    return page(host, count, seconds, runs)


HEAD = (
    *("load", "beside", "p50 ms", "p99 ms", "max ms", "lost", "wrong", "pages p50 ms", "pages p99 ms"),
    *("pages failed", "files", "load average", "wanted p99", "verdict"),
)


def page(host: machine.Machine, count: int, seconds: float, runs: Sequence[Run]) -> str:
    """The table with its method."""
    lines: list[Sequence[str]] = [HEAD]
    for mode in loads():
        lines += [_line([one for one in runs if (one.mode, one.beside) == (mode, beside)]) for beside in BESIDE]
    versions = ", ".join(f"{name} {value}" for name, value in host.versions.items())
    text = (
        f"**Method.** {host.cpu}, {host.cores} cores shared by the server, PostgreSQL, the generator and the browser, "
        f"{host.memory_gib:.0f} GiB, fdatasync of 4 KiB in {host.sync_ms:.2f} ms, {versions}. "
        f"{count:,} subscribers with invoices and a live session each. "
        f"{RADIUS_PER_S}/s for {seconds:g} s, open loop, from another process; pages at {PAGES_PER_S:g}/s, open loop, "
        "with the live stream open: every place of the navigation, customers, searches, lists narrowed and further on. "
        "Exports: all customers with what they owe, then all sessions, again and again. Medians of "
        f"{len(runs) // (len(loads()) * len(BESIDE))} with the least and the most."
    )
    parts = ["# RADIUS beside the console", text, table(lines)]
    if quick():
        parts.insert(1, "**A quick run: it shows that the tool works. Its figures are no result.**")
    return "\n\n".join(parts) + "\n"


def _line(runs: Sequence[Run]) -> tuple[str, ...]:
    first, p99 = runs[0], spread(one.p99 for one in runs)
    busy = first.beside != "quiet"
    return (
        *(f"{LOADS[first.mode]}, {RADIUS_PER_S}/s", BESIDE[first.beside], spread(one.p50 for one in runs).text(2)),
        *(p99.text(2), spread(one.most for one in runs).text(1)),
        *(f"{sum(one.lost for one in runs):,}", f"{sum(one.wrong for one in runs):,}"),
        spread(one.page_p50 for one in runs).text() if busy else "",
        spread(one.page_p99 for one in runs).text() if busy else "",
        f"{sum(one.failed for one in runs):,} of {sum(one.pages for one in runs):,}" if busy else "",
        f"{sum(one.exports for one in runs):,}" if first.beside == "exports" else "",
        spread(one.load for one in runs).text(1),
        f"at most {number(P99_MS)}",
        verdict(p99.median, P99_MS),
    )


def main() -> int:
    """Print the table; 2 when the generator cannot be built."""
    packages.install(packages.generator())
    if absent := packages.missing(packages.generator()):
        print(packages.complaint(absent), file=sys.stderr)
        return 2
    count = int(os.environ.get("BENCH_SUBSCRIBERS") or 20_000)
    repetitions = int(os.environ.get("BENCH_REPETITIONS") or (1 if quick() else 3))
    seconds = float(os.environ.get("BENCH_SECONDS") or (3 if quick() else 8))
    text = radius.finished(measure(count, repetitions, seconds))
    (generator.BUILD / "beside.md").write_text(text)
    print("\n" + text)
    return 0
