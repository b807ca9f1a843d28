"""kill -9 and a crash of PostgreSQL under 256 outstanding accounting requests: acknowledged <= stored, always."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
from typing import Any

import pytest

from oss.base import db, migrations
from oss.base.postgres import EmbeddedPostgres, read_postmaster
from tests.e2e.conftest import SOAK, House
from tests.e2e.loads import Load, differing, missing, rows_if_any_answer, stored
from tests.waiting import eventually

log = logging.getLogger(__name__)
ROUNDS = 20 if SOAK else 2
OUTSTANDING = 256
ROUTERS = [f"127.0.0.{number}" for number in range(11, 15)]
LOAD_RECORDS = 2_000  # acknowledged between two crashes, at least
PATIENCE_S = 120
STORED_WITHIN_S = 30


class Crashes:
    """A provider, its database and the NAS that tell them; each round something dies under load."""

    def __init__(self, house: House, server: EmbeddedPostgres, load: Load, durable: str) -> None:
        self.house, self.server, self.load, self.durable = house, server, load, durable
        self.records = 0
        self.provider: asyncio.subprocess.Process

    async def provide(self) -> None:
        """A provider with the durability that is tested."""
        self.provider = await self.house.provide(MILHA_DURABLE=self.durable)

    async def under_load(self) -> None:
        """So many records more are acknowledged, and as many lines as ever are waiting for theirs."""
        enough = self.records + LOAD_RECORDS + random.randrange(LOAD_RECORDS)  # a crash chooses its moment itself

        async def many() -> bool:
            figures = await self.load.do("figures")
            assert figures["records_pending"] == OUTSTANDING
            return bool(figures["records"] >= enough)

        await eventually(many, PATIENCE_S)

    async def round(self, kind: str) -> None:
        """Something dies. Then the NAS fall silent: what they were promised is there without their telling it again."""
        await self.under_load()
        if kind != "postgres":
            await self._kill_provider()
        if kind != "provider":
            await self._crash_postgres()
        await self.load.do("silence on")
        await self._nothing_is_missing_at_once()
        if kind != "postgres":
            await self.provide()
        await self._nothing_is_missing()
        self.records = (await self.load.do("figures"))["records"]
        await self.load.do("silence off")
        log.warning("%s: %d records acknowledged", kind, self.records)

    async def _kill_provider(self) -> None:
        self.provider.kill()
        await self.provider.wait()

    async def _crash_postgres(self) -> None:
        """The postmaster is killed, or told to drop everything (pg_ctl -m immediate); the next one recovers."""
        found = read_postmaster(self.server.data)
        assert found is not None
        os.kill(found.pid, random.choice((signal.SIGKILL, signal.SIGQUIT)))
        await eventually(lambda: not self.server.alive, PATIENCE_S)
        await self.server.stop()
        await self.server.start()

    async def _nothing_is_missing_at_once(self) -> None:
        """durable=database promises rows, whoever lives; durable=journal that they come when the provider is back."""
        if self.durable == "database":
            words = await self.load.words()
            rows = await eventually(rows_if_any_answer, PATIENCE_S)
            lost = missing(words, rows)
            assert not lost, f"{len(lost)}, for example {lost[:5]}"

    async def _nothing_is_missing(self) -> None:
        lost = ["not asked yet"]

        async def all_there() -> bool:
            rows = await rows_if_any_answer()
            lost[:] = missing(await self.load.words(), rows) if rows is not None else lost
            return not lost

        with contextlib.suppress(TimeoutError):
            await eventually(all_there, STORED_WITHIN_S)
        assert not lost, f"{len(lost)}, for example {lost[:5]}"

    async def odd_ones(self) -> list[str]:
        """All sessions end; then where the database and the NAS do not agree to the octet."""
        await self.load.do("finish", PATIENCE_S)
        words = await self.load.words()
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self._agrees(words), STORED_WITHIN_S)
        return differing(words, await stored())[:5]

    async def _agrees(self, words: dict[Any, Any]) -> bool:
        rows = await rows_if_any_answer()
        return rows is not None and not differing(words, rows)


@pytest.mark.slow
@pytest.mark.parametrize("durable", ["journal", "database"])
async def test_what_was_acknowledged_is_stored_whatever_dies(
    sure_server: EmbeddedPostgres, open_tmp, durable: str
) -> None:
    dsn = await sure_server.start()
    await migrations.migrate(dsn)
    async with db.database(dsn, pool=4), House.at(open_tmp, dsn) as house:
        await house.seed(OUTSTANDING, routers=ROUTERS)
        logins = ("--logins", f"b:00001-{OUTSTANDING:05d}:pw")
        load = await house.load("storm", ROUTERS, *logins, "--interims", "8", "--resend-s", "1")
        crashes = Crashes(house, sure_server, load, durable)
        await crashes.provide()
        await load.do("go")
        for _ in range(ROUNDS):
            for kind in ("provider", "postgres", "both"):
                await crashes.round(kind)
        assert not await crashes.odd_ones()
