"""OLTs of the lab with their command line over real sockets, and the small provider's rows beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from oss.access import provision_rules, provision_work
from oss.access.provision_rules import RuleValues
from oss.base import db, secrets
from oss.drivers import views
from oss.lab.network.cli.doors import opened
from oss.lab.network.cli.line import CommandLine
from oss.lab.network.plant import Plant
from oss.lab.network.shape import Device, Maker, pons
from oss.lab.network.shells.huawei_olt import HuaweiOlt
from oss.lab.network.shells.zte import ZteC300, ZteC600
from oss.lab.network.state import state_of
from oss.network import device_links, devices, link_keeper, plant, sites
from oss.network.devices import DeviceValues
from oss.network.plant import BoxValues, PonValues
from oss.network.sites import SiteValues
from tests.conftest import TESTER, Seed

ENDED = ("done", "rolled-back", "stuck", "settled")
LINES: dict[str, tuple[Maker, type[CommandLine], str]] = {
    "huawei-olt": (Maker.HUAWEI_OLT, HuaweiOlt, "MA5800-X2"),
    "zte-c300": (Maker.ZTE_C300, ZteC300, "C320"),
    "zte-c600": (Maker.ZTE_C600, ZteC600, "C600"),
}
"""Driver key -> the lab's maker, its shell, a model's name."""
DESCRIBED = {
    "huawei-olt": "Huawei Integrated Access Software MA5800",
    "zte-c300": "C320 Version V2.1.0 Software, Copyright (c) by ZTE Corporation",
    "zte-c600": "C600 Version V1.2.1 Software, Copyright (c) by ZTE Corporation",
}
SERIALS = {"huawei-olt": "HWTC", "zte-c300": "ZTEG", "zte-c600": "ZTEG"}
GIVEN = {"huawei-olt": RuleValues(vlan=1010, bridge=True)}
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
) -> AsyncIterator[Olt]:
    """An OLT of the lab in the inventory, its PONs, and boxes on each, for as long as the block runs."""
    maker, shell, model = LINES[driver]
    device = Device(
        "olt-1",
        "olt",
        maker,
        "Centro",
        "127.77.0.4",
        model,
        vlans=(1010,),
        pons=pons("olt-1", maker, (onus_each,) * pons_each),
    )
    line = shell(state_of(device))
    async with opened(line, "127.0.0.1", ssh_port=0, telnet_port=None) as doors:
        async with db.transaction() as connection:
            site = await sites.save(connection, TESTER, SiteValues("Centro", "core"))
            values = DeviceValues(
                "OLT-1",
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
            numbers = {one.name.removeprefix("GPON "): one.number for one in device.pons}
            pon_ids = {name: await plant.save_pon(connection, TESTER, PonValues(made, name)) for name in numbers}
            found = {
                f"CTO-{place}-{n}": await plant.save_box(connection, TESTER, BoxValues(f"CTO-{place}-{n}", pon, 16))
                for place, pon in enumerate(pon_ids.values())
                for n in range(boxes)
            }
        yield Olt(made, driver, line, list(numbers), pon_ids, found, numbers)


@asynccontextmanager
async def provisioned(driver: str, sealer: secrets.Sealer, seed: Seed, **more: int) -> AsyncIterator[Olt]:
    """An OLT, links to it, and a rule that says what everybody is given: VLAN 1010, profiles 100."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(olt(driver, sealer, **more))
        async with db.transaction() as connection:
            await provision_rules.save(connection, TESTER, GIVEN.get(driver, ZTE_GIVEN))
        await stack.enter_async_context(device_links.holding(sealer))
        yield one


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
    monkeypatch.setattr(views, "COMMAND_S", 0.4)
    monkeypatch.setattr(provision_work, "AGAIN_S", (0.1,))
    monkeypatch.setattr(link_keeper, "FIRST_S", 0.02)
    monkeypatch.setattr(link_keeper, "MOST_S", 0.1)


async def account(login: str) -> int:
    """A login's id."""
    return int(await db.fetchval("select id from access_account where login = $1", login))
