"""SNMP beside pysnmp and net-snmp's snmpbulkwalk, and a thousand devices polled each minute; all against real agents.

Part one: every agent's ifTable and ifXTable walked by each client in turn, several rounds; what counts is values
(varbinds) a CPU second of the client. Part two: our poller alone, with devices that are dead or slow among the others.
Runs in a network namespace of its own (as root on Linux), so that agents have as many interfaces as it wants.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.children import output_of, running
from bench.table import rows
from snmp.client import Client, Patience
from snmp.credentials import Community, Target
from snmp.errors import SnmpError

QUICK = bool(os.environ.get("QUICK"))
AGENTS = int(os.environ.get("BENCH_AGENTS", "200"))
INTERFACES = int(os.environ.get("BENCH_INTERFACES", "50"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2" if QUICK else "5"))
DEVICES = int(os.environ.get("BENCH_DEVICES", "1000"))
INTERVAL_S = float(os.environ.get("BENCH_INTERVAL_S", "60"))
MEASURED_S = float(os.environ.get("BENCH_SECONDS", "20" if QUICK else "60"))
BAD = 0.05
"""Share of the devices that are dead or slow, half and half."""
SLOW_S = 0.8
FIRST_PORT = 20_000
INSIDE = "BENCH_SNMP_INSIDE"
CLIENTS = (
    *("ours v2c", "snmpbulkwalk v2c", "snmpbulkwalk v2c, start apart", "pysnmp v2c"),
    *("ours v3", "snmpbulkwalk v3", "ours v2c, to readings"),
)
WANTED_OVER_PYSNMP, WANTED_OVER_BULKWALK, WANTED_CORE = 20.0, 0.9, 0.4


@dataclass(frozen=True, slots=True)
class Turn:
    """One client's turn in one round."""

    client: str
    varbinds: int
    cpu_s: float
    agents: int

    @property
    def per_cpu_s(self) -> float:
        return self.varbinds / self.cpu_s if self.cpu_s else 0.0


def main() -> int:
    """Both tables; 1 when something is not as good as it should be."""
    if why := why_not():
        print(f"bench snmp: {why}")
        return 2
    if not os.environ.get(INSIDE):
        command = ["unshare", "--net", sys.executable, "-m", "bench", "snmp"]
        return subprocess.run(command, env={**os.environ, INSIDE: "1"}, check=False).returncode
    ports(INTERFACES)
    return asyncio.run(measure())


def why_not() -> str | None:
    """What is missing here; None = nothing."""
    missing = [name for name in ("snmpd", "snmpbulkwalk", "unshare", "ip") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)}: not installed"
    return None if os.geteuid() == 0 else "needs root for a network namespace"


def ports(many: int) -> None:
    """Interfaces for the agents to tell of: loopback and bridges without anything behind."""
    lines = ["link set lo up", *(f"link add port{n} type bridge" for n in range(1, many))]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


async def measure() -> int:
    """Start the agents, measure both parts, print."""
    with folder() as where:
        async with agents(where) as targets:
            turns = [turn async for turn in all_turns(targets)]
            print(compared(turns), flush=True)
            polled = await poll(targets)
    print(told(polled))
    return int(not all(good for _, _, good in (*goals(turns), *poll_goals(polled))))


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="milha-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


# ------------------------------------------------------------ the agents


@contextlib.asynccontextmanager
async def agents(where: Path) -> AsyncIterator[list[Target]]:
    """Debian's snmpd, so many times, each on all addresses of its port."""
    config = "rocommunity public\ncreateUser bench SHA authentic-words AES private-words\nrouser bench priv\n"
    async with contextlib.AsyncExitStack() as stack:
        for number in range(AGENTS):
            home = where / str(number)
            home.mkdir()
            (home / "c.conf").write_text(config)
            command = ["snmpd", "-f", "-Lf", "/dev/null", "-C", "-c", home / "c.conf", f"udp:{FIRST_PORT + number}"]
            environment = {"SNMP_PERSISTENT_DIR": str(home), "PATH": os.environ["PATH"]}
            await stack.enter_async_context(running(command, where / "snmpd.log", env=environment))
        targets = [Target("127.0.0.1", FIRST_PORT + number) for number in range(AGENTS)]
        await answering(targets)
        yield targets


