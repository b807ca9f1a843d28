"""The other system's tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio

from oss.access.imports import freeradius
from oss.access.imports.report import Report
from oss.access.imports.source import postgres
from oss.base import db, secrets
from tests.conftest import TESTER, Seed

from .radius_tables import radius_database

Import = Callable[..., Awaitable[Report]]


@pytest_asyncio.fixture(loop_scope="session")
async def radius(server: str) -> AsyncIterator[tuple[str, db.Connection]]:
    """(DSN, connection) of FreeRADIUS's empty tables."""
    async with radius_database(server) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def take(radius: tuple[str, db.Connection], seed: Seed, sealer: secrets.Sealer) -> Import:
    """Imports the tables into the small provider; options as in Wishes."""

    async def company(connection: db.Connection) -> tuple[int, ZoneInfo]:
        return seed.company, ZoneInfo("America/Sao_Paulo")

    async def run(**wishes: Any) -> Report:
        async with postgres(radius[0]) as tables:
            asked = freeradius.Wishes(place="test", **wishes)
            return await freeradius.run(sealer, TESTER, tables, company, asked, lambda said: None)

    return run
