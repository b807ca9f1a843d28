"""Provisioning in the console: two clicks from an ONU that waits to one that serves; a person ends what is stuck."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from oss.access import olt_looks, provision, provision_rules, provision_work
from oss.access.provision_rules import RuleValues
from oss.base import db, secrets
from oss.base.supervisor import Health
from oss.lab.network.whims import Deed
from tests.conftest import TESTER, Seed
from tests.oss.access.olts import Olt, account, in_a_hurry, provisioned

from .conftest import Console, audited

__all__ = ["in_a_hurry"]


@asynccontextmanager
async def looking() -> AsyncIterator[None]:
    """The part of the house that looks at OLTs when it is due."""
    task = asyncio.create_task(olt_looks.Looks().run(Health("looks")))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def olt(seed: Seed, sealer: secrets.Sealer) -> AsyncIterator[Olt]:
    async with provisioned("huawei-olt", sealer, seed) as one:
        yield one


async def planned(olt: Olt, login: str) -> None:
    sql = "insert into planned_drop (account_id, box_id, box_port) values ($1, $2, 3)"
    await db.execute(sql, await account(login), olt.boxes["CTO-0-0"])


async def test_two_clicks_from_a_waiting_onu_to_its_customers_line(console: Console, olt: Olt) -> None:
    await planned(olt, "cli1")
    serial = olt.lights(olt.pons[0], 1)
    await olt_looks.look(olt.device_id)
    waiting = (await console.get("/console/provisioning")).raw
    assert serial in waiting and "cli1" in waiting
    link = re.search(rf'href="(/console/provisioning/{olt.device_id}/{serial})"', waiting)
    assert link
    shown = (await console.get(link[1])).text  # the first click: the dry run
    assert "ont add 0 0 sn-auth" in shown and "1010" in shown
    assert olt.configured() == {}
    answer = await console.post(link[1], {"account": str(await account("cli1"))})  # the second
    assert answer.status == 303 and answer.headers["Location"].startswith("/console/provisioning/runs/")
    await provision_work.carry_out_all()
    run = await db.fetchrow("select * from provision_run")
    assert run["state"] == "done", run["problem"]
    told = (await console.get(f"/console/provisioning/runs/{run['id']}")).text
    assert "ont port native-vlan" in told
    line = await db.fetchrow("select box_port, number from onu where serial = $1", serial)
    assert tuple(line) == (3, 0)
    assert len(await audited("provision.done")) == 1


async def test_all_olts_are_asked_soon_and_the_open_list_is_told_what_they_find(console: Console, olt: Olt) -> None:
    await olt_looks.look(olt.device_id)
    serial = olt.lights(olt.pons[0], 1)
    await db.execute("update olt_look set look_due_at = now() + interval '1 hour'")
    async with console.client.get("/console/provisioning/live") as stream, asyncio.timeout(30):
        while b"event: waiting" not in await stream.content.readline():
            pass
        async with looking():
            answer = await console.post("/console/provisioning/look", {"form_key": "1.look"})
            assert answer.status == 303 and answer.place == "/console/provisioning"
            while serial.encode() not in await stream.content.readline():
                pass
    assert await db.fetchval("select count(*) from form_answer") == 1


async def test_asking_asks_only_olts_that_are_on(console: Console, olt: Olt) -> None:
    await db.execute("update olt_look set look_due_at = now() + interval '1 hour'")
    due = "select count(*) from olt_look where look_due_at <= clock_timestamp()"
    await db.execute("update device set enabled = false where id = $1", olt.device_id)
    await console.post("/console/provisioning/look")
    assert await db.fetchval(due) == 0
    await db.execute("update device set enabled = true where id = $1", olt.device_id)
    await console.post("/console/provisioning/look", {"olt": str(olt.device_id)})
    assert await db.fetchval(due) == 1


async def test_a_page_is_no_error_because_an_olt_is_silent(console: Console, olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    await olt_looks.look(olt.device_id)
    await planned(olt, "cli1")
    olt.line.whims.deaf = True
    await db.execute("update device set cli_port = 1")
    answer = await console.get(f"/console/provisioning/{olt.device_id}/{serial}")
    assert answer.status == 200 and "OLT-1" in answer.text
    assert "ont add" not in answer.text


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_stuck_run_shows_what_would_be_said_and_is_taken_back(console: Console, olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    async with db.transaction() as connection:
        asked = await provision.authorise(connection, olt.device_id, olt.pons[0], serial, await account("cli1"))
        run = await provision.begin(connection, TESTER, asked)
    for number in range(6, 60):
        olt.line.whims.fail(number + 4, Deed.REFUSE)
    await provision_work.carry_out_all()
    olt.line.whims.forgive()
    assert await db.fetchval("select state from provision_run where id = $1", run) == "stuck"
    shown = (await console.get(f"/console/provisioning/runs/{run}/decide?wants=take-back")).text
    assert "ont delete 0 0" in shown
    await console.post(f"/console/provisioning/runs/{run}/decide", {"wants": "take-back"})
    await provision_work.carry_out_all()
    assert await db.fetchval("select state from provision_run where id = $1", run) == "rolled-back"
    assert olt.configured() == {}
    assert len(await audited("provision.decided")) == 1


async def test_a_rule_is_made_and_refused_in_the_form(console: Console, seed: Seed) -> None:
    answer = await console.post("/console/provisioning/rules", {"plan_id": str(seed.plan), "vlan": "4095"})
    assert answer.status == 422
    given = {"plan_id": str(seed.plan), "vlan": "200", "bridge": "true"}
    assert (await console.post("/console/provisioning/rules", given)).status == 303
    assert "200" in (await console.get("/console/provisioning/rules")).text
    assert await db.fetchval("select vlan from provision_rule where plan_id = $1", seed.plan) == 200
    await db.execute("update provision_rule set bridge = true")
    rule = await db.fetchval("select id from provision_rule")
    shown = (await console.get(f"/console/provisioning/rules/{rule}")).raw
    assert '<option value="true" selected>' in shown  # what is kept is what the form begins with


async def test_the_most_special_rule_counts_for_each_field() -> None:
    some = [
        {"plan_id": None, "device_id": None, "pon_id": None, "vlan": 1, "line_profile": "100", "bridge": True},
        {"plan_id": 1, "device_id": 2, "pon_id": None, "vlan": None, "line_profile": "F500", "bridge": None},
        {"plan_id": None, "device_id": None, "pon_id": 3, "vlan": 30, "line_profile": None, "bridge": None},
        {"plan_id": None, "device_id": 2, "pon_id": None, "vlan": 20, "line_profile": "200", "bridge": False},
    ]
    empty = dict.fromkeys(provision_rules.FIELDS)
    said = provision_rules.settled([empty | one for one in some])
    assert said == {"vlan": 30, "line_profile": "F500", "bridge": False}
    assert RuleValues().vlan is None


async def test_the_onus_page_leads_to_what_is_done_with_it(console: Console, olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    async with db.transaction() as connection:
        asked = await provision.authorise(connection, olt.device_id, olt.pons[0], serial, await account("cli1"))
        await provision.begin(connection, TESTER, asked)
    await provision_work.carry_out_all()
    onu = await db.fetchval("select id from onu where serial = $1", serial)
    shown = (await console.get(f"/console/onus/{onu}/now")).text
    assert "dBm" in shown
    second = olt.lights(olt.pons[0], 2)
    shown = (await console.get(f"/console/onus/{onu}/replace?serial={second}")).text
    assert "ont modify 0 0 sn" in shown
    await console.post(f"/console/onus/{onu}/replace", {"serial": second})
    await provision_work.carry_out_all()
    assert list(olt.configured()) == [second]
    for kind in ("move", "reboot", "deauthorise"):
        assert (await console.get(f"/console/onus/{onu}/{kind}")).status == 200


async def provisioned_wrong(olt: Olt, login: str, mark: int) -> int:
    """An ONU of a login, whose VLAN somebody changed at the OLT; the run that made it known."""
    serial = olt.lights(olt.pons[0], mark)
    async with db.transaction() as connection:
        asked = await provision.authorise(connection, olt.device_id, olt.pons[0], serial, await account(login))
        run = await provision.begin(connection, TESTER, asked)
    await provision_work.carry_out_all()
    next(iter(olt.plant.known(serial).setup.flows.values())).vlan = 999  # type: ignore[union-attr]
    return run


async def test_whose_a_run_or_a_difference_is_only_who_sees_the_customer_reads(
    console: Console, seed: Seed, olt: Olt
) -> None:
    theirs, mine = await provisioned_wrong(olt, "cli1", 1), await provisioned_wrong(olt, "cli3", 3)
    await olt_looks.sweep(olt.device_id)
    await db.execute("update customer set city = 'Lavras' where id = $1", seed.customers[2])
    await db.execute(
        "insert into role_grant (role, permission, scope) values ('technician', 'provision.export', 'all')"
    )
    await db.execute("update staff_user set role = 'technician', cities = '{Lavras}'")
    for home in ("/console/provisioning/runs", "/console/provisioning/drift"):
        for path in (home, f"{home}.csv"):
            page = (await console.get(path)).raw
            assert "HWTC00000001" in page and "HWTC00000003" in page
            assert "cli3" in page and "cli1" not in page, path
        assert "HWTC00000001" not in (await console.get(f"{home}?q=cli1")).raw
        assert "HWTC00000003" in (await console.get(f"{home}?q=cli3")).raw
    shown = (await console.get(f"/console/provisioning/runs/{theirs}")).raw
    assert "ont add 0 0 sn-auth" in shown and "cli1" not in shown
    assert "cli3" in (await console.get(f"/console/provisioning/runs/{mine}")).raw
