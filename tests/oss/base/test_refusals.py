"""What the database refuses comes out as a problem that names a field and tells no value."""

from __future__ import annotations

import logging

import asyncpg
import pytest

from oss.base import db, refusals
from oss.base.problems import Conflict, InvalidInput

PLAN = "insert into plan (name, down_kbps, up_kbps, price_cents) values ($1, $2, 1, 1)"


async def test_a_taken_name_is_a_conflict(database: str) -> None:
    await db.execute(PLAN, "A", 1)
    with pytest.raises(Conflict), refusals.told():
        await db.execute(PLAN, "A", 1)


async def test_a_value_no_check_of_ours_caught_is_a_refused_field(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name, rate, whole in (("A", 0, "body"), ("A\0", 1, "query"), ("A" * 81, 1, "body"), ("A", 2**40, "body")):
        with pytest.raises(InvalidInput) as refused, refusals.told(whole):
            await db.execute(PLAN, name, rate)
        assert list(refused.value.fields) == [whole]
        assert "AAAA" not in str(refused.value)
    with pytest.raises(InvalidInput) as refused, refusals.told():
        await db.execute(PLAN, None, 1)
    assert list(refused.value.fields) == ["name"]
    assert [one.levelno for one in caplog.records] == [logging.WARNING] * 5
    assert "AAAA" not in caplog.text


async def test_a_broken_constraint_names_the_field_it_is_about(database: str) -> None:
    error = asyncpg.CheckViolationError("x")
    error.constraint_name = "contract_end_after_start"
    with pytest.raises(InvalidInput) as refused, refusals.told():
        raise error
    assert list(refused.value.fields) == ["ended_on"]


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
def test_two_changes_that_met_may_be_tried_again(error: type[Exception]) -> None:
    with pytest.raises(refusals.TryAgain), refusals.told():
        raise error("x")


def test_what_is_no_refusal_passes_through() -> None:
    with pytest.raises(ConnectionResetError), refusals.told():
        raise ConnectionResetError
