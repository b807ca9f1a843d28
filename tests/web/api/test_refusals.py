"""Bad input: always problem+json, always with the field named, never a 500."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from typing import Any

from oss.base import db
from tests.conftest import Seed, fall_overdue

from .conftest import Caller

PLAN = {"name": "X", "down_kbps": 1, "up_kbps": 1, "price_cents": 1}
PAY = {"invoice_id": 1, "amount_cents": 1, "method": "pix"}
BIG = 2**63

# path, body, the fields that must be named
BODIES: list[tuple[str, Any, set[str]]] = [
    ("/payments", {}, {"invoice_id", "amount_cents", "method"}),
    ("/payments", PAY | {"amount_cents": 0}, {"amount_cents"}),
    ("/payments", PAY | {"amount_cents": -1}, {"amount_cents"}),
    ("/payments", PAY | {"amount_cents": 10.0}, {"amount_cents"}),
    ("/payments", PAY | {"amount_cents": "10"}, {"amount_cents"}),
    ("/payments", PAY | {"amount_cents": True}, {"amount_cents"}),
    ("/payments", PAY | {"amount_cents": None}, {"amount_cents"}),
    ("/payments", PAY | {"amount_cents": 10**13}, {"amount_cents"}),
    ("/payments", PAY | {"amount_cents": 10**300}, {"amount_cents"}),
    ("/payments", PAY | {"invoice_id": BIG}, {"invoice_id"}),
    ("/payments", PAY | {"invoice_id": 0}, {"invoice_id"}),
    ("/payments", PAY | {"method": "bitcoin"}, {"method"}),
    ("/payments", PAY | {"method": ["pix"]}, {"method"}),
    ("/payments", PAY | {"reference": ""}, {"reference"}),
    ("/payments", PAY | {"reference": "a\0b"}, {"reference"}),
    ("/payments", PAY | {"reference": "x" * 121}, {"reference"}),
    ("/payments", PAY | {"received_at": "2026-11-30"}, {"received_at"}),
    ("/payments", PAY | {"received_at": "2026-11-30T12:00:00"}, {"received_at"}),
    ("/payments", PAY | {"received_at": "0001-01-01T00:00:00+14:00"}, {"received_at"}),
    ("/payments", PAY | {"received_at": "2026-02-30T12:00:00Z"}, {"received_at"}),
    ("/payments", PAY | {"received_at": "2026-02-28T12:00:00+99:99"}, {"received_at"}),
    ("/payments", PAY | {"received_at": None}, {"received_at"}),
    ("/payments", PAY | {"received_at": 1764504000}, {"received_at"}),
    ("/payments", PAY | {"amount": 1, "x\u2028": 2}, {"amount", "x\u2028"}),
    ("/payments", [], {"body"}),
    ("/payments", "text", {"body"}),
    ("/payments", 5, {"body"}),
    ("/plans", PLAN | {"name": "  "}, {"name"}),
    ("/plans", PLAN | {"name": "x" * 81}, {"name"}),
    ("/plans", PLAN | {"down_kbps": 0, "up_kbps": BIG}, {"down_kbps", "up_kbps"}),
    ("/plans", PLAN | {"price_cents": -1, "active": "true"}, {"price_cents", "active"}),
    ("/plans", PLAN | {"pool": "two words"}, {"pool"}),
    ("/customers", {"name": "a\x7fb"}, {"name"}),
    ("/customers", {"name": ""}, {"name"}),
    ("/customers", {"name": "x", "document": "529.982.247-25"}, {"document"}),
    ("/customers", {"name": "x", "email": "nobody", "phone": "+55 11", "state": "sp"}, {"email", "phone", "state"}),
    ("/contracts", {"customer_id": 999999, "plan_id": 999999}, {"customer_id", "plan_id"}),
    ("/contracts", {"customer_id": 1, "plan_id": 1, "due_day": 29}, {"due_day"}),
    ("/contracts", {"customer_id": 1, "plan_id": 1, "company_id": 999999}, {"company_id"}),
    ("/contracts", {"customer_id": 1, "plan_id": 1, "started_on": "2026-02-29"}, {"started_on"}),
    ("/contracts", {"customer_id": 1, "plan_id": 1, "started_on": "1999-12-31"}, {"started_on"}),
    ("/contracts/1/holds", {"reason": "because"}, {"reason"}),
    ("/contracts/1/holds", {"reason": "manual", "effect": "hang", "note": "x" * 241}, {"effect", "note"}),
    ("/contracts/0/holds", {"reason": "manual"}, {"contract_id"}),
    (f"/contracts/{BIG}/holds", {"reason": "manual"}, {"contract_id"}),
    ("/contracts/1/promise", {"until": "yesterday"}, {"until"}),
    ("/access-accounts", {"contract_id": 1, "login": "a b", "password": ""}, {"login", "password"}),
    ("/access-accounts", {"contract_id": 1, "login": "ẞ" * 129, "password": "x"}, {"login"}),
    ("/access-accounts", {"contract_id": 1, "login": "x", "password": "ã" * 65}, {"password"}),
    ("/nas", {"name": "n", "network": "nowhere", "secret": "x"}, {"network"}),
    ("/nas", {"name": "n", "network": "10.0.0.1"}, {"secret"}),
    (
        "/nas",
        {"name": "n", "network": "10.0.0.1", "secret": "x", "coa_port": 0, "interim_s": 0},
        {"coa_port", "interim_s"},
    ),
    ("/nas", {"name": "n", "network": "10.0.0.1", "secret": "x", "coa_host": "10.0.0.0/8"}, {"coa_host"}),
    ("/nas", {"name": "n", "network": "10.0.0.1", "secret": "x", "coa_host": "fe80::1%eth0"}, {"coa_host"}),
]

ADDRESSES: list[tuple[str, str, set[str]]] = [
    ("GET", f"/customers/{BIG}", {"customer_id"}),
    ("GET", "/customers/0", {"customer_id"}),
    ("GET", "/customers/-1", {"customer_id"}),
    ("GET", "/customers/abc", {"customer_id"}),
    ("GET", "/customers/1_0", {"customer_id"}),
    ("GET", "/customers/%00", {"customer_id"}),
    ("GET", "/customers/%ED%A0%80", {"customer_id"}),
    ("GET", "/customers/" + "9" * 4000, {"customer_id"}),
    ("GET", "/sessions/not-a-uuid", {"uid"}),
    ("GET", "/sessions/6f1ed002ab5595859014ebf0951522d9", {"uid"}),
    ("DELETE", "/contracts/1/holds/nothing", {"reason"}),
    ("DELETE", f"/contracts/{BIG}/holds/nothing", {"contract_id", "reason"}),
    ("DELETE", f"/tokens/{BIG}", {"token_id"}),
    ("GET", "/customers?limit=0", {"limit"}),
    ("GET", "/customers?limit=501", {"limit"}),
    ("GET", "/customers?limit=ten", {"limit"}),
    ("GET", "/customers?limit=", {"limit"}),
    ("GET", "/customers?limit=1&limit=2", {"limit"}),
    ("GET", "/customers?sort=name&q=x", {"sort", "q"}),
    ("GET", "/customers?name=a%00b", {"name"}),
    ("GET", "/customers?since=yesterday", {"since"}),
    ("GET", "/customers?cursor=x", {"cursor"}),
    ("GET", "/customers?cursor=", {"cursor"}),
    ("GET", "/customers?cursor=W251bGxd", {"cursor"}),  # [null]
    ("GET", "/customers?cursor=WzBd", {"cursor"}),  # [0]
    ("GET", "/customers?cursor=W1tbW1tbW1tbW10", {"cursor"}),
    ("GET", "/customers?cursor=" + "W" * 5000, {"cursor"}),
    ("GET", "/sessions?cursor=WzFd", {"cursor"}),  # [1], a cursor of another list
    ("GET", "/rejects?cursor=WzFd", {"cursor"}),
    ("GET", "/rejects?cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsMSwiXHUwMDAwIiwiYSJd", {"cursor"}),  # a NUL inside
    ("GET", "/rejects?since=2026-01-01T00:00:00+00:00", {"since"}),  # a bare + is a space
    ("GET", "/invoices?status=late", {"status"}),
    ("GET", "/invoices?due_from=01/02/2026", {"due_from"}),
    ("GET", f"/invoices?contract_id={BIG}", {"contract_id"}),
    ("GET", "/contracts?document=52998224725%20", {"document"}),
    ("GET", "/contracts?hold=none", {"hold"}),
    ("GET", "/access-accounts?enabled=1", {"enabled"}),
    ("GET", "/sessions?framed_ip=here", {"framed_ip"}),
    ("GET", "/holds?lifted=maybe", {"lifted"}),
    ("GET", "/plans/1?fields=id", {"fields"}),
    ("DELETE", "/tokens/1?force=true", {"force"}),
]

# raw bytes, headers, status, the fields that must be named
RAW: list[tuple[bytes, dict[str, str], int, set[str]]] = [
    (b"", {}, 400, {"body"}),
    (b"{", {}, 400, {"body"}),
    (b"{'invoice_id': 1}", {}, 400, {"body"}),
    (b"\xff\xfe{}", {}, 400, {"body"}),
    (b"\xef\xbb\xbf{}", {}, 400, {"body"}),
    (b'{"reference": "\\ud800"}', {}, 400, {"body"}),
    (b'{"reference": "a\x00b"}', {}, 400, {"body"}),
    (b"[" * 100_000, {}, 400, {"body"}),
    (b'{"amount_cents": ' + b"9" * 10_000 + b"}", {}, 400, {"body"}),
    (b'{"amount_cents": NaN}', {}, 422, {"amount_cents", "invoice_id", "method"}),
    (b'{"invoice_id": 1, "amount_cents": 1, "amount_cents": 2, "method": "pix"}', {}, 422, {"amount_cents"}),
    (b"{}", {"Content-Type": "text/plain"}, 415, {"Content-Type"}),
    (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415, {"Content-Type"}),
    (b"{}", {"Content-Type": "application/json; charset=latin-1"}, 415, {"Content-Type"}),
    (b"{}", {"Content-Type": ";;;"}, 415, {"Content-Type"}),
    (b"not gzip", {"Content-Encoding": "gzip"}, 400, {"body"}),
    (gzip.compress(json.dumps(PAY).encode())[:-9], {"Content-Encoding": "gzip"}, 400, {"body"}),
    (b" " * (2 << 20), {}, 413, {"body"}),
    (gzip.compress(b" " * (64 << 20)), {"Content-Encoding": "gzip"}, 413, {"body"}),
    (json.dumps(PAY).encode(), {"Idempotency-Key": ""}, 422, {"Idempotency-Key"}),
    (json.dumps(PAY).encode(), {"Idempotency-Key": "k" * 256}, 422, {"Idempotency-Key"}),
    (json.dumps(PAY).encode(), {"Idempotency-Key": "chave-ção"}, 422, {"Idempotency-Key"}),
]


async def test_every_wrong_body_names_its_fields_and_changes_nothing(ask: Caller) -> None:
    before = await db.fetchval("select count(*) from audit")
    for path, body, fields in BODIES:
        refused = await ask("POST", path, body)
        assert (refused.status, set(refused.fields)) == (422, fields), (path, body, refused.body)
        assert refused.body["type"] == "urn:milha:problem:invalid-input"
    assert await db.fetchval("select count(*) from audit") == before


async def test_every_wrong_address_names_its_parameters(ask: Caller) -> None:
    for method, path, fields in ADDRESSES:
        refused = await ask(method, path)
        assert (refused.status, set(refused.fields)) == (422, fields), (method, path, refused.body)


async def test_every_unreadable_body_is_refused_by_its_kind(ask: Caller) -> None:
    for raw, headers, status, fields in RAW:
        headers = {"Content-Type": "application/json", **headers}
        refused = await ask("POST", "/payments", data=io.BytesIO(raw), headers=headers)
        assert (refused.status, set(refused.fields)) == (status, fields), (raw[:60], headers, refused.body)


async def test_a_patch_must_name_something_and_may_not_clear_what_has_no_none(ask: Caller, seed: Seed) -> None:
    for path in (f"/plans/{seed.plan}", f"/nas/{seed.nas}", f"/contracts/{seed.contracts[0]}", "/access-accounts/1"):
        assert (await ask("PATCH", path, {})).fields == {"body": "must name at least one field to change"}
    assert set((await ask("PATCH", f"/plans/{seed.plan}", {"name": None})).fields) == {"name"}
    assert set((await ask("PATCH", f"/nas/{seed.nas}", {"secret": None, "id": 5})).fields) == {"secret", "id"}


async def test_a_compressed_body_is_read(ask: Caller) -> None:
    raw = gzip.compress(json.dumps(PLAN).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert (await ask("POST", "/plans", data=raw, headers=headers)).status == 201


async def test_two_that_take_one_name_at_once_leave_one_winner_and_no_500(ask: Caller, seed: Seed) -> None:
    plans = await asyncio.gather(*(ask("POST", "/plans", PLAN) for _ in range(8)))
    assert sorted(one.status for one in plans) == [201] + [409] * 7
    login = {"contract_id": seed.contracts[0], "login": "same", "password": "x"}
    accounts = await asyncio.gather(*(ask("POST", "/access-accounts", login) for _ in range(8)))
    assert sorted(one.status for one in accounts) == [201] + [409] * 7
    invoice = await fall_overdue(seed.contracts[0], 1)
    pay = {"invoice_id": invoice, "amount_cents": 10_990, "method": "pix", "reference": "once"}
    paid = await asyncio.gather(*(ask("POST", "/payments", pay) for _ in range(8)))
    assert sorted(one.status for one in paid) == [201] + [409] * 7
    assert await db.fetchval("select sum(amount_cents) from posting where account_code = '1.1.1'") == 10_990


async def test_a_login_lower_case_in_python_but_not_in_the_database_is_a_refused_field(ask: Caller, seed: Seed) -> None:
    """Two libraries' lower case may differ on a letter; the database's check has the last word."""
    new = {"contract_id": seed.contracts[0], "password": "x"}
    for login in ("İstanbul", "ǅ", "ẞ", "Σ", "ᏸ", "Ꭰ"):
        answer = await ask("POST", "/access-accounts", new | {"login": login})
        assert answer.status == 201 or list(answer.fields) == ["login"], (login, answer.body)


async def test_an_unknown_address_is_a_problem_too(ask: Caller) -> None:
    missing = await ask("GET", "/nothing")
    assert (missing.status, missing.body["status"], missing.body["title"]) == (404, 404, "not-found")
