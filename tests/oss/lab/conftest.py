"""The small server, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from .small_server import SmallServer, small_server


@pytest_asyncio.fixture(loop_scope="session")
async def aaa() -> AsyncIterator[SmallServer]:
    """A RADIUS server that accepts <login>pw."""
    async with small_server() as running:
        yield running
