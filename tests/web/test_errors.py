"""What fails is written down without what stood in its address."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from web.errors import answer_problems


async def test_a_request_that_fails_is_logged_by_its_declared_address(
    aiohttp_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An address may hold a one-time token, as ``/setup/{token}`` does."""

    async def fails(request: web.Request) -> web.Response:
        raise RuntimeError("broken")

    app = web.Application(middlewares=[answer_problems])
    app.router.add_get("/api/setup/{token}", fails)
    client = await aiohttp_client(app)
    answer = await client.get("/api/setup/hunter2")
    assert answer.status == 500 and "hunter2" not in await answer.text()
    (record,) = [one for one in caplog.records if one.message == "request failed"]
    assert record.__dict__["facts"]["path"] == "/api/setup/{token}"
    assert "hunter2" not in caplog.text
