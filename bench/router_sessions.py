"""``python -m bench router_sessions``: 5,000 rows of /ppp/active read by the API and joined with our sessions.

The router is the lab's, in a process of its own (its time to make the rows is measured with ours, as a real router's
would be). Exit status 1 when half of the readings take longer than a second.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from bench.table import rows as table
from oss.access import router_sessions
from oss.base import audit, db, migrations, secrets
from oss.base.postgres import EmbeddedPostgres
from oss.lab.network.places import small
from oss.lab.network.routeros.doors import served
from oss.lab.network.routeros.router import RouterOs
from oss.lab.network.state import state_of
from oss.network import device_links, devices, sites
from oss.network.devices import DeviceValues
from oss.network.sites import SiteValues

SESSIONS = int(os.environ.get("MILHA_BENCH_SESSIONS", "5000"))
TIMES, GOAL_S = 12, 1.0
WHO = audit.Actor("bench")
NAS = "insert into nas (name, network, secret_sealed, device_id) values ('BNG', '10.0.0.1', '-', $1) returning id"
OURS = """insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at, framed_ip)
select gen_random_uuid(), $1, '81' || lpad(to_hex(n), 6, '0'), 'cliente' || n, now(), now(), '100.64.0.0'::inet + n
from generate_series(1, $2) n"""


def _serve(told: Connection) -> None:
    """The router, until it is ended."""

    async def forever() -> None:
        inside = RouterOs(state_of(small().device("edge-1")))
        for number in range(1, SESSIONS + 1):
            inside.callers.come(f"cliente{number}", f"100.64.{number >> 8}.{number & 255}", "10M/20M")
        async with served(inside, "127.0.0.1", api_port=0) as doors:
            told.send(doors.api_port)
            await asyncio.Event().wait()

    asyncio.run(forever())


async def seed(sealer: secrets.Sealer, port: int) -> int:
    """The router's rows; returns the device's id."""
    async with db.transaction() as connection:
        site = await sites.save(connection, WHO, SiteValues("POP"))
        given = {"management": "127.0.0.1", "cli_protocol": "api", "cli_port": port}
        values = DeviceValues("BNG", site, cli_user="milha", cli_password="lab-comando", **given)  # type: ignore[arg-type]
        device = await devices.save(connection, sealer, WHO, values)
        await connection.execute("update device set sys_object_id = '1.3.6.1.4.1.14988.1' where id = $1", device)
        await connection.execute(OURS, await connection.fetchval(NAS, device), SESSIONS)
    await db.execute("analyze session_open")
    return device


async def measured(device: int) -> list[float]:
    """Seconds of each reading, the first (which logs in) left out."""
    took = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        found = await router_sessions.read(device, "bench")
        took.append(time.perf_counter() - began)
        if len(found.both) != SESSIONS:
            raise SystemExit(f"{len(found.both)} of {SESSIONS} were found again")
    return sorted(took[1:])


async def run(port: int) -> int:
    """Seed, read, print."""
    folder = Path(tempfile.mkdtemp(prefix="milha-bench-router-"))
    folder.chmod(0o755)
    server, sealer = EmbeddedPostgres(folder / "postgres"), secrets.from_text(secrets.new_key())
    try:
        dsn = await server.start()
        await migrations.migrate(dsn)
        async with db.database(dsn), device_links.holding(sealer, "bench"):
            took = await measured(await seed(sealer, port))
    finally:
        await server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    p50 = took[len(took) // 2]
    print(f"{SESSIONS:,} sessions read from a RouterOS and joined with ours; goal: half within {GOAL_S:g} s\n")
    print(table([("p50 s", "least s", "most s"), tuple(f"{one:.2f}" for one in (p50, took[0], took[-1]))]))
    return int(p50 > GOAL_S)


def main() -> int:
    """The measurement; its exit status."""
    context = multiprocessing.get_context("spawn")
    hears, tells = context.Pipe(duplex=False)
    router = context.Process(target=_serve, args=(tells,), daemon=True)
    router.start()
    try:
        return asyncio.run(run(int(hears.recv())))
    finally:
        router.terminate()
        router.join()


if __name__ == "__main__":
    sys.exit(main())
