"""Tests that need a database but leave nothing in it: one connection for all, each test's work rolled back.

A test that commits, listens or needs two connections takes ``database`` or ``seed`` from the root instead. A file with
many of them opens ``one_database`` for all and empties the tables it uses: that is quicker than a database each.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio

from oss.app import register_features
from oss.base import db, secrets
from tests.conftest import COPY, Seed, renamed, small_provider

_numbers = itertools.count(1)


@asynccontextmanager
async def copied(server: str, template: str) -> AsyncIterator[str]:
    """A migrated database, for as long as the block runs."""
    name = f"milha_shared_{os.getpid()}_{next(_numbers)}"
    maintenance = await db.connect(server)
    await maintenance.execute(COPY.format(name, template))
    try:
        yield renamed(server, name)
    finally:
        await maintenance.execute(f"drop database {name} with (force)")
        await maintenance.close()


@asynccontextmanager
async def one_database(server: str, template: str) -> AsyncIterator[str]:
    """A migrated database, opened as ``database`` is."""
    register_features()
    async with copied(server, template) as dsn, db.database(dsn, pool=6):
        yield dsn


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(server: str, template: str) -> AsyncIterator[db.Connection]:
    """One connection to one migrated database (one for each folder that imports this fixture)."""
    async with copied(server, template) as dsn:
        connection = await db.connect(dsn)
        yield connection
        await connection.close()


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
