"""Roles: rows with grants, the roles Milha comes with, and who must stay."""

from __future__ import annotations

import pytest

from oss.base import db
from oss.base.problems import InvalidInput
from oss.staff import people, roles, users
from oss.staff.permissions import Permission, known
from oss.staff.scopes import NONE, Scope
from oss.staff.users import UserValues
from tests.conftest import TESTER

SCOPED = {"technician", "seller"}


async def _user(login: str, role: str) -> int:
    async with db.transaction() as connection:
        return await users.add(connection, TESTER, login, login.title(), "a-long-password", role)


async def test_milha_comes_with_its_roles_and_every_grant_is_a_known_permission(database: str) -> None:
    found = {one.key: one for one in await roles.every()}
    assert list(found) == ["admin", "finance", "attendant", "noc", "technician", "seller", "auditor", "reader"]
    for one in found.values():
        assert set(one.grants) <= set(known()), one.key
        partial = {name for name, kind in one.grants.items() if kind != "all"}
        assert all(known()[name].scoped for name in partial), one.key
        assert bool(partial) == (one.key in SCOPED), one.key


async def test_administration_may_do_everything_and_alone_edits_roles_and_users(database: str) -> None:
    found = await roles.every()
    assert next(one for one in found if one.key == "admin").grants == dict.fromkeys(known(), "all")
    assert [one.key for one in found if {"staff.write", "roles.write"} & set(one.grants)] == ["admin"]


async def test_an_auditor_and_a_reader_change_nothing_and_see_nobody_s_whole_documents(database: str) -> None:
    for one in await roles.every():
        if one.key in ("auditor", "reader"):
            assert {name.partition(".")[2] for name in one.grants} <= {"read", "export", "configurations"}
            assert "personal.read" not in one.grants


async def test_what_a_person_may_do_is_read_with_them(database: str) -> None:
    key = await _user("tiago", "technician")
    await db.execute("update staff_user set cities = '{Serra,Vila}' where id = $1", key)
    person = await people.find(key)
    assert person is not None and person.role_name is None
    assert person.held.scope("customers.read") == Scope("city", ("Serra", "Vila"), key)
    assert person.held.scope("nas.read") == Scope("all", ("Serra", "Vila"), key)
    assert person.held.scope("staff.write") == NONE
    await db.execute("update staff_user set active = false")
    assert await people.find(key) is None


async def test_the_last_who_may_edit_roles_stays(database: str) -> None:
    ana, bea = await _user("ana", "admin"), await _user("bea", "attendant")
    for values in (UserValues("Ana", "noc", True), UserValues("Ana", "admin", False)):
        with pytest.raises(InvalidInput) as told:
            async with db.transaction() as connection:
                await users.change(connection, TESTER, ana, values)
        assert told.value.facts or told.value.fields == {"role": "one administrator must stay"}
    assert await db.fetchval("select role || active from staff_user where id = $1", ana) == "admintrue"
    async with db.transaction() as connection:
        await users.change(connection, TESTER, bea, UserValues("Bea", "admin", True))
        await users.change(connection, TESTER, ana, UserValues("Ana", "noc", True))


def test_a_permission_is_a_string_that_knows_itself() -> None:
    read = known()["customers.read"]
    assert (read, read.resource, read.action, read.scoped) == ("customers.read", "customers", "read", True)
    with pytest.raises(ValueError, match="no new permission"):
        Permission("Twice", {"READ": ("customers.read", "again")})  # type: ignore[call-overload]
