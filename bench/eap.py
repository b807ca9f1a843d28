"""``make bench-eap``: EAP logins a second, full and resumed, of Milha and FreeRADIUS under the same load, in turns.

TTLS with PAP and PEAP with MSCHAPv2; TLS 1.2 (what most devices in the field speak), an RSA key of 2048 bits, one
PostgreSQL with a database for each. The load is two processes of ``bench.eap_load`` on the same machine; so besides
logins a second the CPU that a server spends on one login is told, which does not depend on them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bench import cluster, freeradius, freeradius_eap, generator, machine, milha, packages, stack, subscribers, usage
from bench.children import ChildEnded
from bench.radius import finished, folder_for, own_database
from bench.table import rows as table
from bench.verdicts import spread
from oss.access.eap_logins import SETTING
from oss.base import clock, db, settings

SUBSCRIBERS = 2_000
PROCESSES = 2
SERVERS = ("milha", "freeradius sql", "freeradius files")
METHODS = ("ttls-pap", "peap-mschapv2")
WANTED = {False: 0.8, True: 2.0}
"""Least ratio to FreeRADIUS with SQL: of full logins, and of resumed ones."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement. ``cpu_us``: of the server for one login; others: of PostgreSQL, of the load."""

    server: str
    method: str
    resumed: bool
    repetition: int
    rps: float
    cpu_us: float
    postgres_us: float
    load_us: float
    p50_ms: float
    p99_ms: float
    requests: float
    wrong: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often."""

    repetitions: int
    seconds: float
    slots: int

    @classmethod
    def told(cls) -> Plan:
        """By BENCH_REPETITIONS, BENCH_SECONDS, BENCH_SLOTS; QUICK=1 shortens it."""
        quick = os.environ.get("QUICK", "") not in ("", "0")
        seconds = float(os.environ.get("BENCH_SECONDS") or (2 if quick else 6))
        count = int(os.environ.get("BENCH_REPETITIONS") or (1 if quick else 3))
        return cls(count, seconds, int(os.environ.get("BENCH_SLOTS") or 24))


@dataclass(frozen=True, slots=True)
class Bench:
    """The running whole. ``radius`` is FreeRADIUS's database, None where it is not measured;
    ``postgres`` a process id.
    """

    plan: Plan
    folder: Path
    ours: milha.Installation
    ports: freeradius.Ports
    radius: str | None
    postgres: int

    @property
    def certs(self) -> Path:
        return self.ours.data / "certs"

    def servers(self) -> list[str]:
        return [name for name in SERVERS if self.radius or name == "milha"]


def certificate(folder: Path) -> None:
    """``server.pem``, ``server.key``, ``ca.pem``: one certificate that signs itself."""
    folder.mkdir(exist_ok=True)
    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "radius.bench.example")]), clock.now()
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    signed = made.not_valid_after(now + timedelta(days=30)).sign(key, hashes.SHA256())
    for file in ("server.pem", "ca.pem"):
        (folder / file).write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )


@contextlib.asynccontextmanager
async def serving(bench: Bench, server: str, method: str) -> AsyncIterator[int]:
    """A server alone on the machine that proposes the method's own type first; gives its pid."""
    first = method.partition("-")[0]
    if server == "milha":
        async with db.database(bench.ours.dsn, pool=2), db.transaction() as connection:
            await settings.write(connection, subscribers.ACTOR, SETTING, [first])
        async with milha.serving(bench.ours, "journal", bench.folder / "milha.log") as pid:
            yield pid
        return
    folder = bench.folder / "freeradius"
    backend: Any = server.partition(" ")[2]
    assert bench.radius is not None
    freeradius_eap.write(folder, bench.ports, bench.radius, SUBSCRIBERS, bench.certs, first, backend)
    try:
        async with freeradius.serving(folder, bench.ports) as pid:
            yield pid
    finally:
        freeradius_eap.forget(folder)