async def answering(targets: list[Target]) -> None:
    """Wait until every agent answers."""
    for target in targets:
        async with Client(target, Community("public"), patience=Patience((0.5,) * 40)) as client:
            for _ in range(200):
                if await _tried(client):
                    break
                await asyncio.sleep(0.1)


async def _tried(client: Client) -> bool:
    try:
        return bool(await client.get_many(["1.3.6.1.2.1.1.3.0"]))
    except SnmpError:
        return False


# ------------------------------------------------------------ part one


async def all_turns(targets: list[Target]) -> AsyncIterator[Turn]:
    """Each client in turn, in the opposite order every other round."""
    for number in range(ROUNDS):
        for client in CLIENTS if number % 2 == 0 else reversed(CLIENTS):
            yield await one_turn(client, targets)


async def one_turn(client: str, targets: list[Target]) -> Turn:
    """One client over all agents (pysnmp over a tenth of them: it is slow), in a process of its own."""
    some = targets[:: 10 if client.startswith("pysnmp") else 1]
    listed = ",".join(str(target.port) for target in some)
    said = await output_of([sys.executable, "-m", "bench.snmp_clients", client, listed])
    found = json.loads(said.splitlines()[-1])
    return Turn(client, found["varbinds"], found["cpu_s"], len(some))


def medians(turns: list[Turn]) -> dict[str, float]:
    """Values a CPU second by client."""
    return {name: statistics.median(one.per_cpu_s for one in turns if one.client == name) for name in CLIENTS}


def ratio(turns: list[Turn], ours: str, theirs: str) -> float:
    """The median of the ratios within each round."""
    mine = [one.per_cpu_s for one in turns if one.client == ours]
    other = [one.per_cpu_s for one in turns if one.client == theirs]
    return statistics.median(a / b for a, b in zip(mine, other, strict=True))


def goals(turns: list[Turn]) -> list[tuple[str, str, bool]]:
    """What was promised, what it is, and whether that is enough."""
    wanted = (
        ("ours v2c", "pysnmp v2c", WANTED_OVER_PYSNMP),
        ("ours v2c", "snmpbulkwalk v2c", WANTED_OVER_BULKWALK),
        ("ours v2c", "snmpbulkwalk v2c, start apart", WANTED_OVER_BULKWALK),
        ("ours v3", "snmpbulkwalk v3", WANTED_OVER_BULKWALK),
    )
    found = [(f"{ours} to {theirs}", ratio(turns, ours, theirs), least) for ours, theirs, least in wanted]
    return [(name, f"{value:.2f} (wanted {least:g})", value >= least) for name, value, least in found]


def compared(turns: list[Turn]) -> str:
    """Part one as a table."""
    lines: list[list[str]] = [["client", "agents", "varbinds a turn", "CPU s a turn", "varbinds per CPU-s"]]
    for name, speed in medians(turns).items():
        mine = [one for one in turns if one.client == name]
        cpu = statistics.median(one.cpu_s for one in mine)
        spread = f"{speed:,.0f} ({min(t.per_cpu_s for t in mine):,.0f} - {max(t.per_cpu_s for t in mine):,.0f})"
        lines.append([name, str(mine[0].agents), f"{mine[0].varbinds:,}", f"{cpu:.3f}", spread])
    head = (
        f"{AGENTS} agents (snmpd), {INTERFACES} interfaces each; ifTable and ifXTable walked whole, GetBulk 50; "
        f"{ROUNDS} rounds, median. CPU is user and system time of the client; snmpbulkwalk's is that of its processes, "
        "their start included (one process walks one table of one agent) or, start apart, less that of as many "
        "processes that ask for one value. To readings: interfaces as the profile says, decoded into dataclasses."
    )
    return "\n\n".join([head, rows(lines), rows([["goal", "found", ""], *_verdicts(goals(turns))])])


