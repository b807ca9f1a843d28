"""SQL in every filter, sort and cursor of every list: a wrong word at most, never another answer, never an error."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from oss.base import db
from tests.conftest import Seed
from tests.web.console.conftest import Console
from web.api.v1.docs import document as document_of
from web.tables import TABLES

from .crawling import forms_of, reached

PAYLOADS = [
    "' or '1'='1",
    "' or 1=1 --",
    '" or ""="',
    "') or ('1'='1",
    "1; drop table customer; --",
    "x' union select login, password_hash from staff_user --",
    "1' and pg_sleep(20) is null --",
    "$1",
    "{0}",
    "%",
    "_",
    "\\",
    "%' escape '",
    "name; select 1",
    "1) desc, (select password_hash from staff_user limit 1",
    "\u0000",
    "\ud83d\ude00" * 3,
    "9" * 40,
    "-1",
    "NaN",
]
HARMLESS = "zzqx nothing is called so"
ROWS = re.compile(r"<tr\b")
COMMON = {table.path for table in TABLES.values()}


async def rows_of(console: Console, address: str) -> int:
    """How many rows a page's tables have."""
    return len(ROWS.findall((await console.get(address)).raw))


async def test_no_filter_of_a_page_says_more_than_a_harmless_word(console: Console, addresses: list[str]) -> None:
    params: dict[str, set[str]] = {}
    pages = await reached(console, addresses)
    for page in pages:
        for link in [page.address, *page.links]:
            parts = urlsplit(link)
            if parts.path.startswith("/console") and parts.query and not re.search(r"/\d|\.csv|/live", parts.path):
                params.setdefault(parts.path, set()).update(name for name, _ in parse_qsl(parts.query))
    for form in forms_of(pages, "get"):
        params.setdefault(urlsplit(form.action).path, set()).update(one.name for one in form.fields)
    lists = {path: {*names, "q", "sort", "after", "before"} for path, names in params.items()}
    assert len(lists) > 6
    secret = await db.fetchval("select password_hash from staff_user limit 1")
    for path, names in lists.items():
        whole = await rows_of(console, path)
        for name in sorted(names):
            harmless = await rows_of(console, f"{path}?{urlencode({name: HARMLESS})}")
            # What the lists have in common is asked all of it in tests/web/console/test_lists.py.
            for payload in PAYLOADS[:12] if name in ("q", "sort") and path not in COMMON else PAYLOADS[:2]:
                sent = urlencode({name: payload.encode("utf-8", "surrogatepass")})
                answer = await console.get(f"{path}?{sent}")
                assert answer.status < 500, (path, name, payload)
                assert secret not in answer.raw
                rows = len(ROWS.findall(answer.raw))
                assert answer.status >= 400 or rows in (harmless, whole) or payload in "%_\\", (path, name, payload)
    assert await db.fetchval("select count(*) from customer") == 5


async def test_no_parameter_of_the_api_says_more(api: Any, seed: Seed, web_app: web.Application) -> None:
    document, asked = document_of(web_app), 0
    for path, methods in document["paths"].items():
        one = methods.get("get")
        if one is None or "{" in path:
            continue
        named = [each for each in one.get("parameters", ()) if each.get("in") == "query"]
        for parameter in named:
            for payload in PAYLOADS:
                value = payload.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
                async with api.get(path, params={parameter["name"]: value}) as answer:
                    body = await answer.json()
                    assert answer.status in (200, 422), (path, parameter["name"], payload, body)
                    if answer.status == 200 and parameter["name"] not in ("limit",):
                        found = body.get("items", body.get("groups"))  # a search answers by groups
                        assert found == [] or payload == "-1", (path, parameter["name"], payload)  # BNG-1 is found
                asked += 1
    assert asked > 300
    assert await db.fetchval("select count(*) from customer") == 5