async def load(port: int, method: str, resumed: bool, plan: Plan, number: int) -> asyncio.subprocess.Process:
    """One process of the load; the processes have subscribers of their own."""
    each = SUBSCRIBERS // PROCESSES
    command = [sys.executable, "-m", "bench.eap_load", "--port", str(port), "--method", method]
    command += ["--first", str(number * each), "--devices", str(min(each, 256)), "--slots", str(plan.slots)]
    command += ["--seconds", str(plan.seconds), *(["--resume"] if resumed else [])]
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def measure(bench: Bench, server: str, method: str, resumed: bool, repetition: int) -> Run:
    """One server, one method."""
    port = bench.ours.auth_port if server == "milha" else bench.ports.auth
    async with serving(bench, server, method) as pid:
        children = [await load(port, method, resumed, bench.plan, n) for n in range(PROCESSES)]
        for child in children:
            assert child.stdout is not None
            await child.stdout.readline()  # "measuring"
        used, database = usage.cpu_s(pid), usage.cpu_s(bench.postgres)
        said = await asyncio.gather(*(child.communicate() for child in children))
        used, database = usage.cpu_s(pid) - used, usage.cpu_s(bench.postgres) - database
    if any(child.returncode for child in children):
        raise ChildEnded(f"the load on {server} ended: see above")
    return run_of(server, method, resumed, repetition, [json.loads(out) for out, _ in said], used, database)


def run_of(
    server: str,
    method: str,
    resumed: bool,
    repetition: int,
    found: list[dict[str, float]],
    used: float,
    database: float,
) -> Run:
    """What the processes of the load found, together."""
    logins = sum(one["accepted"] for one in found)
    wrong = sum(one["refused"] + one["lost"] + one["wrong_keys"] for one in found)
    wrong += sum(one["accepted"] - one["resumed"] for one in found) if resumed else 0
    return Run(
        *(server, method, resumed, repetition),
        rps=sum(one["accepted"] / one["seconds"] for one in found),
        cpu_us=used * 1e6 / max(logins, 1),
        postgres_us=database * 1e6 / max(logins, 1),
        load_us=sum(one["cpu_s"] for one in found) * 1e6 / max(logins, 1),
        p50_ms=max(one["p50_ms"] or float("inf") for one in found),
        p99_ms=max(one["p99_ms"] or float("inf") for one in found),
        requests=sum(one["requests"] for one in found) / max(logins, 1),
        wrong=int(wrong),
    )


async def all_runs(bench: Bench, lines: Path) -> list[Run]:
    """Every case on every server, in turns."""
    runs = []
    for repetition in range(bench.plan.repetitions):
        for method in METHODS:
            for resumed in (False, True):
                order = bench.servers()
                for server in order if repetition % 2 == 0 else order[::-1]:
                    run = await measure(bench, server, method, resumed, repetition)
                    runs.append(run)
                    with lines.open("a") as file:
                        file.write(json.dumps(asdict(run)) + "\n")
                    print(line(run), flush=True)
    return runs


def line(run: Run) -> str:
    """What is told while it runs."""
    cost = f"server {run.cpu_us:,.0f} + PostgreSQL {run.postgres_us:,.0f} µs"
    return f"  {run.repetition + 1}. {says(run)}, {run.server}: {run.rps:,.0f}/s, {cost}, wrong {run.wrong}"


def says(run: Run) -> str:
    return f"{run.method}, {'resumed' if run.resumed else 'full'}"


async def compare(plan: Plan, left_out: str) -> str:
    """The whole comparison; returns the page."""
    generator.BUILD.mkdir(parents=True, exist_ok=True)
    lines = generator.BUILD / "eap.jsonl"
    lines.unlink(missing_ok=True)
    with folder_for("eap") as folder:
        async with cluster.one(folder, packages.distribution_postgres()) as one:
            radius = None if left_out else await one.create("radius")
            if radius is not None:
                await subscribers.into_freeradius(radius, freeradius.SCHEMA.read_text(), SUBSCRIBERS)
            ours = await milha.install(folder, await own_database(one), SUBSCRIBERS, subscribers.ONE_ROUTER)
            ports = freeradius.Ports(stack.free_port(), stack.free_port(), stack.free_port())
            bench = Bench(plan, folder, ours, ports, radius, one.pid)
            certificate(bench.certs)
            runs = await all_runs(bench, lines)
            return page(machine.look(folder, one.version), plan, runs, left_out)


