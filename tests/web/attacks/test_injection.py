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

from .crawling import crawl, forms_of

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
EVERY = ("q", "sort", "order", "dir", "by", "view", "range", "cursor", "after", "before", "page", "limit", "nas", "id")


async def test_no_filter_of_a_page_says_more_than_a_harmless_word(console: Console, addresses: list[str]) -> None:
    params: dict[str, set[str]] = {}
    pages = await crawl(console, addresses)
    for page in pages:
        for link in [page.address, *page.links]:
            parts = urlsplit(link)
            if parts.path.startswith("/console") and parts.query and not re.search(r"/\d|\.csv|/live", parts.path):
                params.setdefault(parts.path, set()).update(name for name, _ in parse_qsl(parts.query))
    for form in forms_of(pages, "get"):
        params.setdefault(urlsplit(form.action).path, set()).update(one.name for one in form.fields)
    lists = {path: sorted({*names, *EVERY}) for path, names in params.items()}
    assert len(lists) > 6
    secret = await db.fetchval("select password_hash from staff_user limit 1")
    for path, names in lists.items():
        for name in names:
            harmless = len(ROWS.findall((await console.get(f"{path}?{urlencode({name: HARMLESS})}")).raw))
            whole = len(ROWS.findall((await console.get(path)).raw))
            for payload in PAYLOADS[:12] if name in ("q", "sort", "cursor") else PAYLOADS[:2]:
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
                        assert body["items"] == [], (path, parameter["name"], payload)
                asked += 1
    assert asked > 300
    assert await db.fetchval("select count(*) from customer") == 5