def _verdicts(found: list[tuple[str, str, bool]]) -> list[list[str]]:
    return [[name, value, "holds" if good else "MISSED"] for name, value, good in found]


# ------------------------------------------------------------ part two


async def poll(targets: list[Target]) -> dict[str, float]:
    """A thousand devices at their addresses, some of them dead or slow; what the poller says of itself."""
    from bench.snmp_bad import Bad

    bad = int(DEVICES * BAD)
    with folder() as where:
        devices = [(f"127.0.{n // AGENTS + 1}.{n % 250 + 1}", targets[n % AGENTS].port) for n in range(DEVICES - bad)]
        with Bad(dead=bad // 2, slow=bad - bad // 2, slow_s=SLOW_S, agents=targets) as others:
            plan = {"devices": devices, "bad": [[one.address, one.port] for one in others.targets]}
            plan |= {"interval_s": INTERVAL_S, "measured_s": MEASURED_S}
            (where / "plan.json").write_text(json.dumps(plan))
            began = time.monotonic()
            said = await output_of([sys.executable, "-m", "bench.snmp_poller", where / "plan.json"])
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found | {"wall_s": time.monotonic() - began}


def poll_goals(polled: dict[str, float]) -> list[tuple[str, str, bool]]:
    """What was promised of the poller."""
    return [
        ("share of a core", f"{polled['core']:.1%} (wanted at most {WANTED_CORE:.0%})", polled["core"] <= WANTED_CORE),
        (
            "healthy devices answered",
            f"{polled['good']:.0f} of {polled['good_due']:.0f} polls",
            polled["good"] >= polled["good_due"],
        ),
        ("began late, p99", f"{polled['late_p99_s'] * 1000:.0f} ms (wanted at most 1000)", polled["late_p99_s"] <= 1.0),
    ]


def told(polled: dict[str, float]) -> str:
    """Part two as a table."""
    head = (
        f"{DEVICES:,} devices (addresses of loopback before {AGENTS} agents), {INTERFACES} interfaces, 10 columns and "
        f"sysUpTime each {INTERVAL_S:g} s, decoded and made into rates; {int(DEVICES * BAD)} of them dead (silent) or "
        f"slow ({SLOW_S:g} s an answer). Measured {polled['measured_s']:.0f} s after a first interval. "
        "Without a database: what was read goes to a callback."
    )
    lines = [
        ["", ""],
        ["polls", f"{polled['polls']:,.0f} ({polled['polls'] / polled['measured_s']:.1f} a second)"],
        ["varbinds", f"{polled['varbinds']:,.0f} ({polled['varbinds'] / polled['measured_s']:,.0f} a second)"],
        ["CPU of the poller", f"{polled['cpu_s']:.2f} s = {polled['core']:.1%} of a core"],
        ["began late", f"p50 {polled['late_p50_s'] * 1e3:.1f} ms, p99 {polled['late_p99_s'] * 1e3:.1f} ms"],
        ["took, healthy", f"p50 {polled['took_p50_s'] * 1e3:.0f} ms, p99 {polled['took_p99_s'] * 1e3:.0f} ms"],
        ["dead or slow", f"{polled['bad_polls']:.0f} polls, {polled['bad_answered']:.0f} of them answered"],
        ["loop held longest", f"{polled['held_s'] * 1e3:.1f} ms"],
        ["memory", f"{polled['rss_mib']:.0f} MiB"],
    ]
    return "\n\n".join(["", head, rows(lines), rows([["goal", "found", ""], *_verdicts(poll_goals(polled))])])
