"""The database: one pool, shared by Tortoise (ordinary CRUD) and plain SQL through asyncpg (hot paths).

A transaction opened here is one for both: ORM calls inside it use the same connection as the SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg
from tortoise.connection import get_connections
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from oss.base.connecting import AWAY, Connection, connect, credentials
from oss.base.problems import Problem

Row = asyncpg.Record
"""What a query gives: a value by its column's name."""

__all__ = ["AWAY", "Connection", "address", "apart", "connect", "credentials", "database", "execute", "fetch"]
__all__ += ["fetchrow", "fetchval", "orm_config", "pool", "transaction"]

MODELS = ["oss.base.models", "oss.staff.models", "oss.crm.models", "oss.contracts.models"]
MODELS += ["oss.access.models", "billing.models"]
MINIMUM_VERSION = 150000
_clients: list[Any] = []
_dsns: list[str] = []
_owner: ContextVar[asyncio.Task[Any] | None] = ContextVar("owner of the transaction", default=None)

# aerich reads this name; the credentials are replaced at run time.
TORTOISE_ORM: dict[str, Any] = {
    "connections": {"default": "asyncpg://milha@localhost/milha"},
    "apps": {"milha": {"models": [*MODELS, "aerich.models"], "default_connection": "default"}},
    "use_tz": True,
    "timezone": "UTC",
}


class DatabaseTooOld(Problem):
    """PostgreSQL {version} is too old: Milha needs 15 or newer."""


class PoolerInTransactionMode(Problem):
    """The database answers through a pooler in transaction mode: point MILHA_DATABASE_URL at PostgreSQL
    itself or at a pool in session mode."""


def orm_config(dsn: str, pool: int = 12, name: str = "milha") -> dict[str, Any]:
    """Tortoise's configuration tree for a database URL."""
    settings = {
        **credentials(dsn),
        "minsize": 2,
        "maxsize": pool,
        "init": _watched,
        "reset": _as_it_was,
        "server_settings": {"application_name": name},
    }
    engine = {"engine": "tortoise.backends.asyncpg", "credentials": settings}
    return {**TORTOISE_ORM, "connections": {"default": engine}}


_cut_short: set[int] = set()
"""Server processes of pooled connections on which a statement was cancelled: where it stands, nobody knows."""


async def _watched(connection: Connection) -> None:
    pid = connection.get_server_pid()

    def note(query: asyncpg.connection.LoggedQuery) -> None:
        if isinstance(query.exception, asyncio.CancelledError):
            _cut_short.add(pid)

    connection.add_query_logger(note)


async def _as_it_was(connection: Connection) -> None:
    """A connection comes back to the pool as it left it, so that RESET ALL is a round trip for nothing.

    An open transaction was rolled back already. SET is LOCAL, and what holds a session's lock is `apart`
    (tests/house/test_pool.py). But a statement that is cancelled when it was parsed and not yet run leaves its locks:
    the driver sends no Sync behind a Parse. Any other statement does.
    """
    if connection.get_server_pid() in _cut_short:
        await connection.execute("select 1")
        _cut_short.discard(connection.get_server_pid())


@asynccontextmanager
async def apart() -> AsyncIterator[Connection]:
    """A connection outside the pool, closed at the end: for locks of a session, which end with it whatever happens."""
    connection = await connect(address())
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def database(dsn: str, pool: int = 12, name: str = "milha") -> AsyncIterator[None]:
    """Open ORM and pool for this process's main loop; checks version and pooler first.

    ``name``: how the server's list of connections calls this process.
    """
    await _check(dsn)
    # Not Tortoise.init: it would bind the calling task to this ORM for good, even after it is closed.
    context = TortoiseContext()
    with context:
        await context.init(config=orm_config(dsn, pool, name), _enable_global_fallback=True)
    client = context.connections.get("default")
    await client.create_connection(with_db=True)
    _clients.append(client)
    _dsns.append(dsn)
    try:
        yield
    finally:
        _clients.pop()
        _dsns.pop()
        await context.close_connections()


async def _check(dsn: str) -> None:
    connection = await connect(dsn)
    try:
        version = connection.get_server_version()
        if version.major * 10000 < MINIMUM_VERSION:
            raise DatabaseTooOld(version=f"{version.major}.{version.minor}")
        # Behind a pooler in transaction mode a session's advisory lock may land on another server process.
        pids = {await connection.fetchval("select pg_backend_pid()") for _ in range(5)}
        if len(pids) > 1:
            raise PoolerInTransactionMode()
    finally:
        await connection.close()


def pool() -> Any:
    """The asyncpg pool under Tortoise (its one private name is wrapped here, and tested).

    Kept apart: inside a transaction, and in a task begun there, Tortoise's own "default" is that transaction.
    """
    if not _clients:
        raise asyncpg.InterfaceError("the database is not open")
    return _clients[-1]._pool


def address() -> str:
    """The open database's URL, for a process of ours that opens it too."""
    return _dsns[-1]


@asynccontextmanager
async def transaction() -> AsyncIterator[Connection]:
    """One transaction for ORM and SQL; yields the asyncpg connection. Inside another one it is a savepoint.

    A task begun inside a transaction inherits Tortoise's context; here it gets a transaction of its own.
    """
    if _owner.get() is asyncio.current_task():
        async with in_transaction("default") as tx:
            yield tx._connection
    else:
        async with _outermost() as connection:
            yield connection


@asynccontextmanager
async def _outermost() -> AsyncIterator[Connection]:
    """On a connection of the pool. Where it cannot begin, or the connection cannot be given back (its server was
    stopped), Tortoise would keep the connection and leave its task bound to it: each later try would fail."""
    if not _clients:
        raise asyncpg.InterfaceError("the database is not open")
    client, connections = _clients[-1], get_connections()
    connections.set("default", client)
    inside, begun = in_transaction("default"), False
    token = _owner.set(asyncio.current_task())
    try:
        async with inside as tx:
            begun = True
            yield tx._connection
    finally:
        if not begun and (taken := inside.client._connection) is not None:
            taken.terminate()
        connections.set("default", client)
        _owner.reset(token)


async def fetch(sql: str, *args: object) -> Sequence[Any]:
    """Rows of one statement outside any transaction."""
    return list(await pool().fetch(sql, *args))


async def fetchrow(sql: str, *args: object) -> Any:
    """The first row or None."""
    return await pool().fetchrow(sql, *args)


async def fetchval(sql: str, *args: object) -> Any:
    """The first column of the first row or None."""
    return await pool().fetchval(sql, *args)


async def execute(sql: str, *args: object) -> str:
    """Run one statement; returns its command tag."""
    return str(await pool().execute(sql, *args))
