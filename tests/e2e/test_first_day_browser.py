"""From an empty database through the wizard to a login that really arrives; at night, and on a telephone."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator

import pyotp
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from oss import commands
from oss.base import db
from radius import attributes as a
from radius.auth import pap_encrypt
from radius.client import Client, NoReply
from radius.integrity import Secret
from tests import browsing
from tests.browsing import shoot
from tests.e2e.conftest import House
from tests.e2e.test_browser import change
from tests.waiting import eventually

pytestmark = browsing.marks
PASSWORD = "uma frase comprida"


@pytest_asyncio.fixture(loop_scope="session")
async def page(house: House, browser: Browser) -> AsyncIterator[Page]:
    """A browser nobody has signed in with, on a house in which there is nothing."""
    await house.provide()
    async with await browsing.screen(browser, house.address) as screen:
        yield await browsing.opened(screen)


async def dial(house: House, secret: str, login: str, password: str) -> int:
    """One Access-Request from 127.0.0.1; the code of the answer, 0 where none came."""
    shared, authenticator = Secret(secret.encode()), os.urandom(16)
    body = a.attr(a.USER_NAME, login.encode()) + a.attr(
        a.USER_PASSWORD, pap_encrypt(password.encode(), shared, authenticator)
    )
    async with Client("127.0.0.1", sockets=1) as client:
        address = ("127.0.0.1", house.settings.radius_auth_port)
        try:
            answer = await client.exchange(
                address, a.ACCESS_REQUEST, body, shared, authenticator=authenticator, message_authenticator=True
            )
        except NoReply:
            return 0
        return answer.code


async def go_on(page: Page) -> None:
    """Press the step's main button."""
    async with page.expect_navigation():
        await page.locator("form button.main[type=submit]").last.click()


async def set_up(page: Page, house: House) -> None:
    """The link: company, then administrator."""
    link = await commands.make_setup_link(house.settings)
    assert link is not None
    await page.goto(link)
    await shoot(page, "first-day-company")
    await page.fill("#name", "Serra Azul")
    await page.fill("#legal_name", "Serra Azul Telecom Ltda")
    await page.fill("#cnpj", "11.222.333/0001-82")
    await go_on(page)
    await expect(page.locator("#cnpj-wrong")).to_be_visible()
    await page.fill("#cnpj", "11.222.333/0001-81")
    await go_on(page)
    await page.fill("#person", "Tainá Brandão")
    await page.fill("#login", "taina")
    await page.fill("#password", PASSWORD)
    await page.fill("#again", PASSWORD)
    await shoot(page, "first-day-person")
    await go_on(page)


async def set_up_codes(page: Page) -> None:
    """The second factor: the app reads the QR code, its code is typed, the recovery codes are kept."""
    await expect(page).to_have_url(re.compile("/console/first-steps/factor"))
    await shoot(page, "first-day-factor")
    await go_on(page)
    await expect(page.locator("[data-qr] svg")).to_be_visible()
    await shoot(page, "first-day-factor-qr")
    await page.locator("details summary").last.click()
    secret = await page.locator("[data-key-text]").inner_text()
    await page.fill("#code", pyotp.TOTP(secret).now())
    await go_on(page)
    await expect(page.locator("[data-recovery] li")).to_have_count(10)
    await shoot(page, "first-day-recovery")
    await page.locator("a.main[href$='/plan']").click()
    await expect(page).to_have_url(re.compile("/console/first-steps/plan"))


async def make_plan_and_router(page: Page) -> str:
    """The two forms; the secret that stands in what is to be pasted."""
    await page.goto("/console/first-steps/plan")
    await page.fill("#name", "Fibra 500")
    await page.fill("#down_kbps", "500")
    await page.fill("#up_kbps", "250")
    await page.fill("#price_cents", "109,90")
    await shoot(page, "first-day-plan")
    await go_on(page)
    await page.fill("#name", "bras-centro-1")
    await page.fill("#network", "127.0.0.1")
    await shoot(page, "first-day-router")
    await go_on(page)
    found = re.search(r'secret="(\w{20})"', await page.locator("#paste pre").inner_text())
    assert found is not None
    await shoot(page, "first-day-paste")
    return found[1]


