"""The wall: its page, its stream, and that it never shows old figures as new ones."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from oss.base import db, secrets
from oss.monitoring import network_now
from tests.conftest import Seed
from tests.oss.monitoring import darkened
from tests.waiting import eventually
from web.console import wall, wall_words
from web.console.wall import WALLS
from web.pulse import PULSE

from .conftest import Console


class Stream:
    """One wall's stream, event by event."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def next(self) -> tuple[str, str]:
        name, data = "", []
        async with asyncio.timeout(10):
            while True:
                octets = await self.answer.content.readline()
                assert octets, "the stream has ended"
                line = octets.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif not line and name:
                    return name, "\n".join(data)

    async def until(self, wanted: str, part: str = "") -> str:
        while True:
            name, data = await self.next()
            if name == wanted and part in data:
                return data


async def test_the_wall_is_dark_bare_and_says_what_is_wrong(
    console: Console, seed: Seed, sealer: secrets.Sealer
) -> None:
    page = await console.get("/console/wall")
    assert page.status == 200 and "Tudo no ar" in page.text and "Nenhuma queda registrada" in page.text
    assert 'data-theme="milha-dark"' in page.raw and 'sse-connect="/console/wall/live"' in page.raw
    assert "<nav" not in page.raw and 'id="palette"' not in page.raw
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.darken(drawn, 5)
    await darkened.lit(drawn, [-20.0], away=5)
    console.client.app[WALLS].read = None
    page = await console.get("/console/wall")
    assert "Ninguém assumiu" in page.text and "Fibra rompida CTO-1 5 clientes · R$ 0,75/h" in page.text
    assert "5 /5 fora" in page.text and "0/1/0" in page.text


async def test_the_views_come_by_themselves_and_each_second_says_of_when_they_are(
    console: Console, web_app: Any, seed: Seed, sealer: secrets.Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "EVERY_S", 0.0)
    stream = Stream(await console.client.get("/console/wall/live"))
    assert "Tudo no ar" in await stream.until("now")
    first = json.loads(await stream.until("second"))
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.darken(drawn, 5)
    web_app[PULSE].ring()
    assert "data-alarm" in await stream.until("now", "CTO-1")
    assert json.loads(await stream.until("second"))["at"] > first["at"]
    stream.answer.close()
    await eventually(lambda: web_app[PULSE].ring() or web_app[WALLS].walls == 0)


async def test_what_cannot_be_read_keeps_its_age(
    console: Console, web_app: Any, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "EVERY_S", 0.0)
    stream = Stream(await console.client.get("/console/wall/live"))
    first = json.loads(await stream.until("second"))

    async def away(connection: db.Connection) -> network_now.Wall:
        raise ConnectionError

    monkeypatch.setattr(network_now, "read", away)
    web_app[PULSE].ring()
    seconds = [json.loads(await stream.until("second")) for _ in range(3)]
    assert seconds[-1]["now"] > first["now"]
    assert seconds[-1]["at"] == seconds[-2]["at"]
    stream.answer.close()


async def test_walls_share_one_reading(console: Console, web_app: Any, seed: Seed) -> None:
    broadcast = web_app[WALLS]
    found = await asyncio.gather(*(broadcast.refresh() for _ in range(20)))
    assert len({id(one) for one in found}) == 1


async def test_walls_are_bounded(console: Console, web_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "MOST_STREAMS", 0)
    assert (await console.get("/console/wall/live")).status == 503


def test_a_curve_has_a_gap_where_nothing_is_known() -> None:
    assert wall_words.line([0, 5, None, 10], 0, 10) == ["0.0,200.0 200.0,100.0", "600.0,0.0"]
