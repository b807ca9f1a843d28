"""One PostgreSQL for both servers: the distribution's where it is installed and we are root, else Milha's own.

Durability is left at its defaults (fsync, synchronous_commit and full_page_writes on); the rest is what a sane
administrator sets on such a machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bench import children, stack
from oss.base.postgres import EmbeddedPostgres, read_postmaster

TUNED = {
    "max_connections": "200",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "wal_buffers": "16MB",
}
SHOWN = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", *TUNED)
PASSWORD = "radpass"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server. ``pid`` is its postmaster's, ``port`` its TCP port on loopback."""

    admin: str
    pid: int
    port: int
    version: str

    def dsn(self, name: str) -> str:
        """The URL of role ``name`` on database ``name``, over TCP as both RADIUS servers use it."""
        return f"postgresql://{name}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def admin_on(self, name: str) -> str:
        """The administrator's URL on database ``name``."""
        head, _, query = self.admin.partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{query}"

    async def create(self, name: str) -> str:
        """A role with a database of its own; returns its URL."""
        admin = await asyncpg.connect(self.admin)
        try:
            await admin.execute(f"create role {name} login password '{PASSWORD}'")
            await admin.execute(f"create database {name} owner {name}")
        finally:
            await admin.close()
        return self.dsn(name)


async def settings_seen(dsn: str) -> dict[str, str]:
    """What SHOW says on a connection of a server's own role to its own database."""
    connection = await asyncpg.connect(dsn)
    try:
        return {name: await connection.fetchval(f"show {name}") for name in SHOWN}
    finally:
        await connection.close()


def postgresql_conf(port: int, sockets: Path) -> str:
    """What is appended to the configuration that initdb writes."""
    lines = [f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{sockets}'"]
    lines += [f"{name} = {value}" for name, value in TUNED.items()]
    return "\n".join(lines) + "\n"


@contextlib.asynccontextmanager
async def distribution(folder: Path, programs: Path) -> AsyncIterator[Cluster]:
    """The distribution's PostgreSQL on a cluster of its own, run by the user postgres; we must be root."""
    owner, port = pwd.getpwnam("postgres"), stack.free_port(1)  # SOCK_STREAM
    identity: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": folder}
    data, log = folder / "cluster", folder / "postgres.log"
    for path in (data, log):
        path.mkdir(mode=0o700) if path is data else path.touch()
        os.chown(path, owner.pw_uid, owner.pw_gid)
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    options = ["--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
    await children.output_of([programs / "initdb", "-D", data, *options], env=env, **identity)
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(postgresql_conf(port, data))
    command = [programs / "postgres", "-D", data]
    async with children.running(command, log, env=env, stop=signal.SIGINT, **identity) as process:
        admin = f"postgresql://postgres@/postgres?host={data}&port={port}"
        version = await _answers(admin, process, log)
        yield Cluster(admin, process.pid, port, version)


async def _answers(admin: str, process: asyncio.subprocess.Process, log: Path) -> str:
    """Wait until it accepts connections; returns its version."""
    async with asyncio.timeout(60):
        while True:
            children.must_live(process, log)
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                connection = await asyncpg.connect(admin)
                version: str = await connection.fetchval("show server_version")
                await connection.close()
                return version
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[Cluster]:
    """Milha's own PostgreSQL, for a person who may not install another."""
    port = stack.free_port(1)
    server = EmbeddedPostgres(folder / "embedded", port=port, settings=TUNED)
    admin = await server.start()
    try:
        found = read_postmaster(server.data)
        connection = await asyncpg.connect(admin)
        version = await connection.fetchval("show server_version")
        await connection.close()
        yield Cluster(admin.replace("/milha?", "/postgres?"), found.pid if found else 0, port, version)
    finally:
        await server.stop()
        shutil.rmtree(server.root, ignore_errors=True)


def one(folder: Path, programs: Path | None) -> contextlib.AbstractAsyncContextManager[Cluster]:
    """The distribution's where that can be, else our own."""
    return distribution(folder, programs) if programs and os.geteuid() == 0 else embedded(folder)
