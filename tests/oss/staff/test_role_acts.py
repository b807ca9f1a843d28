"""The matrix changed: versions, what may not be taken, roles made and deleted; each change with before and after."""

from __future__ import annotations

import asyncio
import json

import pytest

from oss.base import db
from oss.base.problems import InvalidInput, NotFound, Problem
from oss.staff import people, role_acts, roles, tokens, users
from oss.staff.permissions import known
from oss.staff.role_acts import Cell, RoleInUse, RolesChanged, RoleStays, RoleValues, key_of
from oss.staff.users import UserValues
from tests.conftest import TESTER


async def _change(*cells: Cell, version: int = 1) -> int:
    async with db.transaction() as connection:
        return await role_acts.change(connection, TESTER, cells, {cell.role: version for cell in cells})


async def _user(login: str, role: str) -> int:
    async with db.transaction() as connection:
        return await users.add(connection, TESTER, login, login.title(), "a-long-password", role)


async def test_a_changed_cell_counts_at_once_and_is_written_with_before_and_after(database: str) -> None:
    key = await _user("noel", "noc")
    changed = (Cell("noc", "customers.read", "all", "city"), Cell("noc", "plans.write", "", "all"))
    assert await _change(*changed, Cell("noc", "holds.write", "all", "")) == 1
    person = await people.find(key)
    assert person is not None and person.held.kinds["customers.read"] == "city"
    assert "plans.write" in person.held.permissions and "holds.write" not in person.held.permissions
    detail = json.loads(await db.fetchval("select detail::text from audit where action = 'role.changed'"))
    assert detail["before"] == {"customers.read": "all", "plans.write": "none", "holds.write": "all"}
    assert detail["after"] == {"customers.read": "city", "plans.write": "all", "holds.write": "none"}


async def test_a_save_made_of_older_rows_changes_nothing(database: str) -> None:
    await _change(Cell("noc", "plans.write", "", "all"))
    with pytest.raises(RolesChanged):
        await _change(Cell("noc", "holds.write", "all", ""), Cell("seller", "nas.read", "", "all"))
    found = {one.key: one.grants for one in await roles.every()}
    assert "holds.write" in found["noc"] and "nas.read" not in found["seller"]
    await _change(Cell("noc", "holds.write", "all", ""), version=2)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (Cell("admin", "plans.read", "all", ""), RoleStays),
        (Cell("nobody", "plans.read", "", "all"), NotFound),
        (Cell("noc", "moon.read", "", "all"), InvalidInput),
        (Cell("noc", "plans.read", "all", "city"), InvalidInput),
        (Cell("noc", "customers.read", "all", "everywhere"), InvalidInput),
    ],
)
async def test_what_no_matrix_holds_is_refused(database: str, cell: Cell, problem: type[Problem]) -> None:
    with pytest.raises(problem):
        await _change(cell)


async def test_the_last_editor_s_role_cannot_lose_the_editing(database: str) -> None:
    boss = await _user("boss", "noc")
    await db.execute("insert into role_grant values ('noc', 'roles.write', 'all'), ('noc', 'staff.write', 'all')")
    for permission in ("roles.write", "staff.write"):
        with pytest.raises(InvalidInput):
            await _change(Cell("noc", permission, "all", ""))
    await _user("ana", "admin")
    await _change(Cell("noc", "roles.write", "all", ""))
    async with db.transaction() as connection:
        await users.change(connection, TESTER, boss, UserValues("Boss", "reader", False))


async def test_two_administrators_cannot_take_each_other_away_at_once(database: str) -> None:
    ids = [await _user("ana", "admin"), await _user("bea", "admin")]

    async def leave(key: int) -> None:
        async with db.transaction() as connection:
            await users.change(connection, TESTER, key, UserValues("X", "reader", True))

    told = await asyncio.gather(*(leave(key) for key in ids), return_exceptions=True)
    assert sorted(type(one).__name__ for one in told) == ["InvalidInput", "NoneType"]
    assert await db.fetchval("select count(*) from staff_user where role = 'admin'") == 1


async def test_a_new_role_may_do_what_it_is_a_copy_of_and_goes_when_nobody_has_it(database: str) -> None:
    async with db.transaction() as connection:
        key = await role_acts.add(connection, TESTER, RoleValues("Técnico de rua"), "technician")
        whole = await role_acts.add(connection, TESTER, RoleValues("Dona"), "admin")
    found = {one.key: one for one in await roles.every()}
    assert key == "tecnico_de_rua" and found[key].grants == found["technician"].grants
    assert found[whole].grants == dict.fromkeys(known(), "all") and not found[whole].everything
    await _user("tia", key)
    with pytest.raises(RoleInUse):
        async with db.transaction() as connection:
            await role_acts.remove(connection, TESTER, key)
    await db.execute("update staff_user set role = 'reader'")
    async with db.transaction() as connection:
        await role_acts.remove(connection, TESTER, key)
        await role_acts.describe(connection, TESTER, whole, RoleValues("Dona da casa", "a nota", "full"))
        await role_acts.describe(connection, TESTER, "seller", RoleValues(""))
    assert {one.key: one.name for one in await roles.every()}[whole] == "Dona da casa"
    assert key not in await _keys()


async def _keys() -> list[str]:
    async with db.transaction() as connection:
        return await roles.keys(connection)


async def test_a_role_of_a_token_or_the_administration_is_not_deleted(database: str) -> None:
    async with db.transaction() as connection:
        await tokens.add(connection, TESTER, "t", "seller")
    for key, problem in (("seller", RoleInUse), ("admin", RoleStays), ("nobody", NotFound)):
        with pytest.raises(problem):
            async with db.transaction() as connection:
                await role_acts.remove(connection, TESTER, key)


async def test_a_name_is_not_taken_twice_nor_empty(database: str) -> None:
    for values, copy_of in (
        (RoleValues(""), "noc"),
        (RoleValues("x" * 41), "noc"),
        (RoleValues("Rua", routers="root"), "noc"),
        (RoleValues("Rua"), "moon"),
    ):
        with pytest.raises(InvalidInput):
            async with db.transaction() as connection:
                await role_acts.add(connection, TESTER, values, copy_of)
    async with db.transaction() as connection:
        await role_acts.add(connection, TESTER, RoleValues("Rua"), "noc")
    with pytest.raises(InvalidInput):
        async with db.transaction() as connection:
            await role_acts.add(connection, TESTER, RoleValues("RUA"), "noc")


def test_a_key_is_made_of_any_name() -> None:
    assert key_of("Técnico de rua", []) == "tecnico_de_rua"
    assert key_of("Técnico", ["tecnico", "tecnico_2"]) == "tecnico_3"
    assert key_of("2º turno", []).startswith("role_") and key_of("日本", []) == "role"