def page(host: machine.Machine, plan: Plan, runs: list[Run], left_out: str) -> str:
    """The tables with their method."""
    versions = ", ".join(f"{name} {value}" for name, value in host.versions.items())
    text = (
        f"**Method.** {host.cpu}, {host.cores} cores shared by the server, PostgreSQL and the load, {versions}. "
        f"{SUBSCRIBERS:,} subscribers, TLS 1.2, RSA of 2048 bits, EAP packets of at most 1360 octets; {PROCESSES} "
        f"processes of the load with {plan.slots} logins under way each, {plan.seconds:g} s after a warm-up; medians "
        f"of {plan.repetitions} with the least and the most. *Wrong* are logins refused, lost, with other keys, or "
        "full where they should have been resumed. FreeRADIUS *sql* asks and logs in PostgreSQL, as ours logs; "
        "*files* has the subscribers in memory and no log."
    )
    parts = ["# EAP, side by side", text, figures(runs), goals(runs)]
    return "\n\n".join([*parts, f"**{left_out}**"] if left_out else parts) + "\n"


def figures(runs: list[Run]) -> str:
    """Every case and server."""
    lines: list[tuple[str, ...]] = [
        (
            "login",
            "server",
            "logins/s",
            "server µs/login",
            "PostgreSQL",
            "load",
            "p50 ms",
            "p99 ms",
            "requests",
            "wrong",
        )
    ]
    for case in dict.fromkeys((says(run), run.server) for run in runs):
        same = [run for run in runs if (says(run), run.server) == case]
        columns = [
            (0, "rps"),
            (0, "cpu_us"),
            (0, "postgres_us"),
            (0, "load_us"),
            (1, "p50_ms"),
            (1, "p99_ms"),
            (1, "requests"),
        ]
        found = (spread(getattr(run, name) for run in same).text(digits) for digits, name in columns)
        lines.append((*case, *found, f"{sum(run.wrong for run in same):,}"))
    return table(lines)


def goals(runs: list[Run]) -> str:
    """The ratio to FreeRADIUS with SQL, within each repetition, and a plain verdict."""
    lines: list[tuple[str, ...]] = [("goal", "ratio", "wanted", "verdict")]
    for method, resumed in dict.fromkeys((run.method, run.resumed) for run in runs):
        rates = {
            (run.server, run.repetition): run.rps for run in runs if (run.method, run.resumed) == (method, resumed)
        }
        ratios = [rate / rates["freeradius sql", n] for (name, n), rate in rates.items()
                  if name == "milha" and rates.get(("freeradius sql", n))]  # fmt: skip
        if ratios:
            found, wanted = spread(ratios), WANTED[resumed]
            words = "holds" if found.median >= wanted else f"falls short: {found.median / wanted - 1:.0%}"
            lines.append((f"{method}, {'resumed' if resumed else 'full'}", found.text(2), f"{wanted:g}", words))
    return table(lines) if len(lines) > 1 else "Nothing to compare with was measured."


def main() -> int:
    """Print the tables, which also say what falls short."""
    packages.install(packages.needed())
    left_out = ""
    if absent := packages.missing(packages.needed()):
        left_out = f"FreeRADIUS was not measured: {packages.complaint(absent)}"
    elif os.geteuid() != 0:
        left_out = "FreeRADIUS was not measured: that needs root"
    text = finished(compare(Plan.told(), left_out))
    (generator.BUILD / "eap.md").write_text(text)
    print("\n" + text)
    return 0
