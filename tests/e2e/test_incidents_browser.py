"""A person works on an outage in chromium: takes it in hand, writes of it, and the customer's page says so at once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio
from playwright.async_api import Page, expect

from oss.base import clock, db, secrets
from oss.monitoring.kinds import DEVICE
from oss.monitoring.samples import NAN, Sample, write
from oss.staff import users
from tests import browsing
from tests.conftest import TESTER, Seed
from tests.oss.monitoring.outage import Outage, drawn_outage
from web.keys import CONFIG

pytestmark = browsing.marks


@pytest_asyncio.fixture(loop_scope="session")
async def outage(seed: Seed, sealer: secrets.Sealer) -> Outage:
    return await drawn_outage(sealer, seed.logins)


@pytest_asyncio.fixture(loop_scope="session")
async def page(outage: Outage, web_app: Any, aiohttp_server: Any) -> AsyncIterator[Page]:
    """Signed in, before the list of incidents, of which there is none."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
    server = await aiohttp_server(web_app)
    async with browsing.chromium() as browser:
        opened = await browsing.opened(await browsing.screen(browser, str(server.make_url(""))))
        await browsing.sign_in(opened, to="/console/incidents")
        yield opened


async def test_an_outage_is_taken_in_hand_and_the_customers_page_says_what_was_written(
    page: Page, outage: Outage, seed: Seed, web_app: Any
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await expect(page.get_by_text("Nada jamais saiu da ordem")).to_be_visible()
    key = await outage.cut()
    # The badge comes by the stream, the row by the list's own renewal: nobody reloads.
    await expect(page.locator("nav [href='/console/incidents'] .nav-n").first).to_have_text("1")
    await page.get_by_role("link", name="Caixa CTO-1: a fibra rompeu").click()
    await expect(page).to_have_url(re.compile(f"/console/incidents/{key}$"))
    await expect(page.locator("#state h2")).to_have_text("Caixa CTO-1: a fibra rompeu")
    await page.get_by_role("button", name="Assumir").click()
    await expect(page.locator("#state")).to_contain_text("Ana Prova está com ele")
    await page.get_by_role("link", name="Escrever aos clientes").click()
    at = (clock.now() + timedelta(hours=3)).astimezone(ZoneInfo(web_app[CONFIG].zone))
    await page.fill("#note_to_customers", "Um caminhão rompeu o cabo.")
    await page.fill("#expected_at", at.strftime("%Y-%m-%dT%H:%M"))
    await page.get_by_role("button", name="Avisar").click()
    await expect(page.locator("#state")).to_contain_text("Um caminhão rompeu o cabo.")
    await page.fill("#text", "Equipe 3 no local")
    await page.get_by_role("button", name="Comentar").click()
    await expect(page.locator("#timeline")).to_contain_text("Equipe 3 no local")
    await browsing.shoot(page, "incident")
    await page.get_by_role("link", name="Cliente Número 1").click()
    banner = page.locator("[data-outage]")
    await expect(banner).to_contain_text("O cliente lê: “Um caminhão rompeu o cabo.”")
    await expect(banner).to_contain_text(f"{at:%H:%M}")
    await browsing.shoot(page, "customer-outage")
    await outage.repair()
    await expect(banner).to_have_count(0)
    assert complaints == []


async def test_a_rule_is_tried_in_its_form_and_only_what_its_kind_asks_is_shown(page: Page, outage: Outage) -> None:
    core, start = outage.drawn.devices["core"], clock.now().timestamp() - 7200
    values = [97.0] * 20 + [30.0] * 60
    polls = [Sample(start + n * 60, core, DEVICE, (core,), (one, *[NAN] * 4)) for n, one in enumerate(values)]
    async with db.pool().acquire() as connection:
        await write(connection, polls)
    await page.goto("/console/alert-rules/new")
    await page.get_by_label("Não diz nada").check()
    await expect(page.locator("#limit")).to_be_hidden()
    await expect(page.locator("#window_s")).to_be_visible()
    await page.get_by_label("Além de um limite").check()
    await expect(page.locator("#limit")).to_be_visible()
    await page.fill("#name", "Processador cheio")
    await page.get_by_role("button", name="Testar nos últimos 30 dias").click()
    trial = page.locator("#trial")
    await expect(trial).to_contain_text("Teria aberto 1 incidente em 30 dias.")
    await expect(trial.locator("tbody tr")).to_have_count(1)
    assert await page.input_value("#name") == "Processador cheio"
    await expect(trial).to_be_in_viewport()
    await browsing.shoot(page, "alert-rule-trial")
    await page.get_by_role("button", name="Criar a regra").click()
    await expect(page).to_have_url(re.compile("/console/alert-rules$"))
    await expect(page.locator("#rules")).to_contain_text("Processador cheio")
