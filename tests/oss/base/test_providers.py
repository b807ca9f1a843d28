"""Rooms register searches; all are asked at once, each with its own patience and only for who may see what it finds."""

from __future__ import annotations

import asyncio

import pytest

from oss.app import register_features
from oss.base import db, providers
from oss.base.providers import Hit, Narrowing
from oss.base.typed import Typed


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of the test's own; the rooms have filled the real one before."""
    register_features()
    monkeypatch.setattr(providers, "SEARCHES", {})
    monkeypatch.setattr(providers, "TELLERS", {})


def register(kind: str, permission: str = "a.read", rank: int = 50, hits: int = 1) -> list[Narrowing]:
    """A search that finds always; returns what it is narrowed to."""
    seen: list[Narrowing] = []

    @providers.searches(kind, permission, wants=lambda typed: True, rank=rank)
    async def find(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
        seen.append(narrowing)
        return [Hit(kind, n, f"{kind} {n}") for n in range(min(hits, most))]

    return seen


async def test_groups_come_by_rank_and_only_for_who_may_see_them(database: str) -> None:
    register("low", rank=90)
    register("secret", permission="b.read")
    register("high", rank=1)
    found = await providers.search("x", frozenset({"a.read"}))
    assert [group.kind for group in found.groups] == ["high", "low"]
    assert (await providers.search("x", frozenset())).groups == []
    assert (await providers.search("  ", frozenset({"a.read"}))).groups == []


async def test_no_more_than_asked_for_is_shown_and_that_there_is_more_is_said(database: str) -> None:
    register("many", hits=100)
    found = await providers.search("x", frozenset({"a.read"}), most=3)
    assert (found.count, found.more) == (3, True)


async def test_what_a_person_may_see_reaches_the_search_of_that_permission(database: str) -> None:
    seen, other = register("mine"), register("other", permission="b.read")
    await providers.search("x", frozenset({"a.read", "b.read"}), {"a.read": "Lavras"})
    assert (seen, other) == (["Lavras"], [None])


async def test_a_slow_search_spoils_only_itself(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "PATIENCE_S", 0.2)
    register("quick")

    @providers.searches("slow", "a.read", wants=lambda typed: True)
    async def slow(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
        await connection.execute("select pg_sleep(30)")
        return []

    async with asyncio.timeout(10):
        found = await providers.search("x", frozenset({"a.read"}))
    assert [(group.kind, group.late) for group in found.groups] == [("quick", False), ("slow", True)]
    again = await providers.search("x", frozenset({"a.read"}))  # its connection was given back, its turn as well
    assert again.count == 1


async def test_who_knows_more_tells_it_in_one_question(database: str) -> None:
    register("one", hits=2)
    asked: list[list[int]] = []

    @providers.tells("one")
    async def tell(connection: db.Connection, ids: list[int]) -> dict[int, dict[str, str]]:
        asked.append(list(ids))
        return {n: {"state": "well"} for n in ids}

    found = await providers.search("x", frozenset({"a.read"}))
    assert asked == [[0, 1]]
    assert found.told["one"][1]["state"] == "well"


async def test_a_thing_is_shown_once_under_the_surest_reason(database: str) -> None:
    for kind, rank in (("by_login", 50), ("by_name", 45)):

        @providers.searches(kind, "a.read", wants=lambda typed: True, rank=rank)
        async def find(connection: db.Connection, typed: Typed, most: int, narrowing: Narrowing) -> list[Hit]:
            return [Hit("customer", 1, "Ana")]

    found = await providers.search("ana", frozenset({"a.read"}))
    assert [(group.kind, len(group.hits)) for group in found.groups] == [("by_name", 1)]


def test_no_kind_is_registered_twice() -> None:
    register("one")
    with pytest.raises(ValueError, match="twice"):
        register("one")
