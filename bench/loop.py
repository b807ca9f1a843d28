"""The closed loop under load: payment -> CoA acknowledged, and a mass cut, beside interims and a full bulk lane.

Payments are posted to the API at 50/s, open loop: a latency begins when the payment was due to be sent. It ends when
the router's acknowledgement was there. The routers are ``oss.lab`` in a process of its own, the extra logins that
measure RADIUS come from a third, and a payment that is never acknowledged counts as infinite.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench import seeding
from bench import stack as processes
from bench.letters import LetterDue
from billing import dunning
from oss.app import register_features
from oss.base import config, db, migrations, sealing
from oss.base.events import publish_many
from oss.base.postgres import EmbeddedPostgres
from oss.lab.control import ControlClient
from oss.staff import tokens

SESSIONS = int(os.environ.get("BENCH_SESSIONS", "10000"))
PAYMENTS = int(os.environ.get("BENCH_PAYMENTS", "500"))
PER_S = 50
LETTERS = int(os.environ.get("BENCH_LETTERS", "100000"))
CUT = int(os.environ.get("BENCH_CUT", "5000"))
LOGINS_PER_S = 200
NAS = ("127.0.0.1", "127.0.0.2")


@dataclass(frozen=True, slots=True)
class Bench:
    """The running whole."""

    settings: config.Config
    environment: dict[str, str]
    seeded: seeding.Seeded
    lab: ControlClient
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.web_port}"


def percentile(values: list[float], part: float) -> float:
    """The value below which ``part`` of them lie; infinite values count."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Bench]:
    """Database, provider and lab, all on loopback; everything is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="milha-bench-"))
    folder.chmod(0o755)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = EmbeddedPostgres(folder / "postgres", settings={"shared_buffers": "512MB", "max_wal_size": "2GB"})
        dsn = await postgres.start()
        stack.push_async_callback(postgres.stop)
        await migrations.migrate(dsn)
        environment = processes.environment(folder, dsn)
        settings = config.load(environment)
        sealer = await sealing.open_sealer(settings, dsn)
        await stack.enter_async_context(db.database(dsn, pool=6))
        register_features()
        async with db.transaction() as connection:
            seeded = await seeding.provider(connection, sealer, SESSIONS, dict.fromkeys(NAS, settings.lab_coa_port))
            await seeding.owe(connection, seeded, SESSIONS - PAYMENTS + 1, SESSIONS, days=8)
            await dunning.look(connection, brake=False)
            token = await tokens.add(connection, seeding.ACTOR, "bench", "admin")
        await stack.enter_async_context(processes.child(processes.provider_command(), environment, "ready"))
        half, names = SESSIONS // 2, {f"BNG-{number}": address for number, address in enumerate(NAS, 1)}
        dial = [f"b:00001-{half:05d}:BNG-1", f"b:{half + 1:05d}-{SESSIONS:05d}:BNG-2"]
        options = ("--interim-s", "60", "--dial-rate", "250")
        lab_process = processes.lab_command(settings, folder, names, dial, *options)
        await stack.enter_async_context(processes.child(lab_process, environment, ""))
        lab = await stack.enter_async_context(ControlClient("127.0.0.1", settings.lab_control_port))
        yield Bench(settings, environment, seeded, lab, token)


async def pay(bench: Bench) -> dict[str, float]:
    """Post the payments at their due times; gives the share of answers that were not 201, and latencies in ms."""
    rows = await db.fetch("select id, contract_id, amount_cents from invoice where status = 'open' order by id")
    sent: dict[int, float] = {}
    answered: list[float] = []
    wrong = 0

    async def one(row: dict[str, int], due: float) -> None:
        nonlocal wrong
        body = {"invoice_id": row["id"], "amount_cents": row["amount_cents"], "method": "pix"}
        async with web.post("/api/v1/payments", json=body) as answer:
            wrong += answer.status != 201
        answered.append((time.time() - due) * 1000)

    headers = {"Authorization": f"Bearer {bench.token}"}
    async with aiohttp.ClientSession(bench.url, headers=headers) as web, asyncio.TaskGroup() as tasks:
        began = time.time() + 0.2
        for number, row in enumerate(rows):
            due = began + number / PER_S
            await asyncio.sleep(max(0.0, due - time.time()))
            sent[row["contract_id"]] = due
            tasks.create_task(one(dict(row), due))
    obeyed = await _obeyed(sent)
    waits = [(obeyed.get(contract, float("inf")) - due) * 1000 for contract, due in sent.items()]
    found = {f"p{round(part * 100)}": percentile(waits, part) for part in (0.5, 0.9, 0.99)}
    found |= {"max": max(waits), "answer_p99": percentile(answered, 0.99), "wrong": float(wrong)}
    return found | {"lost": float(sum(wait == float("inf") for wait in waits)), "count": float(len(waits))}


async def _obeyed(sent: dict[int, float]) -> dict[int, float]:
    """When the router's acknowledgement of each contract's return was there (Unix seconds)."""
    sql = (
        "select contract_id, extract(epoch from min(ended_at))::float8 as at from enforcement "
        "where contract_id = any($1) and wanted like 'full:%' and outcome = 'applied' group by 1"
    )
    found: dict[int, float] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(30):
            while len(found) < len(sent):
                await asyncio.sleep(0.5)
                found = {row["contract_id"]: row["at"] for row in await db.fetch(sql, list(sent))}
    return found


async def cut(bench: Bench) -> dict[str, float]:
    """Thousands fall overdue in one look; seconds until the lab's own table says what the contracts say."""
    async with db.transaction() as connection:
        await seeding.owe(connection, bench.seeded, 1, CUT, days=16)
    began = time.time()
    async with db.transaction() as connection:
        done = await dunning.look(connection, brake=False)
    committed = time.time()
    logins = {seeding.login(number) for number in range(1, CUT + 1)}
    agreed = float("inf")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(60):
            while agreed == float("inf"):
                table = await bench.lab.sessions()
                walled = {row["login"] for row in table if row["profile"]["address_list"]}
                if walled == logins:
                    agreed = time.time()
                await asyncio.sleep(0.25)
    return {"held": float(done.placed), "look_s": committed - began, "agreed_s": agreed - began}


