"""``make bench-console``: how long the console's pages take at 100,000 customers and 1,000,000 invoices, beside RADIUS.

The database is filled by ``milha seed``. One person asks for one page after the other, each kind of page in turn and
each time about somebody else; from asking to the last byte is a page's time. First alone, then while an open-loop
generator in another process sends 500 RADIUS requests a second, half of them logins, half accounting.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
from yarl import URL

from bench import beside, children, cluster, generator, machine, milha, packages, radius, subscribers
from bench.beside import part_of, signed_in
from bench.clicks import NEXT
from bench.start import quick, verdict
from bench.table import rows as table
from oss.base import db
from oss.staff import tokens, users

RADIUS_PER_S, RADIUS_P99_MS, LOGINS = 500, 20.0, 2_000
PAGE_MS, SEARCH_MS, BOARD_MS = 50.0, 100.0, 200.0
QUIET, BUSY = "alone", f"beside {RADIUS_PER_S} RADIUS requests/s"


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of what is in the database, to ask about."""

    customers: Sequence[int]
    names: Sequence[str]
    documents: Sequence[str]
    logins: Sequence[str]
    addresses: Sequence[str]
    macs: Sequence[str]
    cities: Sequence[str]


Make = Callable[[Sample, random.Random], str]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of page: its goal for p95 in milliseconds, and an address of it. ``api``: asked with a token."""

    name: str
    goal_ms: float
    make: Make
    api: bool = False


def fixed(address: str) -> Make:
    """The same address each time."""
    return lambda sample, chance: address


def about(address: str, of: str) -> Make:
    """An address with ``{}`` for one of the sample's values."""
    return lambda sample, chance: address.format(
        URL.build(query={"q": str(chance.choice(getattr(sample, of)))}).raw_query_string
    )


def customer(sample: Sample, chance: random.Random) -> str:
    return f"/console/subscribers/{chance.choice(sample.customers)}"


