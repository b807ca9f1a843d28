"""``make bench-half_open``: one NAS's logins while another leaves 50,000 EAP conversations half open.

PAP at 500/s from the open-loop generator, by one NAS: quiet, then beside a flood of EAP conversations by another that
begins them and answers no more. What is wanted is that the first NAS does not feel it. In between, beside the same
flood sent elsewhere: server, loads and database share the processors, so that much of the harm is not the server's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bench import cluster, generator, machine, milha, packages, radius, subscribers
from bench.start import quick
from bench.table import rows as table
from bench.verdicts import number, spread

PER_S, HALF_OPEN, BEGUN_PER_S = 500, 50_000, 4_000
STRANGER = subscribers.Router("bras-2", "127.0.0.2", "another secret")
ELSEWHERE = "half open elsewhere"
BESIDE = ("quiet", ELSEWHERE, "half open")


@dataclass(frozen=True, slots=True)
class Run:
    """Milliseconds of the quiet NAS; what the other one's flood came to."""

    beside: str
    p50: float
    p99: float
    most: float
    lost: int
    flood: dict[str, int]


@contextlib.asynccontextmanager
async def running(count: int) -> AsyncIterator[tuple[milha.Installation, Path, machine.Machine]]:
    """A provider with two NAS and certificates for EAP."""
    with radius.folder_for("half-open") as folder:
        async with contextlib.AsyncExitStack() as stack:
            one = await stack.enter_async_context(cluster.one(folder, packages.distribution_postgres()))
            dsn = await radius.own_database(one)
            ours = await milha.install(folder, dsn, count, [*subscribers.ONE_ROUTER, STRANGER])
            await certificates(ours)
            program = await generator.build()
            await stack.enter_async_context(milha.serving(ours, "journal", folder / "milha.log"))
            yield ours, program, machine.look(folder, one.version)


async def certificates(ours: milha.Installation) -> None:
    """As an operator makes them."""
    command = [sys.executable, "-m", "oss", "cert", "init", "--name", "radius.example"]
    made = await asyncio.create_subprocess_exec(*command, env=ours.environment, stdout=asyncio.subprocess.DEVNULL)
    if await made.wait() != 0:
        raise RuntimeError("milha cert init failed")


async def run(ours: milha.Installation, program: Path, count: int, seconds: float, beside: str) -> Run:
    """One load, alone or beside the flood, which begins a moment before it."""
    flooding = None
    if beside != "quiet":
        port = 0 if beside == ELSEWHERE else ours.auth_port
        arguments = (port, STRANGER.address, STRANGER.secret, BEGUN_PER_S, HALF_OPEN)
        command = [sys.executable, "-m", "bench.half_open_flood", *map(str, arguments)]
        flooding = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    known: dict[str, object] = {"outstanding": 512, "seconds": seconds, "users": count}
    found = await generator.load(program, ours.auth_port, "pap", rate=PER_S, **known)
    said = (await flooding.communicate())[0] if flooding is not None else b"{}"
    late = [float("inf") if found[name] is None else found[name] / 1000 for name in ("p50_us", "p99_us", "max_us")]
    return Run(beside, *late, lost=found["lost"], flood=json.loads(said))


async def measure(count: int, repetitions: int, seconds: float) -> str:
    """In turns; returns the page."""
    runs = []
    async with running(count) as (ours, program, host):
        for _ in range(repetitions):
            for beside in BESIDE:
                runs.append(await run(ours, program, count, seconds, beside))
                print(f"  {runs[-1]}", flush=True)
    return page(host, seconds, runs)


def page(host: machine.Machine, seconds: float, runs: list[Run]) -> str:
    """The table with its method."""
    lines: list[tuple[str, ...]] = [("beside", "p50 ms", "p99 ms", "max ms", "lost", "begun", "answered", "hellos")]
    for beside in BESIDE:
        mine = [one for one in runs if one.beside == beside]
        figures = (spread(one.p50 for one in mine).text(2), spread(one.p99 for one in mine).text(2))
        told = (number(sum(one.flood.get(name, 0) for one in mine)) for name in ("sent", "answered", "hellos"))
        lost = number(sum(one.lost for one in mine))
        lines.append((beside, *figures, spread(one.most for one in mine).text(1), lost, *told))
    text = (
        f"**Method.** {host.cpu}, {host.cores} cores shared by all. PAP at {PER_S}/s for {seconds:g} s by one NAS, "
        f"open loop; another NAS begins {BEGUN_PER_S:,} EAP conversations a second, {HALF_OPEN:,} in all, each from a "
        "line of its own; every fourth of those answered sends a ClientHello too. *Elsewhere*: the same flood past the "
        "server, to a socket of its own. Medians with the least and the most."
    )
    return "\n\n".join(["# Half-open EAP conversations", text, table(lines)]) + "\n"


def main() -> int:
    """Print the table; 2 when the generator cannot be built."""
    packages.install(packages.generator())
    if absent := packages.missing(packages.generator()):
        print(packages.complaint(absent), file=sys.stderr)
        return 2
    repetitions = int(os.environ.get("BENCH_REPETITIONS") or (1 if quick() else 3))
    text = radius.finished(measure(5_000, repetitions, 4 if quick() else HALF_OPEN / BEGUN_PER_S + 1))
    (generator.BUILD / "half-open.md").write_text(text)
    print("\n" + text)
    return 0
