"""OLTs looked at: who waits, what differs from our rows; all within the OLT's budget, whoever else wants it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oss.access import olt_looks, provision, provision_list, provision_work
from oss.access.olt_looks import compared
from oss.base import db, secrets
from oss.drivers.olt import OltOnu
from oss.network import device_links
from oss.network.device_links import Priority
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed

from .olts import Olt, account, provisioned


async def authorised(olt: Olt, serial: str, login: str) -> None:
    async with db.transaction() as connection:
        asked = await provision.authorise(connection, olt.device_id, olt.pons[0], serial, await account(login))
        run = await provision.begin(connection, TESTER, asked)
    await provision_work.carry_out_all()
    assert await db.fetchval("select state from provision_run where id = $1", run) == "done"


async def drifts() -> dict[str, str]:
    return {row["serial"]: row["kind"] for row in await db.fetch("select serial, kind from olt_drift")}


async def test_who_waits_is_kept_and_goes_when_it_waits_no_more(seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        first, second = olt.lights(olt.pons[0], 1), olt.lights(olt.pons[1], 2)
        await olt_looks.look(olt.device_id)
        waiting = await provision_list.waiting()
        assert {row["serial"]: row["pon"] for row in waiting} == {first: olt.pons[0], second: olt.pons[1]}
        await authorised(olt, first, "cli1")
        olt.plant.unplug(second)
        await olt_looks.look(olt.device_id)
        assert await provision_list.waiting() == []


async def test_a_login_is_suggested_by_its_planned_box_and_only_where_it_is_sure(
    seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        serial = olt.lights(olt.pons[0], 1)
        await olt_looks.look(olt.device_id)
        key, box = (olt.device_id, serial), olt.boxes["CTO-0-0"]
        sql = "insert into planned_drop (account_id, box_id, box_port) values ($1, $2, $3)"
        await db.execute(sql, await account("cli1"), box, 1)
        found = await provision_list.candidates([olt.device_id], ALL)
        assert provision_list.suggested(found[key])["login"] == "cli1"
        await db.execute(sql, await account("cli2"), box, 2)
        found = await provision_list.candidates([olt.device_id], ALL)
        assert provision_list.suggested(found[key]) is None
        assert [one["login"] for one in found[key]] == ["cli1", "cli2"]


async def test_each_kind_of_difference_is_found_and_goes_when_it_is_put_right(
    seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned("huawei-olt", sealer, seed, onus_each=0) as olt:
        marks = {login: olt.lights(olt.pons[0], n) for n, login in enumerate(("cli1", "cli2", "cli3", "cli4"), 1)}
        for login, serial in marks.items():
            await authorised(olt, serial, login)
        await olt_looks.sweep(olt.device_id)
        assert await drifts() == {}
        known = {login: olt.plant.known(serial) for login, serial in marks.items()}
        olt.plant.forget(known["cli1"])  # type: ignore[arg-type]
        known["cli2"].setup.flows[next(iter(known["cli2"].setup.flows))].vlan = 999  # type: ignore[union-attr]
        await db.execute("update onu set number = 77 where serial = $1", marks["cli3"])
        await db.execute(
            "update contract set status = 'ended', ended_on = current_date where id = $1", seed.contracts[3]
        )
        stranger = olt.lights(olt.pons[1], 9)
        asked = await provision.authorise(db.pool(), olt.device_id, olt.pons[1], stranger, await account("cli5"))
        async with db.transaction() as connection:
            await provision.begin(connection, TESTER, asked)
        await provision_work.carry_out_all()
        await db.execute("delete from account_drop where account_id = $1", await account("cli5"))
        await olt_looks.sweep(olt.device_id)
        wanted = ("absent", "different", "elsewhere", "ended")
        assert await drifts() == dict(zip(marks.values(), wanted, strict=True)) | {stranger: "stranger"}
        next(iter(known["cli2"].setup.flows.values())).vlan = 1010  # type: ignore[union-attr]
        await db.execute("update onu set number = $2 where serial = $1", marks["cli3"], known["cli3"].number)  # type: ignore[union-attr]
        await olt_looks.sweep(olt.device_id)
        assert set(await drifts()) == {marks["cli1"], marks["cli4"], stranger}


async def test_what_the_list_alone_tells() -> None:
    there = [OltOnu("0/1/0", 1, "HWTC00000001", "online"), OltOnu("0/1/0", 2, "HWTC00000002", "online")]
    ours = [{"id": 5, "serial": "HWTC00000001", "pon": "0/1/0", "number": 1, "account_id": 3, "status": "active"}]
    assert [(one.kind, one.serial) for one in compared(there, ours, {})] == [("stranger", "HWTC00000002")]
    assert [(one.kind, one.onu_id) for one in compared([], ours, {})] == [("absent", 5)]


@pytest.mark.parametrize("per_minute", [1200])
async def test_the_budget_holds_while_a_sweep_a_person_and_provisioning_compete(
    seed: Seed, sealer: secrets.Sealer, per_minute: int
) -> None:
    """Measured at the device: no second sees more than the burst and what comes in a second."""
    async with provisioned("huawei-olt", sealer, seed, per_minute=per_minute) as olt:
        await db.execute("update device set cli_burst = 5 where id = $1", olt.device_id)
        serials = [olt.lights(olt.pons[0], n) for n in range(1, 4)]
        for login, serial in zip(seed.logins, serials, strict=False):
            async with db.transaction() as connection:
                asked = await provision.authorise(connection, olt.device_id, olt.pons[0], serial, await account(login))
                await provision.begin(connection, TESTER, asked)

        async def looks(driver: Any, link: Any) -> Any:
            return await driver.olt.onus(link, olt.pons[0])

        async def person() -> None:
            for _ in range(5):
                await device_links.do(olt.device_id, looks, priority=Priority.PERSON, deadline_s=60, what="page")

        async with asyncio.timeout(100):
            await asyncio.gather(
                olt_looks.sweep(olt.device_id),
                olt_looks.look(olt.device_id, deadline_s=90),
                person(),
                provision_work.carry_out_all(),
            )
        meter = olt.line.whims.meter
        assert len(meter) > 40
        assert meter.most(1.0) <= 5 + per_minute / 60 + 1  # one that was on its way when the second began
        assert sorted(olt.configured()) == serials
