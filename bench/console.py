"""``make bench-console``: how long the console's pages take at 100,000 customers and 1,000,000 invoices, beside RADIUS.

The database is filled by ``milha seed``. One person asks for one page after the other, each kind of page in turn and
each time about somebody else (`bench.console_pages`); from asking to the last byte is a page's time. First alone, then
while an open-loop generator in another process sends 500 RADIUS requests a second, half of them logins, half
accounting; these also once without pages. ``BENCH_CUSTOMERS``, ``BENCH_INVOICES`` and ``BENCH_SECONDS`` (of each part)
change the size, ``QUICK=1`` makes a first look.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
from yarl import URL

from bench import beside, children, cluster, generator, machine, milha, packages, radius, subscribers
from bench.beside import part_of, signed_in
from bench.clicks import NEXT
from bench.console_pages import CASES, GOALS, Sample
from bench.start import quick, verdict
from bench.table import rows as table
from oss.base import db
from oss.staff import tokens, users

RADIUS_PER_S, RADIUS_P99_MS, LOGINS = 500, 20.0, 2_000


@dataclass(slots=True)
class Taken:
    """Seconds of each kind of page, and what failed."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def note(self, name: str, seconds: float, fine: bool) -> None:
        self.seconds.setdefault(name, []).append(seconds if fine else float("inf"))
        if not fine:
            self.failed[name] = self.failed.get(name, 0) + 1


@dataclass(frozen=True, slots=True)
class Bench:
    """The running whole."""

    ours: milha.Installation
    program: Path
    web: aiohttp.ClientSession
    token: str
    sample: Sample


class Person:
    """Somebody who asks for one page after the other, and further into the lists each time."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench, self.chance = bench, random.Random(seed)
        self.next: dict[str, str] = {}
        self.taken = Taken()

    async def round(self) -> None:
        """Every kind of page once, in another order each time."""
        for case in self.chance.sample(CASES, len(CASES)):
            text = await self.ask(case.name, case.make(self.bench.sample, self.chance), case.api)
            if case.further:
                await self.follow(case.name, text)

    async def follow(self, name: str, first: str) -> None:
        """The page behind the last one that was seen of a list."""
        address = self.next.get(name) or behind(first)
        if address:
            self.next[name] = behind(await self.ask(f"{name}, further", address))

    async def ask(self, name: str, address: str, api: bool = False) -> str:
        """One page, timed; its text."""
        headers = {"Authorization": f"Bearer {self.bench.token}"} if api else {}
        began = time.perf_counter()
        async with self.bench.web.get(URL(address, encoded=True), headers=headers) as answer:
            text = await answer.text()
        fine = answer.status == 200 and answer.url.path != "/login"
        self.taken.note(name, time.perf_counter() - began, fine)
        return text


def behind(text: str) -> str:
    """Where a page says that the next one begins; empty behind the last."""
    links = NEXT.findall(text)
    return str(links[-1]).replace("&amp;", "&") if links else ""


async def asked(bench: Bench, seconds: float, seed: int) -> Taken:
    """Rounds until the time is over."""
    person, until = Person(bench, seed), time.monotonic() + seconds
    while time.monotonic() < until:
        await person.round()
    return person.taken


async def loaded(bench: Bench, seconds: float) -> list[generator.Figures]:
    """Half the requests as logins, half as accounting, at the same time."""
    known: dict[str, object] = {"outstanding": 512, "seconds": seconds, "users": LOGINS, "rate": RADIUS_PER_S // 2}
    ports = {"pap": bench.ours.auth_port, "acct": bench.ours.acct_port}
    loads = [generator.load(bench.program, port, mode, **known) for mode, port in ports.items()]
    return list(await asyncio.gather(*loads))


async def sample_of(admin: asyncpg.Connection) -> Sample:
    """A thousand of each, spread over the whole."""
    people = await admin.fetch(
        "select c.id, c.name, c.document, a.login, c.city, k.id as contract, k.plan_id from customer c "
        "join contract k on k.customer_id = c.id join access_account a on a.contract_id = k.id "
        "where c.document is not null and c.id % 97 = 0 limit 1000"
    )
    lines = await admin.fetch(
        "select host(framed_ip) as ip, calling_station_id as mac, nas_id from session_open "
        "where framed_ip is not null and calling_station_id <> '' limit 1000"
    )
    days = await admin.fetch("select distinct due_on::text as day from invoice order by 1 desc limit 300")
    return Sample(
        customers=[row["id"] for row in people],
        names=[" ".join(row["name"].split()[:2]) for row in people],
        documents=[row["document"] for row in people],
        logins=[row["login"] for row in people],
        addresses=[row["ip"] for row in lines],
        macs=[row["mac"] for row in lines],
        cities=[row["city"] for row in people],
        contracts=[row["contract"] for row in people],
        plans=[row["plan_id"] for row in people],
        routers=[row["nas_id"] for row in lines],
        days=[row["day"] for row in days],
    )


async def fill(ours: milha.Installation, customers: int, invoices: int) -> tuple[str, float]:
    """``milha seed`` as an operator would run it, and who may look; returns an API token and the seconds it took."""
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "oss",
        "seed",
        "--beside-them",
        f"--customers={customers}",
        f"--invoices={invoices}",
    ]
    print(await children.output_of(command, env=ours.environment), flush=True)
    took = time.monotonic() - began
    async with db.database(ours.dsn, pool=2), db.transaction() as connection:
        await users.add(connection, subscribers.ACTOR, beside.PERSON, "Bench", beside.PASSWORD, "admin")
        token = await tokens.add(connection, subscribers.ACTOR, "bench", "admin")
    return token, took


async def answers(url: str) -> None:
    """Wait until the console answers: it starts after the routers' part."""
    async with asyncio.timeout(120), aiohttp.ClientSession(url) as web:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with web.get("/login"):
                    return
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def running(customers: int, invoices: int) -> AsyncIterator[tuple[Bench, machine.Machine, float]]:
    """Database, crowd, provider, and a person who is signed in."""
    with radius.folder_for("console") as folder:
        async with contextlib.AsyncExitStack() as stack:
            one = await stack.enter_async_context(cluster.one(folder, packages.distribution_postgres()))
            dsn = await radius.own_database(one)
            ours = await milha.install(folder, dsn, LOGINS, subscribers.ONE_ROUTER)
            token, took = await fill(ours, customers, invoices)
            program = await generator.build()
            await stack.enter_async_context(milha.serving(ours, "journal", folder / "milha.log"))
            admin = await asyncpg.connect(one.admin_on("milha"))
            stack.push_async_callback(admin.close)
            url = f"http://127.0.0.1:{ours.environment['MILHA_WEB_PORT']}"
            await answers(url)
            web = await stack.enter_async_context(signed_in(url))
            bench = Bench(ours, program, web, token, await sample_of(admin))
            yield bench, machine.look(folder, one.version), took


