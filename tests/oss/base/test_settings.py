"""Operator settings are rows with a memory of who changed them."""

from __future__ import annotations

import json

from oss.base import settings
from oss.base.db import Connection
from tests.conftest import TESTER


async def test_a_setting_that_was_never_written_has_its_default(undone: Connection) -> None:
    assert await settings.read(undone, "x", {"a": 1}) == {"a": 1}
    assert await settings.number(undone, "x", 0.05) == 0.05


async def test_a_setting_is_read_as_it_was_written_and_the_change_is_noted(undone: Connection) -> None:
    await settings.write(undone, TESTER, "dunning.brake_share", 0.1)
    await settings.write(undone, TESTER, "dunning.brake_share", 0.2)
    assert await settings.number(undone, "dunning.brake_share", 0.05) == 0.2
    details = await undone.fetch("select detail from audit where action = 'setting.changed' order by id")
    assert [json.loads(row["detail"]) for row in details] == [
        {"before": {"value": None}, "after": {"value": 0.1}},
        {"before": {"value": 0.1}, "after": {"value": 0.2}},
    ]


async def test_null_is_a_value_of_its_own(undone: Connection) -> None:
    await settings.write(undone, TESTER, "x", None)
    assert await settings.read(undone, "x", "default") is None
