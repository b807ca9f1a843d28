"""What tests of the AAA path share: an applier's connection, and a node without sockets or a database of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from oss.access import accounting
from oss.access.aaa import Node, NodeOptions
from oss.base import db, secrets
from radius.server import Peer
from tests.conftest import Seed
from tests.oss.access.said import NAS


@pytest_asyncio.fixture(loop_scope="session")
async def one_nas(undone: db.Connection, provider: Seed) -> None:
    """The small provider's NAS is number NAS, and the connection is an applier's."""
    await undone.execute("update nas set id = $1", NAS)
    await undone.execute(accounting.PREPARE)


@pytest_asyncio.fixture(loop_scope="session")
async def node(undone: db.Connection, provider: Seed, sealer: secrets.Sealer, tmp_path: Path) -> AsyncIterator[Node]:
    """The node; what is appended to its journal becomes durable."""
    one = Node(NodeOptions("", "test", "127.0.0.1", 0, 0, tmp_path), sealer)
    one.journal.open()
    flushing = asyncio.create_task(one.journal.flush_for_ever())
    await one.nas.load(undone)
    await one.index.reconcile(undone)
    yield one
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    await one.enforcer.close()
    await one.logins.close()
    one.journal.close()


@pytest.fixture
def peer(node: Node) -> Peer:
    """The small provider's NAS, as the node knows it."""
    found = node.nas.find("127.0.0.1")
    assert found is not None
    return found
