"""Lists as files: no formulas, and rests in between, so that routers do not wait for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from web import downloads

CHUNKS = 5


def test_a_file_works_a_third_of_the_time() -> None:
    assert downloads.rest_s(0.01) == 0.02
    assert downloads.rest_s(0.0) == 0.0


def test_a_rest_behind_a_slow_chunk_is_bounded() -> None:
    assert downloads.rest_s(30.0) == downloads.MOST_REST_S


def test_no_cell_is_a_formula_and_numbers_stay_numbers() -> None:
    assert downloads.safe("=cmd()") == "'=cmd()"
    assert downloads.safe("-12,50") == "-12,50"
    assert downloads.safe(None) == ""


async def test_a_file_rests_longer_than_it_works() -> None:
    worked: list[float] = []

    async def chunks() -> AsyncIterator[list[Sequence[object]]]:
        for number in range(CHUNKS):
            began = time.monotonic()
            while time.monotonic() - began < 0.01:  # a chunk that costs a core
                await asyncio.sleep(0)
            worked.append(time.monotonic() - began)
            yield [(number, "Ana")]

    async def give(request: web.Request) -> web.StreamResponse:
        return await downloads.csv_response(request, "list", ["n", "name"], chunks())

    app = web.Application()
    app.router.add_get("/list.csv", give)
    async with TestClient(TestServer(app)) as client:
        began = time.monotonic()
        async with client.get("/list.csv") as answer:
            text = (await answer.read()).decode("utf-8-sig")
        took = time.monotonic() - began
    assert text.splitlines()[0].replace(";", ",") == "n,name"
    assert len(text.splitlines()) == CHUNKS + 1
    assert took >= (1 + downloads.REST) * sum(worked)
