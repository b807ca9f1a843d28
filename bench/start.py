"""``make bench-start``: how soon ``milha serve`` accepts a login, and how much memory it takes.

100,000 subscribers, each with a password of its own, and 100 NAS, each with a secret of its own; the database is up.
The clock starts before exec and stops at the first Access-Accept of the subscriber that is read last. Then memory of
all our processes, again with a live session for every subscriber. PostgreSQL is not ours and not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import asyncpg

from bench import cluster, generator, machine, milha, packages, radius, subscribers, usage
from bench import written as rows
from bench.cases import JOURNAL
from bench.table import rows as table
from bench.verdicts import Spread, number, spread

NAS = 100
START_S, QUIET_MIB, BUSY_MIB = 5.0, 600.0, 1024.0
SNAPSHOT = "index.sealed"


@dataclass(frozen=True, slots=True)
class Start:
    """One start and what it took. Memory in MiB; ``sessions``: live ones when it was read."""

    snapshot: bool
    seconds: float
    rss: float
    pss: float
    processes: int
    sessions: int
    wrong: int


def quick() -> bool:
    return os.environ.get("QUICK", "") not in ("", "0")


def verdict(found: float, most: float) -> str:
    """At most, or by which part it is too much."""
    return "holds" if found <= most else f"falls short: {found / most - 1:.0%} too much"


async def start(ours: milha.Installation, program: Path, folder: Path, count: int, snapshot: bool) -> Start:
    """Start, time it, ask for a second on behalf of everybody, read the memory, stop."""
    if not snapshot:
        (ours.data / SNAPSHOT).unlink(missing_ok=True)
    began = time.monotonic()
    async with milha.starting(ours, "journal", folder / "milha.log") as process:
        seconds = await milha.accepts(ours, count - 1) - began
        logins = await ask(program, ours, "pap", count, seconds=1, warm_up=0)
        await first_look(ours.data / SNAPSHOT, time.time() - (time.monotonic() - began))
        memory = usage.memory(process.pid)
    return start_of(snapshot, seconds, memory, 0, logins)


async def first_look(path: Path, since: float) -> None:
    """Wait for the process to be at rest: its first reading of the database ends with a new snapshot."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            while not path.exists() or path.stat().st_mtime < since:
                await asyncio.sleep(0.05)


def start_of(snapshot: bool, seconds: float, memory: usage.Memory, live: int, found: generator.Figures) -> Start:
    wrong = sum(found[name] for name in ("lost", "rejected", "bad_attr", "bad_authenticator"))
    sizes = memory.rss / usage.MIB, memory.pss / usage.MIB
    return Start(snapshot, seconds, *sizes, memory.processes, live, wrong)


async def ask(program: Path, ours: milha.Installation, mode: str, count: int, **options: object) -> generator.Figures:
    """Load from all the NAS."""
    port = ours.acct_port if mode == "start" else ours.auth_port
    return await generator.load(
        program, port, mode, users=count, nas=NAS, sockets=NAS, first_nas="127.0.1.1", **options
    )


async def busy(ours: milha.Installation, program: Path, folder: Path, count: int, admin: asyncpg.Connection) -> Start:
    """A live session for every subscriber, then the memory; the sessions are counted as rows."""
    began = time.monotonic()
    async with milha.starting(ours, "journal", folder / "milha.log") as process:
        seconds = await milha.accepts(ours, count - 1) - began
        found = await ask(program, ours, "start", count, seconds=100, warm_up=0, outstanding=256)
        await rows.sessions(admin, JOURNAL, found["tag"], found["all_start_ack"], 0, time.monotonic())
        live = await admin.fetchval("select count(*) from session_open")
        memory = usage.memory(process.pid)
    return start_of(True, seconds, memory, live, found)


async def measure(count: int, repetitions: int) -> str:
    """Everything; returns the page."""
    with radius.folder_for("start") as folder:
        async with cluster.one(folder, packages.distribution_postgres()) as one:
            dsn = await radius.own_database(one)
            ours = await milha.install(folder, dsn, count, subscribers.routers(NAS))
            program, host = await generator.build(), machine.look(folder, one.version)
            admin = await asyncpg.connect(one.admin_on("milha"))
            starts = []
            for _ in range(repetitions):
                for snapshot in (False, True):
                    starts.append(await start(ours, program, folder, count, snapshot))
                    print(f"  {starts[-1]}", flush=True)
            loaded = await busy(ours, program, folder, count, admin)
            await admin.close()
    lines = [json.dumps(asdict(one)) for one in [*starts, loaded]]
    (generator.BUILD / "start.jsonl").write_text("\n".join(lines) + "\n")
    return page(host, count, starts, loaded)


def page(host: machine.Machine, count: int, starts: list[Start], loaded: Start) -> str:
    """The table with its method."""
    cold = spread(one.seconds for one in starts if not one.snapshot)
    warm = spread(one.seconds for one in starts if one.snapshot)
    rss, pss = spread(one.rss for one in starts), spread(one.pss for one in starts)
    wrong = sum(one.wrong for one in [*starts, loaded])
    versions = ", ".join(f"{name} {value}" for name, value in host.versions.items())
    text = (
        f"**Method.** {host.cpu}, {host.cores} cores, {host.memory_gib:.0f} GiB, {versions}. {count:,} subscribers "
        f"with as many passwords, {NAS} NAS with as many secrets, the database up. Seconds run from before exec of "
        f"`milha serve` to the first Access-Accept of the subscriber read last; medians of {len(starts) // 2} starts "
        "with the least and the most. Memory is that of all our processes after a second of logins; PostgreSQL is "
        "not counted. PSS counts a page shared by two processes once."
    )
    lines = [
        ("what", "found", "wanted", "verdict"),
        _line("first start, seconds", cold, 2, START_S),
        _line("start with the sealed snapshot, seconds", warm, 2, START_S),
        _line(f"memory of {starts[0].processes} processes, RSS, MiB", rss, 0, QUIET_MIB),
        _line("the same as PSS, MiB", pss, 0, QUIET_MIB),
        _line(f"with {loaded.sessions:,} live sessions, RSS, MiB", spread([loaded.rss]), 0, BUSY_MIB),
        _line("the same as PSS, MiB", spread([loaded.pss]), 0, BUSY_MIB),
        ("sessions that are rows", f"{loaded.sessions:,}", f"{count:,}", short(loaded.sessions, count)),
        ("lost, wrong or refused answers", f"{wrong:,}", "0", "holds" if not wrong else "falls short"),
    ]
    parts = ["# Start and memory", text, table(lines)]
    if quick():
        parts.insert(1, "**A quick run: it shows that the tool works. Its figures are no result.**")
    return "\n\n".join(parts) + "\n"


def _line(what: str, found: Spread, digits: int, most: float) -> tuple[str, ...]:
    return what, found.text(digits), f"at most {number(most)}", verdict(found.median, most)


def short(found: int, wanted: int) -> str:
    return "holds" if found == wanted else f"falls short by {wanted - found:,}"


def main() -> int:
    """Print the table; 2 when the generator cannot be built."""
    packages.install(packages.generator())
    if absent := packages.missing(packages.generator()):
        print(packages.complaint(absent), file=sys.stderr)
        return 2
    count = int(os.environ.get("BENCH_SUBSCRIBERS") or (20_000 if quick() else 100_000))
    repetitions = int(os.environ.get("BENCH_REPETITIONS") or (1 if quick() else 3))
    text = radius.finished(measure(count, repetitions))
    (generator.BUILD / "start.md").write_text(text)
    print("\n" + text)
    return 0
