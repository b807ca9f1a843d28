"""``make bench-radius``: FreeRADIUS with PostgreSQL and Milha under the same load, in turns, as a table.

As root on Debian it installs what it needs; otherwise it says what is missing and measures only ours, on the embedded
PostgreSQL. Everything runs on loopback, in a folder that is removed at the end. The table and each run's figures as
JSON stay in build/bench.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bench import cases, cluster, freeradius, generator, machine, milha, packages, proofs, stack, subscribers, usage
from bench import written as rows
from bench.cases import Case, Plan, Server
from bench.table import Method, Proof, page
from bench.verdicts import Run


@dataclass(frozen=True, slots=True)
class Bench:
    """The running whole. ``radius`` is None where FreeRADIUS is not measured."""

    plan: Plan
    folder: Path
    program: Path
    cluster: cluster.Cluster
    ours: milha.Installation
    ports: freeradius.Ports
    radius: str | None
    admin: dict[str, asyncpg.Connection]

    def servers(self, case: Case) -> list[Server]:
        """Those of a case that can be measured here."""
        return [one for one in case.servers if one.side == "milha" or self.radius]

    def port(self, server: Server, kind: str) -> int:
        if server.side == "milha":
            return self.ours.auth_port if kind == "auth" else self.ours.acct_port
        return self.ports.auth if kind == "auth" else self.ports.acct


@contextlib.contextmanager
def folder_for(name: str) -> Any:
    """A folder that a database's user may enter, removed at the end; BENCH_DIR chooses the disk."""
    folder = Path(tempfile.mkdtemp(prefix=f"milha-{name}-", dir=os.environ.get("BENCH_DIR")))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def ready(plan: Plan, folder: Path, compare: bool) -> AsyncIterator[Bench]:
    """PostgreSQL, both databases with the same subscribers, and the generator."""
    async with contextlib.AsyncExitStack() as stacked:
        programs = packages.distribution_postgres()
        one = await stacked.enter_async_context(cluster.one(folder, programs))
        admin: dict[str, asyncpg.Connection] = {}
        radius = None
        if compare:
            radius = await one.create("radius")
            await subscribers.into_freeradius(radius, freeradius.SCHEMA.read_text(), plan.subscribers)
            admin["freeradius"] = await asyncpg.connect(one.admin_on("radius"))
        ours = await milha.install(folder, await own_database(one), plan.subscribers, subscribers.ONE_ROUTER, radius)
        admin["milha"] = await asyncpg.connect(one.admin_on("milha"))
        for connection in admin.values():
            stacked.push_async_callback(connection.close)
        ports = freeradius.Ports(stack.free_port(), stack.free_port(), stack.free_port())
        yield Bench(plan, folder, await generator.build(), one, ours, ports, radius, admin)


async def own_database(one: cluster.Cluster) -> str:
    """Ours; the embedded cluster already has one of that name, which is its superuser's."""
    return await one.create("milha") if one.admin.startswith("postgresql://postgres@") else one.admin_on("milha")


@contextlib.asynccontextmanager
async def serving(bench: Bench, server: Server, kind: str) -> AsyncIterator[int]:
    """A server alone on the machine, from its first Access-Accept on; gives its pid."""
    if server.side == "milha":
        async with milha.serving(bench.ours, server.variant, bench.folder / "milha.log") as pid:
            yield pid
        return
    folder = bench.folder / "freeradius"
    flavour: Any = server.variant
    assert bench.radius is not None
    freeradius.write(folder, flavour, bench.ports, freeradius.THREADS[kind], bench.radius, bench.plan.subscribers)
    async with freeradius.serving(folder, bench.ports) as pid:
        yield pid


async def measure(bench: Bench, case: Case, server: Server, repetition: int) -> Run:
    """One case on one server."""
    admin, plan = bench.admin[server.side], bench.plan
    await rows.clean(admin, server)
    async with serving(bench, server, case.kind) as pid:
        if case.kind == "auth":
            await rows.clean(admin, server)  # of the login that told us it is there
        used = usage.cpu_s(pid), usage.cpu_s(bench.cluster.pid)
        figures = await generator.load(
            bench.program,
            bench.port(server, case.kind),
            case.mode,
            outstanding=case.outstanding,
            rate=case.rate or None,
            seconds=plan.seconds(case),
            warm_up=plan.warm_up_s,
            users=plan.subscribers,
        )
        ended = time.monotonic()
        found, logged = None, None
        if case.kind == "acct":
            acknowledged = figures["all_start_ack"], figures["all_stop_ack"]
            found = await rows.sessions(admin, server, figures["tag"], *acknowledged, ended)
        elif server.variant != "files":
            logged = await rows.logins(admin, server, answered(figures))
        used = usage.cpu_s(pid) - used[0], usage.cpu_s(bench.cluster.pid) - used[1]
    return run_of(case, server, repetition, figures, found, logged, used)


