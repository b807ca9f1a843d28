"""A payload in every text field of every form, in every parameter, from routers: it is shown, and never runs."""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from oss.base import db
from tests.conftest import Seed
from tests.web.console.conftest import Console

from .crawling import TEXT, Form, Page, crawl, forms_of, kind_of, reached

PAYLOAD = "'\"><xss-p><img src=x onerror=alert(1)>{{7*7}}"
SHORT = "'\"><xss-p>"  # for fields that take few characters
# A word of a list, another is refused; and passwords, which no page shows and our own must stay.
KEPT = {"csrf_token", "routers", "role", "kind", "next", "transport", "vendor", "password"}
MOST = 4_000
# Ends the very session that walks; asked in test_csrf.py.
ENDS_US = ("/sessions/end-all", "/logout")


def running(page: Page) -> list[str]:
    """What of the payload would run, or was calculated."""
    return page.running


def poisoned(form: Form, payload: str) -> list[tuple[str, str]]:
    """The form as a browser would send it, with the payload in each field that takes text."""
    return [
        (one.name, payload if one.kind in TEXT and one.name not in KEPT and not _is_number(one.value) else one.value)
        for one in form.fields
    ]


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").isdigit()


def one_by_one(form: Form, payload: str) -> list[list[tuple[str, str]]]:
    """The form with the payload in one field after the other: what else is right lets it be kept."""
    found = []
    for at, one in enumerate(form.fields):
        if one.kind in TEXT and one.name not in KEPT:
            sent = form.sent()
            sent[at] = (one.name, payload)
            found.append(sent)
    return found


async def test_no_field_of_any_form_lets_it_run(console: Console, addresses: list[str]) -> None:
    pages = await crawl(console, addresses)
    forms = [form for form in forms_of(pages, "post") if not form.action.endswith(ENDS_US)]
    assert len(pages) > 60 and len(forms) > 25
    posted = 0
    for form in forms:
        for data in [poisoned(form, PAYLOAD), *one_by_one(form, SHORT)]:
            fields = [pair for pair in data if pair[0] != "csrf_token"]
            answer = await console.post(urlsplit(form.action).path, fields, Referer=form.page)
            assert answer.status < 500, (form.action, data)
            assert not answer.place.startswith("/login"), (form.action, data)  # else the rest is sent by nobody
            assert running(Page(form.action, answer.raw)) == [], (form.action, data)
            posted += 1
    assert posted > 100
    shown = 0
    for page in await crawl(console, addresses):
        assert running(page) == [], page.address
        shown += "&lt;xss-p" in page.raw
    assert shown > 3  # it was kept and is shown, in its own characters


async def test_no_parameter_lets_it_run(console: Console, addresses: list[str]) -> None:
    pages = await reached(console, addresses)
    names: dict[str, set[str]] = {}
    kinds: dict[str, str] = {}  # one page of each kind is enough
    for page in pages:
        for link in [*page.links, page.address]:
            parts = urlsplit(link)
            if kinds.setdefault(kind_of(parts.path), parts.path) != parts.path:
                continue
            if parts.path.startswith("/console") and ".csv" not in parts.path and not parts.path.endswith("/live"):
                names.setdefault(parts.path, set()).update(name for name, _ in parse_qsl(parts.query))
    for form in forms_of(pages, "get"):
        names.setdefault(urlsplit(form.action).path, set()).update(one.name for one in form.fields)
    asked = 0
    for path, params in names.items():
        for name in {*params, "q", "view", "next", "sort"}:
            answer = await console.get(f"{path}?{urlencode({name: PAYLOAD})}")
            assert answer.status < 500, (path, name)
            assert running(Page(path, answer.raw)) == [], (path, name)
            asked += 1
    assert 60 < asked < MOST
    for path in (f"/console/{PAYLOAD}", f"/setup/{PAYLOAD}", f"/{PAYLOAD}", f"/login?next={PAYLOAD}"):
        answer = await console.get(path)
        assert running(Page("/", answer.raw)) == [], path


async def test_what_comes_by_the_api_and_from_routers_does_not_run_either(
    console: Console, api: Any, seed: Seed, addresses: list[str]
) -> None:
    made: dict[str, Any] = {
        "customers": {"name": PAYLOAD, "street": PAYLOAD, "city": PAYLOAD, "email": "x@example.net"},
        "plans": {"name": PAYLOAD, "down_kbps": 1000, "up_kbps": 1000, "price_cents": 100, "pool": SHORT},
        "nas": {"name": PAYLOAD, "network": "10.9.9.9", "secret": PAYLOAD, "nas_identifier": PAYLOAD},
        "tokens": {"name": PAYLOAD, "role": "reader"},
    }
    for resource, body in made.items():
        async with api.post(f"/api/v1/{resource}", json=body) as answer:
            assert answer.content_type.endswith("json") and answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.status == 201, (resource, await answer.text())
    await db.execute("update customer set name = $1::text, phone = left($1::text, 20), street = $1::text", PAYLOAD)
    await db.execute("update access_account set login = login || $1::text", SHORT.replace(" ", ""))
    await db.execute(
        "update session_open set login = $1::text, calling_station_id = $1::text, drift_cause = $1::text", PAYLOAD
    )
    await db.execute("update auth_reject set login = $1::text || coalesce(contract_id, 0), detail = $1::text", PAYLOAD)
    await db.execute("update job set listener = $1::text, last_error = $1::text", PAYLOAD)
    lines = [[1_790_000_000_000_000, "login", PAYLOAD, "", 1], [1_790_000_000_000_001, "login", SHORT, PAYLOAD, 1]]
    await db.execute(
        "insert into nas_watch (nas_id, node, at, until_at, count, lines) values ($1, 'n', now(), now(), 2, $2)",
        *(seed.nas, json.dumps(lines)),
    )
    shown = 0
    for page in await crawl(console, [*addresses, "/console/first-steps/login", "/console/tokens"]):
        assert running(page) == [], page.address
        shown += "&lt;xss-p" in page.raw
    assert shown > 20


def test_the_reader_sees_what_would_run() -> None:
    """The guard itself: each of these is found."""
    for bad in ("<xss-p>", "<p onclick=x>", "<script>x</script>", "<a href=' JavaScript:x'>", "<p style=x>"):
        assert Page("/", bad).running and Page("/", f"<p>{bad}").running  # also when the tag was met before
    assert not Page("/", html.escape(PAYLOAD)).running


@pytest.mark.parametrize("language", ["pt-BR", "en", PAYLOAD])
async def test_the_cookies_of_looks_do_not_run(console: Console, language: str) -> None:
    cookie = f"lang={json.dumps(language)}; theme={json.dumps(PAYLOAD)}"
    async with console.client.get("/login", headers={"Cookie": cookie}, allow_redirects=False) as answer:
        assert Page("/login", await answer.text()).running == []
