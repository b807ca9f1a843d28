"""One PostgreSQL for the whole run, one migrated template, and a fresh database for each test that asks for one."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import argon2
import pytest
import pytest_asyncio

from billing import dunning, invoices
from oss.access import accounts, nas
from oss.app import Process, register_features
from oss.base import audit, clock, config, db, migrations, partitions, secrets
from oss.base.postgres import EmbeddedPostgres
from oss.base.supervisor import HealthBoard
from oss.contracts import lifecycle, plans
from oss.crm import customers
from oss.staff import tokens, users

TESTER = audit.Actor("test")
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
FAST |= {"max_wal_size": "256MB"}
# A database is a thousand files, which memory takes in a tenth of the time a disk does; half a gigabyte was the most.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30
# As files: half the work of block by block through the log, which is PostgreSQL's first choice.
COPY = "create database {} template {} strategy file_copy"
_numbers = itertools.count(1)
# What a password of staff costs an operator's process, and what it costs the tests, which sign in at every turn.
DEAR, CHEAP = users._hasher, argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """argon2id all the same, in a tenth of a millisecond; a test of the cost itself sets ``DEAR`` again."""
    users._hasher = CHEAP


@contextmanager
def open_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder that root's unprivileged database user can reach (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="milha-test-", dir=parent))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def open_tmp() -> Iterator[Path]:
    """An open folder on the disk."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def quick_tmp() -> Iterator[Path]:
    """An open folder in memory where there is plenty, which programs may be in; else on the disk."""
    try:
        fits = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC and shutil.disk_usage(MEMORY).free > ROOM
    except OSError:
        fits = False
    with open_folder(MEMORY if fits else None) as folder:
        yield folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(quick_tmp: Path) -> AsyncIterator[str]:
    """The DSN of an empty maintenance database; MILHA_TEST_DATABASE_URL names another server to use."""
    given = os.environ.get("MILHA_TEST_DATABASE_URL")
    if given:
        yield given
        return
    postgres = EmbeddedPostgres(quick_tmp / "postgres", settings=FAST)
    yield await postgres.start()
    await postgres.stop()


def renamed(dsn: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = dsn.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(server: str) -> str:
    """A database with the whole schema, from which each test's is copied."""
    register_features()
    name = f"milha_template_{os.getpid()}"
    connection = await db.connect(server)
    await connection.execute(f"create database {name}")
    await connection.close()
    await migrations.migrate(renamed(server, name))
    await partitions.ensure_at(renamed(server, name))
    return name


@pytest_asyncio.fixture(loop_scope="session")
async def dsn(server: str, template: str) -> AsyncIterator[str]:
    """A fresh migrated database."""
    name = f"milha_test_{os.getpid()}_{next(_numbers)}"
    connection = await db.connect(server)
    await connection.execute(COPY.format(name, template))
    yield renamed(server, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def database(dsn: str) -> AsyncIterator[str]:
    """The fresh database, opened for ORM and SQL through oss.base.db."""
    register_features()
    async with db.database(dsn, pool=6):
        yield dsn


@pytest.fixture
def sealer() -> secrets.Sealer:
    """A sealing key of the test's own."""
    return secrets.from_text("dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU=")


@dataclass(frozen=True, slots=True)
class Seed:
    """A small provider: ids by what they are. Logins cli1..cliN with password pw1..pwN."""

    company: int
    plan: int
    nas: int
    contracts: list[int]
    customers: list[int]
    logins: list[str]


async def small_provider(
    connection: db.Connection,
    sealer: secrets.Sealer,
    count: int = 5,
    coa_port: int = 3799,
    interim_s: int = 30,
) -> Seed:
    """Company, plan, dunning ladder, one NAS at 127.0.0.1 (secret testing123), ``count`` subscribers."""
    company = await connection.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ('Prova', 'Prova Ltda', '11222333000181', "
        "'America/Sao_Paulo') returning id"
    )
    for day, action in ((5, "reduce"), (15, "wall"), (45, "cut")):
        await connection.execute(
            "insert into dunning_step (company_id, day, action) values ($1, $2, $3)", company, day, action
        )
    values = plans.PlanValues("Fibra 500", 500_000, 250_000, 10_990)
    plan = await plans.save(connection, TESTER, values)
    router = nas.NasValues("BNG-1", "127.0.0.1", secret="testing123", coa_port=coa_port, interim_s=interim_s)
    nas_id = await nas.save(connection, sealer, TESTER, router)
    people, contracts, logins = [], [], []
    for number in range(1, count + 1):
        person = await customers.add(connection, TESTER, customers.NewCustomer(f"Cliente Número {number}"))
        contract = await lifecycle.start(
            connection,
            TESTER,
            company_id=company,
            customer_id=person,
            plan_id=plan,
            due_day=10,
            started_on=clock.today("America/Sao_Paulo") - timedelta(days=400),
        )
        await accounts.add(connection, sealer, TESTER, contract, f"cli{number}", f"pw{number}")
        people.append(person)
        contracts.append(contract)
        logins.append(f"cli{number}")
    return Seed(company, plan, nas_id, contracts, people, logins)


@pytest_asyncio.fixture(loop_scope="session")
async def seed(database: str, sealer: secrets.Sealer) -> Seed:
    """The small provider in the test's database."""
    async with db.transaction() as connection:
        return await small_provider(connection, sealer)


async def overdue_invoice(connection: db.Connection, contract: int, days: int, cents: int = 10_990) -> int:
    """An open invoice that fell due ``days`` ago; no dunning look is taken yet."""
    due = clock.today("America/Sao_Paulo") - timedelta(days=days)
    return await invoices.issue(
        connection,
        TESTER,
        contract_id=contract,
        period_from=due - timedelta(days=30),
        period_to=due - timedelta(days=1),
        issued_on=due - timedelta(days=10),
        due_on=due,
        amount_cents=cents,
    )


async def fall_overdue(contract: int, days: int) -> int:
    """An overdue invoice and the hold it earns; returns the invoice's id."""
    async with db.transaction() as connection:
        invoice = await overdue_invoice(connection, contract, days)
        await dunning.look(connection, [contract])
    return invoice


@pytest.fixture
def settings(open_tmp: Path, dsn: str) -> config.Config:
    """A configuration on the test's database, with a data folder of its own."""
    folder = open_tmp / f"data{next(_numbers)}"
    folder.mkdir()
    free = {
        "MILHA_API_RATE": "0",
        "MILHA_PUBLIC_RATE": "0",
        "MILHA_TRAP_PORT": "0",
    }  # tests ask in bursts; tests/web/test_throttle.py sets its own
    return config.load({"MILHA_DATA_DIR": str(folder), "MILHA_DATABASE_URL": dsn, "MILHA_NODE": "test", **free})


@pytest_asyncio.fixture(loop_scope="session")
async def web_app(database: str, settings: config.Config, sealer: secrets.Sealer):
    """The full web application on the test's database, without an AAA node."""
    from web.app import create_app

    process = Process(settings)
    return create_app(settings, sealer, HealthBoard(), lambda: None, process.stats, "Prova")


@pytest_asyncio.fixture(loop_scope="session")
async def client(web_app, aiohttp_client):
    """A browser-like client, signed in as the administrator ``ana``."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    session = await aiohttp_client(web_app)
    answer = await session.post("/login", data={"login": "ana", "password": "ana-password-1"}, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    return session


@pytest_asyncio.fixture(loop_scope="session")
async def api(web_app, aiohttp_client):
    """An API client with an administrator's token."""
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "test", "admin")
    return await aiohttp_client(web_app, headers={"Authorization": f"Bearer {token}"})
