"""``make bench-traps``: 20,000 traps a second for 10 s to our receiver; some of them to pysnmp's.

Receiver and sender are processes of their own; the sender keeps its schedule whatever becomes of the traps. Lost is
what the kernel's counter of that socket says; what the receiver throws away itself, it counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import generator, machine, packages
from bench.children import dying_with_us, output_of
from bench.radius import finished, folder_for
from bench.start import quick
from bench.table import rows as table
from bench.verdicts import number
from snmp.ber import INTEGER, OCTETS, Varbind
from snmp.trap_message import encode_v2

SOURCE = Path(__file__).with_name("trapload.c")
RATE, SECONDS = 20_000, 10.0
FIRST, QUIET = 2, 150
FLOOD_RATE, QUIET_RATE, THEIR_RATE = 40_000, 100, 3_000
REQUEST = 0x10000001
INDEX = 0x10000002
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"


@dataclass(frozen=True, slots=True)
class Case:
    """What is offered. `sources`: how many send; `subjects`: interfaces they speak of (1: a storm of one trap).

    `free`: the first source has no limit. `beside`: traps a second of a quiet source meanwhile.
    """

    name: str
    receiver: str = "milha"
    rate: int = RATE
    sources: int = 1
    subjects: int = 1 << 24
    free: bool = True
    beside: int = 0


CASES = (
    Case("one source, each trap another"),
    Case("one source, one trap repeated", subjects=1),
    Case("100 sources, each trap another", sources=100),
    Case("100 sources, 1,000 interfaces", sources=100, subjects=1000),
    Case("a flood beside a quiet source", rate=FLOOD_RATE, free=False, beside=QUIET_RATE),
    Case("one source, each trap another", receiver="pysnmp", rate=THEIR_RATE),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What the receiver and the senders told."""

    case: Case
    ear: dict[str, Any]
    sent: int
    latest_ms: float
    quiet: dict[str, Any] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """By the kernel's own counter."""
        return int(self.ear["drops"])

    @property
    def missing(self) -> int:
        """Neither handled nor counted as lost or thrown away: must be 0."""
        thrown = sum(self.ear.get(name, 0) for name in ("limited", "crowded", "refused", "malformed"))
        return self.sent + int(self.quiet.get("sent", 0)) - int(self.ear["handled"]) - self.lost - thrown


def message() -> tuple[bytes, int, int]:
    """A linkDown of some 140 octets, and where its request-id and its ifIndex are."""
    bindings = (
        Varbind("1.3.6.1.2.1.2.2.1.1.7", INTEGER, INDEX),
        Varbind("1.3.6.1.2.1.2.2.1.2.7", OCTETS, b"gpon-olt_1/2/3:41 Olinda"),
        Varbind("1.3.6.1.2.1.2.2.1.8.7", INTEGER, 2),
    )
    octets = encode_v2(b"public", REQUEST, 123_456_789, LINK_DOWN, bindings)
    return octets, octets.index(REQUEST.to_bytes(4, "big")), octets.index(INDEX.to_bytes(4, "big"))


async def build() -> Path:
    """The sender; compiled where it is missing or older than its source."""
    program = generator.BUILD / "trapload"
    generator.BUILD.mkdir(parents=True, exist_ok=True)
    if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
        await output_of(["gcc", "-O2", "-Wall", "-Wextra", "-o", program, SOURCE])
    return program


async def load(program: Path, port: int, rate: int, seconds: float, sources: int, first: int, subjects: int) -> Any:
    """One sender until its end."""
    octets, request_at, index_at = message()
    arguments = (port, rate, seconds, sources, first, subjects, request_at, index_at, octets.hex())
    return json.loads(await output_of([program, *map(str, arguments)]))


@contextlib.asynccontextmanager
async def ear(case: Case) -> AsyncIterator[asyncio.subprocess.Process]:
    """The receiver's process; it ends with its stdin."""
    command = [sys.executable, "-m", "bench.trap_ear", case.receiver, str(FIRST if case.free else 0)]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, preexec_fn=dying_with_us(15))
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def run(program: Path, case: Case, seconds: float) -> Run:
    """One case."""
    async with ear(case) as child:
        assert child.stdout is not None
        port = int(await child.stdout.readline())
        loads = [load(program, port, case.rate, seconds, case.sources, FIRST, case.subjects)]
        if case.beside:
            loads.append(load(program, port, case.beside, seconds, 1, QUIET, 1 << 24))
        told = await asyncio.gather(*loads)
        said, _ = await child.communicate(b"")
    quiet = told[1] if case.beside else {}
    return Run(case, json.loads(said), told[0]["sent"], told[0]["latest_ms"], quiet)


