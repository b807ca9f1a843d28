"""The second step of a sign-in: codes, recovery codes, how often, and sessions that change at each step."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pyotp
import pytest

from oss.base import db, secrets
from oss.staff import one_time, recovery_codes, users
from tests.conftest import TESTER
from web.limits import DEVICE

from .conftest import Console, audited

ANA = {"login": "ana", "password": "ana-password-1"}


class Person:
    """A browser nobody has signed in with, and the app of the user ``ana``."""

    def __init__(self, browser: Console, user_id: int, app: pyotp.TOTP, recovery: list[str]) -> None:
        self.browser, self.user_id, self.app, self.recovery = browser, user_id, app, recovery
        browser.token = "none"

    def code(self, steps: int = 0) -> str:
        return self.app.at(int(time.time()) + 30 * steps)

    async def password(self, **more: str) -> Any:
        return await self.browser.post("/login", ANA | more)

    async def type(self, code: str, field: str = "code") -> Any:
        return await self.browser.post("/login/code", {field: code})

    async def leave(self) -> None:
        self.browser.token = ""
        assert (await self.browser.post("/logout")).place == "/login"
        self.browser.token = "none"

    async def opens(self, sid: str) -> bool:
        """Whether this identifier alone is let in."""
        self.browser.client.session.cookie_jar.clear()
        return (await self.browser.get("/console/plans", Cookie=f"milha_session={sid}")).status == 200

    async def is_in(self) -> bool:
        return (await self.browser.get("/console/plans")).status == 200


@pytest.fixture
async def person(web_app: Any, aiohttp_client: Any, sealer: secrets.Sealer) -> Person:
    async with db.transaction() as connection:
        user_id = await users.add(connection, TESTER, "ana", "Ana Prova", ANA["password"], "admin")
        app = pyotp.TOTP(await one_time.begin(connection, sealer, user_id))
        await one_time.confirm(connection, sealer, TESTER, user_id, app.at(int(time.time()) - 30))
        codes = await recovery_codes.renew(connection, TESTER, user_id)
    return Person(Console(await aiohttp_client(web_app)), user_id, app, codes)


def cookie(browser: Console) -> str:
    return browser.client.session.cookie_jar.filter_cookies(browser.client.make_url("/"))["milha_session"].value


async def test_the_password_alone_opens_nothing_and_the_code_goes_on_to_the_page_wanted(person: Person) -> None:
    answer = await person.password(next="/console/holds")
    assert (answer.status, answer.place) == (303, "/login/code")
    assert not await person.is_in()
    assert "Código de 6 números" in (await person.browser.get("/login/code")).text
    assert await audited("user.signed_in") == []
    answer = await person.type(person.code())
    assert (answer.status, answer.place) == (303, "/console/holds")
    assert await person.is_in()
    [note] = await audited("user.signed_in")
    assert '"way": "code"' in note["detail"]


async def test_a_code_that_was_used_is_refused_and_so_is_one_for_two_at_the_same_moment(
    person: Person, web_app: Any, aiohttp_client: Any
) -> None:
    others = [Person(Console(await aiohttp_client(web_app)), 0, person.app, []) for _ in range(3)]
    for one in others:
        await one.password()
    code = person.code()
    answers = await asyncio.gather(*(one.type(code) for one in others))
    assert sorted(answer.status for answer in answers) == [303, 422, 422]
    await person.password()
    answer = await person.type(code)
    assert answer.status == 422 and "já foi usado" in answer.text
    assert not await person.is_in()


async def test_every_step_has_a_session_of_its_own(person: Person) -> None:
    await person.password()
    pending = cookie(person.browser)
    await person.type(person.code())
    signed_in = cookie(person.browser)
    assert pending != signed_in
    assert await db.fetchval("select count(*) from web_session") == 1
    assert not await person.opens(pending)
    assert await person.opens(signed_in)


async def test_a_session_somebody_planted_before_the_sign_in_is_worth_nothing_after_it(person: Person) -> None:
    await person.browser.client.post("/login/passkey/options")
    planted = cookie(person.browser)
    await person.password()
    await person.type(person.code())
    assert await person.is_in()
    assert not await person.opens(planted)


async def test_a_recovery_code_stands_in_once(person: Person) -> None:
    await person.password()
    assert (await person.type(person.recovery[0].upper(), "recovery")).status == 303
    assert await person.is_in()
    await person.leave()
    await person.password()
    assert (await person.type(person.recovery[0], "recovery")).status == 422
    assert len(await audited("user.recovery_code_used")) == 1


async def test_codes_cannot_be_guessed(person: Person) -> None:
    await person.password()
    answers = [(await person.type(f"{n:06}")).status for n in range(10)]
    assert set(answers) == {422, 429} and answers[-1] == 429
    assert (await person.type(person.code())).status == 429


async def test_without_a_password_there_is_no_second_step(person: Person) -> None:
    assert (await person.browser.get("/login/code")).place == "/login"
    assert (await person.type(person.code())).place == "/login"
    assert not await person.is_in()


async def test_a_known_browser_is_not_locked_out_by_others_and_a_forged_one_is(
    person: Person, web_app: Any, aiohttp_client: Any
) -> None:
    await person.password()
    await person.type(person.code())
    await person.leave()
    thief = Person(Console(await aiohttp_client(web_app)), 0, person.app, [])
    for _ in range(7):
        last = await thief.password(password="wrong-word")
    assert last.status == 429
    assert (await thief.password()).status == 429
    assert (await person.password()).place == "/login/code"
    assert (await person.type(person.code(1))).status == 303
    forged = await thief.browser.post("/login", ANA, Cookie=f"{DEVICE}=forged")
    assert forged.status == 429


async def test_the_cookie_of_a_known_browser_is_no_sign_in_and_another_users_is_worth_nothing(
    person: Person, web_app: Any, aiohttp_client: Any
) -> None:
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "bea", "Bea", "bea-password-1", "noc")
    bea = Console(await aiohttp_client(web_app))
    bea.token = "none"
    assert (await bea.post("/login", {"login": "bea", "password": "bea-password-1"})).place == "/console/"
    bea.token = ""
    await bea.post("/logout")
    bea.token = "none"
    assert (await bea.get("/console/")).status == 303
    for _ in range(6):
        answer = await bea.post("/login", {"login": "ana", "password": "wrong"})
    assert answer.status == 429  # by ana's login, not by bea's browser
    assert (await person.password()).status == 429


async def test_who_signed_in_by_code_may_use_an_e_mail_address_instead_of_the_login(person: Person) -> None:
    async with db.transaction() as connection:
        await users.set_email(connection, person.user_id, "ana@isp.example")
    assert (await person.password(login="Ana@ISP.example")).place == "/login/code"
