"""``make bench-tables``: every order of every list of the console, with every filter, at 100,000 subscribers.

Milliseconds of what a page of a list reads (count, rows, what its columns need), for the first page and one far behind.
``BENCH_SUBSCRIBERS`` and ``BENCH_MONTHS`` (of invoices) change the size, ``QUICK=1`` makes a first look.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import list_rows
from bench.start import quick
from bench.table import rows as markdown
from oss.base import db, migrations, secrets
from oss.base.postgres import EmbeddedPostgres
from oss.staff.scopes import ALL
from web.app import feature_routes
from web.tables import TABLES, State, Table

ZONE = ZoneInfo("America/Sao_Paulo")
P95_MS = 100.0
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "q": ("mourao", "user0012", "ana 77", "zzzz", "100.64.1"),
    "city": ("Cidade C",),
    "plan": ("3",),
    "nas": ("4",),
    "contract": ("20",),
    "customer": ("77",),
    "due_from": ("2026-10-01",),
    "due_to": ("2026-10-31",),
}
LISTS = ("subscribers", "sessions", "holds", "rejects", "invoices")


@dataclass(frozen=True, slots=True)
class Measured:
    """One order with one narrowing; milliseconds."""

    list: str
    sort: str
    narrowed: str
    times: tuple[float, ...]

    @property
    def p50(self) -> float:
        return share(self.times, 0.5)

    @property
    def p95(self) -> float:
        return share(self.times, 0.95)


def share(times: tuple[float, ...], part: float) -> float:
    """The time that so great a part of them does not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def narrowings(table: Table) -> Iterator[tuple[tuple[str, str], ...]]:
    """None; every value of every choice; a sample of the others; each with a search too."""
    yield ()
    for text in SAMPLES["q"]:
        yield (("q", text),)
    for one in table.filters:
        values = tuple(one.choices) if one.kind == "choice" else SAMPLES[one.name]
        for value in values:
            yield ((one.name, value),)
    if table.filters:
        first = table.filters[0]
        value = next(iter(first.choices), "") or SAMPLES[first.name][0]
        yield (("q", "mourao"), (first.name, value))


def orders(table: Table) -> Iterator[str]:
    for sort in sorted(table.sorts):
        yield sort
        yield f"-{sort}"


async def page(table: Table, state: State, after: str | None = None) -> tuple[float, str | None]:
    """What one page takes, in milliseconds, and where the next one begins."""
    began = time.perf_counter()
    listing, order = table.listing(state, ZONE, ALL)
    found = await listing.read(order, 50, after)
    if table.complete is not None:
        await table.complete(found.rows, ZONE)
    return (time.perf_counter() - began) * 1000, found.after


async def measure(table: Table, sort: str, narrowed: tuple[tuple[str, str], ...], repeats: int) -> Measured:
    """First pages, and pages behind them; one is thrown away."""
    state, times, after = State(narrowed, sort), [], None
    await page(table, state)
    for _ in range(repeats):
        took, after = await page(table, state, after)
        times.append(took)
    return Measured(table.name, sort, "&".join(f"{n}={v}" for n, v in narrowed) or "-", tuple(times))


async def everything(repeats: int) -> list[Measured]:
    """All combinations of all lists."""
    found = []
    for name in os.environ.get("BENCH_LISTS", "").split() or LISTS:
        table = TABLES[name]
        for narrowed in narrowings(table):
            for sort in orders(table):
                found.append(await measure(table, sort, narrowed, repeats))
        mine = [one for one in found if one.list == name]
        slow = sum(one.p95 > P95_MS for one in mine)
        print(f"  {name}: {len(mine)} combinations, {slow} above {P95_MS:.0f} ms", file=sys.stderr, flush=True)
    return found


def report(found: list[Measured], count: int, invoices: int) -> str:
    """By list and order over all narrowings, then the slowest combinations."""
    head = ("list", "order", "narrowings", "p50 ms", "p95 ms", "slowest narrowing", "its p95 ms")
    lines = [head]
    for name, sort in dict.fromkeys((one.list, one.sort) for one in found):
        mine = [one for one in found if (one.list, one.sort) == (name, sort)]
        times = tuple(took for one in mine for took in one.times)
        worst = max(mine, key=lambda one: one.p95)
        figures = (f"{share(times, 0.5):.1f}", f"{share(times, 0.95):.1f}", worst.narrowed, f"{worst.p95:.1f}")
        lines.append((name, sort, str(len(mine)), *figures))
    slow = [one for one in found if one.p95 > P95_MS]
    verdict = f"{len(found)} combinations; {len(slow)} above {P95_MS:.0f} ms (p95)"
    parts = [f"# Lists at {count:,} subscribers and {invoices:,} invoices", verdict, markdown(lines)]
    if slow:
        worst_first = sorted(slow, key=lambda one: -one.p95)[:40]
        parts.append(markdown([(*head[:2], "narrowed", "p50 ms", "p95 ms"), *map(_line, worst_first)]))
    return "\n\n".join(parts) + "\n"


def _line(one: Measured) -> tuple[str, ...]:
    return one.list, one.sort, one.narrowed, f"{one.p50:.1f}", f"{one.p95:.1f}"


@contextlib.asynccontextmanager
async def seeded(count: int, months: int):  # type: ignore[no-untyped-def]
    """A PostgreSQL of its own with the rows, open."""
    with tempfile.TemporaryDirectory(prefix="milha-bench-tables-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "postgres", settings={"fsync": "off", "synchronous_commit": "off"})
        dsn = await server.start()
        try:
            await migrations.migrate(dsn)
            sealer = secrets.from_text("dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU=")
            async with db.database(dsn, pool=4):
                async with db.transaction() as connection:
                    await list_rows.seed(connection, sealer, count, months)
                await list_rows.settle(dsn)
                yield
        finally:
            await server.stop()


async def run() -> str:
    count = int(os.environ.get("BENCH_SUBSCRIBERS") or (5_000 if quick() else 100_000))
    months = int(os.environ.get("BENCH_MONTHS") or 3)
    feature_routes()
    async with seeded(count, months):
        return report(await everything(3 if quick() else 5), count, count * months)


def main() -> int:
    """Print the table; 1 when a combination is too slow."""
    text = asyncio.run(run())
    print(text)
    return 1 if " 0 above" not in text else 0