def line(one: Run) -> tuple[str, ...]:
    """A row of the table."""
    case, ear_said = one.case, one.ear
    handled = int(ear_said["handled"])
    thrown = int(ear_said.get("limited", 0) + ear_said.get("crowded", 0))
    return (
        case.name,
        case.receiver,
        number(case.rate),
        number(one.sent),
        number(handled),
        number(int(ear_said.get("told", handled))),
        number(thrown),
        number(one.lost),
        number(ear_said["cpu_s"] / max(handled + thrown, 1) * 1e6, 1),
        number(ear_said.get("longest_ms", 0.0), 2) if "longest_ms" in ear_said else "",
        number(ear_said["late_ms"], 1),
        number(one.latest_ms, 1),
    )


HEAD = (
    *("offered", "receiver", "per s", "sent", "taken", "told singly", "thrown away", "lost by kernel"),
    *("CPU µs each", "longest turn ms (CPU)", "loop late ms", "sender late ms"),
)


def verdicts(runs: list[Run]) -> str:
    """The goals, plainly."""
    lines: list[tuple[str, ...]] = [("goal", "found", "verdict")]
    for one in runs:
        if one.case.receiver == "milha" and not one.case.beside:
            found = f"{one.lost:,} lost, {one.missing:,} missing of {one.sent:,}"
            holds = one.lost == one.missing == 0 and one.ear["handled"] == one.sent
            lines.append((f"{one.case.rate:,}/s without loss: {one.case.name}", found, _words(holds)))
        if one.case.beside:
            got = int(one.ear["by_source"].get(str(QUIET), 0))
            holds = got == one.quiet["sent"] and one.lost == 0
            found = f"{got:,} of {one.quiet['sent']:,} of the quiet source; {one.lost:,} lost"
            lines.append(("a flood does not starve another source", found, _words(holds)))
    held = max(one.ear.get("longest_ms", 0.0) for one in runs)
    lines.append(("no turn holds the loop over 5 ms", f"{held:.2f} ms", _words(held <= 5)))
    return table(lines)


def _words(holds: bool) -> str:
    return "holds" if holds else "falls short"


def page(host: machine.Machine, seconds: float, runs: list[Run]) -> str:
    """The tables with their method."""
    size = len(message()[0])
    buffer = next((one.ear["buffer"] for one in runs if "buffer" in one.ear), 0)
    text = (
        f"**Method.** {host.cpu}, {host.cores} cores shared by receiver and sender, Python "
        f"{host.versions['Python']}. v2c linkDown of {size} octets for {seconds:g} s, open loop; each source has an "
        f"address of its own. Receive buffer {buffer / (1 << 20):.0f} MiB as the kernel counts. *Taken* is decoded (or "
        "recognised as a repetition, which is told as a number) and handed on; *thrown away* is above a source's rate "
        "or share; *lost* is the socket's own counter. CPU is the receiver's process, system calls included. *Loop "
        "late* is how late a timer of 2 ms was at most, which other processes on the machine add to; the "
        "longest turn is the processor time of one."
    )
    return "\n\n".join(["# Traps", text, table([HEAD, *map(line, runs)]), verdicts(runs)]) + "\n"


async def measure(seconds: float) -> str:
    """All cases; returns the page."""
    program, runs = await build(), []
    for case in CASES:
        if os.environ.get("BENCH_ONLY", "") in case.name:
            runs.append(await run(program, case, seconds))
            print("  " + ", ".join(line(runs[-1])), flush=True)
    with folder_for("traps") as folder:
        return page(machine.look(folder, ""), seconds, runs)


def main() -> int:
    """Print the tables; 2 when the sender cannot be built."""
    packages.install(packages.generator())
    if absent := packages.missing(packages.generator()):
        print(packages.complaint(absent), file=sys.stderr)
        return 2
    seconds = float(os.environ.get("BENCH_SECONDS") or (3 if quick() else SECONDS))
    text = finished(measure(seconds))
    (generator.BUILD / "traps.md").write_text(text)
    print("\n" + text)
    return 0
