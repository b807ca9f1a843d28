"""Graphs: the list of what is sampled, one graph's page, its numbers and its file, and the stream of new values."""

from __future__ import annotations

import asyncio
import csv
import json
from typing import Any

import pytest

from oss.base import clock, db
from oss.monitoring.kinds import INTERFACE, NAS, SENSOR
from oss.monitoring.samples import NAN, Sample, write
from tests.conftest import Seed
from tests.waiting import eventually
from web.console import graphs_live
from web.console.graphs_live import GRAPHS
from web.pulse import PULSE

from .conftest import Console

FLOW = [1e6, 2e6, 0, 0, 0, 0, 0, 0, 1]


async def fill(*samples: Sample) -> None:
    async with db.pool().acquire() as connection:
        await write(connection, list(samples))


def ago(seconds: float) -> float:
    return clock.now().timestamp() - seconds


async def test_the_list_tells_what_is_sampled_by_its_name(console: Console, seed: Seed) -> None:
    await fill(Sample(ago(60), seed.nas, NAS, (seed.nas,), (3, 1e6, 2e6)), Sample(ago(60), 1, SENSOR, (8, 9), (1, 2)))
    page = await console.get("/console/graphs?kind=nas")
    assert page.status == 200 and "BNG-1" in page.text and "Sensor 2" in page.text
    assert f'href="/console/graphs/nas?object={seed.nas}&amp;metric=sessions"' in page.raw
    assert "Nada deste tipo" in (await console.get("/console/graphs?kind=onu")).text
    assert (await console.get("/console/graphs?kind=toaster")).status == 404


async def test_the_page_of_a_graph_says_what_its_script_asks_for(console: Console, seed: Seed) -> None:
    page = await console.get(f"/console/graphs/nas?object={seed.nas}&metric=in_bps,out_bps&range=7d&compare=week")
    assert page.status == 200 and "BNG-1" in page.text
    given = json.loads(_attribute(page.raw, "data-graph"))
    assert given["data"] == f"/console/graphs/nas/data?object={seed.nas}&metric=in_bps,out_bps"
    assert (given["seconds"], given["compare"], given["title"]) == (604_800, "week", "BNG-1")
    assert 'tabindex="0"' in page.raw and "charts.js" in page.raw


def _attribute(raw: str, name: str) -> str:
    from html import unescape

    return unescape(raw.split(f'{name}="', 1)[1].split('"', 1)[0])


async def test_the_numbers_of_a_graph(console: Console, database: str) -> None:
    await fill(*(Sample(ago(n * 60), 5, INTERFACE, (70, 71), FLOW + [NAN] * 9) for n in range(30, 0, -1)))
    end = int(ago(0))
    asked = f"/console/graphs/interface/data?object=70,71&metric=in_bps,out_bps&start={end - 3600}&end={end}"
    answer = await console.get(asked)
    found = json.loads(answer.raw)
    assert (answer.headers["Content-Type"], found["source"], len(found["times"])) == (
        "application/json; charset=utf-8",
        "raw",
        30,
    )
    assert [(line["key"], line["unit"], line["peak"]) for line in found["lines"]] == [
        ("70:in_bps", "bps", None),
        ("70:out_bps", "bps", None),
        ("71:in_bps", "bps", None),
        ("71:out_bps", "bps", None),
    ]
    assert found["lines"][1]["mean"] == [2_000_000] * 30 and found["lines"][1]["stats"]["p95"] == 2_000_000
    assert found["lines"][2]["mean"] == [None] * 30 and found["lines"][2]["stats"]["last"] is None
    both = json.loads((await console.get(asked.replace("object=70,71", "object=70") + "&sum=1&points=10")).raw)
    assert [line["key"] for line in both["lines"]] == ["0:in_bps", "0:out_bps"]
    assert 1_000_000 in both["lines"][0]["mean"] and both["lines"][0]["peak"] is not None


async def test_a_graph_as_a_file(console: Console, database: str) -> None:
    await fill(*(Sample(ago(n * 60), 5, SENSOR, (7,), (n + 0.5,)) for n in range(3, 0, -1)))
    end = int(ago(0))
    answer = await console.get(f"/console/graphs/sensor/csv?object=7&metric=value&start={end - 600}&end={end}")
    lines = list(csv.reader(answer.raw.removeprefix("\ufeff").splitlines(), delimiter=";"))
    assert 'filename="sensor.csv"' in answer.headers["Content-Disposition"]
    assert lines[0] == ["time", "sensor 7 value mean", "sensor 7 value peak"]
    assert [line[1:] for line in lines[1:]] == [["3,5", "3,5"], ["2,5", "2,5"], ["1,5", "1,5"]]
    assert all(line[0].endswith("+00:00") for line in lines[1:])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("object=x&metric=value", 422),
        ("metric=value", 422),
        ("object=" + ",".join(["1"] * 65) + "&metric=value", 422),
        ("object=1&metric=nope", 404),
        ("object=1&metric=value&start=9&end=5", 422),
        ("object=1&metric=value&start=-4", 422),
        ("object=1&metric=value&start=0&end=9999999999", 422),
        ("object=1&metric=value&points=100000", 422),
        ("object=99999999999&metric=value", 422),
    ],
)
async def test_what_a_stranger_may_ask_is_bounded(console: Console, database: str, query: str, status: int) -> None:
    assert (await console.get(f"/console/graphs/sensor/data?{query}")).status == status


class Stream:
    """One open stream, event by event."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def next(self) -> list[dict[str, Any]]:
        name = b""
        async with asyncio.timeout(10):
            while True:
                line = (await self.answer.content.readline()).rstrip()
                if line.startswith(b"event: "):
                    name = line[7:]
                if line.startswith(b"data: ") and name == b"samples":
                    return list(json.loads(line[6:]))


async def test_new_values_come_by_themselves_and_are_read_once_for_all(
    console: Console, web_app: Any, database: str
) -> None:
    first = ago(30)
    await fill(Sample(first, 5, SENSOR, (7, 8), (1.25, 2)))
    streams = []
    for number in (7, 7, 8):
        answer = await console.client.get(f"/console/graphs/sensor/live?object={number}&metric=value")
        streams.append(Stream(answer))
    shown = [await stream.next() for stream in streams[:1]]
    assert shown == [[{"at": round(first, 1), "values": {"7:value": 1.25}}]]
    second = ago(0)
    await fill(Sample(second, 5, SENSOR, (7, 8), (NAN, 4)))
    assert (await streams[0].next())[-1]["values"] == {"7:value": None}
    while (told := await streams[2].next())[-1]["values"] != {"8:value": 4}:
        assert told
    broadcast = web_app[GRAPHS]
    assert broadcast.watched.watchers == {(5, 3): 3} and broadcast.streams == 3
    before, beat = broadcast.reads, web_app[PULSE].beat
    await asyncio.gather(*(broadcast.refresh(beat) for _ in range(50)))
    assert broadcast.reads - before <= 1
    for stream in streams:
        stream.answer.close()
    await eventually(lambda: web_app[PULSE].ring() or broadcast.streams == 0)
    assert broadcast.watched == graphs_live.Watched()


async def test_streams_are_bounded(console: Console, web_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs_live, "MOST_STREAMS", 0)
    assert (await console.get("/console/graphs/sensor/live?object=7&metric=value")).status == 503
