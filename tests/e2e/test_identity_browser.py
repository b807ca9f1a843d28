"""Signing in by a person's hand in Debian's chromium: by code, by passkey, after an e-mail, and a proof in between."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pyotp
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from oss.base import db, sealing
from oss.staff import one_time, recovery_codes, users
from tests import browsing
from tests.browsing import shoot
from tests.conftest import TESTER
from tests.e2e.conftest import House
from tests.mailbox import Mailbox, link, mail_server
from tests.waiting import eventually

pytestmark = browsing.marks
PASSWORD, FRESH = "ana-password-1", "girassol lento e torto"
SECOND = "/console/account/second-factor"


@pytest_asyncio.fixture(loop_scope="session")
async def box() -> AsyncIterator[Mailbox]:
    async with mail_server(Mailbox()) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def open_house(house: House, box: Mailbox) -> House:
    """A running console under http://localhost, where passkeys may be made; the administrator ``ana``."""
    await house.seed(1)
    async with db.transaction() as connection:
        user_id = await users.add(connection, TESTER, "ana", "Ana Prova", PASSWORD, "admin")
        await users.set_email(connection, user_id, "ana@isp.example")
    url = f"http://localhost:{house.settings.web_port}"
    await house.provide(MILHA_PUBLIC_URL=url, MILHA_SMTP_URL=box.url, MILHA_MAIL_FROM="console@isp.example")
    return house


@asynccontextmanager
async def visiting(house: House, browser: Browser, **more: Any) -> AsyncIterator[tuple[BrowserContext, Page]]:
    context = await browsing.screen(browser, f"http://localhost:{house.settings.web_port}", **more)
    page = await browsing.opened(context)
    yield context, page
    await context.close()


async def password(page: Page, secret: str = PASSWORD) -> None:
    await page.goto("/login")
    await page.fill("#login", "ana")
    await page.fill("#password", secret)
    await page.press("#password", "Enter")


async def enrol(house: House) -> tuple[pyotp.TOTP, list[str]]:
    """An app of ana's whose codes are in use, and her recovery codes."""
    sealer = await sealing.open_sealer(house.settings, house.environment["MILHA_DATABASE_URL"])
    async with db.transaction() as connection:
        ana = await connection.fetchval("select id from staff_user where login = 'ana'")
        app = pyotp.TOTP(await one_time.begin(connection, sealer, ana))
        await one_time.confirm(connection, sealer, TESTER, ana, app.at(int(time.time()) - 30))
        return app, await recovery_codes.renew(connection, TESTER, ana)


async def virtual_key(context: BrowserContext, page: Page) -> tuple[Any, str]:
    """A device with a fingerprint reader, in the browser itself."""
    cdp = await context.new_cdp_session(page)
    await cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    made = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp, str(made["authenticatorId"])


async def test_the_code_goes_in_by_itself_at_the_sixth_digit(open_house: House, browser: Browser) -> None:
    app, recovery = await enrol(open_house)
    async with visiting(open_house, browser, color_scheme="dark") as (_, page):
        await password(page)
        await expect(page.get_by_role("heading", name="Código de 6 números")).to_be_visible()
        await expect(page.locator("[data-code-clock]")).to_contain_text("Novo código em")
        await page.keyboard.type("4180")
        await shoot(page, "identity-totp-dark")
        await page.locator("[name=code]").fill("")
        await page.keyboard.type("000000")
        await expect(page.locator("#not-let-in")).to_contain_text("não confere")
        await page.keyboard.type(app.at(int(time.time())))
        await page.wait_for_url("**/console/")
    async with visiting(open_house, browser) as (_, page):
        await password(page)
        await page.get_by_text("Usar código de recuperação").click()
        await page.fill("#recovery", recovery[0])
        await page.press("#recovery", "Enter")
        await page.wait_for_url("**/console/")


