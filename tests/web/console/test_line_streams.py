"""Streams of one line: rates each second, router and ONU in words, and the verdict judged by what they say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from oss.base import db, secrets
from oss.monitoring import line_live
from tests.conftest import Seed
from tests.oss.monitoring import darkened
from tests.oss.monitoring.watchable import At, watchable
from tests.web.console.conftest import Console, go_online
from web.console import streams
from web.console.line_streams import SEATS
from web.pulse import PULSE


@pytest_asyncio.fixture(loop_scope="session")
async def at(seed: Seed, sealer: secrets.Sealer) -> AsyncIterator[At]:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.lit(drawn, [-19.0, -20.0])
    async with watchable(sealer) as found:
        await go_online(seed, 0, bps=42_000_000)
        yield found


@asynccontextmanager
async def events(console: Console, path: str) -> AsyncIterator[Any]:
    """Names and data of a stream's events, one after the other."""

    async def each(answer: Any) -> AsyncIterator[tuple[str, str]]:
        name, data = "", []
        async for raw in answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data.append(line.removeprefix("data: "))
            elif not line and data:
                yield name, "\n".join(data)
                name, data = "", []

    async with console.client.get(path) as answer:
        assert answer.status == 200 and answer.content_type == "text/event-stream"
        async with asyncio.timeout(30):
            yield each(answer)


async def until(found: Any, name: str, *words: str) -> str:
    """The first event of this name that says all these words."""
    async for event, data in found:
        if event == name and all(word in data for word in words):
            return str(data)
    raise AssertionError(f"the stream ended without {name}: {words}")


async def address() -> str:
    row = await db.fetchrow("select a.id, k.customer_id from access_account a join contract k on k.id = a.contract_id")
    return f"/console/subscribers/{row['customer_id']}/line/{row['id']}"


async def test_the_router_is_told_in_words_and_the_verdict_follows_it(console: Console, at: At) -> None:
    async with events(console, await address() + "/live") as found:
        assert "Limite em vigor" in await until(found, "devices", "500", "100.64.0.9")
        at.caller.rate_limit = "10M/20M"
        said = await until(found, "verdict", "em vez de")
        assert "O roteador dá 20\u00a0Mbps em vez de 500\u00a0Mbps." in said


async def test_a_router_without_the_session_is_told(console: Console, at: At) -> None:
    at.router.callers.kick(at.caller)
    async with events(console, await address() + "/live") as found:
        assert await until(found, "devices", "O roteador não tem sessão deste login.")


async def test_a_silent_router_is_said_in_words_and_costs_the_page_nothing(console: Console, at: At) -> None:
    at.router.whims.deaf = True
    async with events(console, await address() + "/live") as found:
        assert await until(found, "devices", "não aceita o usuário")
    assert (await console.get(await address())).status == 200


async def test_the_graph_moves_each_second_for_all_who_watch(console: Console, at: At) -> None:
    account = (await address()).rpartition("/")[2]
    path = f"/console/bandwidth/lines/{account}"
    async with events(console, path + "/live") as one, events(console, path + "/live") as other:
        for found in (one, other):
            (first, *_) = json.loads(await until(found, "samples"))
            assert abs(first["values"][f"{account}:down_bps"] - 42_000_000) < 8_000_000
        await until(other, "samples")  # a graph ends with the last whole second: the first reading is in it by now
        told = await (await console.client.get(path + "/traffic?")).json()
        assert told["step"] == 1.0 and told["lines"][0]["stats"]["last"] > 30_000_000
        assert len(at.router.whims.meter) < 40


async def test_over_a_list_it_is_told_too_why_there_is_no_rate(console: Console, at: At) -> None:
    at.router.callers.kick(at.caller)
    account = (await address()).rpartition("/")[2]
    async with events(console, f"/console/bandwidth/lines/{account}/live") as found:
        assert await until(found, "router", "O roteador não tem sessão deste login.")


async def test_streams_end_when_the_server_stops(console: Console, at: At, web_app: Any) -> None:
    async with events(console, await address() + "/live") as found:
        assert await until(found, "devices", "Mbps")
        web_app[PULSE].closing = True
        web_app[PULSE].ring()
        assert [name async for name, _ in found if name not in ("devices", "verdict", "facts")] == []


async def test_who_signs_out_hears_no_more(
    console: Console, at: At, web_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SIGNED_IN_EVERY_S", 0.0)
    account = (await address()).rpartition("/")[2]
    for path in (await address(), f"/console/bandwidth/lines/{account}"):
        async with events(console, path + "/live") as found:
            assert [await anext(found)]
            await db.execute("delete from web_session")
            async for _ in found:
                pass  # what was on its way, and then the end: the timeout of `events` would tell otherwise
        assert web_app[SEATS].taken == 0
        await sign_in(console)


async def sign_in(console: Console) -> None:
    given = {"login": "ana", "password": "ana-password-1"}
    answer = await console.client.post("/login", data=given, allow_redirects=False)
    assert answer.status == 303


async def test_streams_are_bounded(console: Console, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await address() + "/live"
    for module, bound in ((streams, "MOST_STREAMS"), (line_live, "MOST_LINES")):
        with monkeypatch.context() as bounds:
            bounds.setattr(module, bound, 0)
            assert (await console.get(path)).status == 503
