"""One pool and one transaction for ORM and SQL; what cannot work is refused when the database is opened."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator
from types import SimpleNamespace

import asyncpg
import pytest
import pytest_asyncio
from tortoise import connections

from oss.base import db
from oss.base.models import Setting
from tests.undone import one_database

COUNT = "select count(*) from setting"
POOLED = "select pid from pg_stat_activity where application_name = 'milha' and pid <> pg_backend_pid()"
POOLED += " and datname = current_database()"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(server: str, template: str) -> AsyncIterator[str]:
    """One database for all tests here."""
    async with one_database(server, template) as dsn:
        yield dsn


@pytest_asyncio.fixture(loop_scope="session")
async def database(opened: str) -> str:
    """The database, without what other tests left in it."""
    await db.execute("truncate setting cascade")
    return opened


async def test_orm_and_sql_share_one_transaction(database: str) -> None:
    async with db.transaction() as connection:
        await Setting.create(key="a", value={"x": 1})
        assert await connection.fetchval(COUNT) == 1
        assert await db.fetchval(COUNT) == 0
    assert await db.fetchval(COUNT) == 1


async def test_a_failed_transaction_leaves_nothing_of_either(database: str) -> None:
    with pytest.raises(RuntimeError):
        async with db.transaction() as connection:
            await Setting.create(key="a", value={})
            await connection.execute("insert into setting (key, value) values ('b', '{}')")
            raise RuntimeError
    assert await db.fetchval(COUNT) == 0


async def test_a_transaction_inside_another_is_a_savepoint(database: str) -> None:
    async with db.transaction() as outer:
        await Setting.create(key="kept", value={})
        with pytest.raises(RuntimeError):
            async with db.transaction() as inner:
                assert inner is outer
                await Setting.create(key="undone", value={})
                raise RuntimeError
    assert await db.fetchval("select string_agg(key, ',') from setting") == "kept"


async def test_a_task_begun_inside_a_transaction_has_one_of_its_own(database: str) -> None:
    async def add(key: str) -> None:
        async with db.transaction() as connection:
            assert connection is not outer
            await Setting.create(key=key, value={})

    with pytest.raises(RuntimeError):
        async with db.transaction() as outer:
            await asyncio.create_task(add("meanwhile"))
            later = asyncio.create_task(add("afterwards"))
            raise RuntimeError
    await later
    assert await db.fetchval("select string_agg(key, ',' order by key) from setting") == "afterwards,meanwhile"


async def test_a_task_whose_transaction_could_not_begin_begins_the_next_one(database: str) -> None:
    async with db.apart() as other:
        pids = [row["pid"] for row in await other.fetch(POOLED)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), db.transaction():
                raise AssertionError("its server sleeps")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    async with db.transaction() as connection:
        await Setting.create(key="later", value={})
        assert await connection.fetchval(COUNT) == 1
    pool = db.pool()
    assert pool.get_idle_size() == pool.get_size()  # the one that was given up is out of nobody's way


async def test_the_four_short_ways_work_outside_transactions(database: str) -> None:
    assert await db.execute("insert into setting (key, value) values ($1, $2)", "k", '{"v": 1}') == "INSERT 0 1"
    assert await db.fetchval("select key from setting") == "k"
    assert (await db.fetchrow("select * from setting"))["key"] == "k"
    assert [row["key"] for row in await db.fetch("select * from setting")] == ["k"]
    assert await db.fetchrow("select * from setting where key = 'none'") is None


async def test_the_pool_is_asyncpgs_own(database: str) -> None:
    assert isinstance(db.pool(), asyncpg.Pool) and connections.get("default") is not None


async def test_a_refused_statement_keeps_asyncpgs_error(database: str) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with db.transaction() as connection:
            for _ in range(2):
                await connection.execute("insert into setting (key, value) values ('same', '{}')")


async def test_an_old_server_is_refused(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "MINIMUM_VERSION", 990000)
    with pytest.raises(db.DatabaseTooOld, match="15 or newer"):
        async with db.database(dsn):
            raise AssertionError


async def test_a_pooler_in_transaction_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pids = iter((1, 2, 1, 2, 1))
    closed = []

    async def fetchval(_: str) -> int:
        return next(pids)

    async def close() -> None:
        closed.append(True)

    async def connect(_: str) -> SimpleNamespace:
        version = SimpleNamespace(major=18, minor=1)
        return SimpleNamespace(get_server_version=lambda: version, fetchval=fetchval, close=close)

    monkeypatch.setattr(db, "connect", connect)
    with pytest.raises(db.PoolerInTransactionMode, match="session mode"):
        async with db.database("postgresql://pooler/milha"):
            raise AssertionError
    assert closed


def test_an_address_becomes_credentials() -> None:
    found = db.credentials("postgresql://ana%40isp:p%2Fw@db.example:6432/isp")
    assert found == {"host": "db.example", "port": 6432, "user": "ana@isp", "password": "p/w", "database": "isp"}
    assert db.credentials("postgresql:///milha")["host"] == "localhost"


def test_a_socket_folder_stands_in_the_query() -> None:
    found = db.credentials("postgresql:///milha?host=/run/milha&port=5433&user=isp")
    assert (found["host"], found["port"], found["user"], found["password"]) == ("/run/milha", 5433, "isp", None)


@pytest.mark.parametrize(
    ("mode", "verify"),
    [("require", ssl.CERT_NONE), ("verify-ca", ssl.CERT_REQUIRED), ("verify-full", ssl.CERT_REQUIRED)],
)
def test_tls_is_as_strict_as_the_address_asks(mode: str, verify: ssl.VerifyMode) -> None:
    assert db.credentials(f"postgresql://db/milha?sslmode={mode}")["ssl"].verify_mode is verify
    assert "ssl" not in db.credentials("postgresql://db/milha?sslmode=disable")


async def test_a_connection_goes_back_to_the_pool_without_a_transaction(database: str) -> None:
    async with db.pool().acquire() as connection:
        await connection.execute("begin; set local statement_timeout = 1234")
    assert await db.fetchval("show statement_timeout") != "1234ms"
    for _ in range(5):
        async with db.pool().acquire() as connection:
            assert not connection.is_in_transaction()


async def test_a_lock_of_a_session_ends_with_the_connection_that_was_apart(database: str) -> None:
    lock = "select pg_try_advisory_lock(77)"
    with pytest.raises(ZeroDivisionError):
        async with db.apart() as connection:
            assert await connection.fetchval(lock)
            assert not await db.fetchval(lock)
            raise ZeroDivisionError
    async with db.apart() as connection:
        assert await connection.fetchval(lock)


async def test_a_statement_that_is_cancelled_leaves_no_lock_on_a_pooled_connection(database: str) -> None:
    async def ask(number: int) -> None:
        await db.fetch(f"select id, {number} from company")

    beside = await db.connect(database)
    for number in range(200):
        task = asyncio.create_task(ask(number))
        for _ in range(number % 12):  # at each of its steps: also when it was parsed, and not yet run
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        held = "select count(*) from pg_locks where relation = 'company'::regclass and pid <> pg_backend_pid()"
        assert await beside.fetchval(held) == 0
    await beside.close()