def answered(figures: generator.Figures) -> int:
    """Every answer, warm-up included."""
    return int(figures["all_ok"] + figures["rejected"] + figures["bad_attr"])


def run_of(
    case: Case,
    server: Server,
    repetition: int,
    figures: generator.Figures,
    found: rows.Rows | None,
    logged: int | None,
    used: tuple[float, float],
) -> Run:
    """The generator's figures and ours as one record."""
    total = answered(figures)

    def ms(name: str) -> float:
        return float("inf") if figures[name] is None else figures[name] / 1000

    return Run(
        case=case.name,
        server=server.name,
        repetition=repetition,
        rps=figures["rps"],
        p50_ms=ms("p50_us"),
        p99_ms=ms("p99_us"),
        max_ms=ms("max_us"),
        server_us=used[0] * 1e6 / max(total, 1),
        postgres_us=used[1] * 1e6 / max(total, 1),
        lost=figures["lost"],
        wrong=figures["bad_attr"] + figures["bad_authenticator"],
        rejected=figures["rejected"],
        retransmits=figures["retransmits"],
        unsigned=total - figures["replies_with_ma"] if case.kind == "auth" else 0,
        started=figures["all_start_ack"],
        stopped=figures["all_stop_ack"],
        rows=found.sessions if found else None,
        rows_ended=found.ended if found else None,
        lag_s=found.lag_s if found else None,
        answered=total,
        logged=logged,
        raw=figures,
    )


async def prove(bench: Bench) -> list[Proof]:
    """Each server that writes to PostgreSQL, tried once."""
    found = []
    for server in (cases.JOURNAL, cases.DATABASE, cases.LEAN):
        if server.side == "freeradius" and not bench.radius:
            continue
        admin = bench.admin[server.side]
        async with serving(bench, server, "auth"):
            ports = bench.port(server, "auth"), bench.port(server, "acct")
            async for proof in proofs.of(server, bench.program, *ports, admin):
                print(f"  {proof.server}: {proof.what}: {proof.found}", flush=True)
                found.append(proof)
    return found


async def all_runs(bench: Bench, lines: Path) -> list[Run]:
    """Every case on every server, in turns; each run is written down when it is done."""
    runs = []
    for repetition in range(bench.plan.repetitions):
        for case in bench.plan.cases():
            servers = bench.servers(case)
            for server in servers if repetition % 2 == 0 else servers[::-1]:
                run = await measure(bench, case, server, repetition)
                runs.append(run)
                with lines.open("a") as file:
                    file.write(json.dumps(asdict(run)) + "\n")
                print(f"  {repetition + 1}. {case.says}, {server.says}: {run.rps:,.0f}/s, p99 {run.p99_ms:.2f} ms, "
                      f"lost {run.lost}, wrong {run.wrong}, missing {run.missing}", flush=True)  # fmt: skip
    return runs


async def compare(plan: Plan, left_out: str) -> str:
    """The whole comparison; returns the page."""
    generator.BUILD.mkdir(parents=True, exist_ok=True)
    lines = generator.BUILD / "radius.jsonl"
    lines.unlink(missing_ok=True)
    with folder_for("radius") as folder:
        async with ready(plan, folder, compare=not left_out) as bench:
            settings = {"Milha's database": await cluster.settings_seen(bench.ours.dsn)}
            if bench.radius:
                settings["FreeRADIUS's database"] = await cluster.settings_seen(bench.radius)
            version = await freeradius.version() if bench.radius else None
            method = Method(plan, machine.look(folder, bench.cluster.version), version, settings, left_out)
            tried = await prove(bench)
            return page(method, plan.cases(), await all_runs(bench, lines), tried)


def finished(work: Coroutine[Any, Any, str]) -> str:
    """Run to the end; SIGTERM ends it in order, as Ctrl-C does, with exit status 130."""

    async def until_told() -> str:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    try:
        return asyncio.run(until_told())
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("interrupted: no table; build/bench has the runs that were finished", file=sys.stderr)
        sys.exit(130)


def main() -> int:
    """Print the table, which also says what falls short; 2 when not even the generator can be built."""
    packages.install(packages.needed())
    if absent := packages.missing(packages.generator()):
        print(packages.complaint(absent), file=sys.stderr)
        return 2
    left_out = ""
    if absent := packages.missing(packages.needed()):
        left_out = f"FreeRADIUS was not measured: {packages.complaint(absent)}"
    elif os.geteuid() != 0:
        left_out = "FreeRADIUS was not measured: that needs root"
    if left_out:
        print(left_out, flush=True)
    text = finished(compare(cases.plan(), left_out))
    (generator.BUILD / "radius.md").write_text(text)
    print("\n" + text)
    return 0