async def logins(bench: Bench, seconds: int) -> dict[str, float]:
    """Open-loop logins from a process of their own."""
    target = f"127.0.0.1:{bench.settings.radius_auth_port}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oss.lab.load", "--auth", target, "--secret", "testing123"),
        *("--rate", str(LOGINS_PER_S), "--seconds", str(seconds), "--logins", f"b:00001-{SESSIONS:05d}:pw"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    found: dict[str, float] = json.loads(out)
    return found


async def measure() -> dict[str, dict[str, float]]:
    """The whole measurement."""
    async with running() as bench:
        began = time.time()
        await bench.lab.until(online=SESSIONS, timeout_s=180)
        print(f"{SESSIONS} sessions online after {time.time() - began:.0f} s", flush=True)
        quiet = await logins(bench, 5)
        async with db.transaction() as connection:
            query = "select n as number from generate_series(1, $1::int) n"
            await publish_many(connection, LetterDue, query, LETTERS)
        beside, paid = await asyncio.gather(logins(bench, max(3, PAYMENTS // PER_S)), pay(bench))
        waiting = await db.fetchval("select count(*) from job where lane = 'bulk'")
        meanwhile = asyncio.create_task(logins(bench, 20))
        mass = await cut(bench)
        during = await meanwhile
        return {
            "paid": paid,
            "quiet": quiet,
            "beside": beside,
            "cut": mass,
            "during": during,
            "bulk": {"left": waiting},
        }


def main() -> int:
    """Print the table; 1 when something was lost or wrong."""
    found = asyncio.run(measure())
    paid, mass = found["paid"], found["cut"]
    print(f"\n{paid['count']:.0f} payments at {PER_S}/s by the API, {SESSIONS} sessions, {LETTERS} bulk jobs waiting")
    print(f"  payment -> CoA acknowledged   p50 {paid['p50']:.0f}  p90 {paid['p90']:.0f}  p99 {paid['p99']:.0f}  "
          f"max {paid['max']:.0f} ms, lost {paid['lost']:.0f}, wrong answers {paid['wrong']:.0f}")  # fmt: skip
    print(f"  payment -> API answer         p99 {paid['answer_p99']:.0f} ms; bulk jobs left {found['bulk']['left']}")
    print(f"{mass['held']:.0f} contracts overdue at once")
    print(
        f"  look committed {mass['look_s']:.2f} s, lab's table equals the desired list after {mass['agreed_s']:.2f} s"
    )
    print(f"RADIUS logins at {LOGINS_PER_S}/s, open loop, ms")
    for name in ("quiet", "beside", "during"):
        row = found[name]
        print(
            f"  {name:8} p50 {row['p50_ms']:.2f}  p99 {row['p99_ms']:.2f}  max {row['max_ms']:.2f}  lost {row['lost']}"
        )
    return int(bool(paid["lost"] or paid["wrong"] or mass["agreed_s"] == float("inf")))