LISTS = {
    "customers": "/console/subscribers",
    "customers, overdue": "/console/subscribers?status=overdue",
    "customers, offline": "/console/subscribers?status=offline",
    "customers, online": "/console/subscribers?status=online",
    "customers, held": "/console/subscribers?status=held",
    "customers of a city": "/console/subscribers?city=Lavras",
    "sessions": "/console/sessions",
    "sessions by rate": "/console/sessions?sort=-down",
    "refused logins": "/console/rejects?range=7d",
    "holds": "/console/holds",
    "invoices": "/console/invoices",
    "invoices, overdue": "/console/invoices?state=overdue",
    "invoices by amount": "/console/invoices?sort=-amount",
    "enforcement": "/console/enforcement",
    "equipment": "/console/nas",
    "plans": "/console/plans",
    "addresses": "/console/addresses",
    "realms": "/console/realms",
    "staff": "/console/staff",
    "roles": "/console/roles",
    "audit": "/console/audit",
    "health": "/console/health",
    "contracts that run": "/console/board/contracts?view=active",
    "contracts that ended": "/console/board/contracts?view=ended",
    "payments": "/console/board/payments",
}
FURTHER = ("customers", "sessions", "holds", "invoices", "payments")
RESOURCES = ("customers", "contracts", "access-accounts", "sessions", "invoices", "holds", "payments", "nas", "plans")
CASES = (
    Case("overview", PAGE_MS, fixed("/console/")),
    Case("customer", PAGE_MS, customer),
    *(Case(name, PAGE_MS, fixed(address)) for name, address in LISTS.items()),
    Case("board", BOARD_MS, fixed("/console/board")),
    Case("search: name", SEARCH_MS, about("/console/search?{}", "names")),
    Case("search: CPF", SEARCH_MS, about("/console/search?{}", "documents")),
    Case("search: login", SEARCH_MS, about("/console/search?{}", "logins")),
    Case("search: IP", SEARCH_MS, about("/console/search?{}", "addresses")),
    Case("search: MAC", SEARCH_MS, about("/console/search?{}", "macs")),
    *(Case(f"API {name}", PAGE_MS, fixed(f"/api/v1/{name}?limit=50"), api=True) for name in RESOURCES),
)


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
    """Somebody who asks for one page after the other; further pages of lists are followed from where they ended."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench, self.chance = bench, random.Random(seed)
        self.next: dict[str, str] = {}
        self.taken = Taken()

    async def round(self) -> None:
        """Every kind of page once, in another order each time."""
        for case in self.chance.sample(CASES, len(CASES)):
            await self.ask(case.name, case.make(self.bench.sample, self.chance), case.api)
        for name in FURTHER:
            if name in self.next:
                await self.ask(f"{name}, further", self.next[name])

    async def ask(self, name: str, address: str, api: bool = False) -> None:
        """One page, timed."""
        headers = {"Authorization": f"Bearer {self.bench.token}"} if api else {}
        began = time.perf_counter()
        async with self.bench.web.get(URL(address, encoded=True), headers=headers) as answer:
            text = await answer.text()
        fine = answer.status == 200 and answer.url.path != "/login"
        self.taken.note(name, time.perf_counter() - began, fine)
        base = name.removesuffix(", further")
        if base in FURTHER and (links := NEXT.findall(text)):
            self.next[base] = links[-1].replace("&amp;", "&")


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
        "select c.id, c.name, c.document, a.login, c.city from customer c join contract k on k.customer_id = c.id "
        "join access_account a on a.contract_id = k.id where c.document is not null and c.id % 97 = 0 limit 1000"
    )
    lines = await admin.fetch(
        "select host(framed_ip) as ip, calling_station_id as mac from session_open "
        "where framed_ip is not null and calling_station_id <> '' limit 1000"
    )
    names = [" ".join(row["name"].split()[:2]) for row in people]
    return Sample(
        *([row["id"] for row in people], names, [row["document"] for row in people], [row["login"] for row in people]),
        *([row["ip"] for row in lines], [row["mac"] for row in lines], [row["city"] for row in people]),
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
    """Pages alone and beside RADIUS, and RADIUS itself beside them."""

    alone: Taken
    busy: Taken
    radius: Sequence[generator.Figures]
    load: float


async def measure(customers: int, invoices: int, seconds: float) -> str:
    """Everything; returns the page."""
    async with running(customers, invoices) as (bench, host, took):
        await asked(bench, 1, 0)  # caches of plans and of templates
        alone = await asked(bench, seconds, 1)
        load = asyncio.create_task(loaded(bench, seconds + 1))
        try:
            await asyncio.sleep(0.5)
            busy = await asked(bench, seconds, 2)
            figures = await load
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
    found = Measured(alone, busy, figures, os.getloadavg()[0])
    kept = {"alone": alone.seconds, "busy": busy.seconds, "radius": figures}
    (generator.BUILD / "console.json").write_text(json.dumps(kept))
    return page(host, (customers, invoices), took, found)


HEAD = ("page", "times", f"p50 {QUIET}", "p95", "p99", "p50 beside RADIUS", "p95", "p99", "wanted p95", "verdict")


def page(host: machine.Machine, size: tuple[int, int], took: float, found: Measured) -> str:
    """The table with its method."""
    goals = {case.name: case.goal_ms for case in CASES} | {f"{name}, further": PAGE_MS for name in FURTHER}
    lines: list[Sequence[str]] = [HEAD, *(_line(name, goal, found) for name, goal in goals.items())]
    versions = ", ".join(f"{name} {value}" for name, value in host.versions.items())
    text = (
        f"**Method.** {host.cpu}, {host.cores} cores shared by the server, PostgreSQL, the generator and the browser, "
        f"{host.memory_gib:.0f} GiB, {versions}; load average {found.load:.1f} at the end. "
        f"{size[0]:,} customers and {size[1]:,} invoices, made in {took:.0f} s. Milliseconds from asking to the last "
        f"byte, one page at a time over one connection, {QUIET} and {BUSY}."
    )
    parts = ["# The console at full size", text, table(lines), "## RADIUS meanwhile", table(_radius(found.radius))]
    if quick():
        parts.insert(1, "**A quick run: it shows that the tool works. Its figures are no result.**")
    return "\n\n".join(parts) + "\n"


def _line(name: str, goal: float, found: Measured) -> tuple[str, ...]:
    alone, busy = found.alone.seconds.get(name, []), found.busy.seconds.get(name, [])
    cells = [f"{part_of(values, share):.1f}" for values in (alone, busy) for share in (0.5, 0.95, 0.99)]
    judged = verdict(part_of(busy, 0.95), goal) if busy else "not asked"
    return (name, f"{len(alone)} + {len(busy)}", *cells, f"at most {goal:g}", judged)


def _radius(figures: Sequence[generator.Figures]) -> list[Sequence[str]]:
    lines: list[Sequence[str]] = [("load", "p50 ms", "p99 ms", "lost", "wanted p99", "verdict")]
    for name, one in zip(("PAP, 250/s", "accounting, 250/s"), figures, strict=True):
        p50, p99 = (float("inf") if one[key] is None else one[key] / 1000 for key in ("p50_us", "p99_us"))
        judged = verdict(p99, RADIUS_P99_MS)
        lines.append((name, f"{p50:.2f}", f"{p99:.2f}", f"{one['lost']:,}", f"at most {RADIUS_P99_MS:g}", judged))
    return lines


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
