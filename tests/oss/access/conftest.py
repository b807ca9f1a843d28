"""What tests of the applier's work share."""

from __future__ import annotations

import pytest_asyncio

from oss.access import accounting
from oss.base import db
from tests.conftest import Seed
from tests.oss.access.said import NAS


@pytest_asyncio.fixture(loop_scope="session")
async def one_nas(undone: db.Connection, provider: Seed) -> None:
    """The small provider's NAS is number NAS, and the connection is an applier's."""
    await undone.execute("update nas set id = $1", NAS)
    await undone.execute(accounting.PREPARE)
