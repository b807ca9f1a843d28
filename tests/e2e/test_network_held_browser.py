"""From a new ONU to a paid invoice and a dark street, in chromium: every part real, the network is the lab's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from bench import seeding
from oss import demo_inventory
from oss.access import nas_devices, provision_rules
from oss.access.provision_rules import RuleValues
from oss.base import db, sealing
from oss.lab.network.places import small
from oss.network import plant
from oss.network.plant import BoxValues
from oss.staff import users
from tests import browsing
from tests.conftest import TESTER
from tests.e2e.conftest import House
from tests.e2e.test_closed_loop import FULL, SLOW, open_session, owe_since, pay, rate_of
from tests.oss.lab.network.running import free_port
from tests.waiting import eventually

pytestmark = browsing.marks
NEW = 2
PON, BOX = "0/1/1", "CTO-NOVA"
PLAN = "insert into planned_drop (account_id, box_id, box_port) values ($1, $2, 3)"


async def drawn(house: House, agents: int, first: int) -> int:
    """The lab's network in the inventory; login `NEW` is planned in a box of a PON of its OLT. Its customer."""
    sealer = await sealing.open_sealer(house.settings, house.environment["MILHA_DATABASE_URL"])
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Prova", "ana-password-1", "admin")
        rows = await connection.fetch("select id, login from access_account order by login")
        others = [row["id"] for row in rows if row["login"] != seeding.login(NEW)]
        written = await demo_inventory.write(connection, sealer, TESTER, small(), agents, others, 10, cli_port=first)
        nas = await connection.fetchval("select id from nas where name = 'BNG-1'")
        await nas_devices.tie(connection, TESTER, nas, written.devices["edge-1"])
        await provision_rules.save(connection, TESTER, RuleValues(vlan=100, bridge=True))
        sql = "select id from pon_port where device_id = $1 and place = $2"
        pon = await connection.fetchval(sql, written.devices["olt-1"], PON)
        box = await plant.save_box(connection, TESTER, BoxValues(BOX, pon, 8))
        account = next(row["id"] for row in rows if row["login"] == seeding.login(NEW))
        await connection.execute(PLAN, account, box)
        contract = house.contract(NEW)
        return int(await connection.fetchval("select customer_id from contract where id = $1", contract))


@pytest_asyncio.fixture(loop_scope="session")
async def world(house: House) -> AsyncIterator[tuple[House, Page, int]]:
    """Provider and network at work, a person signed in before provisioning; one customer's ONU is not plugged in."""
    await house.seed(3)
    agents, first = free_port(small()), free_port(small())
    customer = await drawn(house, agents, first)
    traps = str(free_port(small()))
    await house.provide(MILHA_TRAP_HOST="127.0.0.1", MILHA_TRAP_PORT=traps)
    network = (
        "--network",
        "small",
        "--snmp-port",
        str(agents),
        "--cli-port",
        str(first),
        "--traps",
        f"127.0.0.1:{traps}",
    )
    await house.start_lab(1, *network, name="edge-1")
    await house.lab.network("carrier", seconds=0.2)
    async with browsing.chromium() as browser:
        page = await browsing.opened(await browsing.screen(browser, house.address))
        await browsing.sign_in(page, to="/console/provisioning")
        yield house, page, customer


async def test_from_a_new_onu_to_full_speed_to_debt_and_back_and_a_dark_street(world: tuple[House, Page, int]) -> None:
    house, page, customer = world
    serial = await house.lab.network("plug", device="olt-1", pon=1, login=seeding.login(NEW))
    await authorised(page, serial)
    await eventually(lambda: open_session(NEW), within_s=30)
    assert await rate_of(house, NEW) == FULL
    line = await looked_at(page, customer)
    await traffic_moves(house, page)
    invoice = await owe_since(house, NEW, 8)
    await eventually(lambda: _is(house, SLOW))
    await limit_read(page, line, "1")
    await pay(invoice)
    await eventually(lambda: _is(house, FULL))
    await limit_read(page, line, "500")
    await house.lab.network("cut_power", device="olt-1", pon=1)
    await expect(page.locator("#verdict h2")).to_contain_text(re.compile("energia|luz", re.I), timeout=60_000)
    await page.goto(f"/console/subscribers/{customer}")
    await expect(page.locator("#diagnosis")).to_contain_text(re.compile("energia", re.I), timeout=60_000)


async def authorised(page: Page, serial: str) -> None:
    """The ONU appears by itself, and two clicks later it is in force."""
    row = page.locator("li", has_text=serial)
    await expect(row).to_be_visible(timeout=90_000)
    await expect(row).to_contain_text(seeding.login(NEW))
    await row.get_by_role("link", name="Ver e autorizar").click()
    await expect(page.locator("code, pre").first).to_contain_text("ont add")
    await page.get_by_role("button", name=re.compile("^Autorizar")).click()
    await expect(page).to_have_url(re.compile(r"/console/provisioning/runs/\d+"))
    await expect(page.locator("main [role=status]").first).to_contain_text("feito", timeout=60_000)


async def looked_at(page: Page, customer: int) -> str:
    """The line's page, by way of the customer's; its address."""
    await page.goto(f"/console/subscribers/{customer}")
    await page.locator("#diagnosis a").first.click()
    await expect(page).to_have_url(re.compile(rf"/console/subscribers/{customer}/line/\d+"))
    await expect(page.locator("#verdict")).to_be_visible()
    return page.url


async def traffic_moves(house: House, page: Page) -> None:
    """What the router carries for him is drawn second by second."""
    await house.lab.network("download", login=seeding.login(NEW), mbps=300.0)
    drawn = page.locator("#traffic [data-graph-figures], #traffic table").first
    await expect(drawn).to_contain_text(re.compile(r"\d+(,\d+)?\s*Mbps"), timeout=60_000)


async def limit_read(page: Page, line: str, mbps: str) -> None:
    """What the router says that it applies, not what we asked for."""
    await page.goto(line)
    await expect(page.locator("#traffic")).to_contain_text(re.compile(rf"Limite em vigor{mbps}\s?Mbps"), timeout=60_000)


async def _is(house: House, rate: str) -> bool:
    return bool(await rate_of(house, NEW) == rate)
