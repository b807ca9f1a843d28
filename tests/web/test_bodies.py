"""What a request may carry, and how long it may take: too large, too many fields, too slow, not readable."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bench.stack import free_port
from oss.base import config
from web import bodies
from web.app import serving
from web.bodies import MAX_BODY, MAX_FIELDS

from .test_headers import Opened, opened

__all__ = ["opened"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"login=" + b"x" * MAX_BODY, FORM["Content-Type"], 413),
        (b"&".join(b"a=1" for _ in range(MAX_FIELDS + 2)), FORM["Content-Type"], 413),
        (b"a=%ff%fe", FORM["Content-Type"], 422),
        (b"login=x", FORM["Content-Type"] + "; charset=no-such", 400),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x", 400),
        (b"no boundary", "multipart/form-data", 400),
    ],
)
async def test_what_cannot_be_taken_is_refused(opened: Opened, body: bytes, kind: str, status: int) -> None:
    client = await opened()
    async with client.post("/login", data=io.BytesIO(body), headers={"Content-Type": kind}) as answer:
        assert answer.status == status
        assert "Traceback" not in await answer.text()


async def test_a_file_larger_than_the_limit_is_refused(opened: Opened) -> None:
    client = await opened()
    async with client.post("/login", data={"file": io.BytesIO(b"x" * (MAX_BODY + 1))}) as answer:
        assert answer.status == 413


async def test_a_slow_body_is_given_up() -> None:
    """Half a form, and then nothing."""

    async def taken(request: web.Request) -> web.Response:
        return web.Response(text="taken")

    caught = []

    @web.middleware
    async def tell(request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            return await handler(request)
        except bodies.TooSlow as problem:
            caught.append(str(problem))
            return web.Response(status=408)

    app = web.Application(middlewares=[tell, bodies.limited(0.05)])
    app.router.add_post("/x", taken)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n")
    writer.write(b"Content-Type: application/x-www-form-urlencoded\r\n\r\na=1")
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    assert caught
    writer.close()
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def impatient(
    web_app: web.Application, settings: config.Config, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[int]:
    """The application as it is served, with little patience; its port."""

    monkeypatch.setattr(bodies, "HEAD_S", 0.2)
    port = free_port(socket.SOCK_STREAM)
    async with serving(web_app, dataclasses.replace(settings, web_port=port)):
        yield port


async def test_a_head_that_does_not_end_ends_the_connection(impatient: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient)
    writer.write(b"GET /login HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
