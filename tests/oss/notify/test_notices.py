"""A notice is written with what it tells of, once to each reader, and read by its reader alone."""

from __future__ import annotations

import asyncpg
import pytest

from oss.base import db
from oss.base.problems import NotFound
from oss.base.retention import SUBJECTS
from oss.notify import notices
from oss.staff import users
from tests.conftest import TESTER


@pytest.fixture
async def staff(database: str) -> dict[str, int]:
    """One administrator, one attendant, one who has left; name -> id."""
    async with db.transaction() as connection:
        for login, role in (("ana", "admin"), ("bia", "attendant"), ("caio", "admin")):
            await users.add(connection, TESTER, login, login.title(), f"{login}-password-1", role)
        await connection.execute("update staff_user set active = false where login = 'caio'")
    return {row["login"]: row["id"] for row in await db.fetch("select id, login from staff_user")}


async def add(to: object, kind: str = "jobs.dead", **more: object) -> None:
    async with db.transaction() as connection:
        await notices.add(connection, to, kind, {"count": 1, "listener": "x"}, "/console/health", **more)  # type: ignore[arg-type]


async def test_who_holds_the_permission_and_is_active_is_told(staff: dict[str, int]) -> None:
    await add("staff.write")
    assert await notices.unread() == {staff["ana"]: 1}
    await add("customers.read")
    assert await notices.unread() == {staff["ana"]: 2, staff["bia"]: 1}


async def test_nobody_hears_of_what_was_taken_back(staff: dict[str, int]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as connection:
            await notices.add(connection, [staff["ana"]], "jobs.dead", {}, "")
            _ = 1 / 0
    assert await notices.unread() == {}


async def test_what_repeats_is_told_once_a_day(staff: dict[str, int]) -> None:
    for _ in range(3):
        await add([staff["ana"]], key="dead:x")
    await add([staff["ana"]], key="dead:y")
    assert await notices.unread() == {staff["ana"]: 2}
    await db.execute("update notice set at = now() - interval '25 hours'")
    await add([staff["ana"]], key="dead:x")
    assert await notices.unread() == {staff["ana"]: 3}


async def test_another_ones_notice_is_not_found_and_stays_unread(staff: dict[str, int]) -> None:
    await add([staff["ana"]])
    (one,) = await notices.newest(staff["ana"])
    with pytest.raises(NotFound):
        await notices.read(staff["bia"], one.id)
    assert await notices.unread() == {staff["ana"]: 1}
    assert await notices.read(staff["ana"], one.id) == "/console/health"
    assert await notices.unread() == {}


async def test_all_that_was_shown_is_read_and_what_came_after_is_not(staff: dict[str, int]) -> None:
    for _ in range(3):
        await add([staff["ana"]])
    shown = await notices.newest(staff["ana"])
    await add([staff["ana"]])
    await notices.read_all(staff["ana"], shown[0].id)
    assert await notices.unread() == {staff["ana"]: 1}
    assert [one.id for one in await notices.newest(staff["ana"], before=shown[0].id)] == [one.id for one in shown[1:]]


@pytest.mark.parametrize("href", ["https://example.net/", "//example.net", "javascript:alert(1)", "/\\example.net"])
async def test_a_notice_leads_nowhere_else(staff: dict[str, int], href: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.transaction() as connection:
            await notices.add(connection, [staff["ana"]], "x", {}, href)


def test_notices_are_kept_by_a_policy() -> None:
    assert SUBJECTS["notice"].column == "at"
    assert not SUBJECTS["notice"].fixed
