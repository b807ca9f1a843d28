"""OLTs looked at: who waits, what differs from our rows; all within the OLT's budget, whoever else wants it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from oss.access import olt_looks, provision, provision_list, provision_work
from oss.access.olt_looks import compared
from oss.base import db, secrets
from oss.drivers.olt import OltOnu
from oss.drivers.problems import DeviceProblem
from oss.lab.network.whims import Deed
from oss.network import device_links
from oss.network.device_links import Priority
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed
from tests.waiting import eventually

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


async def three_two_wrong(olt: Olt) -> tuple[list[str], int, int]:
    """Three ONUs, VLANs of the first and third wrong; how many commands the list takes, and one ONU."""
    serials, counts = [olt.lights(olt.pons[0], n) for n in (1, 2, 3)], list[int]()
    for login, serial in zip(("cli1", "cli2", "cli3"), serials, strict=True):
        before = olt.line.whims.count
        await olt_looks.sweep(olt.device_id)
        counts.append(olt.line.whims.count - before)
        await authorised(olt, serial, login)
    for serial in (serials[0], serials[2]):
        next(iter(olt.plant.known(serial).setup.flows.values())).vlan = 999  # type: ignore[union-attr]
    each = counts[2] - counts[1]
    return serials, counts[1] - each, each


async def test_an_onu_that_cannot_be_read_holds_up_no_other(seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        (first, second, third), of_list, each = await three_two_wrong(olt)
        sql = "insert into olt_drift (device_id, kind, pon, serial, facts) values ($1, 'different', $2, $3, '{}')"
        await db.execute(sql, olt.device_id, olt.pons[0], second)
        for number in range(each):
            olt.line.whims.fail(of_list + each + 1 + number, Deed.REFUSE)
        await olt_looks.sweep(olt.device_id)
        assert await drifts() == dict.fromkeys((first, second, third), "different")  # the second's is what was known
        row = await db.fetchrow("select swept_at is not null, sweep_problem->>'code' from olt_look")
        assert tuple(row) == (True, "command-refused")
        await olt_looks.sweep(olt.device_id)
        assert await drifts() == dict.fromkeys((first, third), "different")


async def test_a_comparison_that_breaks_off_keeps_what_it_has_and_goes_on_soon(
    seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        (first, second, _), of_list, each = await three_two_wrong(olt)
        await db.execute("update onu set number = 77 where serial = $1", second)
        await db.execute("update olt_look set sweep_due_at = now() + interval '6 hours'")
        olt.line.whims.fail(of_list + each + 1, Deed.CLOSE)
        with pytest.raises(DeviceProblem):
            await olt_looks.sweep(olt.device_id)
        assert await drifts() == {first: "different", second: "elsewhere"}
        row = await db.fetchrow("select sweep_due_at < now() + interval '10 minutes', sweep_problem from olt_look")
        assert row[0] and row[1]


@pytest.mark.parametrize(("driver", "command"), [("huawei-olt", "save"), ("zte-c300", "write"), ("vsol", "write")])
async def test_what_was_ordered_is_saved_once_a_while_later(
    seed: Seed, sealer: secrets.Sealer, driver: str, command: str
) -> None:
    """Not after each ONU; what is ordered while it is saved is saved again; a failure is kept and tried again."""
    async with provisioned(driver, sealer, seed) as olt:
        for n, login in enumerate(("cli1", "cli2"), 1):
            await authorised(olt, olt.lights(olt.pons[0], n), login)
        due = "select save_due_at - now() from olt_look"
        assert 60 < (await db.fetchval(due)).total_seconds() <= olt_looks.SAVE_AFTER_S
        olt.line.whims.fail(1, Deed.REFUSE)
        with pytest.raises(DeviceProblem):
            await olt_looks.save(olt.device_id)
        (row,) = await provision_list.olts()
        assert row["save_due_at"] and row["save_problem"] and row["saved_at"] is None
        await olt_looks.save(olt.device_id)
        (row,) = await provision_list.olts()
        assert row["save_due_at"] is None and row["save_problem"] is None and row["saved_at"]
    said = "select answer from device_transcript where command = $1 and failure = ''"
    (answer,) = [one["answer"] for one in await db.fetch(said, command)]
    assert "wait" in answer or "[OK]" in answer


async def test_what_is_ordered_during_a_save_is_saved_again(seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        await authorised(olt, olt.lights(olt.pons[0], 1), "cli1")
        olt.line.whims.latency_s, said = 0.5, len(olt.line.whims.meter)
        saving = asyncio.create_task(olt_looks.save(olt.device_id))
        await eventually(lambda: len(olt.line.whims.meter) > said)
        await db.execute("update olt_look set save_due_at = now() + interval '600 seconds'")  # as the loop claimed it
        async with db.transaction() as connection:
            await olt_looks.save_later(connection, olt.device_id)
        await saving
        (row,) = await provision_list.olts()
        assert row["saved_at"] and row["save_due_at"]


async def test_an_olt_that_cannot_be_told_to_save_is_not_said_to_be_saved(seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("cdata", sealer, seed) as olt:
        async with db.transaction() as connection:
            await olt_looks.save_later(connection, olt.device_id)
        await olt_looks.save(olt.device_id)
        (row,) = await provision_list.olts()
        assert (row["save_due_at"], row["saved_at"], row["save_problem"]) == (None, None, None)


async def test_a_reboot_is_nothing_to_save(seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        await authorised(olt, olt.lights(olt.pons[0], 1), "cli1")
        await olt_looks.save(olt.device_id)
        async with db.transaction() as connection:
            asked = await provision.reboot(connection, await connection.fetchval("select id from onu"))
            await provision.begin(connection, TESTER, asked)
        await provision_work.carry_out_all()
        assert await db.fetchval("select save_due_at from olt_look") is None


async def test_what_the_list_alone_tells() -> None:
    there = [OltOnu("0/1/0", 1, "HWTC00000001", "online"), OltOnu("0/1/0", 2, "HWTC00000002", "online")]
    ours = [{"id": 5, "serial": "HWTC00000001", "pon": "0/1/0", "number": 1, "account_id": 3, "status": "active"}]
    assert [(one.kind, one.serial) for one in compared(there, ours, {})] == [("stranger", "HWTC00000002")]
    assert [(one.kind, one.onu_id) for one in compared([], ours, {})] == [("absent", 5)]


async def test_an_ended_line_does_not_speak_for_an_onu_that_carries_another() -> None:
    there = [OltOnu("0/1/0", 1, "HWTC00000001", "online")]
    row = {"id": 5, "serial": "HWTC00000001", "pon": "0/1/0", "number": 1}
    live, over = {**row, "account_id": 3, "status": "active"}, {**row, "account_id": 9, "status": "ended"}
    assert compared(there, [live, over], {}) == compared(there, [over, live], {}) == []
    assert [one.kind for one in compared(there, [over], {})] == ["ended"]


async def test_an_onu_whose_two_lines_differ_from_the_olt_is_one_difference(seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        serial = olt.lights(olt.pons[0], 1)
        await authorised(olt, serial, "cli1")
        sql = "insert into account_drop (account_id, onu_id) select $1, id from onu"
        await db.execute(sql, await account("cli2"))
        next(iter(olt.plant.known(serial).setup.flows.values())).vlan = 999  # type: ignore[union-attr]
        await olt_looks.sweep(olt.device_id)
        assert await drifts() == {serial: "different"}


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
