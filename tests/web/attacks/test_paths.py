"""Files that are none of the asker's business, by every spelling of the way up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.web.console.conftest import Console

UP = [
    "../app.py", "..%2fapp.py", "%2e%2e/app.py", "%2e%2e%2fapp.py", "..%252fapp.py", "....//app.py", "..\\app.py",
    "..%5capp.py", "%2e%2e%5capp.py", "js/../../app.py", "js/%2e%2e/%2e%2e/app.py", "/etc/passwd", "%2fetc%2fpasswd",
    "//etc/passwd", "../../../../../../etc/passwd", "..%2f..%2f..%2f..%2fetc%2fpasswd", "js/sheet.js%00.py",
    "..%c0%afapp.py", "..;/app.py", "file:///etc/passwd", "%2e%2e/%2e%2e/pyproject.toml", ".%00./app.py",
]  # fmt: skip
INSIDE = ("from __future__", "root:x:", "[project]", "create_app")


async def raw(address: Any, target: str) -> str:
    """What a request with this very target is answered; no client tidies it up."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {address.host}\r\nConnection: close\r\n\r\n".encode("latin-1"))
    answer = (await reader.read()).decode("latin-1")
    writer.close()
    return answer


async def test_no_way_up_leads_out_of_the_static_files(web_app: web.Application) -> None:
    async with TestServer(web_app) as server:
        for target in UP:
            for start in ("/static/", "/", "/console/../static/", "/api/v1/"):
                answer = await raw(server.make_url("/"), start + target)
                assert answer.startswith("HTTP/1.1 "), target
                assert answer.split()[1] in ("303", "307", "400", "401", "403", "404", "405"), (start, target)
                assert not any(word in answer for word in INSIDE)


async def test_folders_are_not_listed(console: Console) -> None:
    for path in ("/static", "/static/", "/static/js/", "/static/vendor/"):
        assert (await console.get(path)).status in (404,)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "staff_user", "x;y", "session_history.csv"]
)
async def test_names_in_addresses_are_words_of_a_list(console: Console, name: str) -> None:
    for path in (f"/console/retention/{name}", f"/console/roles/{name}", f"/setup/{name}", f"/console/{name}.csv"):
        answer = await console.get(path)
        assert answer.status in (404, 410)
        assert "root:x:" not in answer.raw


async def test_a_file_s_name_is_ours_whatever_is_asked(console: Console, addresses: list[str]) -> None:
    for path in ("/console/subscribers.csv", "/console/sessions.csv", "/console/holds.csv", "/console/rejects.csv"):
        answer = await console.get(path + "?q=..%2f..%2fx%22%0d%0aSet-Cookie:%20evil=1&filename=../../x")
        assert answer.status == 200
        assert "evil" not in str(answer.headers) and ".." not in answer.headers.get("Content-Disposition", "")
