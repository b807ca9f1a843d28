"""The event stream: numbers once a second, lines once, an end when the server stops."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from oss.access import holds, pulse
from oss.base import db
from tests.conftest import TESTER, Seed
from tests.waiting import eventually
from web import pulse as web_pulse
from web.console import live
from web.pulse import PULSE

from .conftest import Console

NODE = """insert into node values ($1, '{aaa}', 1, '0', now(), now(), $2)
on conflict (name) do update set seen_at = now(), stats = excluded.stats"""


async def report(requests: int, accepted: int = 0, name: str = "n1") -> None:
    aaa = {"online": 3, "accepted": accepted, "rejected": 0, "p99_us": 1400, "lag_records": 0}
    await db.execute(NODE, name, json.dumps({"aaa": aaa | {"counters": {"requests": requests}}}))


class Events:
    """The events of one open stream, by name, as they come."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.seen: dict[str, list[str]] = {}

    async def until(self, name: str, words: str, within_s: float = 10.0) -> str:
        """The first event of a name whose data hold the words."""
        async with asyncio.timeout(within_s):
            while not (found := [data for data in self.seen.get(name, []) if words in data]):
                await self._next()
            return found[0]

    async def _next(self) -> None:
        event, data = "", list[str]()
        while text := (await self.answer.content.readline()).decode().rstrip("\n"):
            if text.startswith("event: "):
                event = text[7:]
            elif text.startswith("data: "):
                data.append(text[6:])
        assert not self.answer.content.at_eof(), f"the stream ended; seen: {list(self.seen)}"
        self.seen.setdefault(event, []).append("\n".join(data))


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten beats a second."""
    monkeypatch.setattr(web_pulse, "EVERY_S", 0.1)
    monkeypatch.setattr(live, "SLOW_EVERY_S", 0.1)


async def test_the_stream_tells_numbers_lines_and_what_needs_a_person(console: Console, seed: Seed, fast: None) -> None:
    await report(100)
    async with console.client.get("/console/live") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        events = Events(answer)
        assert await events.until("online", "3") == "3"
        assert await events.until("matters", "Nada precisa de gente.")
        async with db.transaction() as connection:
            await holds.place(connection, TESTER, seed.contracts, "manual", "cut", "why")
        lines = await events.until("feed", "5 contratos bloqueados")
        assert lines.count("<li>") == 1
        await report(200, 50)
        assert await events.until("radius", "RADIUS")


async def test_a_line_is_told_in_the_language_of_who_listens(console: Console, seed: Seed, fast: None) -> None:
    await db.execute("update staff_user set language = 'en'")
    async with console.client.get("/console/live") as answer:
        assert await Events(answer).until("matters", "Nothing needs a person.")


async def test_the_stream_ends_when_the_server_stops(console: Console, web_app: Any, seed: Seed) -> None:
    async with console.client.get("/console/live") as answer:
        await Events(answer).until("online", "0")
        await web_pulse.close_streams(web_app)
        async with asyncio.timeout(5):
            await answer.content.read()
        assert answer.content.at_eof()
    web_app[PULSE].closing = False


async def test_a_stream_ends_after_its_time(console: Console, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LIFE_S", 0.0)
    async with console.client.get("/console/live") as answer:
        async with asyncio.timeout(5):
            assert await answer.content.read() == b"retry: 3000\n\n"


async def test_too_many_streams_are_refused(console: Console, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 0)
    assert (await console.get("/console/live")).status == 503


async def test_nobody_listens_without_signing_in(web_app: Any, aiohttp_client: Any) -> None:
    stranger = Console(await aiohttp_client(web_app))
    assert (await stranger.get("/console/live")).status == 303


async def test_a_listener_that_leaves_is_forgotten(console: Console, web_app: Any, seed: Seed) -> None:
    async with console.client.get("/console/live") as answer:
        await Events(answer).until("online", "0")
        assert web_app[live.BROADCAST].listeners == 1
    answer.close()
    await eventually(lambda: web_app[live.BROADCAST].listeners == 0)


async def test_the_pulse_adds_all_nodes_and_measures_over_time(database: str) -> None:
    watch = web_pulse.Watch()
    await report(100, 10)
    await report(50, 5, "n2")
    first = await pulse.read()
    watch.take(first)
    assert (first.nodes, first.requests, first.accepted, first.online) == (2, 150, 15, 6)
    assert watch.newest.rate is None
    await report(130, 20)
    second = await pulse.read()
    watch.take(second)
    span = second.at - first.at
    assert second.per_second(first) == (pytest.approx(30 / span), pytest.approx(10 / span))
    assert watch.newest.shell()["counts"] == {"enforcement": 0, "incidents": 0}
    await db.execute("delete from node where name = 'n2'")
    assert (await pulse.read()).per_second(second) is None


async def test_the_provider_is_named_as_soon_as_it_exists(database: str) -> None:
    assert (await pulse.read()).provider == ""
    await db.execute(
        "insert into company (name, legal_name, cnpj, zone) values ('Serra', 'S', '11222333000181', 'UTC')"
    )
    assert (await pulse.read()).provider == "Serra"


@pytest.mark.parametrize(("value", "shown"), [(0.041, 0.04), (0.44, 0.4), (7.0, 7), (9.96, 10), (186.4, 186)])
def test_a_rate_is_shown_short(value: float, shown: float) -> None:
    assert web_pulse.short(value) == shown


def test_an_event_keeps_its_lines() -> None:
    assert live.event("x", "<p>\n</p>") == b"event: x\ndata: <p>\ndata: </p>\n\n"
    assert live.event("x", "") == b"event: x\ndata: \n\n"
