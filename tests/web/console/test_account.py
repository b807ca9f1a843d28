"""One's own account: password, address, sessions that end at once, and a second factor set up by oneself."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from oss.base import clock, db, secrets
from oss.notify import outbox
from oss.staff import users, web_sessions
from web.console.device_words import device, is_phone

from .conftest import Console, audited

ACCOUNT, MINE = "/console/account", "/console/account/second-factor"
ANA = {"login": "ana", "password": "ana-password-1"}
FRESH = "girassol lento e torto"
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)
SECRET = re.compile(r">([A-Z2-7]{32})<")
END = re.compile(r"/console/account/sessions/([0-9a-f]{16})/end")


@pytest.fixture
async def phone(console: Console, web_app: Any, aiohttp_client: Any) -> Console:
    """The same person, signed in on a telephone."""
    browser = Console(await aiohttp_client(web_app, headers={"User-Agent": PHONE}))
    browser.token = "none"
    assert (await browser.post("/login", ANA)).status == 303
    browser.token = ""
    return browser


async def is_in(browser: Console) -> bool:
    return (await browser.get("/console/plans")).status == 200


# ------------------------------------------------------------ sessions


async def test_sessions_are_listed_with_device_and_address_and_end_at_once(console: Console, phone: Console) -> None:
    page = await console.get(ACCOUNT)
    assert "Chrome no Android" in page.text and "127.0.0.1" in page.text and page.text.count("esta") >= 1
    [handle] = END.findall(page.raw)
    assert (await console.post(f"{ACCOUNT}/sessions/{handle}/end")).place == ACCOUNT
    assert not await is_in(phone)
    assert await is_in(console)
    assert (await console.post(f"{ACCOUNT}/sessions/{handle}/end")).status == 404
    assert len(await audited("user.session_ended")) == 1


async def test_a_session_that_was_ended_does_not_come_back_by_what_it_writes(database: str) -> None:
    await web_sessions.insert("old", None, {"session": {"a": 1}}, "192.0.2.7", "x")
    await web_sessions.delete("old")
    await web_sessions.update("old", {"session": {"a": 2}})
    assert await web_sessions.load("old", "192.0.2.7") is None
    assert await db.fetchval("select count(*) from web_session") == 0


async def test_signing_out_everywhere_ends_this_one_too(console: Console, phone: Console) -> None:
    answer = await console.post(f"{ACCOUNT}/sessions/end-all")
    assert answer.place == "/login"
    assert not await is_in(console) and not await is_in(phone)
    assert await db.fetchval("select count(*) from staff_device") == 0


async def test_nobody_ends_anothers_session(console: Console, phone: Console) -> None:
    [handle] = END.findall((await console.get(ACCOUNT)).raw)
    await db.execute("insert into staff_user (login, name, password_hash, role) values ('bea', 'Bea', 'x', 'noc')")
    bea = "(select id from staff_user where login = 'bea')"
    await db.execute(f"update web_session set user_id = {bea} where left(sid_hash, 16) = $1", handle)
    assert (await console.post(f"{ACCOUNT}/sessions/{handle}/end")).status == 404
    assert await db.fetchval("select count(*) from web_session") == 2


async def test_a_session_ends_after_hours_unused_and_after_its_life(console: Console) -> None:
    now = clock.now()
    life = await db.fetchval("select expires_at - created_at from web_session")
    assert abs(life - web_sessions.LIFE) < timedelta(seconds=5)
    await db.execute("update web_session set last_seen_at = $1", now - web_sessions.IDLE + timedelta(minutes=1))
    assert await is_in(console)  # and is used by that
    assert await db.fetchval("select last_seen_at > $1 from web_session", now - timedelta(seconds=1))
    assert await db.fetchval("select expires_at - created_at from web_session") == life
    await db.execute("update web_session set last_seen_at = $1", now - web_sessions.IDLE)
    assert not await is_in(console)


async def test_the_last_use_is_written_once_a_minute_and_not_by_what_asks_by_itself(console: Console) -> None:
    seen = "select last_seen_at from web_session"
    first = await db.fetchval(seen)
    await is_in(console)
    assert await db.fetchval(seen) == first
    await db.execute("update web_session set last_seen_at = $1", first - timedelta(minutes=2))
    await console.get("/console/plans", **{"X-Milha-Refresh": "1"})
    assert await db.fetchval(seen) == first - timedelta(minutes=2)
    await is_in(console)
    assert await db.fetchval(seen) > first


@pytest.mark.parametrize(
    ("agent", "words", "phone"),
    [
        (PHONE, ("Chrome", "Android"), True),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140 Safari/537.36 Edg/140", ("Edge", "Windows"), False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19 Mobile Safari/604.1", ("Safari", "iPhone"), True),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux"), False),
        ("", (None, None), False),
    ],
)
def test_a_browser_is_named_as_people_call_it(agent: str, words: tuple[str | None, str | None], phone: bool) -> None:
    assert device(agent) == words and is_phone(agent) is phone


# ------------------------------------------------------------ password and address


async def test_a_password_is_changed_by_who_knows_the_present_one_and_ends_other_sessions(
    console: Console, phone: Console
) -> None:
    wrong = await console.post(f"{ACCOUNT}/password", {"present_password": "x", "password": FRESH})
    assert wrong.status == 422 and "Não é a sua senha atual" in wrong.text and FRESH not in wrong.raw
    weak = await console.post(f"{ACCOUNT}/password", {"present_password": ANA["password"], "password": "ana prova 1"})
    assert weak.status == 422 and 'id="password-wrong" role="alert" data-said' in weak.raw
    assert await is_in(phone)
    done = await console.post(f"{ACCOUNT}/password", {"present_password": ANA["password"], "password": FRESH})
    assert (done.status, done.place) == (303, ACCOUNT)
    assert await is_in(console) and not await is_in(phone)
    assert await users.check("ana", FRESH) is not None
    assert FRESH not in str(await db.fetch("select * from audit"))


async def test_the_present_password_cannot_be_guessed_here(console: Console) -> None:
    answers = [
        await console.post(f"{ACCOUNT}/password", {"present_password": "x", "password": FRESH}) for _ in range(9)
    ]
    assert "Tentativas demais" in answers[-1].text
    last = await console.post(f"{ACCOUNT}/password", {"present_password": ANA["password"], "password": FRESH})
    assert last.status == 422 and await users.check("ana", ANA["password"]) is not None


async def test_the_old_address_is_told_of_a_new_one(console: Console, sealer: secrets.Sealer) -> None:
    outbox.open_with(sealer, "smtp://127.0.0.1:9", "console@isp.example")
    for address in ("ana@isp.example", "ana@elsewhere.example", ""):
        assert (await console.post(f"{ACCOUNT}/email", {"email": address})).status == 303
    rows = await db.fetch("select recipient, template from mail order by id")
    outbox.open_with(sealer, None, "")
    told = [("ana@isp.example", "email_changed"), ("ana@elsewhere.example", "email_changed")]
    assert [tuple(row) for row in rows] == told
    assert (await console.post(f"{ACCOUNT}/email", {"email": "nobody"})).status == 422
    assert len(await audited("user.email_changed")) == 3


async def test_the_old_address_is_told_when_an_administrator_changes_it(
    console: Console, sealer: secrets.Sealer
) -> None:
    form = {
        "login": "Bea",
        "name": "Bea Prova",
        "email": "bea@isp.example",
        "role": "noc",
        "active": "1",
        "routers": "",
    }
    assert (await console.post("/console/staff", form)).status in (200, 303)
    user = await db.fetchval("select id from staff_user where login = 'bea'")
    outbox.open_with(sealer, "smtp://127.0.0.1:9", "console@isp.example")
    for address in ("bea@isp.example", "bea@elsewhere.example"):
        changed = {name: value for name, value in form.items() if name != "login"} | {"email": address}
        assert (await console.post(f"/console/staff/{user}", changed)).status == 303
    rows = await db.fetch("select recipient, template from mail order by id")
    outbox.open_with(sealer, None, "")
    assert [tuple(row) for row in rows] == [("bea@isp.example", "email_changed")]


# ------------------------------------------------------------ codes


async def test_codes_are_set_up_by_qr_and_in_use_once_one_was_typed(console: Console) -> None:
    assert (await console.post(f"{MINE}/codes")).status == 303
    page = await console.get(MINE)
    found = SECRET.search(page.raw)
    assert found is not None and "<svg" in page.raw.split("data-qr")[1][:200] and "style=" not in page.raw
    app = pyotp.TOTP(found[1])
    assert "Não é o código deste momento" in (await console.post(f"{MINE}/codes/confirm", {"code": "1"})).text
    assert await db.fetchval("select totp_since from staff_radius") is None
    sid = await db.fetchval("select sid_hash from web_session")
    code = app.at(int(time.time()))
    done = await console.post(f"{MINE}/codes/confirm", {"code": f"{code[:3]} {code[3:]}"})
    assert done.status == 200 and "data-recovery" in done.raw
    assert await db.fetchval("select sid_hash from web_session") != sid
    row = await db.fetchrow("select totp_since, totp_counter, totp_sealed from staff_radius")
    assert row["totp_since"] is not None and row["totp_counter"] > 1 and found[1] not in row["totp_sealed"]
    assert found[1] not in (await console.get(MINE)).raw
    assert (await console.post(f"{MINE}/codes")).status == 409
    assert len(await audited("user.codes_begun")) == 1


async def test_an_administrator_removes_a_second_factor_and_it_is_noted_and_told(
    console: Console, sealer: secrets.Sealer
) -> None:
    outbox.open_with(sealer, "smtp://127.0.0.1:9", "console@isp.example")
    ana = await db.fetchval("select id from staff_user")
    await db.execute("update staff_user set email = 'ana@isp.example'")
    await console.post(f"{MINE}/codes")
    found = SECRET.search((await console.get(MINE)).raw)
    assert found is not None
    await console.post(f"{MINE}/codes/confirm", {"code": pyotp.TOTP(found[1]).at(int(time.time()))})
    counter = await db.fetchval("select totp_counter from staff_radius")
    assert (await console.post(f"/console/staff/{ana}/remove", {"what": "second_factor"})).status == 303
    outbox.open_with(sealer, None, "")
    assert await db.fetchval("select totp_sealed from staff_radius") is None
    # A secret begun anew does not make a code good again that was used with it.
    assert await db.fetchval("select totp_counter from staff_radius") == counter
    assert await db.fetchval("select count(*) from staff_recovery_code") == 0
    assert [len(await audited(a)) for a in ("user.codes_removed", "user.second_factor_removed")] == [1, 1]
    assert await db.fetchval("select template from mail") == "factor_removed"
    assert not await is_in(console)
