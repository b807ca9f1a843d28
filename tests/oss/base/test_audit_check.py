"""The chain is walked in the background, and the screen tells how far it reaches and what was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from oss.base import audit, audit_chain, audit_check, db
from tests.conftest import TESTER

from .test_audit_chain import tamper, write


async def sealed(count: int) -> None:
    async with db.transaction() as connection:
        await write(connection, count)
        await audit_chain.seal(connection)


async def test_before_the_first_check_the_state_says_how_far_the_chain_reaches(database: str) -> None:
    assert await audit_check.state() == audit_check.State(None, None, None)
    await sealed(3)
    state = await audit_check.state()
    assert state.head["seq"] == 3 and not state.running and not state.broken


async def test_a_whole_chain_is_told_with_its_rows(database: str) -> None:
    await sealed(audit_chain.PIECE + 3)
    await audit_check.check(TESTER)
    state = await audit_check.state()
    assert (state.newest["checked"], state.newest["asked_by"]) == (audit_chain.PIECE + 3, "test")
    assert not state.broken and state.whole_at == state.newest["ended_at"]


async def test_a_broken_chain_is_told_with_its_place_and_since_when(database: str) -> None:
    await sealed(4)
    await audit_check.check(TESTER)
    whole_at = (await audit_check.state()).whole_at
    async with db.transaction() as connection:
        at = await connection.fetchval("select at from audit where seq = 3")
        await tamper(connection, "update audit set actor = 'other' where seq = 3")
    found = await audit_check.check(TESTER)
    state = await audit_check.state()
    assert found == audit_chain.Break(3, "changed", at)
    assert state.broken and state.whole_at == whole_at
    told = state.newest
    assert (told["broken_seq"], told["broken_what"], told["broken_at"], told["checked"]) == (3, "changed", at, 2)
    assert await db.fetchval("select detail->>'seq' from audit where action = 'audit.broken'") == "3"


async def test_an_end_that_was_cut_off_is_found_by_the_file_outside(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(3)
    head = tmp_path / "audit.head"
    head.write_text(f"3 {await db.fetchval('select encode(hash, $1) from audit where seq = 3', 'hex')}\n")
    monkeypatch.setattr(audit_chain, "_kept_by_us", {head})
    async with db.transaction() as connection:
        await tamper(connection, "delete from audit where seq = 3")
    assert await audit_check.check(TESTER) == audit_chain.Break(3, "cut")


async def test_two_checks_at_once_are_one(database: str) -> None:
    async with db.apart() as connection:
        await connection.execute(audit_check.LOCK)
        assert await audit_check.check(TESTER) is None
    assert await db.fetchval("select count(*) from audit_check") == 0


async def test_asking_twice_queues_one_job_and_leaves_two_notes(database: str) -> None:
    async with db.transaction() as connection:
        for _ in range(2):
            await audit_check.ask(connection, audit.Actor("ana", "10.0.0.9"))
    assert await db.fetchval("select count(*) from job where listener like '%check_asked'") == 1
    assert await db.fetchval("select count(*) from audit where action = 'audit.check_asked'") == 2
