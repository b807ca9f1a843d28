"""One snmpd and one snmpsim for all tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from snmp.credentials import Target
from tests.snmp import agents
from tests.snmp.v3_users import USERS, create


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def agent() -> AsyncIterator[Target]:
    """A real agent: community public reads, private writes, and a user for each pair of algorithms."""
    users = [line for user in USERS for line in create(user)]
    lines = ["rocommunity public", "rwcommunity private", "sysObjectID 1.3.6.1.4.1.8072.3.2.10", *users]
    async with agents.folder() as where, agents.snmpd(lines, where) as target:
        yield target


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def recorded() -> AsyncIterator[Target]:
    """snmpsim with the tables of each maker."""
    async with agents.folder() as where, agents.simulator(where) as target:
        yield target
