"""The schema comes from files, once, whoever asks first; a newer one is left alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from oss.base import db, migrations
from tests.conftest import renamed


@pytest_asyncio.fixture(loop_scope="session")
async def empty(server: str) -> AsyncIterator[str]:
    """A database without any table."""
    name = f"milha_empty_{os.getpid()}"
    connection = await db.connect(server)
    await connection.execute(f"create database {name}")
    yield renamed(server, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def test_two_processes_at_once_make_the_schema_once(empty: str) -> None:
    found = await asyncio.gather(*(asyncio.to_thread(asyncio.run, migrations.migrate(empty)) for _ in range(2)))
    assert sorted(found) == [[], migrations.shipped()]
    connection = await db.connect(empty)
    assert await migrations.applied(connection) == migrations.shipped()
    assert await connection.fetchval("select count(*) from ledger_account") == 4
    await connection.close()


async def test_an_empty_database_has_no_versions(empty: str) -> None:
    connection = await db.connect(empty)
    assert await migrations.applied(connection) == []
    await connection.close()


async def test_what_is_up_to_date_stays_as_it_is(dsn: str) -> None:
    assert await migrations.migrate(dsn) == []


async def test_a_schema_newer_than_the_code_is_refused(dsn: str) -> None:
    connection = await db.connect(dsn)
    await connection.execute("insert into aerich (version, app, content) values ('999_later.py', 'milha', '{}')")
    await connection.close()
    with pytest.raises(migrations.SchemaIsNewer, match=r"999_later\.py"):
        await migrations.migrate(dsn)


def test_versions_are_in_the_order_of_their_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    folder = tmp_path / "milha"
    folder.mkdir()
    for name in ("10_ten.py", "9_nine.py", "0_init.py", "__init__.py", "notes.txt"):
        (folder / name).touch()
    monkeypatch.setattr(migrations, "FOLDER", tmp_path)
    assert migrations.shipped() == ["0_init.py", "9_nine.py", "10_ten.py"]
