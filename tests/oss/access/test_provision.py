"""ONUs provisioned at the lab's OLT: authorised, replaced, moved, removed; our rows and the OLT always agree."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from oss.access import provision, provision_list, provision_rows, provision_work
from oss.access.provision import Asked
from oss.access.provision_rows import RunThere
from oss.base import db, secrets
from oss.drivers.problems import DeviceProblem
from oss.network import device_links
from oss.network.device_links import Priority
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed

from .olts import LINES, Olt, account, ended, in_a_hurry, provisioned

__all__ = ["in_a_hurry"]


@pytest.fixture(params=[*LINES, "cdata"])
async def olt(request: Any, seed: Seed, sealer: secrets.Sealer) -> AsyncIterator[Olt]:
    async with provisioned(request.param, sealer, seed) as one:
        yield one


async def ask(asked: Asked) -> int:
    """Begun, in a transaction of its own."""
    async with db.transaction() as connection:
        return await provision.begin(connection, TESTER, asked)


async def carried(asked: Asked) -> Any:
    """Begun and carried out; the run's row."""
    run = await ask(asked)
    await provision_work.carry_out_all()
    return await db.fetchrow("select * from provision_run where id = $1", run)


async def authorised(olt: Olt, serial: str, login: str, pon: str | None = None) -> Any:
    asked = await provision.authorise(db.pool(), olt.device_id, pon or olt.pons[0], serial, await account(login))
    return await carried(asked)


async def line_of(login: str) -> Any:
    sql = """select o.id, o.serial, o.number, p.name as pon, o.box_id, o.box_port from access_account a
    join account_drop dr on dr.account_id = a.id join onu o on o.id = dr.onu_id left join pon_port p on p.id = o.pon_id
    where a.login = $1"""
    return await db.fetchrow(sql, login)


