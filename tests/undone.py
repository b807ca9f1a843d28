"""Tests that need a database but leave nothing in it: one connection for all, each test's work rolled back.

A test that commits, listens or needs two connections takes ``database`` or ``seed`` from the root instead.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator

import pytest_asyncio

from oss.base import db, secrets
from tests.conftest import Seed, renamed, small_provider

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(server: str, template: str) -> AsyncIterator[db.Connection]:
    """One connection to one migrated database (one for each folder that imports this fixture)."""
    name = f"milha_undone_{os.getpid()}_{next(_numbers)}"
    maintenance = await db.connect(server)
    await maintenance.execute(f"create database {name} template {template}")
    connection = await db.connect(renamed(server, name))
    yield connection
    await connection.close()
    await maintenance.execute(f"drop database {name} with (force)")
    await maintenance.close()


@pytest_asyncio.fixture(loop_scope="session")
async def undone(shared: db.Connection) -> AsyncIterator[db.Connection]:
    """The connection, inside a transaction that ends with the test."""
    transaction = shared.transaction()
    await transaction.start()
    yield shared
    await transaction.rollback()


@pytest_asyncio.fixture(loop_scope="session")
async def provider(undone: db.Connection, sealer: secrets.Sealer) -> Seed:
    """The small provider, for as long as the test runs."""
    return await small_provider(undone, sealer)
