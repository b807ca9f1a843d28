"""A provider process and a lab process around the test's database."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser

from bench import seeding
from bench import stack as processes
from billing import dunning
from oss.access import nas
from oss.base import config, db, sealing
from oss.base.postgres import EmbeddedPostgres
from oss.lab.control import ControlClient
from tests import browsing
from tests.e2e.loads import Load

SOAK = bool(os.environ.get("MILHA_SOAK"))
NAS = {"BNG-1": "127.0.0.1"}


@dataclass(slots=True)
class House:
    """What a test moves: its folder, its settings, its provider processes and its lab."""

    folder: Path
    environment: dict[str, str]
    settings: config.Config
    stack: contextlib.AsyncExitStack
    seeded: seeding.Seeded | None = None
    lab: ControlClient = field(init=False)

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, parent: Path, dsn: str) -> AsyncIterator[House]:
        """A house with a folder below ``parent``; its processes end with the block, the folder goes."""
        folder = Path(tempfile.mkdtemp(dir=parent, prefix="house-"))
        folder.chmod(0o755)
        environment = processes.environment(folder, dsn)
        async with contextlib.AsyncExitStack() as stack:
            yield cls(folder, environment, config.load(environment), stack)
        shutil.rmtree(folder, ignore_errors=True)

    @property
    def address(self) -> str:
        """Where its console answers."""
        return f"http://127.0.0.1:{self.settings.web_port}"

    @property
    def log(self) -> Path:
        return self.folder / "provider.log"

    async def seed(self, count: int, overdue: range = range(0), routers: Sequence[str] = ()) -> None:
        """``count`` subscribers on one NAS; those in ``overdue`` are held for debt.

        ``routers``: addresses of more NAS, each with a secret of its own.
        """
        dsn = self.environment["MILHA_DATABASE_URL"]
        sealer = await sealing.open_sealer(self.settings, dsn)
        async with db.transaction() as connection:
            ports = dict.fromkeys(NAS.values(), self.settings.lab_coa_port)
            self.seeded = await seeding.provider(connection, sealer, count, ports)
            for address in routers:
                values = nas.NasValues(f"nas-{address}", address, secret=secret_of(address), interim_s=60)
                await nas.save(connection, sealer, seeding.ACTOR, values)
            if overdue:
                await seeding.owe(connection, self.seeded, overdue[0], overdue[-1], days=8)
            await dunning.look(connection, brake=False)

    async def load(self, name: str, addresses: Sequence[str], *options: str) -> Load:
        """A load of oss.lab (herd, storm) from these NAS, in a process of its own."""
        ports = self.settings.radius_auth_port, self.settings.radius_acct_port
        command = [sys.executable, "-m", f"oss.lab.{name}"]
        command += ["--auth", f"127.0.0.1:{ports[0]}", "--acct", f"127.0.0.1:{ports[1]}"]
        for address in addresses:
            command += ["--nas", f"{address},{secret_of(address)}"]
        made = Load.running([*command, *options], self.environment, self.folder / "words.jsonl")
        return await self.stack.enter_async_context(made)

    async def provide(self, *roles: str, **environment: str) -> Any:
        """A provider process of these roles, or of all, ready; ended with the test at the latest."""
        env, only = self.environment | environment, ["--only", ",".join(roles)] if roles else []
        child = processes.child([*processes.provider_command(), *only], env, "ready", self.log)
        return await self.stack.enter_async_context(child)

    async def start_lab(self, count: int, *options: str, name: str = "BNG-1") -> None:
        """The lab, dialing logins 1 to ``count``. ``name``: how its NAS calls itself, a router of a network for one."""
        nas, dial = {name: NAS["BNG-1"]}, [f"b:00001-{count:05d}:{name}"]
        command = processes.lab_command(self.settings, self.folder, nas, dial, "--dial-rate", "500", *options)
        await self.stack.enter_async_context(processes.child(command, self.environment, ""))
        client = ControlClient("127.0.0.1", self.settings.lab_control_port)
        self.lab = await self.stack.enter_async_context(client)

    async def ledger(self) -> list[dict[str, Any]]:
        """What the NAS knows was acknowledged."""
        path = Path((await self.lab.ledger())["path"])
        return [json.loads(line) for line in path.read_text().splitlines()]

    def contract(self, number: int) -> int:
        """The contract of login ``number``."""
        assert self.seeded is not None
        return self.seeded.first_contract + number - 1


def secret_of(address: str) -> str:
    """The secret of the NAS at an address."""
    return f"secret-of-{address}"


@pytest_asyncio.fixture(loop_scope="session")
async def house(database: str, open_tmp: Path) -> AsyncIterator[House]:
    """An empty house on the test's database; the test seeds it and starts what it needs."""
    async with House.at(open_tmp, database) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def own_server(open_tmp: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL that this test may stop."""
    folder = Path(tempfile.mkdtemp(dir=open_tmp, prefix="pg-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres", settings={"fsync": "off"})
    yield server
    await server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="session")
async def sure_server(open_tmp: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL that this test may kill, as durable as an operator's."""
    folder = Path(tempfile.mkdtemp(dir=open_tmp, prefix="pg-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    yield server
    await server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's chromium, started once."""
    async with browsing.chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The browser; a test's screens, with their cookies and pages, end with the test."""
    assert chromium.contexts == []
    yield chromium
    for screen in chromium.contexts:
        await screen.close()
