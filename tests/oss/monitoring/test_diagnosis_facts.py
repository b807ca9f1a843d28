"""What a line's facts are read from: every provider is one statement, and one that is slow spoils nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oss.base import db, line_facts, secrets
from oss.base.line_facts import PROVIDERS, Line, Provider, tells_of_line
from oss.base.problems import NotFound
from oss.monitoring import diagnosis
from oss.staff.scopes import Scope
from tests.conftest import Seed
from tests.oss.monitoring import darkened


async def account_of(login: str) -> int:
    return int(await db.fetchval("select id from access_account where login = $1", login))


async def test_each_provider_asks_the_database_once(seed: Seed, sealer: secrets.Sealer) -> None:
    await darkened.lit(await darkened.drawn_for(seed, sealer), [-20.0])
    statements: dict[str, int] = {}
    async with db.pool().acquire() as connection:
        raw: Any = connection
        line = await diagnosis.line_of(connection, await account_of("cli1"))
        for one in sorted(PROVIDERS.values(), key=lambda each: each.rank):
            count = 0

            def note(query: object) -> None:
                nonlocal count
                count += 1

            raw.add_query_logger(note)
            line.told[one.key] = await one.read(connection, line)
            raw.remove_query_logger(note)
            statements[one.key] = count
    assert set(statements) >= {"contract", "account", "sessions", "rejects", "plant", "incidents", "debt"}
    assert all(count <= 1 for count in statements.values()), statements


async def test_a_line_of_another_city_does_not_exist(seed: Seed) -> None:
    async with db.pool().acquire() as connection:
        with pytest.raises(NotFound):
            await diagnosis.read(connection, await account_of("cli1"), Scope("city", ("Nowhere",)))
        with pytest.raises(NotFound):
            await diagnosis.read(connection, 999_999)


async def test_facts_that_take_too_long_are_left_out_and_named(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(connection: db.Connection, line: Line) -> object:
        await asyncio.Event().wait()
        return None

    monkeypatch.setattr(line_facts, "PATIENCE_S", 0.05)
    monkeypatch.setitem(PROVIDERS, "never", Provider("never", 1, never))
    async with db.pool().acquire() as connection:
        found = await diagnosis.read(connection, await account_of("cli1"))
    assert found.late == ("never",) and found.facts.contract is not None


def test_facts_of_one_name_are_registered_once() -> None:
    async def other(connection: db.Connection, line: Line) -> object:
        return None

    with pytest.raises(ValueError, match="twice"):
        tells_of_line("contract")(other)
