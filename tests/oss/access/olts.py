"""OLTs of the lab with their command line over real sockets, and the small provider's rows beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from oss.access import provision_rules, provision_work
from oss.access.provision_rules import RuleValues
from oss.base import db, secrets
from oss.base.supervisor import Health
from oss.drivers import views
from oss.lab.network.cli.doors import opened
from oss.lab.network.cli.line import CommandLine
from oss.lab.network.plant import Plant
from oss.lab.network.shape import Device, Maker, Shape, Site, pons
from oss.lab.network.shells.huawei_olt import HuaweiOlt
from oss.lab.network.shells.vsol import Vsol
from oss.lab.network.shells.zte import ZteC300, ZteC600
from oss.lab.network.state import state_of
from oss.network import device_links, devices, link_keeper, plant, sites
from oss.network.devices import DeviceValues
from oss.network.plant import BoxValues, PonValues
from oss.network.sites import SiteValues
from tests.conftest import TESTER, Seed
from tests.oss.lab.network.running import running

ENDED = ("done", "rolled-back", "stuck", "settled")
LINES: dict[str, tuple[Maker, type[CommandLine], str]] = {
    "huawei-olt": (Maker.HUAWEI_OLT, HuaweiOlt, "MA5800-X2"),
    "zte-c300": (Maker.ZTE_C300, ZteC300, "C320"),
    "zte-c600": (Maker.ZTE_C600, ZteC600, "C600"),
    "vsol": (Maker.VSOL, Vsol, "V1600G1"),
}
"""Driver key -> the lab's maker, its shell, a model's name."""
DESCRIBED = {
    "huawei-olt": "Huawei Integrated Access Software MA5800",
    "zte-c300": "C320 Version V2.1.0 Software, Copyright (c) by ZTE Corporation",
    "zte-c600": "C600 Version V1.2.1 Software, Copyright (c) by ZTE Corporation",
    "vsol": "V-SOL V1600G1 V1.4.6R",
}
SERIALS = {"huawei-olt": "HWTC", "zte-c300": "ZTEG", "zte-c600": "ZTEG", "vsol": "GPON", "cdata": "CDTC"}
PLAIN = RuleValues(vlan=1010, bridge=True)
GIVEN = {"huawei-olt": PLAIN, "vsol": PLAIN, "cdata": PLAIN}
"""What everybody is given where it is not this: VLAN 1010, a T-CONT and an ONU type by name."""
ZTE_GIVEN = RuleValues(vlan=1010, bridge=True, line_profile="UP-1G", onu_type="F670L")


@dataclass
class Olt:
    """One OLT: the lab's end (``line``, ``plant``) and ours (ids)."""

    device_id: int
    driver: str
    line: CommandLine
    pons: list[str]
    pon_ids: dict[str, int]
    boxes: dict[str, int]
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def plant(self) -> Plant:
        return self.line.state.plant

    def lights(self, pon: str, mark: int) -> str:
        """A new ONU lights up; its serial."""
        serial = f"{SERIALS[self.driver]}{mark:08X}"
        self.plant.plug(self.numbers[pon], serial, 1200 + mark, "HG8245Q2")
        return serial

    def configured(self) -> dict[str, tuple[str, int]]:
        """What the lab's OLT has configured: serial -> PON and number."""
        named = {number: name for name, number in self.numbers.items()}
        return {
            one.serial: (named[number], one.place)
            for number in named
            for one in self.plant.configured(number)
            if one.setup is not None
        }


@asynccontextmanager
async def olt(
    driver: str,
    sealer: secrets.Sealer,
    pons_each: int = 2,
    onus_each: int = 0,
    boxes: int = 1,
    per_minute: int = 60_000,
    number: int = 1,
) -> AsyncIterator[Olt]:
    """An OLT of the lab in the inventory, its PONs, and boxes on each, for as long as the block runs."""
    maker, words, model = LINES[driver]
    device = Device(
        f"olt-{number}",
        "olt",
        maker,
        "Centro",
        "127.77.0.4",
        model,
        vlans=(1010,),
        pons=pons(f"olt-{number}", maker, (onus_each,) * pons_each),
    )
    line = words(state_of(device))
    async with opened(line, "127.0.0.1", ssh_port=0, telnet_port=None) as doors:
        async with db.transaction() as connection:
            site = await sites.save(connection, TESTER, SiteValues(f"Centro {number}", "core"))
            values = DeviceValues(
                f"OLT-{number}",
                site,
                "olt",
                management="127.0.0.1",
                cli_protocol="ssh",
                cli_port=doors.ssh_port,
                cli_user="milha",
                cli_password="lab-comando",
            )
            made = await devices.save(connection, sealer, TESTER, values)
            sql = "update device set sys_descr = $2, cli_per_minute = $3, cli_burst = 1000 where id = $1"
            await connection.execute(sql, made, DESCRIBED[driver], per_minute)
            numbers = {one.name.removeprefix("GPON ").removeprefix("GPON"): one.number for one in device.pons}
            pon_ids = {name: await plant.save_pon(connection, TESTER, PonValues(made, name)) for name in numbers}
            found = {
                f"CTO-{place}-{n}": await plant.save_box(
                    connection, TESTER, BoxValues(f"CTO-{number}-{place}-{n}", pon, 16)
                )
                for place, pon in enumerate(pon_ids.values())
                for n in range(boxes)
            }
        yield Olt(made, driver, line, list(numbers), pon_ids, found, numbers)


