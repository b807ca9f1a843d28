"""Invitations and forgotten passwords: links that are good once, for their time, from our address, and tell nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from oss.base import db, jobs, secrets
from oss.base.supervisor import Health
from oss.notify import outbox
from oss.staff import users
from tests.conftest import TESTER
from tests.mailbox import Mailbox, link, mail_server, text
from tests.waiting import eventually

from .conftest import Console, audited

INVITE = re.compile(r"data-invitation>([^<]+)<")
FRESH = "girassol lento e torto"
BEA = {"login": "bea", "name": "Bea Prova", "email": "bea@isp.example", "role": "noc", "active": "1", "routers": ""}


@pytest_asyncio.fixture(loop_scope="session")
async def box(database: str, web_app: Any, sealer: secrets.Sealer) -> AsyncIterator[Mailbox]:
    """A mail server the application sends to."""
    async with mail_server(Mailbox()) as made:
        outbox.open_with(sealer, made.url, "Prova <console@isp.example>")
        yield made
    outbox.open_with(sealer, None, "")


@pytest.fixture
async def stranger(web_app: Any, aiohttp_client: Any) -> Console:
    browser = Console(await aiohttp_client(web_app))
    browser.token = "none"
    return browser


@asynccontextmanager
async def working(dsn: str) -> AsyncIterator[None]:
    worker = asyncio.create_task(jobs.Worker(dsn, "default").run(Health("default")))
    try:
        yield
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def idle() -> bool:
    return await db.fetchval("select count(*) from job") == 0


async def someone() -> int:
    async with db.transaction() as connection:
        user_id = await users.add(connection, TESTER, "bea", "Bea Prova", "bea-password-1", "noc")
        await users.set_email(connection, user_id, "bea@isp.example")
    return user_id


async def asked(stranger: Console, box: Mailbox, dsn: str, **headers: str) -> str:
    """The path of the link that came."""
    async with working(dsn):
        answer = await stranger.post("/recover", {"email": "Bea@ISP.example"}, **headers)
        assert answer.status == 200, answer.text
        await eventually(lambda: box.letters)
        await eventually(idle)
    return link(box.letters[-1])


def path(address: str) -> str:
    return address.removeprefix("http://127.0.0.1:8080")


# ------------------------------------------------------------ a forgotten password


async def test_a_link_comes_by_e_mail_and_sets_a_password_once(stranger: Console, box: Mailbox, database: str) -> None:
    await someone()
    place = path(await asked(stranger, box, database))
    token = place.rpartition("/")[2]
    assert token not in str(await db.fetch("select * from staff_link")) + str(await db.fetch("select * from mail"))
    assert (await stranger.get(place)).status == 200
    async with working(database):
        answer = await stranger.post(place, {"password": FRESH})
        assert answer.status == 200 and "A sua senha foi trocada" in answer.text
        await eventually(lambda: len(box.letters) == 2)
    assert "a sua senha foi trocada" in box.letters[1]["Subject"] and "http" not in text(box.letters[1])
    assert (await stranger.get(place)).status == 410
    assert (await stranger.post(place, {"password": "outro girassol lento"})).status == 410
    assert await users.check("bea", FRESH) is not None
    assert await users.check("bea", "bea-password-1") is None
    assert (await stranger.get("/console/")).status == 303  # nobody is signed in by a link
    assert [len(await audited(a)) for a in ("user.recovery_asked", "user.password_changed")] == [1, 1]


async def test_a_link_used_by_two_at_the_same_moment_counts_for_one(
    stranger: Console, box: Mailbox, database: str
) -> None:
    await someone()
    place = path(await asked(stranger, box, database))
    answers = await asyncio.gather(*(stranger.post(place, {"password": f"{FRESH} {n}"}) for n in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 410, 410]


async def test_a_link_is_good_for_thirty_minutes(stranger: Console, box: Mailbox, database: str) -> None:
    await someone()
    place = path(await asked(stranger, box, database))
    life = await db.fetchval("select extract(epoch from expires_at - created_at) from staff_link")
    assert 1795 < life <= 1801
    await db.execute("update staff_link set expires_at = now()")
    assert (await stranger.get(place)).status == 410
    assert (await stranger.post(place, {"password": FRESH})).status == 410
    assert await users.check("bea", "bea-password-1") is not None


async def test_a_new_link_ends_the_one_before(stranger: Console, box: Mailbox, database: str) -> None:
    await someone()
    first = path(await asked(stranger, box, database))
    box.letters.clear()
    second = path(await asked(stranger, box, database))
    assert (await stranger.get(first)).status == 410
    assert (await stranger.get(second)).status == 200


async def test_a_link_is_made_of_our_own_address_whatever_the_request_calls_us(
    stranger: Console, box: Mailbox, database: str
) -> None:
    await someone()
    poisoned = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"}
    assert (await asked(stranger, box, database, **poisoned)).startswith("http://127.0.0.1:8080/recover/")
    assert "evil.example" not in str(box.letters[0])


async def test_known_and_unknown_addresses_are_answered_alike_by_the_same_work(
    stranger: Console, box: Mailbox, database: str
) -> None:
    await someone()
    pages, works = [], []
    for email in ("bea@isp.example", "nobody@isp.example"):
        answer = await stranger.post("/recover", {"email": email})
        pages.append((answer.status, re.sub(r'data-now="[^"]+"', "", answer.raw.replace(email, ""))))
        rows = await db.fetch("select listener, lane, state, attempts from job")
        works.append([tuple(row) for row in rows])
        await db.execute("delete from job")
    assert pages[0] == pages[1] and works[0] == works[1] and len(works[0]) == 1
    assert await db.fetchval("select count(*) from staff_link") == 0  # nothing is looked up before the answer


async def test_nothing_comes_for_an_address_nobody_has_or_a_user_switched_off(
    stranger: Console, box: Mailbox, database: str
) -> None:
    await someone()
    await db.execute("update staff_user set active = false")
    async with working(database):
        for email in ("nobody@isp.example", "bea@isp.example"):
            assert (await stranger.post("/recover", {"email": email})).status == 200
        await eventually(idle)
    assert box.letters == [] and await db.fetchval("select count(*) from staff_link") == 0


async def test_all_sessions_end_and_other_links_with_a_new_password(
    console: Console, stranger: Console, box: Mailbox, database: str
) -> None:
    await db.execute("update staff_user set email = 'bea@isp.example'")
    assert (await console.get("/console/plans")).status == 200
    place = path(await asked(stranger, box, database))
    assert (await console.get("/console/plans")).status == 200
    await stranger.post(place, {"password": FRESH})
    assert (await console.get("/console/plans")).status == 303
    assert await db.fetchval("select count(*) from staff_link") == 0


async def test_a_weak_password_is_refused_with_its_reason_and_the_link_stays(
    stranger: Console, box: Mailbox, database: str
) -> None:
    await someone()
    place = path(await asked(stranger, box, database))
    for password, reason in (("short", "Pelo menos 10"), ("Bea Prova 2026", "nome"), ("senha123456!", "teclas")):
        answer = await stranger.post(place, {"password": password})
        assert answer.status == 422 and reason in answer.text and password not in answer.raw, password
    assert (await stranger.post(place, {"password": FRESH})).status == 200


async def test_letters_cannot_be_rained_on_anybody(stranger: Console, box: Mailbox) -> None:
    answers = [(await stranger.post("/recover", {"email": "bea@isp.example"})).status for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert await db.fetchval("select count(*) from job") == 1
    assert (await stranger.post("/recover", {"email": "nobody"})).status == 422


async def test_without_a_mail_server_the_page_says_whom_to_ask(stranger: Console, database: str) -> None:
    assert "Peça a um administrador" in (await stranger.get("/recover")).text
    answer = await stranger.post("/recover", {"email": "bea@isp.example"})
    assert answer.status == 200 and await db.fetchval("select count(*) from job") == 0


# ------------------------------------------------------------ an invitation


async def test_an_invited_person_chooses_a_password_and_is_in(
    console: Console, stranger: Console, box: Mailbox, database: str
) -> None:
    async with working(database):
        answer = await console.post("/console/staff", BEA)
        assert answer.status == 303 and "/invite/" not in answer.raw
        await eventually(lambda: box.letters)
    place = path(link(box.letters[0]))
    assert place.startswith("/invite/") and "ana criou um acesso" in text(box.letters[0])
    assert "Bea" in (await stranger.get(place)).text
    answer = await stranger.post(place, {"password": FRESH})
    assert (answer.status, answer.place) == (303, "/console/account/second-factor")
    assert (await stranger.get("/console/plans")).status == 200
    assert (await stranger.get(place)).status == 410
    assert len(await audited("user.invited")) == 1


async def test_without_a_mail_server_the_administrator_hands_the_link_over(console: Console, stranger: Console) -> None:
    page = await console.post("/console/staff", BEA)
    found = INVITE.search(page.raw)
    assert page.status == 200 and found is not None
    place = path(found[1])
    bea = await db.fetchval("select id from staff_user where login = 'bea'")
    assert place not in (await console.get(f"/console/staff/{bea}")).raw
    hours = await db.fetchval("select extract(epoch from expires_at - created_at) / 3600 from staff_link")
    assert round(hours) == 72
    again = INVITE.search((await console.post(f"/console/staff/{bea}/invite")).raw)
    assert again is not None
    assert (await stranger.get(place)).status == 410
    assert (await stranger.post(path(again[1]), {"password": FRESH})).status == 303
    assert await users.check("bea@isp.example", FRESH) is not None


async def test_an_invitation_does_not_get_around_the_second_factor(console: Console, stranger: Console) -> None:
    ana = await db.fetchval("select id from staff_user")
    await db.execute(
        "insert into staff_passkey (user_id, credential_id, public_key, sign_count, name) "
        "values ($1, 'x', 'y', 0, 'k')",
        ana,
    )
    found = INVITE.search((await console.post(f"/console/staff/{ana}/invite")).raw)
    assert found is not None
    answer = await stranger.post(path(found[1]), {"password": FRESH})
    assert answer.place == "/login/code"
    assert (await stranger.get("/console/plans")).status == 303


async def test_nobody_signs_in_as_somebody_who_has_not_answered_the_invitation(
    console: Console, stranger: Console
) -> None:
    await console.post("/console/staff", BEA)
    for password in ("", "bea", "None"):
        assert (await stranger.post("/login", {"login": "bea", "password": password})).status == 422


async def test_an_address_is_one_persons(console: Console) -> None:
    await console.post("/console/staff", BEA)
    answer = await console.post("/console/staff", BEA | {"login": "caio", "email": "BEA@isp.example"})
    assert answer.status == 422 and 'id="email-wrong" role="alert" data-said' in answer.raw
    assert await db.fetchval("select count(*) from staff_user where login = 'caio'") == 0


async def test_how_strong_a_password_is_is_told_while_it_is_typed_and_nothing_is_kept(stranger: Console) -> None:
    told = []
    for password in ("abc", "Serra Azul 2026", "girassol lento", "girassol lento e torto"):
        async with stranger.client.post("/password-hint", data={"password": password, "known": "Serra Azul"}) as answer:
            told.append(await answer.json())
    assert [one["level"] for one in told] == [0, 0, 2, 3]
    assert "nome" in told[1]["words"] and told[3]["words"] == "Muito boa"
    assert await db.fetchval("select count(*) from web_session") == 0
