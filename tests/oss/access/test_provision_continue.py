"""A stuck run that is continued says what its page shows, all of it, and never to an ONU of somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from oss.access import provision, provision_list, provision_work
from oss.base import db, secrets
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed

from .olts import Olt, account, provisioned
from .test_provision import ask, authorised
from .test_provision_errors import no_line_is_tied


@pytest.fixture(params=["zte-c300", "vsol", "huawei-olt"])
async def olt(request: Any, seed: Seed, sealer: secrets.Sealer) -> AsyncIterator[Olt]:
    async with provisioned(request.param, sealer, seed) as one:
        yield one


async def left_after_the_first_way_back(olt: Olt, serial: str) -> int:
    """A run that was taken back to its first step, and no more was heard: its OLT knows nothing of the ONU."""
    run = await ask(await provision.authorise(db.pool(), olt.device_id, olt.pons[0], serial, await account("cli1")))
    async with no_line_is_tied():
        await provision_work.carry_out_all()
    olt.plant.forget(olt.plant.known(serial))  # type: ignore[arg-type]
    course = (await provision_list.told(run, ALL)).run.course
    undone = [position for position, step in enumerate(course.steps) if step.undo] if course else []
    sql = "update provision_step set back = 1 where run_id = $1 and position = any($2::int[])"
    await db.execute(sql, run, undone)
    assert await db.fetchval("select state from provision_run where id = $1", run) == "stuck"
    return run


async def gone_on(run: int) -> Any:
    async with db.transaction() as connection:
        await provision.decide(connection, TESTER, run, "go-on")
    await provision_work.carry_out_all()
    return await db.fetchrow("select state, problem::jsonb->>'code' as code from provision_run where id = $1", run)


async def test_what_was_taken_back_with_the_first_step_is_said_again(olt: Olt) -> None:
    serial = olt.lights(olt.pons[0], 1)
    run = await left_after_the_first_way_back(olt, serial)
    told = await provision_list.told(run, ALL)
    assert told.run.course is not None
    assert told.rest == told.run.course.commands and not told.in_force
    row = await gone_on(run)
    assert row["state"] == "done", row["code"]
    assert olt.plant.serves(olt.plant.known(serial))  # type: ignore[arg-type]


async def test_where_another_onu_stands_now_nothing_is_said(olt: Olt) -> None:
    run = await left_after_the_first_way_back(olt, olt.lights(olt.pons[0], 1))
    await db.execute("delete from provision_claim")  # as if by hand, at the OLT
    other = olt.lights(olt.pons[0], 2)
    assert (await authorised(olt, other, "cli2"))["state"] == "done"
    before = str(olt.plant.known(other).setup)  # type: ignore[union-attr]
    assert tuple(await gone_on(run)) == ("stuck", "another-onu-there")
    assert str(olt.plant.known(other).setup) == before  # type: ignore[union-attr]