async def test_a_passkey_is_made_and_signs_in_and_proves(open_house: House, browser: Browser) -> None:
    async with visiting(open_house, browser) as (context, page):
        cdp, key = await virtual_key(context, page)
        await password(page)
        await page.wait_for_url("**/console/")
        await page.goto(SECOND)
        await shoot(page, "identity-second-factor")
        await page.get_by_role("button", name="Criar chave de acesso").click()
        await expect(page.locator("[data-recovery] li")).to_have_count(10)
        await shoot(page, "identity-recovery-codes")
        await expect(page.locator("#passkeys li")).to_have_count(1)
        await page.goto("/console/account")
        await shoot(page, "identity-account")
        await page.evaluate("document.querySelector('form[action=\"/logout\"]').submit()")
        await page.wait_for_url("**/login")
        await shoot(page, "identity-login-light")
        await page.get_by_role("button", name="Entrar com chave de acesso").click()
        await page.wait_for_url("**/console/")
        found = await cdp.send("WebAuthn.getCredentials", {"authenticatorId": key})
        assert [one["rpId"] for one in found["credentials"]] == ["localhost"]
        assert await db.fetchval("select sign_count from staff_passkey") == found["credentials"][0]["signCount"]
        await _proof_by_passkey(page)


async def _proof_by_passkey(page: Page) -> None:
    """What was typed into the form of a new user goes on after the proof."""
    await page.goto("/console/staff/new")
    await page.fill("#name", "Bea Prova")
    await page.fill("#login", "bea")
    sql = "update web_session set data = jsonb_set(data, '{session,proved_at}', '0')"
    await db.execute(sql)
    await page.get_by_role("button", name="Criar e convidar").click()
    await expect(page.get_by_role("heading", name="Ainda é você?")).to_be_visible()
    await shoot(page, "identity-prove")
    await page.get_by_role("button", name="Confirmar com chave de acesso").click()
    await expect(page.locator("[data-invitation]")).to_contain_text("/invite/")
    await shoot(page, "identity-invitation")
    assert await db.fetchval("select name from staff_user where login = 'bea'") == "Bea Prova"
    await page.goto("/console/roles/noc")
    await shoot(page, "identity-rules")


async def test_a_forgotten_password_comes_back_by_e_mail(open_house: House, browser: Browser, box: Mailbox) -> None:
    async with visiting(open_house, browser) as (_, page):
        await page.goto("/login")
        await page.get_by_role("link", name="Esqueci").click()
        await page.fill("#email", "Ana@isp.example")
        await shoot(page, "identity-recover")
        await page.get_by_role("button", name="Enviar o link").click()
        await expect(page.get_by_role("heading", name="Veja o seu e-mail")).to_be_visible()
        [letter] = await eventually(lambda: box.letters)
        address = link(letter)
        assert address.startswith(f"http://localhost:{open_house.settings.web_port}/recover/")
        await page.goto(address)
        await page.locator("#password").press_sequentially("ana prova 2026")
        await expect(page.locator("[data-told]")).to_contain_text("nome")
        await page.fill("#password", "")
        await page.locator("#password").press_sequentially(FRESH)
        await expect(page.locator("[data-told]")).to_have_text("Muito boa")
        await shoot(page, "identity-new-password")
        await page.press("#password", "Enter")
        await expect(page.get_by_role("heading", name="A sua senha foi trocada")).to_be_visible()
        await page.goto(address)
        await expect(page.get_by_role("heading", name="Este link já foi usado")).to_be_visible()
        await password(page, FRESH)
        await page.wait_for_url("**/console/")


async def test_codes_are_set_up_from_the_picture_and_asked_for_next_time(open_house: House, browser: Browser) -> None:
    async with visiting(open_house, browser, viewport={"width": 390, "height": 844}) as (_, page):
        await password(page)
        await page.wait_for_url("**/console/")
        await page.goto(SECOND)
        await page.get_by_role("button", name="Configurar códigos").click()
        await expect(page.locator("[data-qr] svg")).to_be_visible()
        await shoot(page, "identity-qr-phone")
        await page.get_by_text("O aplicativo não lê?").click()
        secret = await page.locator("#codes code").inner_text()
        await page.fill("#code", pyotp.TOTP(secret).at(int(time.time())))
        await page.press("#code", "Enter")
        await expect(page.locator("[data-recovery] li")).to_have_count(10)
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name="Baixar").click()
        kept = (await (await waiting.value).path()).read_text()
        assert len([line for line in kept.splitlines() if line.count("-") == 2]) == 10
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    async with visiting(open_house, browser, viewport={"width": 390, "height": 844}) as (_, page):
        await password(page)
        await expect(page.get_by_role("heading", name="Código de 6 números")).to_be_visible()
        await shoot(page, "identity-totp-phone")
