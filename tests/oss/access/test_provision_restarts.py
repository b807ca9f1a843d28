"""ONUs restarted: only the one that is meant, once, and tried again as long as nothing was said."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from oss.access import provision, provision_rows, provision_work
from oss.base import db, secrets
from oss.lab.network.whims import Deed
from tests.conftest import Seed

from .olts import ended, in_a_hurry, provisioned
from .test_provision import ask, authorised, carried, line_of

__all__ = ["in_a_hurry"]
pytestmark = pytest.mark.usefixtures("in_a_hurry")


async def resets() -> int:
    """How often it was said, as the transcript tells: it is whole when the links have ended."""
    return int(await db.fetchval("select count(*) from device_transcript where command like 'ont reset%'"))


async def end_of(run: Any) -> tuple[str, str | None]:
    """State, and the code of what went wrong."""
    sql = "select state, problem::jsonb->>'code' from provision_run where id = $1"
    return tuple(await db.fetchrow(sql, run["id"]))  # type: ignore[return-value]


async def test_who_stands_there_now_is_not_restarted_for_another(seed: Seed, sealer: secrets.Sealer) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        first = olt.lights(olt.pons[0], 1)
        await authorised(olt, first, "cli1")
        asked = await provision.reboot(db.pool(), (await line_of("cli1"))["id"])
        olt.plant.forget(olt.plant.known(first))  # type: ignore[arg-type]
        await authorised(olt, olt.lights(olt.pons[0], 2), "cli2")
        assert (await line_of("cli2"))["number"] == asked.number
        assert await end_of(await carried(asked)) == ("rolled-back", "another-onu-there")
    assert await resets() == 0


async def test_where_the_connection_is_lost_before_it_was_said_it_is_tried_again(
    seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned("huawei-olt", sealer, seed) as olt:
        await authorised(olt, olt.lights(olt.pons[0], 1), "cli1")
        run = await ask(await provision.reboot(db.pool(), (await line_of("cli1"))["id"]))
        olt.line.whims.fail(1, Deed.CLOSE)
        row = await ended(run)
        assert (row["state"], row["attempts"]) == ("done", 2), row["problem"]
    assert await resets() == 1


async def test_who_was_killed_after_the_mark_does_not_restart_it_again(
    seed: Seed, sealer: secrets.Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = provision_rows.said_once

    async def dies(*what: Any) -> None:
        await marked(*what)
        raise asyncio.CancelledError

    async with provisioned("huawei-olt", sealer, seed) as olt:
        await authorised(olt, olt.lights(olt.pons[0], 1), "cli1")
        run = await ask(await provision.reboot(db.pool(), (await line_of("cli1"))["id"]))
        monkeypatch.setattr(provision_rows, "said_once", dies)
        with contextlib.suppress(asyncio.CancelledError):
            await provision_work.carry_out_all()
        await db.execute("update provision_run set leased_until = now() where leased_until is not null")
        assert await end_of(await ended(run)) == ("rolled-back", "link-lost")
    assert await resets() == 0