@asynccontextmanager
async def cdata(sealer: secrets.Sealer) -> AsyncIterator[Olt]:
    """An OLT that is spoken to by SNMP alone."""
    device = Device(
        "olt-1",
        "olt",
        Maker.CDATA,
        "here",
        "127.77.1.9",
        core=True,
        pons=pons("olt-1", Maker.CDATA, (0, 0)),
        vlans=(1010,),
    )
    shape = Shape((Site("here"),), (device,), ())
    async with running(shape) as lab:
        async with db.transaction() as connection:
            site = await sites.save(connection, TESTER, SiteValues("Centro", "core"))
            values = DeviceValues("OLT-1", site, "olt", management="127.77.1.9", snmp_version="2c", snmp_port=lab.port)
            values = replace(values, snmp_community=shape.community)
            made = await devices.save(connection, sealer, TESTER, values)
            await connection.execute("update device set sys_descr = 'C-Data FD1608S' where id = $1", made)
            numbers = {one.name: one.number for one in device.pons}
            pon_ids = {name: await plant.save_pon(connection, TESTER, PonValues(made, name)) for name in numbers}
            box = await plant.save_box(connection, TESTER, BoxValues("CTO-1-0-0", pon_ids[next(iter(numbers))], 16))
        writes: Any = lab.device("olt-1").writes
        yield Olt(made, "cdata", writes, list(numbers), pon_ids, {"CTO-0-0": box}, numbers)


@asynccontextmanager
async def provisioned(driver: str, sealer: secrets.Sealer, seed: Seed, **more: int) -> AsyncIterator[Olt]:
    """An OLT, links to it, and a rule that says what everybody is given: VLAN 1010, profiles 100."""
    async with AsyncExitStack() as stack:
        made = cdata(sealer) if driver == "cdata" else olt(driver, sealer, **more)
        one = await stack.enter_async_context(made)
        async with db.transaction() as connection:
            await provision_rules.save(connection, TESTER, GIVEN.get(driver, ZTE_GIVEN))
        await stack.enter_async_context(device_links.holding(sealer))
        yield one


@asynccontextmanager
async def several(driver: str, sealer: secrets.Sealer, seed: Seed, count: int) -> AsyncIterator[list[Olt]]:
    """Some OLTs of a kind, and the loop that carries out what is asked of them."""
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(olt(driver, sealer, number=n)) for n in range(1, count + 1)]
        async with db.transaction() as connection:
            await provision_rules.save(connection, TESTER, GIVEN.get(driver, ZTE_GIVEN))
        await stack.enter_async_context(device_links.holding(sealer))
        loop = asyncio.create_task(provision_work.Provisioner(db.address()).run(Health("provisioning")))
        try:
            yield found
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def settled(run: int) -> Any:
    """The row of a run that the loop carries out, once it has an end."""
    async with asyncio.timeout(120):
        while (row := await db.fetchrow("select * from provision_run where id = $1", run))["state"] not in ENDED:
            await db.execute("select pg_sleep(0.05)")
        return row


async def ended(run: int) -> Any:
    """Carried out until it has an end."""
    for _ in range(20):
        await provision_work.carry_out_all()
        row = await db.fetchrow("select * from provision_run where id = $1", run)
        if row["state"] in ENDED:
            return row
        await db.execute("select pg_sleep_until(due_at) from provision_run where id = $1", run)
    raise AssertionError(f"no end: {dict(row)}")


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that says nothing is given up soon, and asked again at once."""
    monkeypatch.setattr(views, "COMMAND_S", 5.0)
    monkeypatch.setattr(provision_work, "AGAIN_S", (0.1,))
    monkeypatch.setattr(link_keeper, "FIRST_S", 0.02)
    monkeypatch.setattr(link_keeper, "MOST_S", 0.1)


async def account(login: str) -> int:
    """A login's id."""
    return int(await db.fetchval("select id from access_account where login = $1", login))
