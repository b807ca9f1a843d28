"""A provider process and a lab process around the test's database."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio

from bench import seeding
from bench import stack as processes
from billing import dunning
from oss.base import config, db, sealing
from oss.base.postgres import EmbeddedPostgres
from oss.lab.control import ControlClient

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
    def log(self) -> Path:
        return self.folder / "provider.log"

    async def seed(self, count: int, overdue: range = range(0)) -> None:
        """``count`` subscribers on one NAS; those in ``overdue`` are held for debt."""
        dsn = self.environment["MILHA_DATABASE_URL"]
        sealer = await sealing.open_sealer(self.settings, dsn)
        async with db.transaction() as connection:
            ports = dict.fromkeys(NAS.values(), self.settings.lab_coa_port)
            self.seeded = await seeding.provider(connection, sealer, count, ports)
            if overdue:
                await seeding.owe(connection, self.seeded, overdue[0], overdue[-1], days=8)
            await dunning.look(connection, brake=False)

    async def provide(self, **environment: str) -> Any:
        """A provider process, ready; ended with the test at the latest."""
        env = self.environment | environment
        child = processes.child(processes.provider_command(), env, "ready", self.log)
        return await self.stack.enter_async_context(child)

    async def start_lab(self, count: int, *options: str) -> None:
        """The lab, dialing logins 1 to ``count``."""
        command = processes.lab_command(
            self.settings, self.folder, NAS, [f"b:00001-{count:05d}:BNG-1"], "--dial-rate", "500", *options
        )
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