async def test_an_onu_is_authorised_for_a_login_and_its_line_ends_there(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    run = await authorised(olt, serial, "cli1")
    assert run["state"] == "done", run["problem"]
    line = await line_of("cli1")
    assert (line["serial"], line["pon"]) == (serial, olt.pons[0])
    assert olt.configured() == {serial: (olt.pons[0], line["number"])}
    assert olt.plant.serves(olt.plant.known(serial))  # type: ignore[arg-type]


async def test_a_pon_that_is_none_is_a_problem_of_the_device(olt: Olt) -> None:
    for act in ("now", "read_back", "plan_deauthorise", "reboot"):
        with pytest.raises(DeviceProblem):
            await device_links.do(
                olt.device_id,
                lambda driver, link, act=act: getattr(driver.olt, act)(link, "PON 1", 1),  # type: ignore[misc]
                priority=Priority.PERSON,
                deadline_s=30.0,
                what=act,
            )


async def test_a_profile_by_name_on_an_olt_that_numbers_them_is_told_and_nothing_is_ordered(
    seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned("cdata", sealer, seed) as one:
        await db.execute("update provision_rule set line_profile = 'F500'")
        run = await authorised(one, one.lights(one.pons[0], 1), "cli1")
        assert "profile-is-no-number" in run["problem"] and "F500" in run["problem"], run["state"]
        assert one.configured() == {}


async def test_another_onu_in_its_place_keeps_number_vlan_and_line(olt: Olt) -> None:
    first = olt.lights(olt.pons[0], 1)
    await authorised(olt, first, "cli1")
    before = await line_of("cli1")
    olt.plant.unplug(first)
    second = olt.lights(olt.pons[0], 2)
    run = await carried(await provision.exchange(db.pool(), before["id"], second))
    assert run["state"] == "done", run["problem"]
    after = await line_of("cli1")
    assert after["serial"] == second
    places = [(line["number"], line["pon"], line["box_id"], line["box_port"]) for line in (before, after)]
    assert places[0] == places[1]
    assert olt.configured() == {second: (olt.pons[0], before["number"])}
    assert olt.plant.serves(olt.plant.known(second))  # type: ignore[arg-type]
    shelf = await db.fetchrow("select pon_id, number, box_id from onu where serial = $1", first)
    assert tuple(shelf) == (None, None, None)


async def test_an_onu_moves_to_another_pon_with_its_line(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    await authorised(olt, serial, "cli1")
    line = await line_of("cli1")
    olt.plant.unplug(serial)
    olt.plant.plug(olt.numbers[olt.pons[1]], serial, 1500, "HG8245Q2")
    run = await carried(await provision.move(db.pool(), line["id"], olt.device_id, olt.pons[1]))
    assert run["state"] == "done", run["problem"]
    after = await line_of("cli1")
    assert (after["id"], after["pon"]) == (line["id"], olt.pons[1])
    assert olt.configured() == {serial: (olt.pons[1], after["number"])}


async def test_an_onu_that_is_used_again_is_no_more_the_line_of_who_had_it(olt: Olt, seed: Seed) -> None:
    """Of who has cancelled, and of another customer; what moves keeps its lines."""
    serial = olt.lights(olt.pons[0], 1)
    await authorised(olt, serial, "cli1")
    await db.execute("update contract set status = 'ended', ended_on = current_date where id = $1", seed.contracts[0])
    for before, login in (("cli1", "cli2"), ("cli2", "cli3")):
        olt.plant.forget(olt.plant.known(serial))  # type: ignore[arg-type]
        run = await authorised(olt, serial, login)
        assert run["state"] == "done", run["problem"]
        assert await line_of(before) is None
        assert (await line_of(login))["serial"] == serial
    told = "select count(*) from audit where action = 'account.drop_forgotten'"
    assert await db.fetchval(told) == 2
    sql = "insert into account_drop (account_id, onu_id) select $1, id from onu where serial = $2"
    await db.execute(sql, await account("cli4"), serial)
    olt.plant.unplug(serial)
    olt.plant.plug(olt.numbers[olt.pons[1]], serial, 1500, "HG8245Q2")
    line = await line_of("cli3")
    run = await carried(await provision.move(db.pool(), line["id"], olt.device_id, olt.pons[1]))
    assert run["state"] == "done", run["problem"]
    assert (await line_of("cli4"))["id"] == line["id"]


async def test_an_onu_taken_out_frees_socket_and_line_and_waits_again(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    await authorised(olt, serial, "cli1")
    line = await line_of("cli1")
    run = await carried(await provision.deauthorise(db.pool(), line["id"]))
    assert run["state"] == "done", run["problem"]
    assert await line_of("cli1") is None
    assert olt.configured() == {}
    assert [one.serial for one in olt.plant.found()] == [serial]


async def test_a_planned_socket_is_taken_with_the_line(olt: Olt) -> None:
    box = olt.boxes["CTO-0-0"]
    await db.execute(
        "insert into planned_drop (account_id, box_id, box_port) values ($1, $2, 7)", await account("cli2"), box
    )
    await authorised(olt, olt.lights(olt.pons[0], 1), "cli2")
    line = await line_of("cli2")
    assert (line["box_id"], line["box_port"]) == (box, 7)
    assert await db.fetchval("select count(*) from planned_drop") == 0


async def test_two_clicks_are_one_run_and_two_workers_do_it_once(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    asked = await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli1"))
    first, second = await asyncio.gather(ask(asked), ask(asked))
    assert first == second
    await asyncio.gather(provision_work.carry_out_all(), provision_work.carry_out_all())
    assert await db.fetchval("select attempts from provision_run where id = $1", first) == 1
    assert list(olt.configured()) == [serial]


async def test_nobody_else_runs_where_a_run_has_not_ended(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    await ask(await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli1")))
    other = await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli2"))
    with pytest.raises(RunThere):
        await ask(other)


async def test_a_dry_run_changes_nothing_and_shows_what_is_said(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    asked = await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli1"))
    shown = (await provision.preview(asked, "tester")).commands
    assert olt.configured() == {}
    run = await carried(asked)
    told = await provision_list.told(run["id"], ALL)
    assert told.run.course is not None
    assert told.run.course.commands == shown


@pytest.mark.usefixtures("in_a_hurry")
async def test_who_was_killed_in_the_middle_is_taken_up_by_looking(olt: Olt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before and after each mark: the next worker ends it, one way or the other, and rows and OLT agree."""
    note = provision_rows.RowNotebook.note
    for number in range(1, 9):
        serial = olt.lights(olt.pons[0], 100 + number)
        left = [number]

        async def dies(self: Any, *what: Any, left: list[int] = left) -> None:
            await note(self, *what)
            left[0] -= 1
            if left[0] == 0:
                raise asyncio.CancelledError

        asked = await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli1"))
        run = await ask(asked)
        monkeypatch.setattr(provision_rows.RowNotebook, "note", dies)
        with contextlib.suppress(asyncio.CancelledError):
            await provision_work.carry_out_all()
        monkeypatch.setattr(provision_rows.RowNotebook, "note", note)
        await db.execute("update provision_run set leased_until = now() where leased_until is not null")
        state = (await ended(run))["state"]
        assert state in ("done", "rolled-back")
        there = serial in olt.configured()
        assert there == (state == "done")
        assert there == ((await line_of("cli1") or {"serial": ""})["serial"] == serial)
        if there:
            await carried(await provision.deauthorise(db.pool(), (await line_of("cli1"))["id"]))
