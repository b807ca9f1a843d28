"""Where a login's ONU is awaited: one box, one free port, and provisioning finds the login by it."""

from __future__ import annotations

import pytest

from oss.access import planned_drops
from oss.base import db, secrets
from oss.base.problems import Conflict, InvalidInput, NotFound
from tests.conftest import TESTER, Seed
from tests.oss.access.olts import account
from tests.oss.network.drawn import draw


async def test_a_login_is_awaited_in_one_box(seed: Seed, sealer: secrets.Sealer) -> None:
    first = await account("cli1")
    async with db.transaction() as connection:
        await draw(connection, sealer, 1)
        await planned_drops.plan(connection, TESTER, first, "CTO-1", 3)
        await planned_drops.plan(connection, TESTER, first, "CTO-1", 3)
        await planned_drops.plan(connection, TESTER, first, "CTO-2", None)
        row = await planned_drops.one(connection, first)
        assert (row["box"], row["box_port"], row["olt"], row["pon"], row["tied"]) == (
            "CTO-2",
            None,
            "olt",
            "0/1/0",
            False,
        )
        await planned_drops.forget(connection, TESTER, first)
        await planned_drops.forget(connection, TESTER, first)
        assert (await planned_drops.one(connection, first))["box"] is None
    said = "select action from audit where action like 'account.box%' order by id"
    assert [one["action"] for one in await db.fetch(said)] == ["account.box_planned"] * 2 + ["account.box_unplanned"]


async def test_a_port_is_there_and_free(seed: Seed, sealer: secrets.Sealer) -> None:
    first, second = await account("cli1"), await account("cli2")
    async with db.transaction() as connection:
        await draw(connection, sealer, 1)
        await planned_drops.plan(connection, TESTER, first, "CTO-1", 3)
        for box, port, problem in (
            ("CTO-1", 3, Conflict),  # another login is awaited there
            ("CTO-1", 1, Conflict),  # an ONU is there
            ("CTO-1", 9, InvalidInput),
            ("CTO-1", 0, InvalidInput),
            ("CTO-9", 1, InvalidInput),
        ):
            with pytest.raises(problem):
                await planned_drops.plan(connection, TESTER, second, box, port)
        await planned_drops.plan(connection, TESTER, second, "CTO-1", 4)
        with pytest.raises(NotFound):
            await planned_drops.plan(connection, TESTER, second + 99, "CTO-1", 5)
