"""Runs that meet what nobody foresaw: each has an end in sight, and its OLT goes on with the next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from oss.access import drops, provision, provision_work
from oss.access.provision import Asked
from oss.base import db, secrets
from oss.base.problems import InvalidInput
from oss.network import onus, plant
from oss.network.plant import BoxValues
from tests.conftest import TESTER, Seed

from .olts import Olt, account, provisioned
from .olts import olt as another
from .test_provision import ask, authorised, carried, line_of


@pytest.fixture
async def olt(seed: Seed, sealer: secrets.Sealer) -> AsyncIterator[Olt]:
    async with provisioned("huawei-olt", sealer, seed) as one:
        yield one


async def state_of(run: int) -> Any:
    sql = "select state, problem::jsonb->>'code' as code, lease from provision_run where id = $1"
    return await db.fetchrow(sql, run)


@asynccontextmanager
async def no_line_is_tied() -> AsyncIterator[None]:
    """The database refuses every new line's end, for as long as the block runs."""
    await db.execute("alter table account_drop add constraint none_is_tied check (false) not valid")
    try:
        yield
    finally:
        await db.execute("alter table account_drop drop constraint none_is_tied")


async def test_a_plan_that_breaks_ends_and_the_next_has_its_turn(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    broken = await ask(Asked("authorise", olt.device_id, olt.pons[0], None, "HWTC00000099", await account("cli2")))
    assert (await authorised(olt, serial, "cli1"))["state"] == "done"
    assert tuple(await state_of(broken)) == ("rolled-back", "run-broken", None)
    assert await db.fetchval("select count(*) from provision_claim") == 0


async def test_an_end_that_our_rows_refuse_is_stuck_in_sight_and_goes_on_when_they_are_right(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    run = await ask(await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli1")))
    async with no_line_is_tied():
        await provision_work.carry_out_all()
    assert tuple(await state_of(run)) == ("stuck", "run-broken", None)
    assert serial in olt.configured()
    assert await db.fetchval("select count(*) from onu") == 0
    async with db.transaction() as connection:
        await provision.decide(connection, TESTER, run, "go-on")
    await provision_work.carry_out_all()
    assert (await state_of(run))["state"] == "done"
    assert (await line_of("cli1"))["serial"] == serial


async def test_a_move_to_another_olt_is_done_though_something_is_open_at_the_old_one(
    olt: Olt, sealer: secrets.Sealer
) -> None:
    serial = olt.lights(olt.pons[0], 1)
    await authorised(olt, serial, "cli1")
    line = await line_of("cli1")
    async with another("huawei-olt", sealer, number=2) as other:
        open_there = await ask(await provision.reboot(db.pool(), line["id"]))
        await db.execute("update provision_run set due_at = now() + interval '1 hour' where id = $1", open_there)
        olt.plant.unplug(serial)
        other.plant.plug(other.numbers[other.pons[1]], serial, 1500, "HG8245Q2")
        run = await carried(await provision.move(db.pool(), line["id"], other.device_id, other.pons[1]))
        assert run["state"] == "done"
        assert (await state_of(run["id"]))["code"] == "old-place-held"
        assert (await line_of("cli1"))["pon"] == other.pons[1]
        assert await db.fetchval("select count(*) from provision_run where kind = 'deauthorise'") == 0


async def test_a_planned_port_that_the_box_has_no_more_is_left_out(olt: Olt) -> None:
    box, serial = olt.boxes["CTO-0-0"], olt.lights(olt.pons[0], 1)
    sql = "insert into planned_drop (account_id, box_id, box_port) values ($1, $2, 12)"
    await db.execute(sql, await account("cli1"), box)
    async with db.transaction() as connection:
        await plant.save_box(connection, TESTER, BoxValues("CTO-1-0-0", olt.pon_ids[olt.pons[0]], 8), box)
    run = await authorised(olt, serial, "cli1")
    assert run["state"] == "done", run["problem"]
    line = await line_of("cli1")
    assert (line["box_id"], line["box_port"]) == (box, None)


async def test_who_replaces_an_onu_that_is_deleted_meanwhile_stands_at_its_place(olt: Olt) -> None:
    first = olt.lights(olt.pons[0], 1)
    await authorised(olt, first, "cli1")
    line, second = await line_of("cli1"), olt.lights(olt.pons[0], 2)
    run = await ask(await provision.exchange(db.pool(), line["id"], second))
    async with db.transaction() as connection:
        await drops.untie(connection, TESTER, await account("cli1"))
        await onus.remove(connection, TESTER, line["id"])
    await provision_work.carry_out_all()
    assert (await state_of(run))["state"] == "done"
    sql = "select o.number, p.name from onu o join pon_port p on p.id = o.pon_id where o.serial = $1"
    assert tuple(await db.fetchrow(sql, second)) == (line["number"], olt.pons[0])


async def test_an_end_that_is_cut_short_each_time_is_stuck_in_sight_after_some_tries(olt: Olt) -> None:
    """As by a database that goes away: at first it is only later."""
    serial = olt.lights(olt.pons[0], 1)
    run = await ask(await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli1")))
    await db.execute("""create function goes_away() returns trigger language plpgsql as $$
      begin raise exception 'terminating' using errcode = '57P01'; end $$""")
    await db.execute("create trigger goes_away before insert on onu execute function goes_away()")
    try:
        for _ in range(provision_work.TRIES - 1):
            with pytest.raises(db.AWAY):
                await provision_work.carry_out_all()
            await db.execute("update provision_run set leased_until = now()")
        assert (await state_of(run))["state"] == "running"
        await provision_work.carry_out_all()
    finally:
        await db.execute("drop function goes_away() cascade")
    assert tuple(await state_of(run)) == ("stuck", "run-broken", None)


@pytest.mark.parametrize("pon", ["", "pon", "0/1/0 all", "0//1", "0/1/0\nreboot"])
async def test_a_pon_that_is_none_is_refused_at_once(olt: Olt, pon: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await provision.authorise(db.pool(), olt.device_id, pon, "HWTC00000001", await account("cli1"))
    assert list(refused.value.fields) == ["pon"]
