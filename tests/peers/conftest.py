"""A provider that real programs in network namespaces can reach, and the rows it keeps of them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bench import seeding
from oss.access import certificate_authority, certificates, orders
from oss.base import db, sealing
from oss.base.config import Config
from tests.conftest import TESTER
from tests.e2e.conftest import House
from tests.waiting import eventually

from .namespaces import Namespace, why_not

SECRET = "testing123"
SERVER_NAME = "radius.example.net"
LOGIN, PASSWORD = "b00001", "b00001pw"


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips, and says so, where a program is missing or namespaces do not work."""
    missing = [program for program in programs if not (shutil.which(program) or Path(program).exists())]
    why = f"{', '.join(missing)}: not installed" if missing else why_not()
    return pytest.mark.skipif(bool(why), reason=why)


@dataclass(slots=True)
class Field:
    """A provider with one NAS, which is a namespace."""

    house: House
    nas: Namespace
    folder: Path
    stack: AsyncExitStack

    @property
    def settings(self) -> Config:
        return self.house.settings

    async def namespace(self) -> Namespace:
        """Another one, such as a customer's."""
        return await self.stack.enter_async_context(Namespace.made(self.folder))

    async def open_session(self, login: str = LOGIN) -> Any:
        """The open session of a login, as soon as there is one."""
        return await eventually(lambda: db.fetchrow("select * from session_open where login = $1", login))

    async def closed_session(self, acct_session_id: str) -> Any:
        """A session that has ended, as soon as it has."""
        sql = "select * from session_history where acct_session_id = $1"
        return await eventually(lambda: db.fetchrow(sql, acct_session_id), 30)

    async def disconnect(self, uid: Any) -> None:
        """What the button in the console does."""
        async with db.transaction() as connection:
            assert await orders.disconnect(connection, TESTER, [uid]) == 1

    async def enforced(self) -> Sequence[Any]:
        """What became of our orders, as soon as something did."""
        return await eventually(lambda: db.fetch("select outcome, attempts, error_cause from enforcement"), 30)

    async def rejects(self) -> list[str]:
        rows = await db.fetch("select reason from auth_log where reason <> '' order by at")
        return [row["reason"] for row in rows]

    async def ready(self) -> bool:
        at = f"http://127.0.0.1:{self.settings.web_port}"
        async with aiohttp.ClientSession(at) as web, web.get("/readyz") as page:
            return page.status == 200


@pytest_asyncio.fixture(loop_scope="session")
async def field(database: str, open_tmp: Path, tmp_path: Path) -> AsyncIterator[Field]:
    """The provider, ready, with certificates; its one NAS is a namespace that finds it at ``nas.us``."""
    if why := why_not():
        pytest.skip(why)
    async with House.at(open_tmp, database) as house, Namespace.made(tmp_path) as nas, AsyncExitStack() as stack:
        sealer = await sealing.open_sealer(house.settings, database)
        folder = certificates.folder_of(house.settings.data_dir)
        certificate_authority.establish(folder, SERVER_NAME)
        async with db.transaction() as connection:
            await seeding.provider(connection, sealer, 2, {nas.here: 3799})
        made = Field(house, nas, tmp_path, stack)
        # The address is this test's alone, so the ports may be the usual ones: radiusplugin cuts one to four digits.
        await house.provide(MILHA_RADIUS_HOST=nas.us, MILHA_RADIUS_AUTH_PORT="1812", MILHA_RADIUS_ACCT_PORT="1813")
        await eventually(made.ready)
        yield made