@dataclass(frozen=True, slots=True)
class Measured:
    """Pages alone and beside RADIUS; RADIUS alone and beside the pages."""

    alone: Taken
    busy: Taken
    quiet: Sequence[generator.Figures]
    radius: Sequence[generator.Figures]
    load: float


async def measure(customers: int, invoices: int, seconds: float) -> str:
    """Everything; returns the page."""
    async with running(customers, invoices) as (bench, host, took):
        await asked(bench, 1, 0)  # caches of plans and of templates
        alone = await asked(bench, seconds, 1)
        quiet = await loaded(bench, seconds / 2)
        load = asyncio.create_task(loaded(bench, seconds + 1))
        try:
            await asyncio.sleep(0.5)
            busy = await asked(bench, seconds, 2)
            figures = await load
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
    found = Measured(alone, busy, quiet, figures, os.getloadavg()[0])
    kept = {"alone": alone.seconds, "busy": busy.seconds, "quiet": quiet, "radius": figures}
    (generator.BUILD / "console.json").write_text(json.dumps(kept))
    return page(host, (customers, invoices), took, found)


HEAD = ("what", "times", "p50 alone", "p95", "p99", "p50 together", "p95", "p99", "failed", "wanted", "verdict")


def page(host: machine.Machine, size: tuple[int, int], took: float, found: Measured) -> str:
    """One table of pages and RADIUS, with its method."""
    lines = [HEAD, *_radius(found), *(_line(name, goal, found) for name, goal in GOALS.items())]
    versions = ", ".join(f"{name} {value}" for name, value in host.versions.items())
    text = (
        f"**Method.** {host.cpu}, {host.cores} cores shared by the server, PostgreSQL, the generator and the browser, "
        f"{host.memory_gib:.0f} GiB, {versions}; load average {found.load:.1f} at the end. "
        f"{size[0]:,} customers and {size[1]:,} invoices, made in {took:.0f} s. Milliseconds. A page: from asking to "
        "the last byte, one at a time over one connection. RADIUS: from when a request was due, open loop, "
        f"{RADIUS_PER_S}/s from another process, half of them logins, half accounting. Each alone, then together."
    )
    parts = ["# The console at full size, beside RADIUS", text, table(lines)]
    if quick():
        parts.insert(1, "**A quick run: it shows that the tool works. Its figures are no result.**")
    return "\n\n".join(parts) + "\n"


def _line(name: str, goal: float, found: Measured) -> tuple[str, ...]:
    alone, busy = found.alone.seconds.get(name, []), found.busy.seconds.get(name, [])
    cells = [f"{part_of(values, share):.1f}" for values in (alone, busy) for share in (0.5, 0.95, 0.99)]
    judged = verdict(part_of(busy, 0.95), goal) if busy else "not asked"
    failed = found.alone.failed.get(name, 0) + found.busy.failed.get(name, 0)
    return (name, f"{len(alone)} + {len(busy)}", *cells, str(failed), f"p95 at most {goal:g}", judged)


def _radius(found: Measured) -> Iterator[tuple[str, ...]]:
    names = (f"RADIUS: PAP, {RADIUS_PER_S // 2}/s", f"RADIUS: accounting, {RADIUS_PER_S // 2}/s")
    for name, quiet, busy in zip(names, found.quiet, found.radius, strict=True):
        times = [_late(one, key) for one in (quiet, busy) for key in ("p50_us", "p95_us", "p99_us")]
        counts = f"{quiet['ok']:,} + {busy['ok']:,}"
        wanted, judged = f"p99 at most {RADIUS_P99_MS:g}", verdict(times[-1], RADIUS_P99_MS)
        lost = f"{quiet['lost'] + busy['lost']:,}"
        yield (name, counts, *(f"{one:.1f}" for one in times), lost, wanted, judged)


def _late(figures: generator.Figures, key: str) -> float:
    """Milliseconds; infinite where so many were lost."""
    return float("inf") if figures[key] is None else float(figures[key]) / 1000


def main() -> int:
    """Print the table; 2 when the generator cannot be built."""
    packages.install(packages.generator())
    if absent := packages.missing(packages.generator()):
        print(packages.complaint(absent), file=sys.stderr)
        return 2
    customers = int(os.environ.get("BENCH_CUSTOMERS") or (2_000 if quick() else 100_000))
    invoices = int(os.environ.get("BENCH_INVOICES") or 10 * customers)
    seconds = float(os.environ.get("BENCH_SECONDS") or (3 if quick() else 60))
    text = radius.finished(measure(customers, invoices, seconds))
    (generator.BUILD / "console.md").write_text(text)
    print("\n" + text)
    return 0
