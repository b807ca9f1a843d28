"""A POST repeated with its key does nothing twice; effect and answer commit together."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oss.base import db
from oss.staff import idempotency
from tests.conftest import Seed, fall_overdue

from .conftest import Caller, Callers

KEY = {"Idempotency-Key": "order-1"}


async def payments() -> int:
    return int(await db.fetchval("select count(*) from payment"))


async def test_a_repeated_payment_is_answered_alike_and_done_once(ask: Caller, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 10)
    pay = {"invoice_id": invoice, "amount_cents": 990, "method": "pix"}
    first = await ask("POST", "/payments", pay, headers=KEY)
    again = await ask("POST", "/payments", pay, headers=KEY)
    assert first.status == again.status == 201 and first.body == again.body
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers and again.headers["Idempotency-Replayed"] == "true"
    assert await payments() == 1


async def test_the_same_request_in_another_spelling_is_the_same_request(ask: Caller, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 10)
    headers = KEY | {"Content-Type": "application/json"}
    spellings = (
        f'{{"invoice_id":{invoice},"amount_cents":990,"method":"pix"}}',
        f'{{ "method": "pix",\n "amount_cents": 990, "invoice_id": {invoice} }}',
    )
    answers = [await ask("POST", "/payments", data=one, headers=headers) for one in spellings]
    assert answers[0].body == answers[1].body and await payments() == 1


async def test_a_key_for_another_body_or_address_is_a_conflict(ask: Caller, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 10)
    pay = {"invoice_id": invoice, "amount_cents": 990, "method": "pix"}
    await ask("POST", "/payments", pay, headers=KEY)
    other = await ask("POST", "/payments", pay | {"amount_cents": 991}, headers=KEY)
    assert (other.status, other.body["title"]) == (409, "key-used-otherwise")
    assert (await ask("POST", "/customers", {"name": "x"}, headers=KEY)).status == 409
    assert await payments() == 1


async def test_a_key_belongs_to_its_token(callers: Callers, seed: Seed) -> None:
    one, other = await callers("admin"), await callers("finance")
    invoice = await fall_overdue(seed.contracts[0], 10)
    pay = {"invoice_id": invoice, "amount_cents": 990, "method": "pix"}
    answers = [await each("POST", "/payments", pay, headers=KEY) for each in (one, other)]
    assert [each.status for each in answers] == [201, 201] and answers[0].body["id"] != answers[1].body["id"]


async def test_duplicates_at_the_same_moment_wait_and_are_answered_alike(ask: Caller, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 10)
    pay = {"invoice_id": invoice, "amount_cents": 990, "method": "pix"}
    answers = await asyncio.gather(*(ask("POST", "/payments", pay, headers=KEY) for _ in range(12)))
    assert {one.status for one in answers} == {201} and len({one.body["id"] for one in answers}) == 1
    assert sum("Idempotency-Replayed" not in one.headers for one in answers) == 1
    assert await payments() == 1


async def test_a_refused_request_leaves_its_key_free(ask: Caller, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 10)
    pay = {"invoice_id": 999999, "amount_cents": 990, "method": "pix"}
    assert (await ask("POST", "/payments", pay, headers=KEY)).status == 422
    assert await db.fetchval("select count(*) from idempotency") == 0
    assert (await ask("POST", "/payments", pay | {"invoice_id": invoice}, headers=KEY)).status == 201


async def test_a_failure_after_the_effect_undoes_both_and_a_repeat_does_it(
    ask: Caller, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = await fall_overdue(seed.contracts[0], 10)
    pay = {"invoice_id": invoice, "amount_cents": 990, "method": "pix"}
    keep = idempotency.keep

    async def lost(*_: Any) -> None:
        raise OSError("the power failed before the commit")

    monkeypatch.setattr(idempotency, "keep", lost)
    assert (await ask("POST", "/payments", pay, headers=KEY)).status >= 500
    assert await payments() == 0 and await db.fetchval("select count(*) from idempotency") == 0
    monkeypatch.setattr(idempotency, "keep", keep)
    answer = await ask("POST", "/payments", pay, headers=KEY)
    assert answer.status == 201 and "Idempotency-Replayed" not in answer.headers and await payments() == 1


async def test_a_duplicate_takes_over_when_the_first_is_rolled_back(ask: Caller, seed: Seed, dsn: str) -> None:
    token = await db.fetchval("select id from api_token")
    first, second = await db.connect(dsn), await db.connect(dsn)
    begun = first.transaction()
    await begun.start()
    assert await idempotency.claim(first, token, "k", b"x") is None
    waiting = asyncio.create_task(idempotency.claim(second, token, "k", b"x"))
    while not await db.fetchval("select count(*) from pg_locks where not granted"):
        await asyncio.sleep(0)
    assert not waiting.done()
    await begun.rollback()
    assert await waiting is None
    await asyncio.gather(first.close(), second.close())


async def test_a_key_whose_request_has_no_answer_is_not_answered_for(ask: Caller, seed: Seed) -> None:
    """Cannot happen while claim and answer share a transaction; if it ever did, nothing is done twice."""
    token = await db.fetchval("select id from api_token")
    sql = "insert into idempotency (token_id, key, body_hash) values ($1, 'order-1', ''::bytea)"
    await db.execute(sql, token)
    refused = await ask("POST", "/customers", {"name": "x"}, headers=KEY)
    assert (refused.status, refused.body["title"]) == (409, "key-in-use")


async def test_what_a_password_was_cannot_be_guessed_from_the_table(ask: Caller, seed: Seed) -> None:
    """The hash is keyed with the token, which the database does not hold."""
    new = {"contract_id": seed.contracts[0], "login": "keyed", "password": "1234"}
    made = await ask("POST", "/access-accounts", new, headers=KEY)
    assert made.status == 201
    row = await db.fetchrow("select body_hash, response from idempotency")
    assert len(row["body_hash"]) == 32 and "1234" not in row["response"]
    again = await ask("POST", "/access-accounts", new | {"password": "1235"}, headers=KEY)
    assert again.status == 409
