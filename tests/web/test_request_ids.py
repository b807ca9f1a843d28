"""Each request has an id: answered, logged, on its error page, in problem details; a foreign one only by trust."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aiohttp import web

from oss.base import log, request_id
from oss.base.config import Config, load
from web import errors, request_ids
from web.keys import CONFIG

THEIRS = "proxy-4f1c0a9b77"


def application(config: Config) -> web.Application:
    async def fine(request: web.Request) -> web.Response:
        logging.getLogger("milha.test").warning("seen", extra={"facts": {"a": 1}})
        return web.Response(text=request[request_ids.ID])

    async def fails(request: web.Request) -> web.Response:
        raise RuntimeError("broken")

    app = web.Application(middlewares=[request_ids.identify, errors.answer_problems])
    app[CONFIG] = config
    app.router.add_get("/api/fine", fine)
    app.router.add_get("/api/fails", fails)
    return app


@pytest.fixture
def trusting() -> Config:
    return load({"MILHA_TRUSTED_PROXIES": "127.0.0.0/8"})


@pytest.mark.parametrize(
    ("proxies", "headers", "taken"),
    [
        ("127.0.0.0/8", [("X-Request-Id", THEIRS)], True),
        ("10.0.0.0/8", [("X-Request-Id", THEIRS)], False),
        ("127.0.0.0/8", [("X-Request-Id", THEIRS), ("X-Request-Id", "another-one")], False),
        ("127.0.0.0/8", [("X-Request-Id", "short")], False),
        ("127.0.0.0/8", [("X-Request-Id", "x" * 65)], False),
        ("127.0.0.0/8", [("X-Request-Id", "with space or <b>")], False),
        ("127.0.0.0/8", [], False),
    ],
)
async def test_an_id_from_outside_counts_only_from_a_trusted_proxy_and_well_formed(
    aiohttp_client: Any, proxies: str, headers: list[tuple[str, str]], taken: bool
) -> None:
    client = await aiohttp_client(application(load({"MILHA_TRUSTED_PROXIES": proxies})))
    async with client.get("/api/fine", headers=headers) as answer:
        told = await answer.text()
    assert (told == THEIRS) is taken and request_id.well_formed(told)


async def test_two_requests_on_one_connection_have_two_ids(aiohttp_client: Any, trusting: Config) -> None:
    client = await aiohttp_client(application(trusting))
    ids = {await (await client.get("/api/fine")).text() for _ in range(3)}
    assert len(ids) == 3 and request_id.current() is None


async def test_what_is_logged_in_a_request_bears_its_id(
    aiohttp_client: Any, trusting: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(log.TextFormat().format(record) + log.JsonFormat().format(record))

    keeps = Keeps()
    logging.getLogger().addHandler(keeps)
    try:
        client = await aiohttp_client(application(trusting))
        told = await (await client.get("/api/fine")).text()
        logging.getLogger("milha.test").warning("outside")
    finally:
        logging.getLogger().removeHandler(keeps)
    inside = next(line for line in written if "seen" in line)
    assert f"a=1 request={told}" in inside and f'"request": "{told}"' in inside
    assert "request" not in next(line for line in written if "outside" in line)


async def test_every_error_of_the_api_names_its_request(client: Any) -> None:
    for path, status in (("/api/v1/customers", 401), ("/api/v1/nowhere", 404)):
        async with client.get(path, allow_redirects=False) as answer:
            told = await answer.json()
            assert answer.status == status and told["request_id"] == answer.headers["X-Request-Id"]


async def test_a_failure_tells_its_id_and_no_trace(aiohttp_client: Any, trusting: Config) -> None:
    client = await aiohttp_client(application(trusting))
    async with client.get("/api/fails") as answer:
        told, text = await answer.json(), await answer.text()
    assert answer.status == 500 and request_id.well_formed(told["request_id"])
    assert told["request_id"] in told["detail"] and "RuntimeError" not in text and "broken" not in text


async def test_an_error_page_says_where_what_and_the_id_to_copy(client: Any) -> None:
    async with client.get("/console/plans/999999", headers={"Accept-Language": "pt-BR"}) as answer:
        text = await answer.text()
    told = answer.headers["X-Request-Id"]
    assert answer.status == 404 and f'data-copy="{told}"' in text
    assert "Planos" in text and "comece pela primeira página" in text


async def test_every_answer_bears_an_id_even_a_file(client: Any) -> None:
    for path in ("/login", "/static/favicon.svg", "/healthz"):
        async with client.get(path, allow_redirects=False) as answer:
            assert request_id.well_formed(answer.headers["X-Request-Id"]), path
