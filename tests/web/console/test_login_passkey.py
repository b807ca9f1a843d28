"""Passkeys, with a key in software: made and used once, bound to our address, verified, and counted."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from oss.base import db
from oss.staff.passkeys import Party
from tests.authenticator import Key

from .conftest import Console, audited

MINE = "/console/account/second-factor"
ORIGIN = "http://localhost:8080"  # MILHA_PUBLIC_URL is http://127.0.0.1:8080: an address is no host name


async def options(browser: Console, address: str) -> dict[str, Any]:
    if not browser.token:
        await browser.get("/console/plans")
    headers = {"Accept": "application/json", "X-CSRF-Token": browser.token}
    async with browser.client.post(address, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def made(console: Console, key: Key, name: str = "Chave da Ana") -> Any:
    offer = await options(console, f"{MINE}/passkeys/options")
    return await console.post(f"{MINE}/passkeys", {"name": name, "passkey": key.create(offer)})


@pytest.fixture
async def key(console: Console) -> Key:
    """A passkey of the administrator ``ana``."""
    found = Key("localhost", ORIGIN)
    answer = await made(console, found)
    assert answer.status == 200, answer.text
    return found


@pytest.fixture
async def stranger(web_app: Any, aiohttp_client: Any) -> Console:
    browser = Console(await aiohttp_client(web_app))
    browser.token = "none"
    return browser


async def sign_in(browser: Console, key: Key) -> Any:
    answer = key.get(await options(browser, "/login/passkey/options"))
    return await browser.post("/login/passkey", {"passkey": answer, "next": "/console/plans"})


async def test_a_passkey_is_made_and_signs_in_alone(key: Key, stranger: Console) -> None:
    offer = await options(stranger, "/login/passkey/options")
    assert (offer["rpId"], offer["userVerification"]) == ("localhost", "required")
    answer = await sign_in(stranger, key)
    assert (answer.status, answer.place) == (303, "/console/plans")
    assert (await stranger.get("/console/plans")).status == 200
    page = await stranger.get(MINE)
    assert "Chave da Ana" in page.text
    assert '"way": "passkey"' in (await audited("user.signed_in"))[0]["detail"]
    assert await db.fetchval("select last_used_at is not null and sign_count = 1 from staff_passkey")


async def test_with_the_first_factor_come_recovery_codes_once(console: Console) -> None:
    first = await made(console, Key("localhost", ORIGIN))
    assert "data-recovery" in first.raw and first.raw.count("<li class=") >= 10
    second = await made(console, Key("localhost", ORIGIN))
    assert (second.status, second.place) == (303, MINE)
    assert len(await audited("user.recovery_codes_made")) == 1


async def test_an_answer_is_good_once_also_for_two_at_the_same_moment(key: Key, stranger: Console) -> None:
    key.counts = False  # a synced passkey: the challenge alone tells one use from the next
    answer = key.get(await options(stranger, "/login/passkey/options"))
    found = await asyncio.gather(*(stranger.post("/login/passkey", {"passkey": answer}) for _ in range(3)))
    assert sorted(one.status for one in found) == [303, 422, 422]


async def test_an_answer_of_another_browsers_challenge_is_refused(
    key: Key, stranger: Console, web_app: Any, aiohttp_client: Any
) -> None:
    answer = key.get(await options(stranger, "/login/passkey/options"))
    thief = Console(await aiohttp_client(web_app))
    thief.token = "none"
    await options(thief, "/login/passkey/options")
    assert (await thief.post("/login/passkey", {"passkey": answer})).status == 422
    assert (await thief.get("/console/plans")).status == 303


@pytest.mark.parametrize("wrong", ["origin", "party", "verification", "counter", "signature"])
async def test_what_does_not_prove_the_person_here_is_refused(key: Key, stranger: Console, wrong: str) -> None:
    if wrong == "origin":
        key.origin = "https://evil.example"
    elif wrong == "party":
        key.rp_id = "evil.example"
    elif wrong == "verification":
        key.verifies = False
    elif wrong == "counter":  # a copy of the key that lags behind
        await db.execute("update staff_passkey set sign_count = 40")
    else:
        other = Key("localhost", ORIGIN)
        other.id, key = key.id, other
    answer = await sign_in(stranger, key)
    assert answer.status == 422 and "não foi aceita" in answer.text
    assert (await stranger.get("/console/plans")).status == 303


async def test_rubbish_is_refused_and_never_fails(key: Key, stranger: Console) -> None:
    for rubbish in ("", "{}", "[]", "null", json.dumps({"rawId": 7}), json.dumps({"rawId": "AA"}), "x" * 5000):
        await options(stranger, "/login/passkey/options")
        assert (await stranger.post("/login/passkey", {"passkey": rubbish})).status == 422, rubbish


async def test_a_key_made_without_finger_or_pin_or_elsewhere_is_not_kept(console: Console) -> None:
    careless, foreign = Key("localhost", ORIGIN), Key("localhost", "https://evil.example")
    careless.verifies = False
    for key in (careless, foreign):
        assert (await made(console, key)).status == 422
    assert await db.fetchval("select count(*) from staff_passkey") == 0


async def test_a_removed_passkey_and_one_of_a_user_switched_off_open_nothing(
    key: Key, console: Console, stranger: Console
) -> None:
    await db.execute("update staff_user set active = false")
    assert (await sign_in(stranger, key)).status == 422
    await db.execute("update staff_user set active = true")
    passkey = await db.fetchval("select id from staff_passkey")
    assert (await console.post(f"{MINE}/passkeys/{passkey}/remove")).status == 303
    assert (await sign_in(stranger, key)).status == 422
    assert len(await audited("user.passkey_removed")) == 1
    assert (await console.post(f"{MINE}/passkeys/{passkey}/remove")).status == 404


async def test_nobody_removes_anothers_passkey(key: Key, console: Console) -> None:
    passkey = await db.fetchval("select id from staff_passkey")
    await db.execute("insert into staff_user (login, name, password_hash, role) values ('bea', 'Bea', 'x', 'noc')")
    await db.execute("update staff_passkey set user_id = (select id from staff_user where login = 'bea')")
    assert (await console.post(f"{MINE}/passkeys/{passkey}/remove")).status == 404
    assert await db.fetchval("select count(*) from staff_passkey") == 1


async def test_who_has_a_passkey_is_asked_for_it_after_the_password(key: Key, stranger: Console) -> None:
    answer = await stranger.post("/login", {"login": "ana", "password": "ana-password-1"})
    assert answer.place == "/login/code"
    assert "chave de acesso" in (await stranger.get("/login/code")).text
    assert (await stranger.get("/console/plans")).status == 303
    assert (await sign_in(stranger, key)).status == 303


def test_the_party_is_the_host_people_type() -> None:
    assert Party.of("https://console.isp.example", "x") == Party(
        "console.isp.example", "https://console.isp.example", "x"
    )
    assert Party.of("http://[::1]:8080", "x").origin == "http://localhost:8080"
