"""An event is one job row a listener, written in the transaction of what happened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest

from oss.base import clock, db, events
from oss.base.events import LISTENERS, Listener, listens, publish, publish_many


@dataclass(frozen=True, slots=True)
class Moved:
    """A thing moved."""

    thing: int
    place: str


async def nothing(connection: db.Connection, event: Moved) -> None:
    """The handler is of no interest here."""


@pytest.fixture(autouse=True)
def two_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, lane in (("first", "access"), ("second", "bulk")):
        monkeypatch.setitem(LISTENERS, name, Listener(name, Moved, lane, nothing))


async def rows(connection: db.Connection) -> list[tuple[str, str, dict[str, object]]]:
    found = await connection.fetch("select lane, listener, payload from job order by id")
    return [(row["lane"], row["listener"], json.loads(row["payload"])) for row in found]


async def test_each_listener_gets_a_job_in_its_lane(undone: db.Connection) -> None:
    await publish(undone, Moved(7, "São Paulo"))
    payload = {"thing": 7, "place": "São Paulo"}
    assert await rows(undone) == [("access", "first", payload), ("bulk", "second", payload)]


async def test_what_is_rolled_back_was_never_published(undone: db.Connection) -> None:
    with pytest.raises(RuntimeError):
        async with undone.transaction():
            await publish(undone, Moved(7, "x"))
            raise RuntimeError
    assert await rows(undone) == []


async def test_an_event_nobody_listens_to_costs_nothing(undone: db.Connection) -> None:
    @dataclass(frozen=True, slots=True)
    class Unheard:
        thing: int

    await publish(undone, Unheard(1))
    assert await publish_many(undone, Unheard, "select 1 as thing") == 0
    assert await rows(undone) == []


async def test_a_job_may_have_to_wait_for_its_time(undone: db.Connection) -> None:
    at = clock.now() + timedelta(hours=3)
    await publish(undone, Moved(7, "x"), at=at)
    assert {row["run_at"] for row in await undone.fetch("select run_at from job")} == {at}


async def test_many_events_are_one_statement(undone: db.Connection) -> None:
    query = "select n as thing, $2::text || n as place from generate_series(1, $1::int) n"
    assert await publish_many(undone, Moved, query, 5000, "place ") == 10_000
    assert await undone.fetchval("select count(distinct payload) from job where listener = 'first'") == 5000
    last = await undone.fetchval("select payload from job where (payload->>'thing')::int = 5000 limit 1")
    assert json.loads(last) == {"thing": 5000, "place": "place 5000"}


async def test_events_with_one_key_are_one_job_which_knows_the_newest(undone: db.Connection) -> None:
    await publish(undone, Moved(1, "a"), dedupe_key="thing", at=clock.now() + timedelta(hours=1))
    await publish(undone, Moved(2, "b"), dedupe_key="thing")
    await publish(undone, Moved(3, "c"), dedupe_key="other")
    await publish(undone, Moved(4, "d"))
    things = await undone.fetch(
        "select payload->>'thing' as thing, run_at <= clock_timestamp() as due from job where listener = 'first' "
        "order by id"
    )
    assert [(row["thing"], row["due"]) for row in things] == [("2", True), ("3", True), ("4", True)]


def test_a_lane_that_does_not_exist_is_refused_at_import() -> None:
    with pytest.raises(ValueError, match="no lane express"):
        listens(Moved, lane="express")


def test_a_listener_is_known_by_module_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    registry: dict[str, Listener] = {}
    monkeypatch.setattr(events, "LISTENERS", registry)
    assert listens(Moved, lane="access")(nothing) is nothing
    assert registry[f"{__name__}.nothing"] == Listener(f"{__name__}.nothing", Moved, "access", nothing)
