"""Our own side: an installation with the same subscribers, and ``milha serve`` on it as an operator would run it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bench import children, probe, stack, subscribers
from oss.app import register_features
from oss.base import config, db, migrations, sealing

# What a run leaves behind; later versions may not have all of them.
LEFT = ("session_open", "session_history", "session_address", "auth_log", "auth_reject", "auth_minute", "enforcement")


@dataclass(frozen=True, slots=True)
class Installation:
    """A seeded database and the environment that ``milha serve`` finds it by."""

    dsn: str
    environment: dict[str, str]
    client: subscribers.Router

    @property
    def auth_port(self) -> int:
        return int(self.environment["MILHA_RADIUS_AUTH_PORT"])

    @property
    def acct_port(self) -> int:
        return int(self.environment["MILHA_RADIUS_ACCT_PORT"])

    @property
    def data(self) -> Path:
        """Journal, sealing key and snapshot."""
        return Path(self.environment["MILHA_DATA_DIR"])


def can_import() -> bool:
    """Whether this version has ``milha import freeradius``."""
    return importlib.util.find_spec("oss.commands_import") is not None


async def install(
    folder: Path, dsn: str, count: int, clients: list[subscribers.Router], radius: str | None = None
) -> Installation:
    """Schema, sealing key and subscribers: taken over from FreeRADIUS's database ``radius``, or seeded directly."""
    await migrations.migrate(dsn)
    environment = stack.environment(folder, dsn)
    sealer = await sealing.open_sealer(config.load(environment), dsn)
    if radius and can_import():
        await take_over(dsn, environment, radius)
        return Installation(dsn, environment, clients[0])
    async with db.database(dsn, pool=2):
        register_features()
        async with db.transaction() as connection:
            await subscribers.into_milha(connection, sealer, count, clients)
    return Installation(dsn, environment, clients[0])


async def take_over(dsn: str, environment: dict[str, str], radius: str) -> None:
    """``milha import freeradius`` as an operator would run it, then what the comparison asks of both sides:
    Message-Authenticator required, no limit of sessions or requests, no CoA to a router that is not there."""
    command = [sys.executable, "-m", "oss", "import", "freeradius", "--dsn", radius]
    await children.output_of([*command, "--new-company", "Bench", "11222333000181"], env=environment)
    connection = await db.connect(dsn)
    try:
        await connection.execute("update nas set ma_policy = 'required', coa_enabled = false, requests_per_s = 0")
        await connection.execute("update access_account set max_sessions = 1000")
        await connection.execute("analyze")
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def starting(installation: Installation, durable: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """``milha serve`` until SIGTERM, from its exec on."""
    environment = installation.environment | {"MILHA_DURABLE": durable}
    async with children.running([sys.executable, "-m", "oss", "serve"], log, env=environment) as process:
        yield process


@contextlib.asynccontextmanager
async def serving(installation: Installation, durable: str, log: Path) -> AsyncIterator[int]:
    """The same once it knows everybody; gives its pid."""
    async with starting(installation, durable, log) as process:
        try:
            await answers(installation, probe.ACCESS_ACCEPT, subscribers.login(0), subscribers.password(0))
            # While it loads, whoever is not known yet gets no answer; when a stranger is rejected, all is loaded.
            await answers(installation, probe.ACCESS_REJECT, "nobody", "nothing")
        except probe.NoAnswer:
            children.must_live(process, log)
            raise
        yield process.pid


async def answers(installation: Installation, code: int, login: str, password: str) -> float:
    """Wait for the first answer with this code; returns its monotonic time."""
    client = installation.client
    question = code, installation.auth_port, login, password, client.secret, 120, client.address
    return await asyncio.to_thread(probe.first_answer, *question)


async def accepts(installation: Installation, number: int) -> float:
    """Wait for the first Access-Accept of a subscriber; returns its monotonic time."""
    login = subscribers.login(number), subscribers.password(number)
    return await answers(installation, probe.ACCESS_ACCEPT, *login)
