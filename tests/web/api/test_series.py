"""Samples by the API: as the graphs read them, within what a token may and a stranger can ask."""

from __future__ import annotations

from typing import Any

import pytest

from oss.base import clock, db
from oss.monitoring.kinds import KINDS, SENSOR
from oss.monitoring.samples import Sample, write
from oss.staff import tokens
from tests.conftest import TESTER


async def fill() -> None:
    now = clock.now().timestamp()
    async with db.pool().acquire() as connection:
        await write(connection, [Sample(now - n * 60, 5, SENSOR, (7, 8), (n, 2)) for n in range(9, 0, -1)])


async def test_a_program_reads_what_a_graph_shows(api: Any) -> None:
    await fill()
    async with api.get("/api/v1/series", params={"kind": "sensor", "objects": "7,8", "metrics": "value"}) as answer:
        found = await answer.json()
    assert (answer.status, found["source"], len(found["times"])) == (200, "raw", 9)
    seven, eight = found["lines"]
    assert seven["mean"] == list(range(9, 0, -1)) and seven["worst"] == 9 and eight["average"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"objects": "x"},
        {"objects": "1,,2"},
        {"objects": "2147483648"},
        {"metrics": "slices"},
        {"kind": "toaster"},
        {"points": "2001"},
        {"since": "2030-01-01T00:00:00Z"},
        {"objects": ",".join("1" * 65)},
        {"kind": "device", "metrics": "cpu_pct", "together": "true"},
    ],
)
async def test_what_cannot_be_read_is_refused(api: Any, wrong: dict[str, str]) -> None:
    asked = {"kind": "sensor", "objects": "7", "metrics": "value", **wrong}
    async with api.get("/api/v1/series", params=asked) as answer:
        assert answer.status in (404, 422)


async def test_it_takes_the_permission(web_app: Any, aiohttp_client: Any) -> None:
    async with db.transaction() as connection:
        token = await tokens.add(connection, TESTER, "small", "seller")
    client = await aiohttp_client(web_app, headers={"Authorization": f"Bearer {token}"})
    async with client.get("/api/v1/series", params={"kind": "nas", "objects": "7", "metrics": "sessions"}) as answer:
        assert answer.status == 403
    assert "nas" in KINDS