async def test_from_nothing_to_a_login_that_arrives(page: Page, house: House) -> None:
    complaints: list[str] = []
    await set_up(page, house)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await set_up_codes(page)
    secret = await make_plan_and_router(page)
    await page.goto("/console/")
    await expect(page.locator("#first-steps")).to_contain_text("Login de teste")
    await shoot(page, "first-day-overview")
    await page.locator("#first-steps a.main").click()
    await expect(page).to_have_url(re.compile("/first-steps/login"))
    await page.locator("form[action$='/login'] button").click()
    login = await page.locator("[data-made='1']").inner_text()
    password = await page.locator("[data-made='2']").inner_text()
    await expect(page.locator("#arrivals")).to_contain_text("À espera do roteador")

    assert await dial(house, "not-the-secret", login, password) in (0, 3)
    await eventually(lambda: heard(house, secret, login, "wrong"))
    await expect(page.locator("#arrivals h2").first).to_contain_text(f"{login} foi recusado: senha errada")
    await shoot(page, "first-day-refused")
    assert await dial(house, secret, login, password) == a.ACCESS_ACCEPT
    await expect(page.locator("#arrivals h2").first).to_contain_text(f"{login} foi aceito")
    assert await page.locator("[data-made='2']").inner_text() == password  # the page was not lost meanwhile
    await shoot(page, "first-day-accepted")

    await change(page, "theme", "dark")
    await page.wait_for_load_state("load")
    await page.set_viewport_size({"width": 390, "height": 844})
    for step in ("factor", "plan", "router", "login"):
        await page.goto(f"/console/first-steps/{step}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await shoot(page, f"first-day-{step}-phone-dark")
    await look_at_tokens(page)
    await page.goto("/console/first-steps/login")
    await page.locator("form[action$='/leave'] button").click()
    await expect(page).to_have_url("/console/")
    await expect(page.locator("#first-steps")).to_have_count(0)
    await eventually(lambda: heard(house, secret, login, password))  # the test login has ended
    assert await db.fetchval("select count(*) from contract where status = 'active'") == 0
    assert complaints == []


async def look_at_tokens(page: Page) -> None:
    """The list, the form and the token, once each: wide and light, narrow and dark."""
    await page.goto("/console/tokens/new")
    await page.fill("#name", "crm")
    await page.check("[name=part][value='1']")
    await page.select_option("#role", "finance")
    await page.check("[name=permissions][value='plans.read']")
    await expect(page.locator("[name=permissions][value='staff.write']")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await shoot(page, "tokens-form-phone-dark")
    await page.set_viewport_size({"width": 1440, "height": 900})
    await change(page, "language", "en")
    await change(page, "theme", "light")
    await page.goto("/console/tokens/new")
    await page.fill("#name", "crm")
    await page.check("[name=part][value='1']")
    await page.check("[name=permissions][value='plans.read']")
    await shoot(page, "tokens-form-en")
    await go_on(page)
    await expect(page.locator("[data-secret]")).to_contain_text("mil_")
    await shoot(page, "tokens-made-en")
    await page.goto("/console/tokens")
    await expect(page.locator("#rows")).to_contain_text("crm")
    await shoot(page, "tokens-list-en")
    for step in ("factor", "router", "login"):
        await page.goto(f"/console/first-steps/{step}")
        await shoot(page, f"first-day-{step}-en")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/console/tokens")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await shoot(page, "tokens-list-phone-en")


async def heard(house: House, secret: str, login: str, password: str) -> bool:
    """Whether the node knows the router and refuses this."""
    return await dial(house, secret, login, password) == a.ACCESS_REJECT
